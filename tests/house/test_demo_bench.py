"""The desk in front of the demo's kiosk: what lies on it is read by real drivers over real ptys."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from examples.demo.bench.bench import BadMove, Bench
from examples.demo.bench.faults import FAULTS
from examples.demo.bench.links import Link
from examples.demo.bench.paper import text_of
from examples.demo.bench.things import Kind, Place, Thing, all_things, card_uid
from examples.demo.bench.tour import Step, Tour
from examples.demo.bench.truth import ItemTruth, Truth, read_truth
from examples.demo.lending import OWNER, copies, readers, stock
from examples.demo.plan import VENUE
from firmware_bridge.errors import DeviceError
from firmware_bridge.readers.feig import FeigReader
from firmware_bridge.readers.pn532 import Pn532Reader
from firmware_bridge.readers.tag_access import read_tag, write_security
from firmware_bridge.receipts.escpos import EscposPrinter
from firmware_bridge.receipts.port import PrinterState, Receipt, ReceiptLine
from hub.store.records import Records
from kiosk.lending.stack import ItemRules, Obstacle, sort_pad
from tests.brokers import free_port

NOW_MS = 1_795_000_000_000


@asynccontextmanager
async def a_bench(folder: Path) -> AsyncIterator[Bench]:
    library, broker, hub = (Link(free_port(), free_port()) for _ in range(3))
    bench = Bench(all_things(VENUE), folder, library, (broker, hub), folder / "tags.json")
    running = asyncio.create_task(bench.devices.run(), name="devices")
    await bench.open()
    await until((folder / "printer").is_symlink)
    try:
        yield bench
    finally:
        await bench.close()
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


async def until(is_so: Callable[[], object]) -> None:
    async with asyncio.timeout(30):
        while not is_so():  # noqa: ASYNC110  anything may make it so
            await asyncio.sleep(0.01)


def a_book(bench: Bench, at: int = 0) -> Thing:
    on_shelf = [
        one for one in bench.things.values() if one.kind is Kind.BOOK and one.place is Place.SHELF
    ]
    return on_shelf[at]


def test_the_library_is_stocked_once_and_the_bench_reads_it(tmp_path: Path) -> None:
    secret = tmp_path / "kiosk/password"
    with Records(tmp_path / "records.db") as records:
        began = time.monotonic()
        stock(records, VENUE, secret, NOW_MS)
        assert time.monotonic() - began < 5
        first = read_truth(tmp_path / "records.db", NOW_MS)
        password = secret.read_text("utf-8")
        stock(records, VENUE, secret, NOW_MS + 86_400_000)
    assert read_truth(tmp_path / "records.db", NOW_MS) == first
    assert secret.read_text("utf-8") == password != ""
    assert secret.stat().st_mode & 0o077 == 0
    assert len(first.items) == len(copies()) >= 60
    assert len({copy.branch for copy in copies()}) >= 5
    told = [first.readers[reader.card] for reader in readers()]
    assert len(told) == 8
    assert [bool(one.blocks) for one in told].count(True) == 1
    assert any(one.overdue for one in told)
    assert any(one.holds for one in told)
    assert any(one.owed_fen > 2000 for one in told)
    assert any(one.category == "child" for one in told)


def test_bits_and_library_agree_when_the_demo_begins(tmp_path: Path) -> None:
    with Records(tmp_path / "records.db") as records:
        stock(records, VENUE, tmp_path / "password", NOW_MS)
    truth = read_truth(tmp_path / "records.db", NOW_MS)
    library, line = Link(1, 2), Link(3, 4)
    bench = Bench(all_things(VENUE), tmp_path, library, (line,), tmp_path / "tags.json")
    bench.look(truth)
    shown = bench.view("en")["things"]
    assert all(one["agrees"] for one in shown.values())
    assert {one["place"] for one in shown.values()} == {"shelf", "out"}


async def test_what_is_laid_down_is_read_as_what_it_is(tmp_path: Path) -> None:
    expected = {
        "blank": Obstacle.BLANK,
        "other_trade": Obstacle.FOREIGN,
        "damaged": Obstacle.DAMAGED,
        "foreign": Obstacle.OTHER_LIBRARY,
        "card_on_pad": Obstacle.PATRON_CARD,
        "cd_missing": Obstacle.INCOMPLETE,
    }
    async with a_bench(tmp_path) as bench:
        book = a_book(bench)
        bench.move(book.id, Place.PAD)
        async with FeigReader(str(tmp_path / "pad"), is_advanced=False) as reader:
            found = {}
            for name in expected:
                await bench.fault(name, on=True)
                assert bench.view("en")["faults"][name]
                uids = await reader.inventory()
                reads = [await read_tag(reader, uid) for uid in uids]
                on_pad = sort_pad(reads, ItemRules(owners=frozenset({OWNER})))
                assert [item.item_id for item in on_pad.items] == [book.barcode]
                found[name] = on_pad.obstructed[0].obstacle
                await bench.fault(name, on=False)
                assert not bench.view("en")["faults"][name]
        assert found == expected


async def test_a_book_is_taken_away_under_the_write_once(tmp_path: Path) -> None:
    async with a_bench(tmp_path) as bench:
        book = a_book(bench)
        bench.move(book.id, Place.PAD)
        await bench.fault("take_early", on=True)
        async with FeigReader(str(tmp_path / "pad"), is_advanced=False) as reader:
            with pytest.raises(DeviceError):
                await write_security(reader, book.id, is_on=False)
            assert book.place is Place.SHELF
            assert book.is_secured
            bench.move(book.id, Place.PAD)
            await write_security(reader, book.id, is_on=False)
        assert not bench.things[book.id].is_secured
        assert not bench.view("en")["faults"]["take_early"]


async def test_a_card_is_held_for_a_moment_and_its_number_is_its_uid(tmp_path: Path) -> None:
    async with a_bench(tmp_path) as bench, Pn532Reader(str(tmp_path / "cards")) as reader:
        whose = readers()[0]
        bench.hold_card(whose.card)
        async with asyncio.timeout(30):
            seen = await anext(aiter(reader))
        assert f"{int(seen.card_id, 16):010}" == whose.card
        await until(lambda: not bench.view("zh")["cards"][whose.card]["held"])


async def test_a_card_held_up_again_at_once_is_told_again(tmp_path: Path) -> None:
    async with a_bench(tmp_path) as bench, Pn532Reader(str(tmp_path / "cards")) as reader:
        whose = readers()[0]
        cards = aiter(reader)
        async with asyncio.timeout(10):
            bench.hold_card(whose.card)
            first = await anext(cards)
            bench.hold_card(whose.card)
            assert await anext(cards) == first
            # Lifted by the end of a fault, and held up at once.
            await bench.fault("two_cards", on=True)
            await bench.fault("two_cards", on=False)
            bench.hold_card(whose.card)
            assert await anext(cards) == first


async def test_two_cards_at_once_are_both_told(tmp_path: Path) -> None:
    async with a_bench(tmp_path) as bench, Pn532Reader(str(tmp_path / "cards")) as reader:
        await bench.fault("two_cards", on=True)
        async with asyncio.timeout(30):
            cards = aiter(reader)
            seen = {(await anext(cards)).card_id, (await anext(cards)).card_id}
        assert seen == {card_uid(reader.card) for reader in readers()[:2]}


async def test_paper_comes_out_as_text_until_there_is_none(tmp_path: Path) -> None:
    slip = Receipt(
        (ReceiptLine("借书", is_large=True), ReceiptLine("红楼梦")), qr="https://x.test/"
    )
    async with a_bench(tmp_path) as bench:
        async with EscposPrinter(str(tmp_path / "printer")) as printer:
            assert (await printer.print_receipt(slip)).is_printed
            bench.look(None)
            assert bench.view("zh")["paper"] == ["借书\n红楼梦\n\n▦ https://x.test/"]
            await bench.fault("no_paper", on=True)
            assert await printer.state() is PrinterState.PAPER_OUT
            await bench.fault("no_paper", on=False)
            assert await printer.state() is PrinterState.READY
        await bench.fault("printer_out", on=True)
        assert not (tmp_path / "printer").exists()
        await bench.fault("printer_out", on=False)
        async with EscposPrinter(str(tmp_path / "printer")) as printer:
            assert await printer.state() is PrinterState.READY


async def test_a_line_is_cut_slow_and_loses_one_answer(tmp_path: Path) -> None:
    async def echo(read: asyncio.StreamReader, write: asyncio.StreamWriter) -> None:
        while line := await read.readline():
            write.write(line)
        write.close()

    server = await asyncio.start_server(echo, "127.0.0.1", 0)
    link = Link(free_port(), server.sockets[0].getsockname()[1])

    async def ask(said: bytes) -> bytes:
        read, write = await asyncio.open_connection("127.0.0.1", link.port)
        write.write(said)
        try:
            async with asyncio.timeout(30):
                return await read.readline()
        except ConnectionError:
            return b""
        finally:
            write.transport.abort()

    await link.mend()
    assert await ask(b"12 lent\n") == b"12 lent\n"
    link.loses = b"12"
    assert await ask(b"98 here\n") == b"98 here\n"
    assert await ask(b"12 lent\n") == b""
    assert await ask(b"12 lent\n") == b"12 lent\n"
    link.delay_seconds = 0.2
    began = time.monotonic()
    assert await ask(b"98 here\n") == b"98 here\n"
    assert time.monotonic() - began >= 0.2
    link.delay_seconds = 0.0
    read, write = await asyncio.open_connection("127.0.0.1", link.port)
    write.write(b"1\n")
    assert await read.readline() == b"1\n"
    await link.cut()
    with pytest.raises(ConnectionRefusedError):
        await ask(b"98 here\n")
    async with asyncio.timeout(30):
        assert await _rest(read) == b""
    write.transport.abort()
    await link.mend()
    assert await ask(b"98 here\n") == b"98 here\n"
    await link.cut()
    server.close()


async def _rest(read: asyncio.StreamReader) -> bytes:
    try:
        return await read.read()
    except ConnectionError:
        return b""


def test_a_tour_is_ticked_off_by_what_happens() -> None:
    tour = Tour()
    tour.leave("1", sounds=True)
    tour.print_slip()
    tour.switch_off("1")
    assert tour.done == set()
    tour.lay("1", 1)
    tour.lend("9")
    assert tour.done == set()
    tour.lay("2", 2)
    tour.show_card()
    tour.lend("1")
    tour.switch_off("1")
    tour.print_slip()
    tour.leave("1", sounds=False)
    assert tour.done == set(Step)


async def test_bits_outlive_the_process_and_a_wrong_move_is_one_sentence(tmp_path: Path) -> None:
    async with a_bench(tmp_path) as bench:
        book = a_book(bench)
        book.tag.afi = 0xC2
        bench.move(book.id, Place.OUT)
        assert bench.view("en")["gate"]["sounds"] is False
        with pytest.raises(BadMove, match="no thing"):
            bench.move("E0", Place.PAD)
        with pytest.raises(BadMove, match="nobody here"):
            bench.hold_card("1")
        with pytest.raises(BadMove, match="no fault"):
            await bench.fault("earthquake", on=True)
    async with a_bench(tmp_path) as bench:
        assert bench.things[book.id].place is Place.OUT
        assert not bench.things[book.id].is_secured


async def test_a_loan_that_the_tag_does_not_show_is_pointed_out(tmp_path: Path) -> None:
    async with a_bench(tmp_path) as bench:
        book = a_book(bench)
        bench.look(Truth({book.barcode: ItemTruth("lent", VENUE, "读者甲", NOW_MS)}))
        shown = bench.view("zh")["things"][book.id]
        assert not shown["agrees"]
        assert "读者甲" in shown["said"]


async def test_every_fault_is_undone_at_once(tmp_path: Path) -> None:
    async with a_bench(tmp_path) as bench:
        for fault in FAULTS:
            if fault.name == "power_cut":
                continue  # no kiosk has power here
            await bench.fault(fault.name, on=True)
            assert bench.view("en")["faults"][fault.name], fault.name
        await bench.all_well()
        await until(lambda: not any(bench.view("en")["faults"].values()))
        assert all(bench.view("en")["cables"].values())


def test_control_characters_are_no_text() -> None:
    assert text_of(b"\x1b@\x1ba\x01hello\nthere\n\x1bd\x06") == "hello\nthere"
