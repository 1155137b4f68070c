"""A kiosk's desk over a real pty and a real socket, and what a test does to both."""

import asyncio
import random
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, tzinfo
from pathlib import Path

from contracts.sip2.profiles import Profile, profile
from firmware_bridge.errors import DeviceError
from firmware_bridge.readers.feig import FeigReader
from firmware_bridge.readers.tag_access import TagRead
from firmware_bridge.simulated.feig import SimulatedFeigPad
from firmware_bridge.simulated.pad import SimulatedPad, SimulatedTag
from firmware_bridge.simulated.pty_port import PtyPort
from firmware_bridge.simulated.serve import serve
from firmware_bridge.tags import LIBRARY_AFIS, TagContent, TagFormat, Usage, encode_danish
from kiosk.desk.desk import Desk
from kiosk.desk.field import Pad
from kiosk.desk.ils import Sip2Ils
from kiosk.desk.journal import Journal
from kiosk.desk.sip2_account import Account
from kiosk.desk.sip2_client import Sip2Client
from kiosk.lending.effects import Notice
from kiosk.lending.offline import OfflinePolicy
from kiosk.lending.stack import PadItem, sort_pad
from kiosk.lending.transaction import Transaction
from tests.lending.faulty_link import BadFrames, Troubles
from tests.lending.model_ils import IlsServer

QUICK_SECONDS = 0.06
PATIENCE = 0.04
NOW_MS = 1_795_000_000_000
SOUND = Troubles()
CARD = "21101080000017"
OFFLINE = OfflinePolicy(is_allowed=True)


def a_book(number: int, part: int = 1, parts: int = 1, **changes: object) -> SimulatedTag:
    """A tag of the Danish model, secured: item 31000000NNN of CN-110108."""
    content = TagContent(
        TagFormat.DANISH, item_id(number), "CN-110108", Usage.CIRCULATING, parts, part
    )
    tag = SimulatedTag(
        f"E0040150{number:06X}{part:02X}",
        bytearray(encode_danish(content, 112)),
        dsfid=0x3E,
        afi=LIBRARY_AFIS.on,
    )
    for name, value in changes.items():
        setattr(tag, name, value)
    return tag


def item_id(number: int) -> str:
    return f"31000{number:06}"


def is_off(tag: SimulatedTag) -> bool:
    return tag.afi == LIBRARY_AFIS.off


def quick(name: str = "embedded", seconds: float = QUICK_SECONDS) -> Profile:
    return replace(profile(name), least_timeout_seconds=seconds)


class PadBench:
    """A simulated FEIG pad on a pty, whose line may be bad."""

    def __init__(self, port: PtyPort, troubles: Troubles, seed: int) -> None:
        self.port = port
        self.pad = SimulatedPad()
        self.device = SimulatedFeigPad(self.pad)
        self.frames = BadFrames(troubles, random.Random(seed))
        self.tag_seconds = 0.0
        """What every answer of the reader takes."""

    def receive(self, chunk: bytes) -> bytes:
        answers = b"".join(map(self.device.receive, self.frames.carry(chunk)))
        return b"".join(self.frames.carry(answers)) if answers else b""

    async def run(self) -> None:
        while not self.tag_seconds:
            await serve(self.port, self.receive, gap=self.device.gap)
            await asyncio.sleep(0.01)  # unplugged, perhaps to be plugged in again
        while request := await self.port.read():
            await asyncio.sleep(self.tag_seconds)
            await self.port.write(self.receive(request))


@asynccontextmanager
async def a_pad(
    troubles: Troubles = SOUND, seed: int = 0, tag_seconds: float = 0.0, link: Path | None = None
) -> AsyncIterator[PadBench]:
    async with PtyPort(link) as port:
        bench = PadBench(port, troubles, seed)
        bench.tag_seconds = tag_seconds
        running = asyncio.create_task(bench.run(), name="feig-pad")
        try:
            yield bench
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)


