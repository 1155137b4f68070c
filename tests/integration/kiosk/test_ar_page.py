"""The camera's screen in a real browser: what is drawn, and when the camera is off."""

import gzip
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
from playwright.sync_api import Browser, Page, Response, expect

from contracts.events import EventName
from examples.demo.postcard_film import PostcardFilm
from kiosk.ar.frames import Image
from kiosk.session.effects import Report
from kiosk.session.screen import Prefs, ScreenName
from kiosk.session.state import Visit
from kiosk.web.app import MODELS, STATIC
from kiosk.web.ar.stream import Looks
from kiosk.web.ar.view import ArView
from tests.browsers import ARGUMENTS, CHROMIUM
from tests.flows.looking import GATE
from tests.integration.hub.test_accessibility import AXE, RUN, TAGS
from tests.integration.kiosk.camera import (
    AFTER_A_FRAME,
    CARDS,
    COLLECT,
    SOFTWARE_GL,
    Room,
    StampedFilm,
    box_seen,
    moving,
    png_of,
    seen_at,
    still,
    until,
    y4m,
)
from tests.integration.kiosk.screens import FACTS, SERVICES
from tests.integration.kiosk.served import ServedKiosk

pytestmark = pytest.mark.browser


@pytest.fixture
def room() -> Room:
    return moving()


@pytest.fixture
def kiosk(room: Room) -> Iterator[ServedKiosk]:
    with ServedKiosk(ar=room.view()) as served:
        served.post(FACTS, SERVICES)
        until(lambda: served.host.state.around.ar.is_offered)
        yield served


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(
        viewport={"width": 1100, "height": 760}, has_touch=True, reduced_motion="reduce"
    )
    page = context.new_page()
    page.on("pageerror", lambda error: pytest.fail(str(error)))
    yield page
    context.close()


def wait(page: Page, is_so: str) -> None:
    """Wait for what the page's policy lets nobody but the tester's own line ask."""
    asked = f"(() => {{ const view = document.querySelector('ar-view'); return {is_so}; }})()"
    until(lambda: bool(page.evaluate(asked)), 20.0)


def looks(kiosk: ServedKiosk, page: Page) -> None:
    """Go to the camera's screen as a visitor does."""
    page.goto(kiosk.url)
    page.locator("form.act-home button").tap()
    page.locator("form.act-ar button").tap()
    wait(page, "view?.drawn?.n >= 0")


def drawn(page: Page, count: int) -> list[dict[str, Any]]:
    """Return what the page drew from now on, so many frames."""
    page.evaluate(COLLECT)
    wait(page, f"window.drawn.length >= {count}")
    return list(page.evaluate("window.drawn"))


def told(kiosk: ServedKiosk, name: EventName) -> list[dict[str, Any]]:
    return [dict(e.data) for e in kiosk.effects if isinstance(e, Report) and e.name is name]


def corner_errors(room: Room, frames: list[dict[str, Any]]) -> list[float]:
    """Return by how many pixels drawn corners are off, of frames that show a whole card."""
    errors = []
    for one in frames:
        held = room.film.held(one["head"]["n"])
        if held is None or not one["head"]["seen"]:
            continue
        wanted = held.corners(room.film.film.camera)
        got = np.array(one["head"]["seen"][0]["corners"])
        errors.append(float(np.linalg.norm(wanted - got, axis=1).max()))
    return errors


def test_an_outline_is_drawn_on_its_own_frame(kiosk: ServedKiosk, page: Page, room: Room) -> None:
    looks(kiosk, page)
    frames = drawn(page, 45)
    # The picture says itself which frame it is, and the outline beside it is of that one.
    assert [one["id"] for one in frames] == [one["head"]["n"] for one in frames]
    numbers = [one["head"]["n"] for one in frames]
    assert numbers == sorted(set(numbers))
    errors = corner_errors(room, frames)
    assert len(errors) >= 20
    assert np.median(errors) < 1.0


