"""The kiosk as a process has it: real ports, the hub's library, one visitor after the other."""

import asyncio
import sqlite3
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from contracts.blocked_cards import BlockedCards, encode_blocked_cards, hash_card
from contracts.messages import decode_row
from contracts.rows import Event
from firmware_bridge import line
from firmware_bridge.framing.rdm6300 import encode_card
from hub.store.records.stock import ItemRow, PatronRow, StockRecords
from kiosk import runtime
from kiosk.errands.staff_cards import add_card
from kiosk.lending.effects import Notice
from kiosk.lending.services import Mode
from kiosk.lending.slip import Ending
from kiosk.lending.transaction import Action
from kiosk.lending.unfinished import unfinished
from kiosk.session import acts
from kiosk.session.effects import ReadAccount
from kiosk.session.events import AccountRead, Ticked
from kiosk.session.events import Event as SessionEvent
from kiosk.session.moment import Moment
from kiosk.session.screen import ScreenName
from tests.accounts import CHEAP
from tests.integration.kiosk.rooms import (
    CARD,
    NAME,
    PIN,
    Driver,
    Room,
    a_config,
    a_kiosk,
    a_library,
)
from tests.lending.benches import SOUND, a_book, is_off, item_id
from tests.lending.faulty_link import FaultyLink
from tests.unit.hub.library.terminal import THERE, Library

SALT, BLOCKED = "5f0e1d2c3b4a5968", "0400BBBBBB"
OPEN_LOANS = """
SELECT items.barcode FROM loans JOIN items ON items.id = loans.item WHERE loans.back_ms IS NULL"""


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    with a_library(tmp_path / "library") as library:
        yield library


@pytest.fixture
async def room(tmp_path: Path) -> AsyncIterator[Room]:
    async with Room(tmp_path).running() as room:
        yield room


@pytest.fixture(autouse=True)
def _quick_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(line, "SETTLE_SECONDS", 0.002)


def on_loan(library: Library) -> set[str]:
    with closing(sqlite3.connect(library.path)) as db:
        return {barcode for (barcode,) in db.execute(OPEN_LOANS)}


def events(folder: Path) -> list[Event]:
    with closing(sqlite3.connect(folder / "spool.db")) as db:
        bodies = db.execute("SELECT body FROM row ORDER BY seq").fetchall()
    return [row for (body,) in bodies if isinstance(row := decode_row(body), Event)]


async def borrow(driver: Driver, count: int) -> None:
    """Books lie there, a card comes, a PIN: all are borrowed."""
    await driver.show_card()
    await driver.type(acts.PIN, PIN)
    await driver.at(ScreenName.PAD)
    await driver.until(lambda: len(driver.screen.rows) >= count, f"{count} books")
    await driver.press(acts.CONFIRM)


async def test_five_books_are_borrowed_renewed_and_returned(
    tmp_path: Path, room: Room, library: Library
) -> None:
    tags = [a_book(number) for number in range(1, 6)]
    ids = {item_id(number) for number in range(1, 6)}
    async with a_kiosk(a_config(room, library.server.port), room) as driver:
        await driver.online()
        room.lay(tags)
        await borrow(driver, 5)
        await driver.until(lambda: on_loan(library) == ids, "five loans")
        await driver.until(lambda: all(map(is_off, tags)), "five bits")
        await driver.until(lambda: not driver.screen.is_waiting, "the end")
        assert "书目 3" in {row.name for row in driver.screen.rows}

        room.clear(tags)
        await driver.press(acts.FINISH)
        await driver.at(ScreenName.RECEIPT)
        await driver.press(acts.SLIP, "print")
        await driver.at(ScreenName.FAREWELL)
        printed = room.printer.printed[-1].decode("gb18030")
        assert "书目 3" in printed
        assert CARD not in printed
        assert NAME not in printed

        # The account, and a renewal of one of them.
        await driver.press(acts.HOME)
        await driver.at(ScreenName.ATTRACT)
        await driver.show_card()
        await driver.type(acts.PIN, PIN)
        await driver.at(ScreenName.ACCOUNT)
        await driver.until(lambda: not driver.screen.is_waiting, "the account")
        await driver.press(acts.RENEW, item_id(2))
        await driver.until(lambda: not driver.screen.is_waiting, "the renewal")
        assert NAME not in repr(driver.host.state)
        await driver.press(acts.FINISH)
        await driver.at(ScreenName.RECEIPT)
        await driver.press(acts.SLIP, "none")
        await driver.press(acts.HOME)

        # Returned, by whoever brings them.
        await driver.at(ScreenName.ATTRACT)
        room.lay(tags)
        await driver.at(ScreenName.HOME)
        await driver.press(acts.RETURN)
        await driver.until(lambda: len(driver.screen.rows) == 5, "five books")
        await driver.press(acts.CONFIRM)
        await driver.until(lambda: not on_loan(library), "no loan")
        await driver.until(lambda: not any(map(is_off, tags)), "five bits")
        await asyncio.sleep(0)
    told = events(tmp_path)
    names = [event.name for event in told]
    assert (names.count("loan"), names.count("return"), names.count("renewal")) == (5, 5, 1)
    assert "session" in names
    assert CARD not in repr(told)


