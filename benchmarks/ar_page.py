"""The camera's screen end to end: a film of hand-held postcards with exact truth, the engine, and
what a real Chromium draws of it.

The film plays as the kiosk's camera, and as the browser's own (a y4m file). Each frame says in its
corner which it is, so that what is drawn is compared with where the card was in that very frame.
"""

import gzip
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from playwright.sync_api import Browser, Page, Playwright, ViewportSize, sync_playwright

from benchmarks.ar_reel import BEGAN, Noted, Reel, drawn_reel
from benchmarks.bare_page import BarePage, bare_page
from benchmarks.lens_to_page import CHROMIUM, FLAGS
from benchmarks.report import Result
from examples.demo.postcard_film import HELD_SECONDS, PostcardFilm
from examples.demo.postcards import the_film
from examples.packs.jiading.build import build
from kiosk.ar.camera_model import CameraModel
from kiosk.ar.frames import SyntheticSource
from kiosk.packs import PackShelf
from kiosk.session.screen import ScreenName
from kiosk.session.state import Visit
from kiosk.web.ar.gallery import Gallery
from kiosk.web.ar.looking import Camera
from kiosk.web.ar.stream import Looks
from kiosk.web.ar.view import ArView
from tests.integration.kiosk.camera import (
    AFTER_A_FRAME,
    CARDS,
    COLLECT,
    SOFTWARE_GL,
    Room,
    StampedFilm,
    box_seen,
    png_of,
    until,
    y4m,
)
from tests.integration.kiosk.served import ServedKiosk

SECONDS: Final = 30
REEL_SECONDS: Final = 31.0
"""All four cards, with the times between them; fewer frames than a corner can count."""
Y4M_FRAMES: Final = 150
TILTS: Final = (8.0, 16.0, 24.0, 32.0, 40.0, 48.0)
VIEW: Final[ViewportSize] = {"width": 1160, "height": 825}
"""The picture is 588 pixels wide on it."""
GRABBED: Final = """() => {
  window.grabbed = {};
  document.querySelector("ar-view").addEventListener("grabbed", (event) => {
    window.grabbed[event.detail] = performance.timeOrigin + performance.now();
  });
}"""


LOADED: Final = """performance.getEntriesByType("resource")
  .some((one) => one.name.endsWith("/static/dist/models.js"))"""
VIEWED: Final = "document.querySelector('ar-view')"
SEEN: Final = f"{VIEWED}?.drawn?.seen.length > 0"
MODEL_SHOWN: Final = f"{VIEWED}?.models?.shown === 1"


def measure(folder: Path) -> list[Result]:
    """Measure all of it."""
    return [
        result
        for number, part in enumerate(PARTS.values())
        for result in part(folder / str(number))
    ]


def _gallery(folder: Path) -> Gallery:
    shelf = PackShelf(folder / "packs", allow_unsigned=True)
    shelf.install(build(folder / "sample"))
    gallery = Gallery(shelf)
    gallery.refresh()
    return gallery


def _of_the_kiosk(gallery: Gallery, folder: Path) -> list[Result]:
    reel = drawn_reel(REEL_SECONDS)
    opened: list[Noted] = []

    def open_camera() -> Noted:
        opened.append(Noted(reel))
        return opened[-1]

    looks = Looks(Camera(open_camera, lambda _: reel.film.camera), lambda _: reel.film.camera)
    with _bare(ArView(gallery, looks), folder) as page:
        page.evaluate(COLLECT)
        time.sleep(SECONDS)
        frames = page.evaluate("window.drawn")
    noted = opened[-1].frames
    late = [1000 * (one["at"] / 1000 - noted[one["head"]["n"]][1]) for one in frames]
    wrong = [one for one in frames if one["id"] != noted[one["head"]["n"]][0]]
    assert not wrong, f"{len(wrong)} frames were drawn with the head of another"
    errors, share = _errors(reel, [(one["id"], one["head"]) for one in frames])
    return [
        _fps("frames drawn, the kiosk's camera, 640 x 480", frames),
        _latency("photon to pixel, the kiosk's camera, p95", late),
        _truth("corners drawn, the kiosk's camera, p95", errors, share),
    ]


def _of_the_browser(gallery: Gallery, folder: Path) -> list[Result]:
    film = StampedFilm(the_film(), began=BEGAN)
    y4m(folder / "camera.y4m", film, Y4M_FRAMES)
    reel = Reel(film.film, ())

    def model(_: tuple[int, int]) -> CameraModel:
        return film.film.camera

    fake = (
        "--use-fake-ui-for-media-stream",
        "--use-fake-device-for-media-stream",
        f"--use-file-for-fake-video-capture={folder / 'camera.y4m'}",
    )
    with _bare(ArView(gallery, Looks(None, model)), folder, fake) as page:
        page.evaluate(COLLECT)
        page.evaluate(GRABBED)
        time.sleep(SECONDS)
        frames, grabbed = page.evaluate("window.drawn"), page.evaluate("window.grabbed")
    late = [
        one["at"] - grabbed[str(one["head"]["n"])]
        for one in frames
        if str(one["head"]["n"]) in grabbed
    ]
    errors, share = _errors(reel, [(one["id"], one["head"]) for one in frames])
    return [
        _fps("frames drawn, the browser's camera, 640 x 480", frames),
        _latency("grabbed to pixel, the browser's camera, p95", late),
        _truth("corners drawn, the browser's camera, p95", errors, share),
    ]


