"""The sample pack on a kiosk: exhibits of it, the engine that finds them, doctor, broken lenses."""

import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from examples.demo.postcard_film import Card, PostcardFilm, write_film
from examples.packs.jiading.build import build
from examples.packs.jiading.postcards import NAMES, SIZE_MM, draw_postcard
from kiosk.ar.frames import Frame
from kiosk.ar.sight import Sight
from kiosk.config import ArSection
from kiosk.doctor import examine
from kiosk.packs import PackShelf
from kiosk.session.exhibit import STORY
from kiosk.web.ar.building import build_view, try_camera
from kiosk.web.ar.gallery import Gallery
from kiosk.web.ar.looking import Eye
from link.errors import ConfigError
from tests.integration.kiosk.rooms import Room, a_config


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> PackShelf:
    folder = tmp_path_factory.mktemp("sample")
    shelf = PackShelf(folder / "packs", allow_unsigned=True)
    shelf.install(build(folder / "built"))
    return shelf


@pytest.fixture(scope="module")
def gallery(shelf: PackShelf) -> Gallery:
    gallery = Gallery(shelf)
    assert gallery.refresh()
    assert not gallery.refresh()
    return gallery


@pytest.fixture(scope="module")
def film() -> PostcardFilm:
    return PostcardFilm([Card(name, draw_postcard(name), SIZE_MM[0]) for name in NAMES])


def test_every_postcard_is_an_exhibit(gallery: Gallery) -> None:
    assert set(gallery.exhibits) == set(gallery.anchors) == {f"jiading/{name}" for name in NAMES}
    gate = gallery.exhibits["jiading/gate"]
    assert gate.title.en == "The Lingxing Gate of the Confucius Temple"
    assert gate.caption.zh.startswith("嘉定孔庙始建于")
    assert "\n" not in gate.caption.zh
    assert gate.story is not None
    assert gate.story.zh.startswith(gate.caption.zh)
    assert gate.spot(STORY) is not None
    assert gate.venue == "keju-museum"
    for exhibit in gallery.exhibits.values():
        assert exhibit.spots
    anchor = gallery.anchors["jiading/gate"]
    assert anchor.size_mm == pytest.approx(SIZE_MM)
    pack, version, name = anchor.model.removeprefix("/ar/media/").split("/", 2)
    found = gallery.medium(pack, int(version), name)
    assert found is not None
    assert found[0].startswith(b"glTF")
    assert found[1] == "model/gltf-binary"
    assert gallery.medium(pack, int(version) + 1, name) is None
    assert gallery.medium(pack, int(version), "manifest.json") is None
    assert gallery.medium("other", 1, name) is None


def test_a_second_start_enrols_nothing(
    gallery: Gallery, shelf: PackShelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    def enrolled(*_: object) -> None:
        raise AssertionError("it is kept")

    monkeypatch.setattr("kiosk.ar.library_file.enrol", enrolled)
    again = Gallery(shelf)
    assert again.refresh()
    assert again.exhibits == gallery.exhibits
    assert again.anchors == gallery.anchors


@pytest.fixture
def eye(gallery: Gallery, film: PostcardFilm) -> Iterator[Eye]:
    eye = gallery.open_eye(film.camera)
    yield eye
    eye.close()


@pytest.mark.parametrize("number", range(len(NAMES)), ids=NAMES)
def test_a_postcard_in_a_hand_is_found_where_it_is(
    eye: Eye, film: PostcardFilm, number: int
) -> None:
    began = 8.0 * number + 2.0
    picture, held = film.picture(began), film.held(began)
    assert held is not None
    sight = until_seen(eye, picture)
    for number_again in range(4):
        # Each frame is followed from where the last one was.
        sight = eye.step(Frame(1000 + number_again, time.monotonic(), picture))
    assert [one.name for one in sight.seen] == [f"jiading/{NAMES[number]}"]
    off = np.linalg.norm(held.corners(film.camera) - sight.seen[0].corners, axis=1)
    # A thumb covers two corners: what is under it is not seen, and worked out.
    assert off.mean() < 0.8
    assert off.max() < 2.0
    assert np.allclose(sight.seen[0].rotation, held.rotation, atol=0.03)
    assert np.allclose(sight.seen[0].translation, held.translation, atol=3.0)


def until_seen(eye: Eye, picture: "np.ndarray[tuple[int, ...], np.dtype[np.uint8]]") -> Sight:
    """Show a picture until something is seen in it: the engine searches beside the frames."""
    deadline, number = time.monotonic() + 20, 0
    while time.monotonic() < deadline:
        sight = eye.step(Frame(number, time.monotonic(), picture))
        if sight.seen:
            return sight
        number += 1
        time.sleep(0.02)
    raise AssertionError("it was not found")


async def test_the_doctor_looks_through_the_camera(
    tmp_path: Path, film: PostcardFilm, shelf: PackShelf
) -> None:
    path = tmp_path / "film.mp4"
    write_film(film, path, seconds=0.2)
    section = ArSection(source="file", file=path, packs=shelf.folder, allow_unsigned=True)
    told = try_camera(section)
    assert told == f"{path} gives 640 x 480; 4 targets in the packs of {shelf.folder}"
    config = a_config(Room(tmp_path), 1, f'[ar]\nsource = "file"\nfile = "{path}"\n')
    (said,) = [one for one in await examine(config) if one.text.startswith("camera: ")]
    assert said.is_fine
    assert "0 targets" in said.text
    path.write_bytes(b"no film")
    (said,) = [one for one in await examine(config) if one.text.startswith("camera: ")]
    assert not said.is_fine
    assert "film" in said.text


def test_a_lens_that_cannot_be_read_is_said_at_the_start(tmp_path: Path) -> None:
    lens = tmp_path / "camera.toml"
    lens.write_text("[camera]\nwidth = 640\n")
    with pytest.raises(ConfigError, match=r"ar\.camera: .*height"):
        build_view(ArSection(camera=lens, packs=tmp_path))
    view = build_view(ArSection(source="browser", packs=tmp_path))
    assert view.source == "browser"
    assert not view.exhibits.refresh()
    assert view.looks.model((800, 600)).size == (800, 600)
