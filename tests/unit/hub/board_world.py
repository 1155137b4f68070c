"""A live board over a store in memory, with a clock that only moves when told."""

from contracts.ids import NodeId
from contracts.messages import Live, decode_live
from contracts.rows import Count, Coverage, Lost, Row, Unreadable
from hub.config import LiveSection
from hub.live import LiveBoard
from hub.live.attention import Trouble
from hub.occupancy.sessions import WeeklyHours
from hub.store.records import Records
from hub.venues import Line, Venue, Zone
from link.acceptance import StreamState
from link.intake import Gap, Group, Stored
from tests.conformance.fake_store import FakeStore

MIDNIGHT = 1_774_972_800  # 2026-04-01 00:00 in Shanghai
NOON = MIDNIGHT + 12 * 3600
EPOCH = "e0" * 8
HOURS: WeeklyHours = (((540, 1260),),) * 7
CENTRE = Venue(
    id="centre",
    name_zh="文化馆",
    name_en="Centre",
    kind="district_cultural_centre",
    level="district",
    capacity=10,
    timezone="Asia/Shanghai",
    hours=HOURS,
    quiet_at=240,
    zones=(Zone("foyer", "门厅", "Foyer"), Zone("theatre", "剧场", "Theatre", 5)),
    lines=(
        Line("sim", "main", "outside", "foyer"),
        Line("sim", "inner", "foyer", "theatre"),
        # Seen from inside: `in` leads out.
        Line("yard-pi", "yard", "theatre", "outside"),
    ),
)


class World:
    """A board over a store in memory, with a clock that only moves when told."""

    def __init__(self, records: Records) -> None:
        self.now_s = NOON
        self.store = FakeStore()
        self.published: dict[str, Live] = {}
        self.troubles: tuple[Trouble, ...] = ()
        self.seq = 0
        self.board = LiveBoard(
            self.store,
            records,
            LiveSection(),
            publish=self._publish,
            troubles=lambda: self.troubles,
            clock_ms=lambda: self.now_s * 1000,
        )

    def _publish(self, topic: str, payload: bytes) -> bool:
        self.published[topic] = decode_live(payload)
        return True

    def store_rows(
        self, *rows: Row | Unreadable, node: str = "sim", gaps: tuple[Lost, ...] = ()
    ) -> None:
        """Do what the intake does: commit, then tell."""
        sender = NodeId("centre", node)
        group = Group(
            stored=[Stored(sender, f"{node:0<8}".encode().hex()[:16], rows, self.now_s * 1000)]
        )
        group.gaps = [Gap(sender, "0a" * 8, 1, 2, gaps, 1)] if gaps else []
        group.streams, group.owners = {"0a" * 8: StreamState(1)}, {"0a" * 8: sender}
        self.store.commit(group)
        self.board.collector.stored(group)

    def watched(self, since_s: int | None = None, until_s: int | None = None) -> None:
        """Let every line be watched from the evening before until now."""
        since = (since_s if since_s is not None else MIDNIGHT - 20 * 3600) * 1000
        until = (until_s or self.now_s) * 1000
        for node, line in (("sim", "main"), ("sim", "inner"), ("yard-pi", "yard")):
            self.store_rows(self._coverage(line, since, until), node=node)

    def _coverage(self, line: str, since: int, until: int) -> Coverage:
        return Coverage(self._seq(), EPOCH, line, since, until)

    def count(self, line: str, clock_s: int, entered: int, left: int = 0) -> Count:
        return Count(self._seq(), EPOCH, line, clock_s - clock_s % 60, entered, left)

    def _seq(self) -> int:
        self.seq += 1
        return self.seq