def test_what_is_painted_is_where_it_is(browser: Browser) -> None:
    """Pixels of the overlay in a still picture: the hotspot's pin, and the outline at a corner."""
    room = still()
    with ServedKiosk(ar=room.view()) as kiosk:
        kiosk.post(FACTS, SERVICES)
        page = browser.new_page(viewport={"width": 1100, "height": 760})
        until(lambda: kiosk.host.state.around.ar.is_offered)
        kiosk.show(Visit(name=ScreenName.AR))
        page.goto(kiosk.url)
        wait(page, "view?.drawn?.seen.length > 0")
        overlay, picture = pixels(page, "overlay"), pixels(page, "picture")
        scale = page.evaluate(SCALE)
        page.close()
    held = room.film.film.held(2.0)
    assert held is not None
    # The pin's disc, in its own colour.
    disc = np.all(np.abs(overlay[..., :3].astype(int) - (138, 90, 0)) < 6, axis=2)
    rows, columns = np.nonzero(disc & (overlay[..., 3] > 250))
    middle = np.array([columns.mean(), rows.mean()]) + 0.5
    pin = seen_at(room.film.film.camera, held, (110.0, 70.0, 25.0))
    assert np.linalg.norm(middle / scale - 0.5 - pin) < 1.0
    # The outline's upper edge, where it passes a fifth and four fifths of its way.
    top_left, top_right = held.corners(room.film.film.camera)[:2]
    for share in (0.2, 0.8):
        x, y = top_left + share * (top_right - top_left)
        strip = picture[:, round(x)]
        is_line = np.all(np.abs(strip[:, :3].astype(int) - (127, 255, 212)) < 24, axis=1)
        rows = np.nonzero(is_line)[0]
        rows = rows[np.abs(rows - y) < 12]
        assert abs(rows.mean() - y) < 1.0


SCALE = """() => {
  const view = document.querySelector("ar-view");
  return view.overlay.width / view.picture.width;
}"""


def pixels(page: Page, canvas: str) -> Image:
    """Return a canvas of the view as (height, width, 4) RGBA."""
    address = page.evaluate(
        f"document.querySelector('ar-view').shadowRoot.getElementById('{canvas}').toDataURL()"
    )
    return png_of(address)


def test_a_model_stands_where_it_is(software_gl: Browser) -> None:
    """Every pixel of the box that three.js draws against OpenCV's projection of its corners."""
    assert MODELS.is_file(), "the models' bundle is missing: `make test` builds it, with npm"
    room = still()
    with ServedKiosk(ar=room.view()) as kiosk:
        kiosk.post(FACTS, SERVICES)
        until(lambda: kiosk.host.state.around.ar.is_offered)
        kiosk.show(Visit(name=ScreenName.AR))
        page = software_gl.new_page(viewport={"width": 1100, "height": 760})
        page.goto(kiosk.url)
        wait(page, "view?.drawn?.seen.length > 0")
        wait(page, "view.models?.shown === 1")
        address = page.evaluate(AFTER_A_FRAME)
        page.close()
    is_drawn = png_of(address)[..., 3] > 127
    scale = is_drawn.shape[1] / 640
    rows, columns = np.nonzero(is_drawn)
    held = room.film.film.held(2.0)
    assert held is not None
    wanted = box_seen(room.film.film.camera, held, is_drawn.shape, scale)
    wanted_rows, wanted_columns = np.nonzero(wanted)
    off = (
        np.array([columns.mean() - wanted_columns.mean(), rows.mean() - wanted_rows.mean()]) / scale
    )
    assert np.linalg.norm(off) < 1.0
    assert np.count_nonzero(wanted & is_drawn) / np.count_nonzero(wanted | is_drawn) > 0.97


@pytest.fixture(scope="module")
def software_gl(browser: Browser) -> Iterator[Browser]:
    """Chromium that draws in space without a graphics card."""
    arguments = [one for one in ARGUMENTS if one != "--disable-gpu"]
    opened = browser.browser_type.launch(
        executable_path=str(CHROMIUM), args=[*arguments, *SOFTWARE_GL]
    )
    yield opened
    opened.close()


