"""The board: its filters, what its stream tells, and that every page is told all of it once."""

import asyncio
import json
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from contracts.ids import NodeId
from contracts.messages import Status
from hub.config import BrokerSection, HubConfig
from hub.pages.broadcast import MOST_WAITING, Broadcast, Page
from hub.pages.filters import Choice, Facts, counts, sort_key
from hub.pages.frames import Frames
from hub.pages.links import Links
from hub.pages.render import Board
from hub.pages.view import lasting, top_of
from hub.runtime import Hub
from tests.unit.hub.test_api import JIADING, feed
from tests.unit.hub.test_view import NOON_MS, a_now

LIBRARY = Facts("town_library", "town", "open", "known", "near", 37, 0.925, "南翔图书馆 nanxiang")
ROOM_OVER = Facts("book_room", "space", "closed", "degraded", "over", 50, 1.25, "书房 room", "yes")
SILENT = Facts("book_room", "space", "unknown", "unknown", "", None, None, "菊园 juyuan", "yes")
ALL = (LIBRARY, ROOM_OVER, SILENT)


@pytest.mark.parametrize(
    ("choice", "taken"),
    [
        (Choice(), ALL),
        (Choice(kind="book_room"), (ROOM_OVER, SILENT)),
        (Choice(level="town"), (LIBRARY,)),
        (Choice(state="unknown"), (SILENT,)),
        (Choice(quality="degraded"), (ROOM_OVER,)),
        (Choice(use="near"), (LIBRARY, ROOM_OVER)),
        (Choice(use="over"), (ROOM_OVER,)),
        (Choice(attention="yes"), (ROOM_OVER, SILENT)),
        (Choice(attention="yes", state="closed"), (ROOM_OVER,)),
        (Choice(q="南翔"), (LIBRARY,)),
        (Choice(q="NANX 图书"), (LIBRARY,)),
        (Choice(q="nowhere"), ()),
    ],
)
def test_a_choice_takes(choice: Choice, taken: tuple[Facts, ...]) -> None:
    assert tuple(venue for venue in ALL if choice.takes(venue)) == taken


def test_each_option_says_what_it_would_leave() -> None:
    counted = counts(ALL, Choice(kind="book_room", state="closed"))
    assert counted["state"] == {"": 2, "closed": 1, "unknown": 1}
    assert counted["kind"] == {"": 1, "book_room": 1}
    assert counts(ALL, Choice())["use"]["near"] == 2


def test_order() -> None:
    fuller = replace(LIBRARY, occupancy=90)
    venues = (SILENT, fuller, ROOM_OVER)
    by_number = sorted(venues, key=lambda venue: sort_key(venue, "occupancy"))
    assert by_number == [fuller, ROOM_OVER, SILENT]
    assert sorted(venues, key=lambda venue: sort_key(venue, "use")) == [ROOM_OVER, fuller, SILENT]
    assert Choice(q="a", sort="use").parameters() == {"q": "a", "sort": "use"}


@pytest.mark.parametrize(
    ("minutes", "words"),
    [
        (0, "under a minute"),
        (1, "1 minute"),
        (34, "34 minutes"),
        (120, "2 hours"),
        (2880, "2 days"),
    ],
)
def test_lengths_of_time(minutes: int, words: str) -> None:
    assert lasting(minutes * 60_000).en == words


def test_a_top_is_at_or_above_its_peak_and_not_far() -> None:
    for peak in range(12_000):
        assert peak <= top_of(peak) <= max(5, 1.5 * peak)


def test_links_lead_only_to_pages_that_are_there() -> None:
    assert Links.among(["/", "/venues/{venue}/week"]).venue("a") is None
    links = Links.among(["/venues/{id}"])
    assert (links.about("a", "pi"), links.about(None, None)) == ("/venues/a", None)
    both = Links.among(["/venues/{venue}", "/devices/{venue}/{node}"])
    assert both.about("a", "pi") == "/devices/a/pi"


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[Hub]:
    config = HubConfig(
        data_dir=tmp_path / "data", district=JIADING, broker=BrokerSection(enabled=False)
    )
    with Hub(config) as running:
        yield running


