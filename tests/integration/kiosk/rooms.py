"""A kiosk with everything around it: pad, card reader and printer on ptys, the hub's library."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from firmware_bridge.simulated.device import run_device
from firmware_bridge.simulated.feig import SimulatedFeigPad
from firmware_bridge.simulated.pad import SimulatedPad, SimulatedTag
from firmware_bridge.simulated.pty_port import PtyPort
from firmware_bridge.simulated.rdm6300 import SimulatedRdm6300
from firmware_bridge.simulated.receipt_printer import SimulatedEscpos
from firmware_bridge.simulated.receipt_printer import serve as serve_printer
from firmware_bridge.simulated.serve import serve as serve_pad
from hub.store.records import Records
from hub.store.records.stock import ItemRow, PatronRow, StockRecords
from kiosk.config import KioskConfig
from kiosk.config_file import load
from kiosk.desk.journal import Journal
from kiosk.host import SessionHost
from kiosk.lending.services import Mode
from kiosk.runtime import Kiosk, open_kiosk
from kiosk.session.events import Entered, Pressed
from kiosk.session.screen import Button, Screen, ScreenName
from kiosk.session.state import Visit
from tests.accounts import CHEAP
from tests.lending.benches import item_id
from tests.unit.hub.library.terminal import PASSWORD, Library

CARD, PIN, NAME = "0400A1B2C3", "1234", "张三丰"
BOOKS = range(1, 7)


class Room:
    """The devices of one kiosk, on ptys under links in a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.pad_port = PtyPort(folder / "tty-pad")
        self.card_port = PtyPort(folder / "tty-cards")
        self.printer_port = PtyPort(folder / "tty-printer")
        self.pad = SimulatedPad()
        self.cards = SimulatedRdm6300()
        self.printer = SimulatedEscpos()
        self.tag_seconds = 0.0
        """What every answer of the pad takes; see `slow`."""
        self.before: Callable[[], None] = lambda: None
        """Called before each answer of such a pad."""

    @asynccontextmanager
    async def running(self) -> AsyncIterator["Room"]:
        async with self.pad_port, self.card_port, self.printer_port:
            jobs = [
                asyncio.create_task(self._again(self._pad)),
                asyncio.create_task(self._again(self._cards)),
                asyncio.create_task(self._again(self._printer)),
            ]
            try:
                yield self
            finally:
                for job in jobs:
                    job.cancel()
                await asyncio.gather(*jobs, return_exceptions=True)

    async def _again(self, run: Callable[[], object]) -> None:
        while True:
            await run()  # type: ignore[misc]
            await asyncio.sleep(0.01)  # unplugged, perhaps to be plugged in again

    async def _pad(self) -> None:
        device = SimulatedFeigPad(self.pad)
        if not self.tag_seconds:
            await serve_pad(self.pad_port, device.receive, gap=device.gap)
            return
        while request := await self.pad_port.read():
            await asyncio.sleep(self.tag_seconds)
            self.before()
            await self.pad_port.write(device.receive(request))

    async def _cards(self) -> None:
        await run_device(self.card_port, self.cards)

    async def _printer(self) -> None:
        await serve_printer(self.printer_port, self.printer)

    async def slow(self, seconds: float) -> None:
        """Let every answer of the pad take so long from now on."""
        self.tag_seconds = seconds
        self.pad_port.unplug()
        await asyncio.sleep(0.05)  # its device notices that the port is gone
        self.pad_port.plug()

    def lay(self, tags: Iterable[SimulatedTag]) -> None:
        for tag in tags:
            self.pad.put(tag)

    def clear(self, tags: Iterable[SimulatedTag]) -> None:
        for tag in tags:
            self.pad.take(tag.uid)


def a_library(folder: Path) -> Library:
    """The hub's library with six books and one patron, who has a card and a PIN."""
    folder.mkdir(exist_ok=True)
    library = Library(folder, patrons=0, items=0, timeout_tenths=5)
    with Records(library.path) as records:
        book = StockRecords(records)
        book.put_patrons([PatronRow(CARD, NAME, CHEAP.hash(PIN))])
        book.put_items(ItemRow(item_id(number), f"书目 {number}") for number in BOOKS)
    return library