def test_the_camera_is_on_while_somebody_looks(kiosk: ServedKiosk, page: Page, room: Room) -> None:
    page.goto(kiosk.url)
    page.locator("form.act-home button").tap()
    assert room.opened == []
    page.locator("form.act-ar button").tap()
    notice = page.locator("ar-view #notice")
    expect(notice).to_be_visible()
    expect(notice).to_contain_text("摄像头开着 Camera on")
    assert room.is_on
    page.locator("form.act-home button").tap()
    assert until(lambda: not room.is_on) < 1.0
    expect(page.locator("ar-view")).to_have_count(0)
    # Back again, and away by the session's own end.
    page.locator("form.act-ar button").tap()
    expect(notice).to_be_visible()
    assert room.is_on
    kiosk.pass_seconds(200)
    assert until(lambda: not room.is_on) < 1.0
    assert all(eye.is_closed for eye in room.exhibits.eyes)
    # A page that is closed looks no more.
    kiosk.show(Visit(name=ScreenName.AR))
    expect(notice).to_be_visible()
    page.close()
    assert until(lambda: not room.is_on) < 1.0


def test_what_is_held_up_is_told(kiosk: ServedKiosk, page: Page, room: Room) -> None:
    looks(kiosk, page)
    expect(page.locator("#title")).to_contain_text(GATE.title.zh)
    expect(page.locator(".says")).to_contain_text(GATE.caption.zh)
    expect(page.locator(".rows")).to_contain_text("嘉定博物馆")
    expect(page.locator(".rows")).to_contain_text("南大街 183 号")
    # A finger on the pin, and a key on its button, do the same.
    wait(page, "view.drawn.seen.length > 0")
    assert page.evaluate(TAP_PIN), "a pin is where a finger can touch it"
    expect(page.locator(".says")).to_contain_text("七十二只")
    button = page.locator("form.act-spot:has([value=lions]) button")
    button.press("Enter")
    expect(page.locator(".says")).not_to_contain_text("七十二只")
    page.locator("form.act-language button").tap()
    expect(page.locator("#title b")).to_have_text("Gate of the Confucius temple")
    expect(page.locator("ar-view #notice b")).to_have_text("Camera on")
    assert len(room.opened) == 1, "another language does not open the camera anew"
    page.locator("form.act-finish button").first.tap()
    until(lambda: told(kiosk, EventName.AR_TARGET) != [])
    (held,) = told(kiosk, EventName.AR_TARGET)
    assert held["target"] == GATE.key
    assert held["seconds"] > 0
    assert told(kiosk, EventName.AR_HOTSPOT) == [{"target": GATE.key, "hotspot": "lions"}]


TAP_PIN = """() => {
  const view = document.querySelector("ar-view");
  const [x, y] = view.drawn.seen[0].pins[0].at;
  const box = view.overlay.getBoundingClientRect();
  const zoom = box.width / view.picture.width;
  const mm = parseFloat(getComputedStyle(view).getPropertyValue("--mm"));
  // 7 mm beside its middle is on a target of 15 mm.
  const clientX = box.left + (x + 0.5) * zoom + 7 * mm;
  const clientY = box.top + (y + 0.5) * zoom;
  view.overlay.dispatchEvent(new PointerEvent("pointerdown", { clientX, clientY, bubbles: true }));
  return true;
}"""


def test_a_camera_that_fails_is_said(kiosk: ServedKiosk, page: Page, room: Room) -> None:
    room.fails = True
    page.goto(kiosk.url)
    page.locator("form.act-home button").tap()
    page.locator("form.act-ar button").tap()
    expect(page.locator(".alert")).to_contain_text("摄像头现在不能用")
    (trouble,) = told(kiosk, EventName.AR_TROUBLE)
    assert trouble["reason"].startswith("camera 0")
    page.locator("form.act-home button").tap()
    expect(page.locator("form.act-ar em")).to_contain_text("摄像头现在不能用")