def told(frame: bytes | None) -> dict[str, Any]:
    assert frame is not None
    data = re.findall(r"^data: (.*)$", frame.decode(), re.MULTILINE)
    result: dict[str, Any] = json.loads(data[-1])
    return result


def show(hub: Hub, **changes: object) -> None:
    """Let the museum be another one."""
    now = a_now(venue=hub.live.venues["museum"].venue, **changes)
    hub.live.venues = {**hub.live.venues, "museum": now}
    hub.live.at_ms = NOON_MS


def test_a_visitor_moves_figures_and_words_move_a_card(hub: Hub) -> None:
    frames = Frames(Board(hub))
    show(hub, occupancy=20)
    assert any("嘉定博物馆" in part for part in told(frames.step({"museum"}))["fragments"])
    show(hub, occupancy=19)
    frame = told(frames.step({"museum"}))
    assert not any("v-museum" in part for part in frame["fragments"])
    figures = frame["figures"]
    assert isinstance(figures, dict)
    assert (figures["o-museum"], figures["f-museum.width"]) == ("19", "3.8")
    show(hub, occupancy=None, quality="unknown")
    assert any("v-museum" in part for part in told(frames.step({"museum"}))["fragments"])
    assert frames.step({"museum"}) is None


@pytest.mark.parametrize("occupancy", [0, 7, 480, 1_234])
def test_figures_are_those_of_the_card(hub: Hub, occupancy: int) -> None:
    board = Board(hub)
    show(hub, occupancy=occupancy)
    (card,) = board.cards(["museum"], frozenset())
    for name, value in board.looks(["museum"], frozenset())["museum"].figures.items():
        id_, _, attribute = name.partition(".")
        (element,) = re.findall(
            rf'<\w+[^>]* id="{id_}"[^>]*>[^<]*|<\w+ id="{id_}"[^>]*>[^<]*', card
        )
        said = re.search(rf' {attribute}="([^"]*)"', element) if attribute else None
        assert (said[1] if said else element.partition(">")[2]) == value, name


def test_a_page_is_told_what_it_has_not_seen(hub: Hub) -> None:
    frames = Frames(Board(hub))
    frames.step({"museum"})
    seen = frames.revision
    assert frames.since(seen) == []
    show(hub, occupancy=20)
    first = frames.step({"museum"})
    show(hub, occupancy=21)
    second = frames.step({"museum"})
    assert frames.since(seen) == [first, second]
    # A page of another run, or one that says nothing, is told everything; all of them the same.
    for strange in ("", "0000-3", f"{seen.partition('-')[0]}-99", "x"):
        whole = frames.since(strange)
        assert sum(len(told(frame)["fragments"]) for frame in whole) == 2 + len(hub.live.venues)
        assert whole is frames.since("")


