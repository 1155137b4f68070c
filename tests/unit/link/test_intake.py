"""The intake around its store: what is answered, what is bounded, what a mistake costs."""

import json
import sys
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from contracts.ids import NodeId
from contracts.messages import Ack, Batch, encode
from contracts.rows import Count, Coverage, Epoch
from hub.store.port import Bucket, SeriesKey
from hub.store.sqlite import SqliteStore
from link import intake as module
from link.errors import StoreUnavailable
from link.intake import Arrival, Group, Intake
from link.owners import STREAMS_OF_A_NODE
from link.sparing import LINES, SECONDS
from tests.fuzz.campaign import rss_mib

NODE = NodeId("venue", "north")
EPOCH = "e0" * 4
MINUTE = 1_760_000_040
ENVELOPE: dict[str, Any] = {
    "stream": "5a" * 8, "boot": "b0" * 8, "boot_first": 1, "after": 0, "oldest": 1,
}  # fmt: skip


class Refusing(SqliteStore):
    """A store that refuses, or is broken for one line, when it is told to."""

    refuses = False
    breaks_on = ""

    def commit(self, group: Group) -> None:
        if self.refuses:
            raise StoreUnavailable("disk full")
        for stored in group.stored:
            for row in stored.rows:
                if isinstance(row, Count) and row.line == self.breaks_on:
                    raise ZeroDivisionError("a mistake of ours")
        super().commit(group)


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setattr(module, "RETRY_SECONDS", 0.0)
    with Refusing(tmp_path / "hub.db") as opened:
        yield opened


@pytest.fixture
def acks() -> list[Ack]:
    return []


@pytest.fixture
def intake(store: Refusing, acks: list[Ack]) -> Intake:
    return Intake(store, lambda _node, ack: acks.append(ack), wall_ms=lambda: MINUTE * 1000)


def arrival(payload: bytes) -> Arrival:
    return Arrival(NODE, "topic", payload, MINUTE * 1000)


def a_batch(line: str, *, stream: str = "5a" * 8, after: int = 0, **more: Any) -> bytes:
    rows = (
        Epoch(after + 1, EPOCH, "b0" * 8, MINUTE * 1000, "05" * 8),
        Count(after + 2, EPOCH, line, MINUTE, 3),
        Coverage(after + 3, EPOCH, line, MINUTE * 1000, (MINUTE + 60) * 1000),
    )
    return encode(Batch(stream, "b0" * 8, 1, after, after + 3, 1, rows, **more))


def counts(store: SqliteStore, line: str) -> list[Bucket]:
    return list(store.buckets(SeriesKey("venue", "north", line), 0, 2**40))


def watched(store: SqliteStore, line: str) -> list[tuple[int, int]]:
    found = store.coverage("venue", "north", line, 0, 2**52)
    return [(i.since_ms, i.until_ms) for i in found]


def test_nothing_is_answered_that_the_store_refuses(
    intake: Intake, store: Refusing, acks: list[Ack]
) -> None:
    store.refuses = True
    intake._take_guarded([arrival(a_batch("front"))])
    assert (acks, intake.trouble, counts(store, "front")) == ([], "disk full", [])
    store.refuses = False
    intake._take_guarded([arrival(a_batch("front"))])
    assert [(ack.verdict, ack.upto) for ack in acks] == [("stored", 3)]
    assert intake.trouble is None


def test_what_waits_is_bounded(intake: Intake, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "QUEUE_MESSAGES", 3)
    monkeypatch.setattr(module, "QUEUE_BYTES", 100)
    for _ in range(5):
        intake.receive(NODE, "topic", b"x" * 10)
    assert (intake._queue.qsize(), intake.counts.overrun) == (3, 2)
    intake._gather()
    intake.receive(NODE, "topic", b"x" * 95)
    intake.receive(NODE, "topic", b"x" * 10)
    assert (intake._queue.qsize(), intake.counts.overrun) == (1, 3)


