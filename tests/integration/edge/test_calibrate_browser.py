"""Setting a camera up in a real browser: drawn, seen to count, saved, and counted with."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from edge.config_file import load
from edge.counting.scoring import CountedCrossing, score
from edge.vision.pipeline import Counter
from edge.vision.scene import SCENE_PERSON, Scene
from tests.integration.edge.local_pages import LocalPage, Visit

pytestmark = pytest.mark.browser
AXE = Path(__file__).parents[3] / "hub/pages/web/node_modules/axe-core/axe.min.js"
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]
RUN = """async (tags) => (await axe.run(document, { runOnly: tags, resultTypes: ["violations"] }))
  .violations.map((v) => `${v.id}: ${v.nodes.slice(0, 3).map((n) => n.target.join(" "))}`)"""
COMMENT = "# what hangs over the door\n"
HEAD = f'[node]\nvenue = "district-library"\nnode = "front-door"\n\n{COMMENT}'
CAMERA = '[[cameras]]\nname = "ceiling"\nsource = "{}"\n'
LINE = '\n[[cameras.lines]]\nname = "front"\nstart = [0.0, 0.5]\nend = [1.0, 0.5]\n'
LINE += "in_vector = [0.0, 1.0]\n"


def a_file(folder: Path, text: str) -> Path:
    path = folder / "edge.toml"
    path.write_text(text, "utf-8")
    return path


def test_a_line_is_drawn_counts_is_saved_and_counts_again(tmp_path: Path, browser: Browser) -> None:
    path = a_file(tmp_path, HEAD + CAMERA.format("scene:141"))
    with LocalPage("calibrate", "--config", path) as served:
        visit = Visit(browser.new_page(viewport={"width": 1360, "height": 900}))
        page = visit.page
        page.goto(served.url)
        expect(page.locator("#link")).to_have_text("实时")
        expect(page.locator("#empty")).to_be_visible()
        expect(page.locator("#save")).to_be_disabled()

        page.get_by_role("button", name="画计数线").click()
        visit.drag((0.02, 0.5), (0.98, 0.5))
        front = page.locator("#list li[data-name=front]")
        expect(front).to_be_visible()
        page.get_by_role("button", name="画区域").click()
        visit.drag((0.1, 0.6), (0.9, 0.95))
        expect(page.locator("#list li[data-name=zone-1]")).to_be_visible()
        expect(page.locator("#said")).to_have_text("有改动尚未保存。")

        # A name that the hub would not take, then one that it does.
        name = page.locator("#list li.line input")
        name.fill("Haupttür 1")
        expect(page.locator("#list li.line .flaws li")).to_contain_text("名称只能用")
        expect(page.locator("#save")).to_be_disabled()
        name.fill("main-door")
        expect(page.locator("#save")).to_be_enabled()

        # Somebody walks over it: counted beside the picture, as a silhouette in it.
        expect(page.locator("#shapes path").first).to_be_attached()
        counted = page.locator("#list li.line b").filter(has_text=re.compile("^[1-9]"))
        expect(counted.first).to_be_visible(timeout=40_000)
        expect(page.locator("#list li.line .flaws li")).to_have_count(0)

        page.get_by_role("button", name="保存到 edge.toml").click()
        expect(page.locator("#said")).to_contain_text("已保存")
        assert visit.complaints == []
        assert all(url.startswith(served.url) for url in visit.requests)
        assert served.stop() == 0
        expect(page.locator("#trouble")).to_be_visible()

    text = path.read_text()
    assert COMMENT in text
    assert (tmp_path / "edge.toml.bak").read_text() == HEAD + CAMERA.format("scene:141")
    (camera,) = load(path).cameras
    (line,), (zone,) = camera.lines, camera.zones
    assert (line.name, zone.name) == ("main-door", "zone-1")
    assert zone.zone().polygon[0] == pytest.approx((0.1, 0.6), abs=0.01)
    scene = Scene(141, seconds=40)
    counter = Counter([line.counting_line()], person_size=SCENE_PERSON)
    crossings = [c for image, at in scene.frames() for c in counter.feed(image, at)]
    found = score(
        [CountedCrossing(c.at_seconds, c.direction) for c in crossings], scene.crossings()
    )
    assert found.true_positives >= 6
    assert not found.false
    assert not found.missed


def test_keys_alone_draw_turn_and_move_a_line(tmp_path: Path, browser: Browser) -> None:
    path = a_file(tmp_path, HEAD + CAMERA.format("scene:141"))
    with LocalPage("calibrate", "--config", path) as served:
        visit = Visit(browser.new_page())
        page = visit.page
        page.goto(f"{served.url}?lang=en")
        expect(page.locator("#link")).to_have_text("live")
        page.get_by_role("button", name="Draw a line").focus()
        page.keyboard.press("Enter")
        handle = page.get_by_role("button", name="front start")
        expect(handle).to_be_focused()
        page.keyboard.press("Shift+ArrowUp")
        page.keyboard.press("ArrowLeft")
        expect(handle).to_have_accessible_name("front start 9 %, 45 %")
        page.get_by_role("button", name="Swap in and out").focus()
        page.keyboard.press("Enter")
        page.get_by_role("button", name="Save to edge.toml").focus()
        page.keyboard.press("Enter")
        expect(page.locator("#said")).to_contain_text("Saved")
        (line,) = load(path).cameras[0].lines
        assert line.start == pytest.approx((0.09, 0.45))
        assert line.end == pytest.approx((0.9, 0.5))
        assert line.in_vector[1] < 0
        page.get_by_role("button", name="Line front").focus()
        page.keyboard.press("Delete")
        expect(page.locator("#empty")).to_be_visible()
        assert visit.complaints == []
        assert served.stop() == 0


def test_a_finger_on_a_phone_draws_and_marks_a_person(tmp_path: Path, browser: Browser) -> None:
    path = a_file(tmp_path, HEAD + CAMERA.format("scene:141") + LINE)
    phone = browser.new_context(viewport={"width": 390, "height": 844}, has_touch=True)
    with LocalPage("calibrate", "--config", path) as served:
        visit = Visit(phone.new_page())
        page = visit.page
        page.goto(served.url)
        expect(page.locator("#link")).to_have_text("实时")
        assert page.evaluate("document.documentElement.scrollWidth") == 390
        page.get_by_role("button", name="标人体大小").tap()
        # Head and feet: the width is guessed from the height.
        page.touchscreen.tap(*visit.place(0.5, 0.3))
        page.touchscreen.tap(*visit.place(0.5, 0.5))
        expect(page.locator("#person-told")).to_contain_text("已固定：画面的 7 % × 20 %")
        # A second one further down, half as tall again.
        page.touchscreen.tap(*visit.place(0.4, 0.6))
        page.touchscreen.tap(*visit.place(0.6, 0.9))
        expect(page.locator("#person-told")).to_contain_text("越靠下越大")
        page.get_by_role("button", name="保存到").tap()
        expect(page.locator("#said")).to_contain_text("已保存")
        camera = load(path).cameras[0]
        assert camera.person_growth == pytest.approx(0.5 / 0.4, abs=0.05)
        assert camera.person_row == pytest.approx(0.5, abs=0.01)
        assert served.stop() == 0
    phone.close()


def test_a_camera_that_is_away_is_told(tmp_path: Path, browser: Browser) -> None:
    path = a_file(tmp_path, HEAD + CAMERA.format("absent.mp4") + LINE)
    with LocalPage("calibrate", "--config", path) as served:
        visit = Visit(browser.new_page())
        visit.page.goto(f"{served.url}?lang=en")
        expect(visit.page.locator("#link")).to_have_text("no camera")
        expect(visit.page.locator("#veil")).to_contain_text("there is no such file")
        expect(visit.page.locator("#list li.line b").first).to_have_text("–")
        assert served.stop() == 0


def test_a_page_ends_by_itself(tmp_path: Path) -> None:
    path = a_file(tmp_path, HEAD + CAMERA.format("scene:141") + LINE)
    with LocalPage("calibrate", "--config", path, "--minutes", "0.05") as served:
        assert served.wait() == 0
        assert "it ends by itself in 0.05 minutes" in served.said


def test_on_the_network_the_page_needs_the_code_and_takes_it_once(
    tmp_path: Path, browser: Browser
) -> None:
    path = a_file(tmp_path, HEAD + CAMERA.format("scene:141") + LINE)
    network = ("--host", "0.0.0.0", "--allow-network")
    with LocalPage("calibrate", "--config", path, *network) as served:
        address, _, code = served.url.partition("#")
        assert len(code) > 20
        mine, other = browser.new_context(), browser.new_context()
        page = mine.new_page()
        page.goto(served.url)
        expect(page.locator("#link")).to_have_text("实时")
        assert code not in page.url
        page.reload()
        expect(page.locator("#link")).to_have_text("实时")
        for late in (served.url, address):
            second = other.new_page()
            second.goto(late)
            expect(second.locator("#trouble")).to_contain_text("code")
        mine.close()
        other.close()
        assert served.stop() == 0


@pytest.mark.parametrize(
    ("verb", "more", "lang"),
    [("calibrate", (), "zh"), ("calibrate", (), "en"), ("audit", ("--page",), "en")],
)
def test_the_page_can_be_used_by_everybody(
    tmp_path: Path, browser: Browser, verb: str, more: tuple[str, ...], lang: str
) -> None:
    if not AXE.exists():
        pytest.skip("axe-core is not there: npm did not build the pages' charts")
    path = a_file(tmp_path, HEAD + CAMERA.format("scene:141") + LINE)
    into = ("--output", tmp_path) if verb == "audit" else ()
    with LocalPage(verb, "--config", path, *more, *into) as served:
        page = browser.new_page()
        page.goto(f"{served.url}?lang={lang}")
        expect(page.locator("#link")).to_have_text("live" if lang == "en" else "实时")
        page.evaluate(AXE.read_text("utf-8"))
        assert page.evaluate(RUN, TAGS) == []
        assert served.stop() == 0