async def test_a_returned_book_that_is_reserved_or_of_another_branch_is_put_aside(
    room: Room, library: Library
) -> None:
    stock = StockRecords(library.records)
    stock.put_patrons([PatronRow("P2", "李四", CHEAP.hash(PIN))])
    stock.put_items(ItemRow(item_id(n), f"书目 {n}", home_branch=THERE) for n in (3,))
    numbers = (1, 2, 3, 4)
    with library.terminal("kiosk-2") as desk:
        for number in numbers:
            assert desk.checkout(CARD, item_id(number)).fixed[2] == "1"
        desk.hold("P2", item_id(1))
        desk.hold("P2", item_id(2), more=f"BS{THERE}|")
    async with a_kiosk(a_config(room, library.server.port), room) as driver:
        await driver.online()
        room.lay(a_book(number) for number in numbers)
        await driver.press(acts.RETURN)
        await driver.lie_there(4)
        await driver.press(acts.CONFIRM)
        await driver.until(lambda: not on_loan(library), "no loan")
        await driver.until(lambda: not driver.screen.is_waiting, "the end")
        said = {row.name: (row.mark, row.note.to("zh")) for row in driver.screen.rows if row.note}
        assert said == {
            "书目 1": ("warning", "已还。有读者预约了这本书，请放到预约架"),
            "书目 2": ("warning", f"已还。{THERE}有读者预约了这本书，请放到转送箱"),
            "书目 3": ("warning", f"已还。这本书要送到{THERE}，请放到转送箱"),
            "书目 4": ("good", "已还"),
        }
        await driver.press(acts.LANGUAGE)
        await driver.press(acts.FINISH)
        await driver.at(ScreenName.RECEIPT)
        await driver.press(acts.SLIP, "print")
        await driver.at(ScreenName.FAREWELL)
        printed = "".join(room.printer.printed[-1].decode("gb18030").split())
        # The printer breaks lines where it likes.
        assert "reservedit:pleaselayitontheholds" in printed
        # An answer that was lost is made up for by asking how the item is.
        assert driver.kiosk.desk is not None
        looked = {
            one.item_id: (await driver.kiosk.desk.ils.look(one)).alert
            for one in driver.journal
            if one.action is Action.RETURN
        }
        assert [looked[item_id(number)] for number in numbers] == ["01", "04", "04", ""]


async def test_a_wrong_pin_and_an_unknown_card_are_told_apart(room: Room, library: Library) -> None:
    async with a_kiosk(a_config(room, library.server.port), room) as driver:
        await driver.online()
        await driver.show_card()
        await driver.type(acts.PIN, "9999")
        await driver.until(lambda: driver.screen.alert is not None, "an alert")
        assert driver.screen.name is ScreenName.PIN
        await driver.type(acts.PIN, PIN)
        await driver.at(ScreenName.ACCOUNT)
        await driver.press(acts.FINISH)
        await driver.at(ScreenName.ATTRACT)
        await driver.show_card("04FFFFFFFF")
        await driver.type(acts.PIN, PIN)
        await driver.at(ScreenName.IDENTIFY)
        assert driver.screen.alert is not None