def test_the_page_is_light_and_asks_nobody_else(kiosk: ServedKiosk, software_gl: Browser) -> None:
    page = software_gl.new_page(viewport={"width": 1100, "height": 760})
    asked: dict[str, bytes] = {}

    def came(answer: Response) -> None:
        if not answer.url.endswith("/stream"):
            asked[answer.url] = answer.body()

    page.on("response", came)
    kiosk.show(Visit(name=ScreenName.AR))
    page.goto(kiosk.url)
    wait(page, "view?.models?.shown === 1")
    page.close()
    assert {httpx.URL(url).host for url in asked} == {"127.0.0.1"}
    assert any(url.endswith("/static/dist/models.js") for url in asked)
    weight = sum(len(gzip.compress(body)) for body in asked.values())
    assert weight <= 400 * 1024
    assert (STATIC / "dist/licences.txt").read_text("utf-8").startswith("models.js holds parts of")


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_no_rule_is_broken(kiosk: ServedKiosk, page: Page, lang: str) -> None:
    prefs = Prefs(lang="en", is_elder=True) if lang == "en" else Prefs()
    page.goto(kiosk.url)
    kiosk.show(Visit(name=ScreenName.AR, prefs=prefs))
    wait(page, "view?.drawn?.n >= 0")
    page.evaluate(AXE.read_text("utf-8"))
    assert page.evaluate(RUN, TAGS) == []
    title = GATE.title.en if lang == "en" else GATE.title.zh
    expect(page.locator("#title b")).to_have_text(title)
    assert page.evaluate(RUN, TAGS) == []


def test_a_browser_that_has_the_camera(browser: Browser, tmp_path: Path) -> None:
    """getUserMedia with a film that is made here: what is drawn is what was looked at."""
    film = StampedFilm(PostcardFilm(CARDS[:1]), began=1.5)
    count = 60
    y4m(tmp_path / "camera.y4m", film, count)
    room = Room(film)
    view = ArView(room.exhibits, Looks(None, room.model, film.size))
    with ServedKiosk(ar=view) as kiosk, with_camera(browser, tmp_path / "camera.y4m") as opened:
        kiosk.post(FACTS, SERVICES)
        until(lambda: kiosk.host.state.around.ar.is_offered)
        page = opened.new_page(viewport={"width": 1100, "height": 760})
        kiosk.show(Visit(name=ScreenName.AR))
        page.goto(kiosk.url)
        wait(page, "view?.drawn?.n >= 0")
        frames = drawn(page, 40)
        expect(page.locator("#title")).to_contain_text(GATE.title.zh)
        page.locator("form.act-home button").click()
        until(lambda: all(eye.is_closed for eye in room.exhibits.eyes))
        policy = httpx.get(kiosk.url).headers["permissions-policy"]
    assert "camera=(self)" in policy
    assert {eye.shape for eye in room.exhibits.eyes} == {film.size[::-1]}, "grey, and not coded"
    errors = []
    for one in frames:
        held = film.film.held(film.at[one["id"]])
        assert held is not None
        for seen in one["head"]["seen"]:
            off = held.corners(film.film.camera) - np.array(seen["corners"])
            errors.append(float(np.linalg.norm(off, axis=1).max()))
    assert len(errors) >= 30
    assert np.median(errors) < 1.0


@contextmanager
def with_camera(browser: Browser, film: Path) -> Iterator[Browser]:
    """Give a Chromium with a film in place of its camera."""
    opened = browser.browser_type.launch(
        executable_path=str(CHROMIUM),
        args=[
            *ARGUMENTS,
            "--use-fake-ui-for-media-stream",
            "--use-fake-device-for-media-stream",
            f"--use-file-for-fake-video-capture={film}",
        ],
    )
    yield opened
    opened.close()
