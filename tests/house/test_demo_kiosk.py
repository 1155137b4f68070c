"""A newcomer at the demo's kiosk: a first loan in a minute, and each failure handled.

One demo, started as anybody starts it, serves all of them: two windows of a real browser, the
kiosk's screen and the desk in front of it. Each test begins at the first screen.
"""

import re
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect
from playwright.sync_api import Error as PlaywrightError

from examples.demo.bench.door_faults import DOOR_FAULTS
from examples.demo.bench.door_tour import DOOR_WORDS
from examples.demo.bench.faults import FAULTS
from examples.demo.bench.things import all_things
from examples.demo.bench.tour import WORDS
from examples.demo.lending import STAFF, copies, readers
from examples.demo.plan import VENUE
from tests.browsers import PATIENCE_MS
from tests.house.demo_desk import FIRST, SCREEN, SLOW_MS, Desk, books
from tests.house.test_demo_run import await_true, running
from tests.integration.hub.test_accessibility import AXE, RUN, TAGS

pytestmark = [pytest.mark.browser, pytest.mark.broker, pytest.mark.chaos]

COMMAND = [sys.executable, "-m", "examples.demo", "--days", "0"]
MINUTE = 60.0


@pytest.fixture(scope="module")
def everything(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    with running(tmp_path_factory.mktemp("demo"), COMMAND) as demo:
        demo.await_ready()
        said = demo.said
        kiosk_url = re.findall(r"kiosk +(http://\S+)", said)[-1]
        bench_url = re.findall(r"desk +(http://\S+)", said)[-1]
        kiosk = browser.new_context(viewport={"width": 1280, "height": 800}).new_page()
        bench = browser.new_context(viewport={"width": 1280, "height": 900}).new_page()
        kiosk.set_default_timeout(PATIENCE_MS)
        bench.set_default_timeout(PATIENCE_MS)
        await_true(lambda: _opens(kiosk, kiosk_url), demo.told)
        bench.goto(f"{bench_url}?lang=en")
        expect(bench.locator("body[data-live=yes]")).to_be_visible()
        door = bench.context.new_page()
        door.set_default_timeout(PATIENCE_MS)
        door.goto(f"{bench_url}door?lang=en")
        yield Desk(demo, kiosk, bench, door)


@pytest.fixture
def desk(everything: Desk) -> Desk:
    everything.leave()
    return everything


def _opens(page: Page, url: str) -> bool:
    try:
        return page.goto(url) is not None
    except PlaywrightError:
        return False  # it is not there yet


def test_a_first_loan_in_a_minute(desk: Desk) -> None:
    began = time.monotonic()
    first, second = books()[:2]
    desk.lay(first, second)
    desk.identify()
    desk.press("confirm")
    desk.until(lambda: desk.bit(first) == desk.bit(second) == "false")
    desk.sees("借阅成功")
    desk.press("finish")
    desk.kiosk.locator(".act-slip button").first.click()
    expect(desk.bench.locator("#slips pre").first).to_contain_text("红楼梦")
    slip = desk.bench.locator("#slips pre").first.inner_text()
    assert FIRST.card not in slip
    assert FIRST.name not in slip
    for thing in (first, second):
        desk.bench.click(f"#t-{thing} .carry")
    expect(desk.bench.locator(".tour li.done")).to_have_count(len(WORDS))
    assert time.monotonic() - began < MINUTE
    expect(desk.bench.locator(f"#t-{first} .said")).to_contain_text(FIRST.name)
    expect(desk.bench.locator("#gate-said")).to_contain_text("silent")


def test_what_was_lent_is_returned_and_secured(desk: Desk) -> None:
    thing = next(one.id for one in all_things(VENUE).values() if one.barcode == "310114000013")
    assert desk.bit(thing) == "false"
    desk.lay(thing)
    desk.press("return")
    desk.press("confirm")
    desk.until(lambda: desk.bit(thing) == "true")
    expect(desk.bench.locator(f"#t-{thing} .said")).to_contain_text("in")


def test_a_book_taken_away_too_early_is_asked_for_and_finished(desk: Desk) -> None:
    thing = books()[4]
    desk.fault("take_early")
    desk.lay(thing)
    desk.identify()
    desk.press("confirm")
    desk.sees("放回")
    assert desk.bit(thing) == "true"
    desk.lay(thing)
    desk.until(lambda: desk.bit(thing) == "false")
    expect(desk.bench.locator(f"#t-{thing} .said")).to_contain_text(FIRST.name)


def test_a_lost_answer_lends_once(desk: Desk) -> None:
    thing = books()[5]
    desk.fault("reply_lost")
    desk.lay(thing)
    desk.identify()
    desk.press("confirm")
    desk.until(lambda: desk.bit(thing) == "false")
    expect(desk.bench.locator(f"#t-{thing} .said")).to_contain_text(FIRST.name)


def test_after_a_power_cut_the_loan_is_finished(desk: Desk) -> None:
    thing = books()[6]
    desk.fault("take_early")
    desk.lay(thing)
    desk.identify()
    desk.press("confirm")
    desk.sees("放回")
    desk.fault("power_cut")
    expect(desk.kiosk.locator(SCREEN.format("attract"))).to_be_visible()
    desk.lay(thing)
    desk.until(lambda: desk.bit(thing) == "false")
    expect(desk.bench.locator(f"#t-{thing} .said")).to_contain_text(FIRST.name)


def test_without_the_library_what_works_is_said_and_it_comes_back(desk: Desk) -> None:
    desk.fault("library_cut")
    desk.press("home")
    desk.sees("图书馆系统没有回应：可以借还")
    desk.fault("library_cut", on=False)
    desk.until(lambda: "没有回应" not in desk.kiosk.inner_text("body"), seconds=60)


def test_what_is_lent_without_the_library_is_told_to_it_later(desk: Desk) -> None:
    thing, third = books()[11], readers()[2]
    desk.fault("library_cut")
    desk.press("home")
    desk.sees("图书馆系统没有回应：可以借还")
    desk.press("borrow")
    desk.tap(third.card)
    desk.lay(thing)
    desk.until(lambda: desk.kiosk.locator(".act-confirm button:enabled").count())
    desk.press("confirm")
    desk.until(lambda: desk.bit(thing) == "false")
    expect(desk.bench.locator(f"#t-{thing} .said")).not_to_contain_text(third.name)
    desk.fault("library_cut", on=False)
    expect(desk.bench.locator(f"#t-{thing} .said")).to_contain_text(third.name, timeout=SLOW_MS)


def test_a_slow_library_is_waited_for_and_asked_once(desk: Desk) -> None:
    thing = books()[7]
    desk.lay(thing)
    desk.identify()
    expect(desk.kiosk.locator(".act-confirm button")).to_be_enabled()
    desk.fault("library_slow")
    desk.press("confirm")
    expect(desk.kiosk.locator(".says .waiting")).to_be_visible()
    desk.until(lambda: desk.bit(thing) == "false", seconds=60)


def test_lending_goes_on_without_the_district(desk: Desk) -> None:
    thing = books()[8]
    desk.fault("district_cut")
    desk.lay(thing)
    desk.identify()
    desk.press("confirm")
    desk.until(lambda: desk.bit(thing) == "false")


def test_a_pad_that_was_pulled_is_said_and_comes_back(desk: Desk) -> None:
    desk.fault("pad_out")
    expect(desk.bench.locator('[data-cable="pad"]')).to_be_visible()
    desk.press("home")
    desk.until(lambda: desk.kiosk.locator(".act-borrow button[aria-disabled=true]").count())
    desk.fault("pad_out", on=False)
    desk.until(lambda: not desk.kiosk.locator(".act-borrow button[aria-disabled=true]").count())


def test_without_a_card_reader_the_number_is_typed(desk: Desk) -> None:
    desk.fault("card_reader_out")
    desk.press("home")
    desk.press("account")
    desk.enter(FIRST.card)
    expect(desk.kiosk.locator("#typed[type=password]")).to_be_visible()
    desk.enter(FIRST.pin)
    desk.stands_at("account")


def test_a_code_is_as_good_as_a_card(desk: Desk) -> None:
    desk.press("home")
    desk.press("account")
    desk.bench.click(f"#c-{FIRST.card} [data-way=scan]")
    expect(desk.kiosk.locator("#typed[type=password]")).to_be_visible()


@pytest.mark.parametrize("fault", ["printer_out", "no_paper"])
def test_without_paper_the_loan_stands_and_another_way_is_offered(desk: Desk, fault: str) -> None:
    thing = books()[9 if fault == "no_paper" else 10]
    desk.lay(thing)
    desk.identify()
    desk.press("confirm")
    desk.until(lambda: desk.bit(thing) == "false")
    desk.fault(fault)
    desk.press("finish")
    slip = desk.kiosk.locator(".act-slip button:enabled")
    expect(slip.first).to_be_visible()
    slip.first.click()
    expect(desk.kiosk.locator("body")).to_contain_text(re.compile("打印|纸|扫|凭条"))
    expect(desk.bench.locator(f"#t-{thing} .said")).to_contain_text(FIRST.name)


def test_what_does_not_belong_there_is_named_and_the_good_book_goes_on(desk: Desk) -> None:
    sentences = {
        "blank": "标签是空的",
        "foreign": "别的图书馆",
        "other_trade": "不是图书馆的标签",
        "damaged": "标签读不清",
        "card_on_pad": "这是读者证，不是书",
        "cd_missing": "缺少第 2 部分",
    }
    thing = books()[3]
    desk.lay(thing)
    for fault in sentences:
        desk.fault(fault)
    desk.identify()
    for sentence in sentences.values():
        desk.sees(sentence)
    desk.press("confirm")
    desk.until(lambda: desk.bit(thing) == "false")
    kept = [one for one in all_things(VENUE) if one.startswith("E00401507F")]
    assert kept
    assert all(desk.bench.locator(f"#on-pad #t-{one}").count() for one in kept)


def test_two_cards_at_once_are_asked_for_one_by_one(desk: Desk) -> None:
    desk.press("home")
    desk.press("account")
    desk.fault("two_cards")
    desk.sees("一张")


def test_a_wrong_pin_is_said(desk: Desk) -> None:
    desk.press("home")
    desk.press("account")
    desk.identify(pin="0000")
    desk.sees(re.compile("密码不|不正确|不对"))


def test_things_are_dragged_as_well(desk: Desk) -> None:
    thing = books()[0]
    # All of the page at once: nothing scrolls while something is dragged.
    desk.bench.set_viewport_size({"width": 1280, "height": 4000})
    desk.bench.evaluate("scrollTo(0, 0)")
    desk.bench.locator(f"#t-{thing}").drag_to(desk.bench.locator("#pad"))
    expect(desk.bench.locator(f"#on-pad #t-{thing}")).to_be_visible()
    desk.bench.locator(f"#t-{thing}").drag_to(desk.bench.locator("#h-shelf"))
    expect(desk.bench.locator(f"#on-shelf #t-{thing}")).to_be_visible()
    desk.bench.set_viewport_size({"width": 1280, "height": 900})


def test_into_the_room_and_out_in_a_minute(desk: Desk) -> None:
    desk.door_says("Please show your library card")
    desk.relay("lamp")
    began = time.monotonic()
    desk.door.click("[data-act=in]")
    expect(desk.door.locator("#tried")).to_contain_text("locked")
    desk.enter_by()
    desk.relay("strike")
    desk.door.click("[data-act=in]")
    expect(desk.door.locator("#step-3.done")).to_be_visible()
    desk.relay("strike", on=False)
    desk.door.click("[data-act=out]")
    expect(desk.door.locator(".tour li.done")).to_have_count(len(DOOR_WORDS))
    assert time.monotonic() - began < MINUTE


def test_whoever_may_not_come_in_is_told_why(desk: Desk) -> None:
    reasons = {"戊": "blocked", "丁": "too young", "庚": "agreement", "辛": "expired"}
    for name, reason in reasons.items():
        desk.enter_by(next(one.card for one in readers() if one.name.endswith(name)))
        desk.door_says(reason)
        desk.relay("strike", on=False)
    desk.at_door("card")
    desk.door_asks()
    desk.at_door("wrong_pin")
    desk.door_says("The PIN is wrong")


def test_a_fire_frees_the_door_until_the_staff_resets_it(desk: Desk) -> None:
    desk.door_fault("fire")
    desk.relay("strike")
    desk.door_says("Fire alarm")
    desk.sees("火灾报警")
    expect(desk.door.locator("#said-at")).to_contain_text("Last said at", timeout=SLOW_MS)
    desk.door_fault("tamper")
    for name in ("fire", "tamper"):
        desk.door_fault(name, on=False)
    desk.relay("strike")
    desk.press("home")
    desk.press("staff")
    desk.identify(STAFF.pin, STAFF.card)
    desk.press("room")
    desk.sees("火灾报警已锁定")
    desk.kiosk.locator(".act-room_order").filter(has_text="警报复位").locator("button").click()
    desk.relay("strike", on=False)
    desk.door_says("Please show your library card")
    desk.press("home")


def test_a_lock_that_sticks_and_modules_without_power_are_told(desk: Desk) -> None:
    desk.door_fault("strike_stuck")
    desk.enter_by()
    desk.door_says("the lock did not open")
    desk.door_fault("strike_stuck", on=False)
    desk.door_fault("modules_out")
    expect(desk.door.locator("[data-fault-note=modules_out]")).to_be_visible()
    desk.relay("lights", on=False)
    desk.door_fault("modules_out", on=False)
    desk.relay("lights")


def test_without_the_library_who_is_listed_and_was_here_comes_in(desk: Desk) -> None:
    desk.enter_by()
    desk.relay("strike")
    desk.relay("strike", on=False)
    desk.door_fault("library_cut")
    desk.enter_by()
    desk.relay("strike")
    desk.enter_by(readers()[2].card)
    desk.door_says("cannot be checked here")


def test_a_full_room_asks_to_wait(desk: Desk) -> None:
    desk.door_fault("room_full")
    desk.door_says("40 inside, room for 40")
    desk.at_door("card")
    desk.door_says("The room is full")


def test_alarms_air_and_a_door_that_stands_open_are_seen_to(desk: Desk) -> None:
    desk.door_fault("gate_alarm")
    desk.relay("siren")
    desk.relay("siren", on=False)
    desk.door_fault("bad_air")
    desk.relay("ventilation")
    desk.door_fault("bad_air", on=False)
    desk.relay("ventilation", on=False)
    for name in ("emergency", "held_open"):
        before = desk.door.inner_text("#said-at")
        desk.door_fault(name)
        expect(desk.door.locator("#said-at")).not_to_have_text(before, timeout=SLOW_MS)


def test_without_its_keypad_the_pin_is_typed_on_the_screen_of_the_door(desk: Desk) -> None:
    desk.door_fault("pin_pad_out")
    desk.at_door("card")
    desk.door_asks()
    screen = desk.door.frame_locator(".screen iframe")
    screen.locator("#pin").fill(FIRST.pin)
    screen.locator("button.main").click()
    desk.relay("strike")
    desk.door_fault("door_reader_out")
    expect(desk.door.locator("[data-fault-note=door_reader_out]")).to_be_visible()


def test_every_fault_has_its_test() -> None:
    """A fault that is added to the desk needs its name in a test above."""
    text = Path(__file__).read_text("utf-8")
    assert {
        fault.name for fault in (*FAULTS, *DOOR_FAULTS) if f'"{fault.name}"' not in text
    } == set()
    assert len(copies()) >= 60


@pytest.mark.parametrize("path", ["", "door"])
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_desk_is_accessible_and_asks_nobody_outside(
    everything: Desk, path: str, lang: str
) -> None:
    page = everything.bench.context.new_page()
    asked: list[str] = []
    said: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: said.append(message.text))
    base = everything.bench.url.partition("?")[0]
    # The screen at the door is the kiosk's own page, which has its own tests.
    page.route(f"{everything.kiosk.url}**", lambda route: route.fulfill(body="<title>-</title>"))
    page.goto(f"{base}{path}?lang={lang}")
    expect(page.locator("body[data-live=yes]")).to_be_visible()
    assert said == []
    page.evaluate(AXE.read_text("utf-8"))
    assert page.evaluate(RUN, TAGS) == []
    assert all(url.startswith((base, everything.kiosk.url)) for url in asked)
    if lang == "en":
        text = page.locator(".faults, header, .tour").all_inner_texts()
        for reader in readers():
            text = [one.replace(reader.name, "") for one in text]
        assert not re.search("[\u4e00-\u9fff]", " ".join(text).replace("中文", ""))
    page.close()