async def test_an_unplugged_pad_is_said_and_comes_back(room: Room, library: Library) -> None:
    async with a_kiosk(a_config(room, library.server.port), room) as driver:
        await driver.online()
        room.pad_port.unplug()
        away = lambda: driver.host.state.around.services.services.mode is Mode.CLOSED  # noqa: E731
        await driver.until(away, "out of order", 30)
        states = {one.name: one.state for one in driver.kiosk.health.statuses()}
        assert states["pad"] == "failed"
        assert states["library"] == "watching"
        room.pad_port.plug()
        room.lay([a_book(1)])
        await driver.until(lambda: bool(driver.host.state.around.pad.on_pad.items), "the book")
        await driver.online()


async def test_the_library_dies_under_a_stack_and_hears_of_the_rest_later(
    room: Room, library: Library
) -> None:
    """Five books are confirmed, the line is cut after the first: none is lent twice or lost."""
    tags = [a_book(number) for number in range(1, 6)]
    keep_cards(room)
    await room.slow(0.03)
    async with FaultyLink(library.server.port, SOUND, 1) as link:
        config = a_config(room, link.port, "[lending]\noffline = true")
        async with a_kiosk(config, room) as driver:
            await driver.online()
            room.lay(tags)
            await driver.lie_there(5)
            await driver.show_card()
            await driver.type(acts.PIN, PIN)
            await driver.until(lambda: len(driver.screen.rows) == 5, "five books")
            await driver.press(acts.CONFIRM)
            await driver.until(lambda: bool(on_loan(library)), "a loan")
            await link.__aexit__(None, None, None)
            # What had just been sent is asked after when somebody answers again.
            await driver.until(lambda: sum(map(is_off, tags)) >= 4, "four bits")
            await driver.until(lambda: not driver.screen.is_waiting, "the end")
            await driver.until(
                lambda: driver.host.state.around.services.services.mode is Mode.OFFLINE, "alone"
            )
            assert len(on_loan(library)) < 4
            await driver.press(acts.FINISH)
            await driver.at(ScreenName.RECEIPT)
            told = driver.kiosk.node.uplink
            await driver.until(lambda: bool(told.unfinished()), "the hub's list", 30)
            again = await asyncio.start_server(link._serve, "127.0.0.1", link.port)
            async with again:
                await driver.until(lambda: not unfinished(driver.journal), "the uploads")
            off = {item_id(number) for number, tag in enumerate(tags, 1) if is_off(tag)}
            assert len(off) >= 4
            assert on_loan(library) == off
    with closing(sqlite3.connect(library.path)) as db:
        assert db.execute("SELECT count(*) FROM loans").fetchone() == (len(off),)


async def test_alone_a_card_is_taken_without_pin_and_shows_no_account_afterwards(
    room: Room, library: Library
) -> None:
    keep_cards(room)
    async with FaultyLink(library.server.port, SOUND, 1) as link:
        config = a_config(room, link.port, "[lending]\noffline = true")
        await link.__aexit__(None, None, None)
        async with a_kiosk(config, room) as driver:
            await driver.until(
                lambda: driver.host.state.around.services.services.mode is Mode.OFFLINE, "alone"
            )
            await driver.show_card(BLOCKED)
            assert driver.host.state.visit.patron is None
            await driver.show_card()
            await driver.until(lambda: driver.host.state.visit.patron is not None, "the card")
            async with await asyncio.start_server(link._serve, "127.0.0.1", link.port):
                await driver.online()
                visit = driver.host.state.visit.number
                told: list[object] = []
                lending = driver.kiosk.errands.lending
                assert lending is not None
                lending._post = lambda _visit, event: told.append(event)
                lending.begin(ReadAccount(visit))
                await driver.until(lambda: bool(told), "an answer")
                assert told == [AccountRead(None)]


