"""What surrounds a kiosk in a run of faults, and what has to hold there."""

import asyncio
import os
import random
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from kiosk.desk.journal import Journal
from kiosk.lending.transaction import Action, Transaction, Upload
from kiosk.lending.unfinished import Case, unfinished
from tests.lending.benches import PadBench, a_book, a_pad, is_off, item_id
from tests.lending.faulty_link import BAD, FaultyLink, Troubles
from tests.lending.lives import Life, Visit, text_of
from tests.lending.model_ils import IlsServer, ModelIls

ROOT = Path(__file__).parents[2]
ITEMS = {number: 1 + (number % 4 == 0) for number in range(1, 9)}
VISIT_MS = 10_000
PAD_TROUBLES = Troubles(drop=0.05, corrupt=0.02, duplicate=0.02)


class Town:
    """A kiosk's surroundings: its pad, its library, bad links to both; and what has to hold."""

    def __init__(
        self,
        folder: Path,
        pad: PadBench,
        link: FaultyLink,
        seed: int,
        loans: Callable[[], dict[str, str]],
        doubled: Callable[[], int],
    ) -> None:
        self.folder = folder
        self.pad = pad
        self.link = link
        self.loans = loans
        """Who has which item, as the library's system knows it."""
        self.doubled = doubled
        self.rng = random.Random(seed)
        self.at_ms = 1_795_000_000_000
        self.tags = {
            number: [a_book(number, part + 1, parts) for part in range(parts)]
            for number, parts in ITEMS.items()
        }
        for tags in self.tags.values():
            for tag in tags:
                pad.pad.put(tag)
        self.visits = 0
        self.kills = 0

    def life(self, visits: int, *, offline: float = 0.0, **options: object) -> Life:
        is_offline = self.rng.random() < offline
        served = [self._visit(is_offline) for _ in range(visits)]
        self.at_ms += VISIT_MS
        return Life(
            str(self.folder),
            self.pad.port.path,
            self.link.port,
            served,
            at_ms=self.at_ms - visits * VISIT_MS - VISIT_MS,
            **options,  # type: ignore[arg-type]
        )

    def _visit(self, is_offline: bool) -> Visit:
        self.visits += 1
        self.at_ms += VISIT_MS
        number = self.rng.choice(sorted(ITEMS))
        action = self.rng.choice((Action.BORROW, Action.RETURN))
        # A patron comes once: who is lent an item twice was lent it by a message that came twice.
        patron = f"p{self.visits}"
        return Visit(action, patron, number, ITEMS[number], self.at_ms, is_offline)

    def check_bits(self, journal: Journal | None = None) -> None:
        """No item passes a gate without a loan, at the library or in the journal."""
        waiting = (
            {one.item_id for one in journal if one.waits_for_upload} if journal else set[str]()
        )
        for number, tags in self.tags.items():
            if any(map(is_off, tags)):
                assert item_id(number) in self.loans().keys() | waiting, number

    def check_end(self, journal: Journal) -> None:
        self.check_bits()
        cases = [Case.BIT_PENDING, Case.NOT_KNOWN, Case.NOT_UPLOADED]
        assert unfinished(journal, cases) == []
        assert self.doubled() == 0
        told = replayed([*journal])
        assert told == self.loans()
        names = [one.id for one in journal if one.is_accepted and one.action is Action.BORROW]
        assert len(names) == len(set(names))

    def heal(self) -> None:
        self.pad.frames.troubles = self.link.frames.troubles = Troubles()


class ModelTown(Town):
    """A town whose library is a model, which a test can put back."""

    def __init__(
        self,
        folder: Path,
        pad: PadBench,
        link: FaultyLink,
        seed: int,
        loans: Callable[[], dict[str, str]],
        doubled: Callable[[], int],
        ils: ModelIls,
    ) -> None:
        super().__init__(folder, pad, link, seed, loans, doubled)
        self.ils = ils


def replayed(transactions: list[Transaction]) -> dict[str, str]:
    loans: dict[str, str] = {}
    for one in sorted(transactions, key=lambda one: one.accepted_at_ms):
        if one.upload is Upload.REFUSED:
            continue
        if one.is_accepted and one.action is Action.BORROW:
            loans[one.item_id] = one.patron
        elif one.is_accepted and one.action is Action.RETURN:
            loans.pop(one.item_id, None)
    return loans


@asynccontextmanager
async def a_town(folder: Path, seed: int, troubles: Troubles = BAD) -> AsyncIterator[ModelTown]:
    print(f"seed {seed}")  # noqa: T201
    async with (
        a_pad(PAD_TROUBLES, seed, link=folder / "pad") as pad,
        IlsServer(ModelIls()) as server,
        FaultyLink(server.port, troubles, seed) as link,
    ):
        ils = server.ils

        def loans() -> dict[str, str]:
            return {item: loan.patron for item, loan in ils.books.loans.items()}

        yield ModelTown(folder, pad, link, seed, loans, lambda: ils.doubled, ils)


class Zygote:
    """Begins lives in processes of their own."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    async def live(self, life: Life) -> int:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(text_of(life).encode() + b"\n")
        await self._process.stdin.drain()
        return int(await self._process.stdout.readline())


@asynccontextmanager
async def a_zygote() -> AsyncIterator[Zygote]:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "tests.lending.lives"),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    )
    try:
        yield Zygote(process)
    finally:
        assert process.stdin is not None
        process.stdin.close()
        await process.wait()