@dataclass
class Kiosk:
    """A desk that runs, and what it told."""

    desk: Desk
    pad: Pad
    client: Sip2Client
    ils: Sip2Ils
    told: list[tuple[str, Notice]] = field(default_factory=list)
    announced: list[tuple[str, bool]] = field(default_factory=list)
    troubles: list[str] = field(default_factory=list)
    now_ms: int = NOW_MS

    async def read(self, uid: str, attempts: int = 10) -> TagRead | None:
        for _ in range(attempts):
            await self.ready()
            try:
                return await self.pad.read(uid)
            except DeviceError:
                await asyncio.sleep(0.01)
        return None

    async def item(self, *tags: SimulatedTag) -> PadItem | None:
        """Return the item that these tags are, as the pad reads it."""
        reads = [await self.read(tag.uid) for tag in tags]
        items = sort_pad([read for read in reads if read is not None]).items
        return items[0] if items else None

    def account_at(self, port: int) -> Account:
        """Return the kiosk's account with a system that listens elsewhere now."""
        return replace(self.client.account, port=port)

    async def ready(self) -> None:
        async with asyncio.timeout(60):
            while self.pad.trouble:  # noqa: ASYNC110  its own event is what is tested
                await asyncio.sleep(0.002)


@asynccontextmanager
async def a_kiosk(
    folder: Path,
    pad_path: str,
    ils_port: int,
    *,
    name: str = "embedded",
    user: str = "kiosk",
    password: str = "secret",
    policy: OfflinePolicy | None = None,
    patience: float = PATIENCE,
    seconds: float = QUICK_SECONDS,
    journal: Journal | None = None,
    clock: Callable[[], int] | None = None,
    follows: bool = True,
    zone: tzinfo = UTC,
) -> AsyncIterator[Kiosk]:
    """A kiosk at this pad and this library system, its journal in this folder."""
    account = Account(
        "127.0.0.1",
        ils_port,
        quick(name, seconds),
        user=user,
        password=password,
        institution="CN",
        location="hall",
        zone=zone,
    )
    client = Sip2Client(account, wait_seconds=0.02, settle_seconds=0.1, rng=random.Random(1))
    now_ms = clock or (lambda: kiosk.now_ms)
    ils = Sip2Ils(client, now=lambda: datetime.fromtimestamp(now_ms() / 1000, UTC))
    kept = journal or Journal(folder / "journal.db")
    told: list[tuple[str, Notice]] = []
    announced: list[tuple[str, bool]] = []
    troubles: list[str] = []
    pad = Pad(
        lambda: FeigReader(pad_path, patience=patience, is_advanced=False),
        on_trouble=troubles.append,
        wait_seconds=0.005,
    )

    def tell(one: Transaction, notice: Notice) -> None:
        told.append((one.item_id, notice))

    def announce(one: Transaction, undone: bool) -> None:
        announced.append((one.id, undone))

    desk = Desk(
        kept,
        ils,
        pad,
        now_ms=now_ms,
        sleep=lambda seconds: asyncio.sleep(seconds / 20),
        announce=announce,
        tell=tell,
        policy=policy,
    )
    kiosk = Kiosk(desk, pad, client, ils, told, announced, troubles)
    following = [asyncio.create_task(pad.run(), name="pad")] if follows else []
    try:
        yield kiosk
    finally:
        for task in following:
            task.cancel()
        await asyncio.gather(*following, return_exceptions=True)
        await client.close()
        kept.close()


class PowerCut(BaseException):
    """Everything stops here."""


class Bench:
    """A pad and a library system, at which kiosks are switched on one after the other."""

    def __init__(self, folder: Path, pad: PadBench, server: IlsServer) -> None:
        self.folder = folder
        self.pad = pad
        self.server = server
        self.ils = server.ils
        self.port = server.port

    @asynccontextmanager
    async def kiosk(self, **options: object) -> AsyncIterator[Kiosk]:
        async with a_kiosk(
            self.folder,
            self.pad.port.path,
            self.port,
            **options,  # type: ignore[arg-type]
        ) as kiosk:
            if options.get("follows", True):
                await kiosk.ready()
            yield kiosk


async def until(is_so: Callable[[], bool]) -> None:
    async with asyncio.timeout(30):
        while not is_so():  # noqa: ASYNC110  anything may make it so
            await asyncio.sleep(0.005)