def a_config(room: Room, port: int, more: str = "") -> KioskConfig:
    """A configuration of this room, its files in the room's folder."""
    path = room.folder / "kiosk.toml"
    secret = room.folder / "library-password"
    secret.write_text(PASSWORD)
    secret.chmod(0o600)
    path.write_text(
        f"""
[node]
venue = "jiading-library"
node = "kiosk-1"
[broker]
port = 9
[library]
port = {port}
user = "kiosk-1"
password_file = "library-password"
institution = "jd"
[pad]
port = "{room.pad_port.path}"
options = {{ is_advanced = false }}
[card_reader]
driver = "rdm6300"
port = "{room.card_port.path}"
options = {{ away_seconds = 0.2 }}
[printer]
port = "{room.printer_port.path}"
{more}
"""
    )
    return load(path)


@dataclass
class Driver:
    """A visitor's finger: presses what the screen offers, and waits for what it shows."""

    kiosk: Kiosk
    room: Room

    @property
    def host(self) -> SessionHost:
        return self.kiosk.host

    @property
    def journal(self) -> Journal:
        assert self.kiosk.journal is not None
        return self.kiosk.journal

    @property
    def screen(self) -> Screen:
        return self.host.screen

    def buttons(self) -> list[Button]:
        screen = self.screen
        rows = [*screen.rows, *(row for section in screen.sections for row in section.rows)]
        return [*screen.buttons, *screen.foot, *(b for row in rows for b in row.buttons)]

    async def press(self, act: str, choice: str | None = None) -> None:
        """Press a button once it is there and does what it says."""

        def offered() -> Button | None:
            if self.screen.is_waiting:
                return None
            return next(
                (
                    b
                    for b in self.buttons()
                    if b.act == act and choice in {None, b.choice} and b.is_enabled
                ),
                None,
            )

        await self.until(lambda: offered() is not None, f"a button {act}")
        button = offered()
        assert button is not None
        self.host.post(Pressed(act, self.screen.serial, button.choice))

    async def type(self, name: str, text: str) -> None:
        await self.until(
            lambda: self.screen.field is not None and self.screen.field.name == name, name
        )
        self.host.post(Entered(name, text, self.screen.serial))

    async def show_card(self, card: str = CARD) -> None:
        """Hold a card up until the session has taken it, and take it away."""
        before = self.host.state.visit
        self.room.cards.put(card)
        await self.until(lambda: self._is_taken(before), "the card")
        self.room.cards.take(card)
        await asyncio.sleep(0.25)  # until the reader takes it for gone

    def _is_taken(self, before: Visit) -> bool:
        visit = self.host.state.visit
        is_refused = visit.alert is not None and before.alert is None
        return visit.waiting is None and bool(visit.card or visit.patron or is_refused)

    async def lie_there(self, count: int) -> None:
        """Wait until the session sees so many items."""
        await self.until(
            lambda: len(self.host.state.around.pad.on_pad.items) == count, f"{count} items"
        )

    async def online(self) -> None:
        mode = Mode.ONLINE
        await self.until(
            lambda: self.host.state.around.services.services.mode is mode, "the library"
        )

    async def at(self, name: ScreenName) -> Screen:
        await self.until(lambda: self.screen.name is name, name.value)
        return self.screen

    async def until(self, is_so: Callable[[], bool], what: str, seconds: float = 15) -> None:
        try:
            async with asyncio.timeout(seconds):
                while not is_so():  # noqa: ASYNC110  anything may make it so
                    await asyncio.sleep(0.01)
        except TimeoutError:
            raise AssertionError(f"{what} did not come; shown: {self.screen}") from None


@asynccontextmanager
async def a_kiosk(config: KioskConfig, room: Room) -> AsyncIterator[Driver]:
    """A kiosk that runs, and nobody looks at it but the driver."""

    async def nobody(_host: SessionHost) -> None:
        await asyncio.Event().wait()

    async with open_kiosk(config) as kiosk:
        running = asyncio.create_task(kiosk.run(nobody), name="kiosk")
        try:
            yield Driver(kiosk, room)
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)
            assert running.cancelled(), running.exception()
