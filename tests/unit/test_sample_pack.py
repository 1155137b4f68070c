"""The sample pack is sound, is about Jiading, and is built again only when its scripts change."""

import struct
import tomllib
from pathlib import Path

import numpy as np
import pytest

from examples.packs.jiading import track
from examples.packs.jiading.build import build, build_sheet
from examples.packs.jiading.canvas import CINNABAR, JADE, PAPER, RIVER
from examples.packs.jiading.models import glb
from examples.packs.jiading.postcards import NAMES, draw_postcard
from kiosk.packs import Pack, open_pack
from link.packs.models import check_model
from tests.packs import KEY, OTHER, PUBLIC

ROOT = Path(__file__).parents[2]
MOST_MODEL_BYTES = 200 * 1024


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("sample")


@pytest.fixture(scope="module")
def pack(folder: Path) -> Pack:
    return open_pack(build(folder, KEY), [PUBLIC])


def test_it_has_four_cards_each_with_all_that_belongs_to_one(pack: Pack) -> None:
    assert [target.name for target in pack.manifest.targets] == list(NAMES)
    for target in pack.manifest.targets:
        assert target.picture is not None
        assert target.model is not None
        assert target.story.zh
        assert target.story.en
        assert target.place is not None
        assert target.hotspots
        assert pack.pixels[target.picture] == (1480, 1050)
        for hotspot in target.hotspots:
            x, y, _ = hotspot.at_mm
            assert 0 < x < 148
            assert 0 < y < 105


def test_venues_are_those_of_the_sample_district(pack: Pack) -> None:
    named = {target.venue for target in pack.manifest.targets if target.venue}
    known = {
        tomllib.loads(path.read_text("utf-8"))["id"]
        for path in (ROOT / "examples/jiading").glob("*.toml")
    }
    assert named
    assert named <= known


@pytest.mark.parametrize("name", NAMES)
def test_a_model_is_small_sound_and_stands_on_its_card(name: str) -> None:
    content = glb(name)
    assert len(content) < MOST_MODEL_BYTES
    check_model(name, content)
    (length,) = struct.unpack_from("<I", content, 12)
    text = content[20 : 20 + length].decode()
    low, high = (
        [float(part) for part in text.split(f'"{word}":[')[1].split("]")[0].split(",")]
        for word in ("min", "max")
    )
    # Metres: within the card, and out of the paper.
    assert -0.074 <= low[0] < high[0] <= 0.074
    assert -0.0525 <= low[2] < high[2] <= 0.0525
    assert -0.001 <= low[1] < 0.03 < high[1] < 0.12


@pytest.mark.parametrize("name", NAMES)
def test_a_card_has_a_paper_border_and_much_inside(name: str) -> None:
    card = draw_postcard(name)
    assert card.shape == (1050, 1480, 3)
    # Blue first, as OpenCV has it.
    assert np.abs(card[5, 5].astype(int) - PAPER[::-1]).max() <= 2
    assert card.std() > 40


def test_a_card_is_drawn_alike_each_time() -> None:
    again = np.asarray(track.draw().finished())[:, :, ::-1]
    assert (again == draw_postcard("track")).all()


def test_the_palette_is_that_of_the_pages() -> None:
    styles = (ROOT / "hub/pages/static").glob("*.css")
    tokens = "\n".join(path.read_text("utf-8") for path in styles)
    for colour in (PAPER, JADE, CINNABAR, RIVER):
        assert "#{:02x}{:02x}{:02x}".format(*colour) in tokens


def test_it_is_built_once_for_a_key(folder: Path, pack: Pack) -> None:
    path = folder / "jiading.zip"
    before = path.stat().st_mtime_ns
    assert build(folder, KEY) == path
    assert path.stat().st_mtime_ns == before
    assert pack.is_signed
    other = build(folder, OTHER)
    assert open_pack(other, [OTHER.public_key()]).is_signed


def test_the_sheet_is_three_pages_to_print(folder: Path) -> None:
    sheet = build_sheet(folder)
    content = sheet.read_bytes()
    assert content.startswith(b"%PDF")
    assert content.count(b"/Type /Page\n") == 3
    # A4 in points, across and upright.
    assert b"841.8" in content
    assert build_sheet(folder) == sheet
