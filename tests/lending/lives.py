"""One life of a kiosk, from its start to its end or its kill: what a script of visits makes of it.

`python -m tests.lending.lives` is told lives, a line of JSON each, and begins every one in a fresh
copy of itself, so that a kill takes nothing else with it and a start costs no imports.
"""

import asyncio
import json
import os
import signal
import sys
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path

import structlog

from contracts.blocked_cards import BlockedCards
from firmware_bridge import line
from kiosk.desk.desk import OfflineRefused
from kiosk.desk.journal import Journal
from kiosk.desk.upload import upload
from kiosk.lending.offline import OfflinePolicy
from kiosk.lending.transaction import Action, Stage, Transaction
from tests.lending.benches import Kiosk, a_book, a_kiosk

OFFLINE = OfflinePolicy(is_allowed=True, most_items=10_000, most_items_of_patron=10_000)


@dataclass
class Visit:
    """Somebody does one thing with one item. `at_ms` is when."""

    action: str
    patron: str
    number: int
    parts: int
    at_ms: int
    offline: bool = False


@dataclass
class Life:
    """`kill_at` is the step of the journal at which it dies; `store` the library's store."""

    folder: str
    pad: str
    port: int
    visits: list[Visit] = field(default_factory=list)
    kill_at: int = 0
    kill_after: bool = False
    at_ms: int = 0
    store: str = ""
    name: str = "embedded"
    user: str = "kiosk"
    password: str = "secret"
    is_last: bool = False


class DeadlyJournal(Journal):
    """Kills its process at a step."""

    def __init__(self, path: Path, life: Life) -> None:
        super().__init__(path)
        self._life = life
        self._steps = 0

    def write(self, transaction: Transaction, now_ms: int) -> None:
        self._steps += 1
        life = self._life
        if self._steps == life.kill_at and not life.kill_after:
            self._die(transaction)
        super().write(transaction, now_ms)
        if self._steps == life.kill_at:
            self._die(transaction)

    def _die(self, one: Transaction) -> None:
        when = "after" if self._life.kill_after else "before"
        with Path(self._life.folder, "deaths").open("a") as told:
            told.write(f"{one.action} {one.stage} {one.upload} {when}\n")
        os.kill(os.getpid(), signal.SIGKILL)


async def live(life: Life, journal: Journal | None = None) -> None:
    """Start, go on with what the journal holds, serve the visits, end."""
    began, at_ms = time.monotonic(), life.at_ms
    folder = Path(life.folder)

    def clock() -> int:
        return at_ms + int((time.monotonic() - began) * 1000)

    kept = journal or DeadlyJournal(folder / "journal.db", life)
    async with (
        asyncio.timeout(7200),
        a_kiosk(
            folder,
            life.pad,
            life.port,
            name=life.name,
            user=life.user,
            password=life.password,
            journal=kept,
            clock=clock,
            policy=OFFLINE,
            seconds=0.08,
        ) as kiosk,
    ):
        await kiosk.ready()
        await kiosk.desk.recover()
        await tidy(kiosk)
        if life.store:
            kept.follow_store(life.store, clock())
        await upload(kiosk.desk, kiosk.ils, now_ms=clock)
        for visit in life.visits:
            at_ms, began = max(clock(), visit.at_ms), time.monotonic()
            await serve(kiosk, visit, clock())
        for _ in range(60 if life.is_last else 1):
            await kiosk.desk.resolve()
            await tidy(kiosk)
            left = await upload(kiosk.desk, kiosk.ils, now_ms=clock)
            if not left.left and not any(one.needs_recovery for one in kept if one.is_open):
                break
            await asyncio.sleep(0.02)


async def tidy(kiosk: Kiosk) -> None:
    """Finish bits of what lies on the pad."""
    for one in kiosk.desk.journal:
        if one.stage is Stage.BIT_PENDING:
            for uid in one.pending:
                await kiosk.desk.tag_seen(uid)


async def serve(kiosk: Kiosk, visit: Visit, now_ms: int) -> None:
    """Serve one visit as the kiosk's pages would."""
    tags = [a_book(visit.number, part + 1, visit.parts) for part in range(visit.parts)]
    item = await kiosk.item(*tags)
    if item is None:
        return
    kiosk.desk.cards = BlockedCards(now_ms, "0" * 16)
    session = kiosk.desk.open_session(visit.patron)
    try:
        one = await kiosk.desk.handle(session, Action(visit.action), item, offline=visit.offline)
    except OfflineRefused:
        return
    if one.stage is Stage.BIT_PENDING:
        await tidy(kiosk)
    await kiosk.desk.end_session(session)


def hurry() -> None:
    """Let a line be silent for a hundredth of what it would be on a real cable, then go on."""
    line.SETTLE_SECONDS = 0.002


def life_of(text: str) -> Life:
    told = json.loads(text)
    return Life(**(told | {"visits": [Visit(**visit) for visit in told["visits"]]}))


def text_of(life: Life) -> str:
    return json.dumps(asdict(life))


def main() -> None:
    # What is told to the parent goes alone to standard output.
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    hurry()
    for told in sys.stdin:
        child = os.fork()
        if child == 0:
            try:
                asyncio.run(live(life_of(told)))
            except BaseException as error:  # noqa: BLE001  whatever it is, the parent is told
                sys.stderr.write(f"{error!r}\n")
                sys.stderr.flush()
                os._exit(1)
            os._exit(0)
        _, status = os.waitpid(child, 0)
        sys.stdout.write(f"{os.waitstatus_to_exitcode(status)}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