def _weight(play: Playwright, gallery: Gallery) -> list[Result]:
    """Load everything that the camera's screen asks for, models' code included."""
    reel = drawn_reel(HELD_SECONDS)
    camera = Camera(lambda: SyntheticSource(reel), lambda _: reel.film.camera)
    asked: dict[str, bytes] = {}

    def came(answer: Any) -> None:
        if not answer.url.endswith("/stream"):
            asked[answer.url] = answer.body()

    with _shown(ArView(gallery, Looks(camera, camera.model)), play, watch=came) as page:
        until(lambda: bool(page.evaluate(LOADED)), 30)
        page.wait_for_timeout(1000)
    code = sum(len(gzip.compress(body)) for url, body in asked.items() if "/media/" not in url)
    models = sum(len(body) for url, body in asked.items() if "/media/" in url)
    return [
        Result(
            "camera's screen, packed",
            code / 1024,
            "KiB",
            at_most=400,
            note=f"with three.js; a model of the sample pack beside it: {models / 1024:.0f} KiB",
        )
    ]


def _of_models(play: Playwright, _: Gallery) -> list[Result]:
    """Compare a box that three.js draws on still cards with OpenCV's projection of its corners."""
    off = []
    for tilt in TILTS:
        room = Room(StampedFilm(PostcardFilm(CARDS[:1], is_still=True, tilt_degrees=tilt), 2.0))
        held = room.film.film.held(2.0)
        assert held is not None
        with _shown(room.view(), play, SOFTWARE_GL) as page:
            until(partial(page.evaluate, MODEL_SHOWN), 60)
            address = page.evaluate(AFTER_A_FRAME)
        is_drawn = png_of(address)[..., 3] > 127
        scale = is_drawn.shape[1] / room.film.size[0]
        middle = _middle(is_drawn)
        wanted = _middle(box_seen(room.film.film.camera, held, is_drawn.shape, scale))
        off.append(float(np.linalg.norm(middle - wanted)) / scale)
    note = f"median {np.median(off):.3f} px of {len(off)} tilts, {TILTS[0]:g} to {TILTS[-1]:g}°"
    return [Result("model in still frames, middle, farthest off", max(off), "px", 1, note=note)]


def _middle(mask: NDArray[np.bool_]) -> NDArray[np.float64]:
    rows, columns = np.nonzero(mask)
    return np.array([columns.mean(), rows.mean()])


@contextmanager
def _shown(
    view: ArView, play: Playwright, flags: tuple[str, ...] = (), watch: Any = None
) -> Iterator[Page]:
    ours = [one for one in FLAGS if one != "--disable-gpu" or flags != SOFTWARE_GL]
    browser: Browser = play.chromium.launch(executable_path=CHROMIUM, args=[*ours, *flags])
    with ServedKiosk(ar=view) as kiosk:
        until(lambda: kiosk.host.state.around.ar.is_offered)
        kiosk.show(Visit(name=ScreenName.AR))
        page = browser.new_page(viewport=VIEW)
        if watch is not None:
            page.on("response", watch)
        page.goto(kiosk.url)
        until(lambda: bool(page.evaluate(SEEN)), 90)
        yield page
        page.close()
    browser.close()


@contextmanager
def _bare(view: ArView, folder: Path, flags: tuple[str, ...] = ()) -> Iterator[BarePage]:
    """Show it to a Chromium that no driver listens to, with the flat overlay.

    Without a graphics card Chromium would draw models in space on the processor.
    """
    with ServedKiosk(ar=view) as kiosk:
        until(lambda: kiosk.host.state.around.ar.is_offered)
        kiosk.show(Visit(name=ScreenName.AR))
        # The window's own frame takes some of its height, in Chromium 150 so much.
        size = VIEW["width"], VIEW["height"] + 143
        with bare_page(kiosk.url, folder, size, ("--disable-3d-apis", *flags)) as page:
            page.wait(SEEN)
            yield page


def _errors(film: Reel, frames: list[tuple[int, Any]]) -> tuple[list[float], float]:
    """Return by how many pixels corners are off, and in which share of frames a card is seen."""
    errors, held = [], 0
    for number, head in frames:
        card = film.held(number)
        if card is None:
            continue
        corners = card.corners(film.film.camera)
        inside = np.all((corners >= 0) & (corners < film.size), axis=1).all()
        held += bool(inside)
        for seen in head["seen"] if inside else ():
            off = np.linalg.norm(corners - np.array(seen["corners"]), axis=1)
            errors.append(float(off.mean()))
    return errors, len(errors) / max(1, held)


def _fps(name: str, frames: list[dict[str, Any]]) -> Result:
    seconds = (frames[-1]["at"] - frames[0]["at"]) / 1000
    return Result(name, (len(frames) - 1) / seconds, "fps", at_least=28, note=f"{len(frames)}")


def _latency(name: str, late: list[float]) -> Result:
    median, worst = np.median(late), max(late)
    note = f"median {median:.1f} ms, longest {worst:.0f} ms; until it is drawn on the canvas"
    return Result(name, float(np.percentile(late, 95)), "ms", at_most=50, note=note)


def _truth(name: str, errors: list[float], share: float) -> Result:
    note = f"median {np.median(errors):.3f} px; seen in {100 * share:.1f} % of frames with a card"
    return Result(name, float(np.percentile(errors, 95)), "px", at_most=1, note=note)


def _undriven(part: Callable[[Gallery, Path], list[Result]]) -> Callable[[Path], list[Result]]:
    return lambda folder: part(_gallery(folder), folder)


def _driven(
    part: Callable[[Playwright, Gallery], list[Result]],
) -> Callable[[Path], list[Result]]:
    def measured(folder: Path) -> list[Result]:
        gallery = _gallery(folder)
        with sync_playwright() as play:
            return part(play, gallery)

    return measured


PARTS: Final = {
    "kiosk": _undriven(_of_the_kiosk),
    "browser": _undriven(_of_the_browser),
    "models": _driven(_of_models),
    "weight": _driven(_weight),
}
"""Each takes a minute or two, and has the machine to itself."""
