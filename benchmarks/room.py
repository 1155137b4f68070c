"""How soon a card opens the door of an unstaffed room, and how punctually its closing is said.

A real kiosk process with relays, contacts, card reader and keypad behind ptys, its Modbus line at
9600 baud, and the hub's library by SIP2 over a link that holds every answer back for 50 ms. An
entry begins when the card comes to the reader and ends when the relay's coil is written; the PIN is
typed at the instant at which the door asks for it. Off line it is the list of cards and the PIN
that was right here before. Announcements begin when the player gets what is said: at the instant
of closing, and the minutes before it that a room announces.
"""

import asyncio
import statistics
import time
import urllib.request
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Final

from benchmarks.report import Result
from examples.demo.bench.door import BAUDRATE, LEAF, STRIKE, Door
from examples.demo.bench.links import Link
from tests.brokers import free_port
from tests.integration.edge.agents import Agent
from tests.integration.kiosk.doors import GOOD, PIN, District, a_config, a_library, played

ENTRIES: Final = 200
CLOSINGS: Final = 30
EVERY_SECONDS, FIRST_SECONDS = 4, 45
ILS_SECONDS: Final = 0.050
ENTRY_SECONDS, SAID_SECONDS = 1.0, 2.0
LINE_BAUDRATE: Final = 9600
PATIENCE_SECONDS: Final = 60.0
# Whoever is let in and not counted yet counts: nobody walks out here.
MORE: Final = "unlock_seconds = 3\npeople_limit = 10000\nclosing_minutes = {}"
ROOMS: Final = 4
WARNINGS: Final = (15, 5)
"""Minutes before closing at which it is announced."""


def measure(folder: Path) -> list[Result]:
    """Measure all of it."""
    return [result for name, part in PARTS.items() for result in part(folder / name)]


def measure_library(folder: Path) -> list[Result]:
    """Measure entries that the library lets in."""
    folder.mkdir(parents=True)
    return asyncio.run(_entries(folder, has_library=True))


def measure_list(folder: Path) -> list[Result]:
    """Measure entries by the list, while the library is away."""
    folder.mkdir(parents=True)
    return asyncio.run(_entries(folder, has_library=False))


def measure_closing(folder: Path) -> list[Result]:
    """Measure when closings are said."""
    folder.mkdir(parents=True)
    return asyncio.run(_closings(folder))


def measure_warning(folder: Path) -> list[Result]:
    """Measure when it is said that a room closes soon: a quarter of an hour in real time."""
    folder.mkdir(parents=True)
    return asyncio.run(_warnings(folder))


PARTS: Final[dict[str, Callable[[Path], list[Result]]]] = {
    "library": measure_library,
    "list": measure_list,
    "closing": measure_closing,
    "warning": measure_warning,
}


class _Timed:
    """When the strike's coil was written on, and when the door's page changed."""

    def __init__(self, door: Door) -> None:
        self.freed = asyncio.Event()
        self.freed_at = 0.0
        self._write = door.relays.write_coil
        door.relays.write_coil = self._written  # type: ignore[method-assign]

    def _written(self, address: int, is_on: bool) -> bool:
        if address == STRIKE and is_on:
            self.freed_at = time.perf_counter()
            self.freed.set()
        return self._write(address, is_on)


@asynccontextmanager
async def _room(
    folder: Path, district: District, minutes: Sequence[int] = ()
) -> AsyncIterator[tuple[Door, Link, str]]:
    """Run a kiosk that looks after a room; yields its door, its library's line and its address."""
    with a_library(folder / "library") as library:
        line = Link(free_port(), library.server.port)
        line.delay_seconds = ILS_SECONDS
        await line.mend()
        door = Door(folder, baudrate=LINE_BAUDRATE)
        try:
            async with door.running():
                more = MORE.format(list(minutes))
                config = a_config(door, folder, line.port, free_port(), district.port, more)
                text = config.read_text("utf-8")
                config.write_text(
                    text.replace(f"baudrate = {BAUDRATE}", f"baudrate = {LINE_BAUDRATE}"), "utf-8"
                )
                with Agent(config, program="kiosk") as kiosk:
                    await _until(lambda: bool(kiosk.said("page_ready")))
                    yield door, line, str(kiosk.said("page_ready")[-1]["url"])
        finally:
            await line.cut()


