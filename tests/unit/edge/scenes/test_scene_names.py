import subprocess
import sys
from pathlib import Path

import pytest

from edge.vision.scenes.catalogue import KINDS
from edge.vision.scenes.names import NAMES, SceneName, parse_scene


@pytest.mark.parametrize(
    ("spec", "name"),
    [
        ("scene:7", SceneName(None, 7)),
        ("scene:crowd:7", SceneName("crowd", 7)),
        ("scene:groups:12:3.6", SceneName("groups", 12, 3.6)),
        ("scene:day:0:4", SceneName("day", 0, 4.0)),
    ],
)
def test_a_name_is_read(spec: str, name: SceneName) -> None:
    assert parse_scene(spec) == name


@pytest.mark.parametrize(
    ("spec", "sentence"),
    [
        ("scene:", "named by a whole number"),
        ("scene:x", "named by a whole number"),
        ("scene:-1", "named by a whole number"),
        ("scene:²", "named by a whole number"),
        ("scene:crowd:", "named by a whole number"),
        ("scene:crowd:7:3:3", "named by a whole number"),
        ("scene:" + "9" * 40, "named by a whole number"),
        ("scene:crowed:7", "no scene is named 'crowed': there are single, "),
        ("scene:crowd:7:high", "2.3 to 4.6 metres, not high"),
        ("scene:crowd:7:nan", "2.3 to 4.6 metres, not nan"),
        ("scene:crowd:7:9", "2.3 to 4.6 metres, not 9"),
    ],
)
def test_a_bad_name_is_said(spec: str, sentence: str) -> None:
    with pytest.raises(ValueError, match=r"\w") as caught:
        parse_scene(spec)
    assert sentence in str(caught.value)


def test_every_name_has_a_scene() -> None:
    assert tuple(KINDS) == NAMES


def test_reading_a_name_needs_no_opencv() -> None:
    """A configuration is checked on boards without a camera too."""
    code = "import sys, edge.config, edge.vision.scenes.names; sys.exit('cv2' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False, timeout=60).returncode == 0


def test_every_name_is_in_the_docs() -> None:
    page = (Path(__file__).parents[4] / "docs/counting.md").read_text(encoding="utf-8")
    for name, kind in KINDS.items():
        assert f"| {name} | {kind.about}" in page
        assert f"| {kind.height} |" in page.split(f"| {name} |")[1].splitlines()[0] + "|"