async def test_a_book_that_is_taken_too_early_is_asked_for_and_finished(
    room: Room, library: Library
) -> None:
    tag = a_book(1)
    await room.slow(0.03)
    async with a_kiosk(a_config(room, library.server.port), room) as driver:
        await driver.online()
        room.lay([tag])
        await driver.lie_there(1)
        await driver.show_card()
        await driver.type(acts.PIN, PIN)
        await driver.until(lambda: len(driver.screen.rows) == 1, "a book")
        room.before = lambda: room.clear([tag] if on_loan(library) else [])
        await driver.press(acts.CONFIRM)
        await driver.until(lambda: bool(driver.host.state.visit.told), "the request")
        assert driver.host.state.visit.told == {item_id(1): Notice.PUT_BACK}
        assert not is_off(tag)
        room.before = lambda: None
        room.lay([tag])
        await driver.until(lambda: not driver.host.state.visit.told, "the all-clear")
        await driver.until(lambda: not driver.screen.is_waiting, "the end")
        assert is_off(tag)
        handled = driver.host.state.visit.handled[item_id(1)]
        assert handled.row.ending is Ending.DONE


async def test_two_cards_at_once_are_nobodys(room: Room, library: Library) -> None:
    async with a_kiosk(a_config(room, library.server.port), room) as driver:
        await driver.online()
        await driver.press(acts.HOME)
        await driver.press(acts.ACCOUNT)
        await driver.at(ScreenName.IDENTIFY)
        await room.card_port.write(encode_card(CARD) + encode_card("0400000001"))
        await driver.until(lambda: driver.screen.alert is not None, "an alert")
        assert driver.screen.name is ScreenName.IDENTIFY


async def test_the_staff_opens_the_room_and_takes_the_kiosk_out_through_a_restart(
    tmp_path: Path, room: Room, library: Library
) -> None:
    config = a_config(room, library.server.port)
    add_card(config.staff.cards, "王芳", "0400000099", "246810")
    async with a_kiosk(config, room) as driver:
        await driver.online()
        await driver.press(acts.HOME)
        await driver.press(acts.STAFF)
        await driver.type(acts.CARD_NUMBER, "0400000099")
        await driver.type(acts.STAFF_PIN, "246810")
        await driver.press(acts.OPEN_ROOM)
        await driver.until(lambda: "staff_open" in {e.name for e in events(tmp_path)}, "an event")
        await driver.press(acts.SET_OUT)
        await driver.until(lambda: driver.host.state.around.out.is_out, "out of use")
    async with a_kiosk(config, room) as driver:
        assert driver.host.state.around.out.is_out
        # Their card leads to their PIN from any screen, out of service too.
        await driver.show_card("0400000099")
        screen = await driver.at(ScreenName.STAFF)
        assert screen.field is not None
        assert screen.field.name == acts.STAFF_PIN
    (opened,) = [event for event in events(tmp_path) if event.name == "staff_open"]
    assert (opened.source, opened.data) == ("kiosk", {"by": "王芳"})


def keep_cards(room: Room) -> None:
    """A list of blocked cards of today lies on the disk."""
    cards = BlockedCards(time.time_ns() // 1_000_000, SALT, frozenset({hash_card(SALT, BLOCKED)}))
    (room.folder / "cards.json").write_bytes(encode_blocked_cards(cards))


async def test_an_end_by_silence_is_counted_down_in_more_than_one_step_a_second(
    tmp_path: Path, room: Room, library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    ahead = 0.0
    real = runtime._moment

    def later() -> Moment:
        now = real()
        return Moment(now.monotonic + ahead, now.wall_s + round(ahead))

    monkeypatch.setattr(runtime, "_moment", later)
    async with a_kiosk(a_config(room, library.server.port), room) as driver:
        await driver.press(acts.HOME)
        await driver.at(ScreenName.HOME)
        ahead = 47.0
        await driver.until(lambda: driver.screen.countdown is not None, "the warning")
        ticks = 0
        post = driver.host.post

        def counted(event: SessionEvent) -> bool:
            nonlocal ticks
            ticks += isinstance(event, Ticked)
            return post(event)

        monkeypatch.setattr(driver.host, "post", counted)
        await driver.at(ScreenName.ATTRACT)
        # Two to three seconds were left.
        assert ticks >= 10