def test_what_was_queued_is_stored_before_the_end(
    intake: Intake, store: Refusing, acks: list[Ack]
) -> None:
    intake.receive(NODE, "topic", a_batch("front"))
    intake.close()
    intake.run()
    assert len(acks) == 1
    assert counts(store, "front") == [Bucket(MINUTE, (3, 0))]


def test_a_mistake_of_ours_blocks_no_stream_and_loses_nothing(
    intake: Intake, store: Refusing, acks: list[Ack], tmp_path: Path
) -> None:
    store.breaks_on = "front"
    intake._take_guarded([arrival(a_batch("front")), arrival(a_batch("back", stream="5b" * 8))])
    assert sorted((ack.stream, ack.upto) for ack in acks) == [("5a" * 8, 3), ("5b" * 8, 3)]
    assert counts(store, "front") == []
    assert counts(store, "back") == [Bucket(MINUTE, (3, 0))]
    assert store.leftovers().quarantined == 3
    assert watched(store, "front") == []
    # Once the mistake is mended, what was put aside is as if it had been read at once.
    assert store.read_again() == 3
    assert store.leftovers().quarantined == 0
    assert counts(store, "front") == [Bucket(MINUTE, (3, 0))]
    assert watched(store, "front") == [(MINUTE * 1000, (MINUTE + 60) * 1000)]
    with SqliteStore(tmp_path / "hub.db") as again:
        assert again.read_again() == 0


MEASURE = (
    '{"type":"measure","seq":%d,"epoch":"e0e0e0e0","sensor":"air","quantity":"c",'
    '"bucket_at":%d,"n":1000000,"mean":%s,"min":0,"max":1}'
)


@pytest.mark.parametrize(
    "rows",
    [
        # A sum of these is no number; as one it would make the whole hour unwritable.
        [MEASURE % (1, 0, "1.7e308"), MEASURE % (2, 300, "-1.7e308")],
        [MEASURE % (1, 0, "1e999")],
        [json.dumps({"type": "epoch", "seq": 1, "epoch": EPOCH, "boot": "b0" * 4, "at_ms": 0,
                     "os_boot": "05" * 4, "error_ms": 2**63})],
        ['{"type":"count","seq":1,"epoch":"e0e0e0e0","line":"fr\\u0000nt","bucket_at":60}'],
        [f'{{"type":"later","seq":1,"line":"a\\u0000b","at_ms":{10**60}}}'],
        [f'{{"type":"later","seq":{10**60},"bucket_at":1e300,"until_ms":-5}}'],
        [b'{"type":"count","seq":1,"epoch":"e0e0e0e0","line":"\xff\xfe","bucket_at":60}'],
        [b'{"type":"later","seq":1,"line":"\xff"}'],
        ["5", "null", '"x"', "[]"],
    ],
)  # fmt: skip
def test_poison_is_put_aside_and_the_rest_is_stored(
    rows: list[str | bytes], intake: Intake, store: Refusing, acks: list[Ack]
) -> None:
    poison = [row if isinstance(row, bytes) else row.encode() for row in rows]
    good = b'{"type":"count","seq":9,"epoch":"e0e0e0e0","line":"front","bucket_at":%d,"in":3}'
    payload = json.dumps(ENVELOPE | {"upto": 9}).encode()[:-1]
    payload += b',"rows":[' + b",".join([*poison, good % MINUTE]) + b"]}"
    intake._take_guarded([arrival(payload)])
    assert [(ack.verdict, ack.upto) for ack in acks] == [("stored", 9)]
    assert store.leftovers().quarantined == len(rows)
    assert counts(store, "front") == [Bucket(MINUTE, (3, 0))]
    assert store.read_again() == 0


