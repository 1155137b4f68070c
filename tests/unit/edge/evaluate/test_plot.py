import re
import xml.etree.ElementTree as ET

import pytest

from edge.evaluate.plot import draw, page
from tests.unit.edge.evaluate.reports import a_report

SVG = "{http://www.w3.org/2000/svg}"


def test_a_drawing_is_well_formed_and_needs_nothing_from_outside() -> None:
    drawing = draw([a_report(), a_report(clip="<b>&'.avi")])
    root = ET.fromstring(drawing)
    texts = [e.text for e in root.iter(f"{SVG}text")]
    assert "door.avi" in texts
    assert "<b>&'.avi" in texts
    assert "http" not in drawing.replace("http://www.w3.org/2000/svg", "")


def test_each_way_has_a_line_and_a_band_and_each_error_its_mark() -> None:
    root = ET.fromstring(draw([a_report()]))
    lines = [p.get("d", "") for p in root.iter(f"{SVG}path") if "H" in p.get("d", "")]
    assert [len(re.findall("V", line)) for line in lines] == [2, 1, 2, 1]
    # One of each stands in the legend.
    crosses = [p for p in root.iter(f"{SVG}path") if "m0 -8" in p.get("d", "")]
    assert len(crosses) == 1 + 1
    assert len(list(root.iter(f"{SVG}circle"))) == 1 + 1


def test_a_clip_in_which_nothing_happened_is_drawn() -> None:
    nothing = a_report(counted=[], true=[], false=[], missed=[], clip_seconds=0.0)
    assert "door.avi" in draw([nothing])


@pytest.mark.parametrize("seconds", [3.0, 119.0, 900.0, 10800.0, 86400.0])
def test_no_clip_has_more_instants_on_its_axis_than_fit(seconds: float) -> None:
    drawing = draw([a_report(clip_seconds=seconds, counted=[], true=[], false=[], missed=[])])
    assert 1 <= drawing.count("text-anchor='middle'") <= 9


def test_a_page_holds_its_drawing() -> None:
    drawing = draw([a_report()])
    assert drawing in page(drawing)


def test_nothing_cannot_be_drawn() -> None:
    with pytest.raises(ValueError, match="nothing"):
        draw([])