def test_what_is_kept_for_pages_that_come_back_is_bounded(
    hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hub.pages.frames.KEPT_BYTES", 30_000)
    frames = Frames(Board(hub))
    frames.step({"museum"})
    seen = frames.revision
    for i in range(200):
        show(hub, occupancy=20 + i % 2)
        frames.step({"museum"})
    assert sum(map(len, frames._kept)) <= 30_000
    assert len(frames.since(seen)) > 0
    assert told(frames.since(seen)[0])["fragments"]


def test_who_needs_a_person_is_told_with_the_strip(hub: Hub) -> None:
    frames = Frames(Board(hub))
    show(hub, occupancy=20)
    frames.step(list(hub.live.venues))
    show(hub, occupancy=20, over_since_ms=5)
    parts = told(frames.step(()))["fragments"]
    assert isinstance(parts, list)
    assert any('id="attention"' in part and "超过容量" in part for part in parts)
    assert any('id="v-museum"' in part and 'data-attention="yes"' in part for part in parts)


async def test_pages_share_what_they_are_told_and_slow_ones_get_the_outcome(hub: Hub) -> None:
    frames = Frames(Board(hub))
    broadcast = Broadcast(hub.live.feed, frames)
    running = asyncio.create_task(broadcast.run())
    await asyncio.sleep(0)
    with broadcast.join(frames.revision) as quick, broadcast.join(frames.revision) as slow:
        assert (len(hub.live.feed), len(broadcast)) == (2, 2)
        await quick.next(frames)
        await slow.next(frames)
        show(hub, occupancy=20)
        hub.live.feed.announce({"museum"})
        frame = await asyncio.wait_for(quick.next(frames), 5)
        assert b"o-museum" in (frame or b"")
        for _ in range(MOST_WAITING + 5):
            slow.offer(b"event: x\n\n")
        assert len(slow._waiting) == 0
        whole = await asyncio.wait_for(slow.next(frames), 5)
        assert whole == b"".join(frames.since(""))
        hub.live.feed.close()
        assert await asyncio.wait_for(quick.next(frames), 5) is None
    await asyncio.wait_for(running, 5)
    assert (len(hub.live.feed), len(broadcast)) == (0, 0)


async def test_nothing_is_made_while_nobody_looks(hub: Hub) -> None:
    frames = Frames(Board(hub))
    broadcast = Broadcast(hub.live.feed, frames)
    running = asyncio.create_task(broadcast.run())
    await asyncio.sleep(0)
    before = frames.revision
    show(hub, occupancy=20)
    hub.live.feed.announce({"museum"})
    for _ in range(5):
        await asyncio.sleep(0)
    assert frames.revision == before
    # The next one is told what came meanwhile.
    with broadcast.join(before) as page:
        assert b"o-museum" in (await page.next(frames) or b"")
    hub.live.feed.close()
    await asyncio.wait_for(running, 5)


def test_a_page_of_another_release_is_another_page(
    hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = Board(hub).key()
    assert Board(hub).key() == key
    monkeypatch.setattr("hub.pages.render.form", lambda: b"another")
    assert Board(hub).key() != key


def test_the_page_leaves_out_what_was_not_asked_for(hub: Hub) -> None:
    feed(hub)
    board = Board(hub, Links(has_venues=True))
    html = board.page("zh", None, Choice(kind="book_room"))
    assert re.search(r'id="v-museum"[^>]* hidden', html)
    assert not re.search(r'id="v-book-room-zhouqiao"[^>]* hidden', html)
    assert re.search(r'<option value="book_room"[^>]* selected', html)
    assert 'id="none" hidden' in html
    assert 'id="none">' in board.page("en", None, Choice(q="nowhere"))
    # Sorted by use, who is not known comes last and the groups are gone.
    html = board.page("en", None, Choice(sort="occupancy"))
    assert re.findall(r'<article[^>]* id="v-([\w-]+)"', html)[0] == "museum"
    wall = board.page("zh", wall=True, night="1")
    assert 'class="night wall of-16"' in wall
    assert 'id="choose"' not in wall


def test_an_item_leads_to_its_device_or_venue(hub: Hub) -> None:
    hub.live.collector.told(NodeId("museum", "sim"), Status("b0" * 8, False), NOON_MS)
    hub.live.look()
    html = Board(hub, Links(has_venues=True, has_devices=True)).page("en")
    assert 'href="/devices/museum/sim?lang=en">See the device' in html
    assert "/devices/" not in Board(hub).page("en")


def test_venues_that_go_are_told_no_more(hub: Hub) -> None:
    frames = Frames(Board(hub))
    frames.step(list(hub.live.venues))
    hub.live.venues = dict(list(hub.live.venues.items())[:3])
    frames.step({"museum", "nowhere"})
    hub.live.venues = {}
    assert len(told(frames.since("")[0])["fragments"]) == 1


def test_a_closed_page_ends() -> None:
    page = Page([b"x"])
    page.close()
    assert asyncio.run(page.next(None)) is None  # type: ignore[arg-type]