def test_what_is_no_message_is_kept_and_not_answered(
    intake: Intake, store: Refusing, acks: list[Ack], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hub.store.sqlite.group.KEPT_REFUSALS", 4)
    for n in range(9):
        intake._take_guarded([arrival(b"no json %d" % n)])
    assert acks == []
    assert store.leftovers().refused == 4
    assert intake.counts.refusals == {"not_json": 9}


def test_a_flood_of_nonsense_is_a_few_lines_and_exact_counts(
    store: Refusing, acks: list[Ack]
) -> None:
    now = 0.0
    intake = Intake(store, lambda _node, ack: acks.append(ack), monotonic=lambda: now)
    with capture_logs() as logs:
        for _ in range(3):
            intake.take([arrival(b"no json")] * 100)
        now = SECONDS
        intake.take([arrival(a_batch("front"))])
    events = [entry["event"] for entry in logs]
    assert events == ["batch_refused"] * LINES + ["more_batches_refused"]
    assert (logs[-1]["topic"], logs[-1]["count"]) == ("topic", 300 - LINES)
    assert intake.counts.refusals == {"not_json": 300}


SOUTH = NodeId("venue", "south")


def test_nobody_moves_the_mark_of_anothers_stream(
    intake: Intake, store: Refusing, acks: list[Ack]
) -> None:
    intake.take([arrival(a_batch("front"))])
    forged = a_batch("front", after=3)
    intake.take([Arrival(SOUTH, "topic", forged, MINUTE * 1000)])
    assert intake.counts.refusals == {"foreign_stream": 1}
    assert store.leftovers().refused == 1
    # What its owner sends next goes on where it was, and is stored.
    intake.take([arrival(a_batch("back", after=3))])
    assert [(ack.verdict, ack.upto) for ack in acks] == [("stored", 3), ("stored", 6)]
    assert counts(store, "back") == [Bucket(MINUTE, (3, 0))]
    assert list(store.buckets(SeriesKey("venue", "south", "front"), 0, 2**40)) == []


def test_a_stream_stays_its_owners_after_a_start(store: Refusing, acks: list[Ack]) -> None:
    for node in (NODE, SOUTH):
        again = Intake(store, lambda _node, ack: acks.append(ack), wall_ms=lambda: MINUTE * 1000)
        again.take([Arrival(node, "topic", a_batch("front"), MINUTE * 1000)])
    assert len(acks) == 1
    assert again.counts.refusals == {"foreign_stream": 1}


def invent(intake: Intake, count: int) -> None:
    """Send a batch in each of so many streams that nobody has."""
    body = a_batch("front", stream="5" * 16)
    for number in range(0, count, 500):
        intake.take(
            [
                arrival(body.replace(b"5" * 16, b"%016x" % (number + n)))
                for n in range(min(500, count - number))
            ]
        )


def test_invented_streams_meet_a_wall(intake: Intake, store: Refusing, acks: list[Ack]) -> None:
    invent(intake, STREAMS_OF_A_NODE + 44)
    assert intake.counts.refusals == {"too_many_streams": 44}
    assert len(acks) == len(store.streams()) == STREAMS_OF_A_NODE
    # Those that there are go on.
    intake.take([arrival(a_batch("front", stream="0" * 16, after=3))])
    assert (acks[-1].verdict, acks[-1].upto) == ("stored", 6)


def test_a_flood_of_forks_is_a_few_lines_and_a_bounded_table(
    intake: Intake, store: Refusing, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hub.store.sqlite.group.KEPT_FORKS", 10)
    intake.take([arrival(a_batch("front"))])
    body = a_batch("front")
    with capture_logs() as logs:
        intake.take([arrival(body.replace(b"b0" * 8, b"%016x" % n)) for n in range(30)])
    assert intake.counts.forks == 30
    assert [entry["event"] for entry in logs] == ["stream_forked"] * LINES
    assert store.leftovers().forks == 10


@pytest.mark.soak
def test_a_million_invented_streams_leave_memory_as_it_is(intake: Intake) -> None:
    invent(intake, 100_000)
    before = rss_mib()
    for _ in range(9):
        invent(intake, 100_000)
    grown = rss_mib() - before
    sys.stderr.write(f"a million invented streams: {grown:+.1f} MiB since the first tenth\n")
    assert grown < 8
    # Those that were taken are known each time.
    assert intake.counts.refusals["too_many_streams"] == 1_000_000 - 10 * STREAMS_OF_A_NODE