async def _entries(folder: Path, *, has_library: bool) -> list[Result]:
    with District() as district:
        async with _room(folder, district) as (door, line, url):
            timed = _Timed(door)
            # The first entry proves the PIN and finds everything ready.
            await _until_said(url, "请刷读者证")
            await _enter(door, timed, url)
            if not has_library:
                await _until((folder / "door-cards.json").exists)
                await line.cut()
                await asyncio.sleep(2.0)  # the door's line notices
                await _enter(door, timed, url)
            spans = sorted([await _enter(door, timed, url) for _ in range(ENTRIES)])
    what = "library's answer held back 50 ms" if has_library else "library away, from the list"
    mean = spans[len(spans) // 2]
    note = f"{ENTRIES} entries with PIN; p50 {mean:.3f} s, longest {spans[-1]:.3f} s"
    return [
        Result(
            f"card to the door's relay, {what}, p95",
            spans[int(len(spans) * 0.95)],
            "s",
            at_most=ENTRY_SECONDS,
            note=note,
        )
    ]


async def _enter(door: Door, timed: _Timed, url: str) -> float:
    """Let one person in; return how long the door took."""
    timed.freed.clear()
    began = time.perf_counter()
    door.cards.put(GOOD)
    await _until_said(url, 'name="pin"')
    await door.type(PIN)
    async with asyncio.timeout(PATIENCE_SECONDS):
        await timed.freed.wait()
    door.cards.take(GOOD)
    door.inputs.inputs[LEAF] = False
    await asyncio.sleep(0.35)  # two looks at the contact agree
    door.inputs.inputs[LEAF] = True
    await _until(lambda: not door.is_on(STRIKE))
    await asyncio.sleep(0.4)  # the reader has seen that the card is gone
    return timed.freed_at - began


async def _closings(folder: Path) -> list[Result]:
    with District() as district:
        first = int(time.time()) + FIRST_SECONDS
        closings = [first + n * EVERY_SECONDS for n in range(CLOSINGS)]
        opens = [first - 3600, *(closes + 1 for closes in closings[:-1])]
        district.sessions = tuple(zip(opens, closings, strict=True))
        async with _room(folder, district):
            await asyncio.sleep(max(0.0, closings[-1] + EVERY_SECONDS - time.time()))
            # Each is said in two languages; the first of both counts.
            heard = played(folder)
    late = [_late(heard, closes) for closes in closings]
    note = f"{CLOSINGS} closings, {EVERY_SECONDS} s apart"
    return [_said("closing announced, farthest from its instant", late, note)]


async def _warnings(folder: Path) -> list[Result]:
    first = int(time.time()) + FIRST_SECONDS + 60 * WARNINGS[0]
    closings = [first + n * EVERY_SECONDS for n in range(ROOMS)]
    async with AsyncExitStack() as rooms:
        for number, closes in enumerate(closings):
            district = rooms.enter_context(District())
            district.sessions = ((first - 7200, closes),)
            place = folder / str(number)
            place.mkdir()
            await rooms.enter_async_context(_room(place, district, WARNINGS))
        await asyncio.sleep(max(0.0, closings[-1] - 60 * WARNINGS[-1] + 30 - time.time()))
        heard = [played(folder / str(number)) for number in range(ROOMS)]
    results = []
    for minutes in WARNINGS:
        due = [closes - 60 * minutes for closes in closings]
        late = [_late(*one) for one in zip(heard, due, strict=True)]
        what = f"announced {minutes} minutes before closing, farthest from its instant"
        results.append(_said(what, late, f"{ROOMS} rooms"))
    return results


def _late(heard: Sequence[float], due: float) -> float:
    """Return how late the first of both languages was; what was not said is very late."""
    return min((at - due for at in heard if abs(at - due) < EVERY_SECONDS / 2), default=99.0)


def _said(what: str, late: Sequence[float], note: str) -> Result:
    worst, middle = max(late, key=abs), statistics.median(late)
    note = f"{note}; p50 {middle:.2f} s"
    return Result(what, abs(worst), "s", at_most=SAID_SECONDS, note=note)


async def _until_said(url: str, text: str) -> None:
    """Ask the door's page until it says this."""

    def ask() -> str:
        with urllib.request.urlopen(f"{url}door/panel", timeout=5) as answer:
            return str(answer.read().decode())

    async with asyncio.timeout(PATIENCE_SECONDS):
        while text not in await asyncio.to_thread(ask):  # noqa: ASYNC110  over HTTP
            await asyncio.sleep(0.01)


async def _until(is_so: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not is_so():  # noqa: ASYNC110  anything may make it so
            await asyncio.sleep(0.01)
