"""An old edge against a new hub, and a new edge against an old hub.

The first release's node is what was recorded of it; its hub is what it read and answered with: its
messages and its intake, kept as they were (`first_release/then`).
"""

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any, get_args

import msgspec
import pytest

from contracts import messages as now_messages
from contracts import rows as now_rows
from contracts.errors import RefusalCode
from contracts.events import EventName
from contracts.ids import NodeId
from contracts.messages import (
    Ack,
    BatchOf,
    Boot,
    CertificateStatus,
    ClockStatus,
    DiskStatus,
    LineStatus,
    PictureStatus,
    SourceStatus,
    SpoolStatus,
    Status,
    decode_ack,
    decode_status,
    encode,
)
from contracts.rows import Count, Coverage, Epoch, Event, Lost, Measure, Row, State
from contracts.topics import Channel, node_topic
from hub.store.port import SeriesKey
from hub.store.sqlite import SqliteStore
from tests.brokers import Mosquitto
from tests.compatibility.first_release.then.contracts import messages as old_messages
from tests.compatibility.first_release.then.contracts import rows as old_rows
from tests.compatibility.first_release.then.contracts.ids import NodeId as OldNodeId
from tests.compatibility.first_release.then.link import intake as old_intake
from tests.compatibility.recorded import FIRST, VENUE, batches, messages
from tests.integration.hub.running import HubProcess, Wire, until

NODE = NodeId(VENUE, "door-pi")
EPOCH, BOOT, STREAM = "e0" * 6, "b0" * 6, "5a" * 6
AT_MS = 1_794_000_000_000
MINUTE = AT_MS // 60_000 * 60

TODAY: list[Row] = [
    Epoch(1, EPOCH, BOOT, AT_MS, "0b" * 16, "corrected", 40, "clock_step"),
    Count(2, EPOCH, "front", MINUTE, 3, 1),
    Measure(3, EPOCH, "climate", "co2_ppm", MINUTE - MINUTE % 300, 5, 612.5, 600.0, 640.0),
    Coverage(4, EPOCH, "front", AT_MS, AT_MS + 60_000, "source_failed"),
    State(5, EPOCH, "lock", "unlocked", AT_MS, AT_MS + 60_000, None),
    *(
        Event(
            6 + i,
            EPOCH,
            f"{i:012x}",
            name,
            "kiosk",
            AT_MS,
            {"stars": 5, "about": "books", "x": 1.5},
        )
        for i, name in enumerate(EventName)
    ),
]
"""A row of every kind that a node sends today, all fields given, and every event of a name."""

FULL = Status(
    boot=BOOT,
    online=True,
    at_ms=AT_MS,
    software="kaiguan today",
    os_boot="0b" * 16,
    clock=ClockStatus("corrected", 3),
    spool=SpoolStatus(STREAM, 4, 5, 6, "spool.db.damaged", False),
    store_id="57" * 6,
    other_stores=("58" * 6,),
    sources=(
        SourceStatus("front", "camera", "watching", AT_MS, "detail", 2,
                     PictureStatus("dark", AT_MS, AT_MS)),
        SourceStatus("board", "board", "failed", line=LineStatus(1, 2, 3, 4, 5.5, 6.5)),
        SourceStatus("pad", "pad", "starting"),
        SourceStatus("packs", "packs", "stopped"),
    ),
    certificate=CertificateStatus(AT_MS, "refused"),
    disk=DiskStatus(32_000_000_000, 9_000_000_000),
)  # fmt: skip


def plain(value: Any) -> Any:
    """Return a message as JSON without what is at its default."""
    return json.loads(msgspec.json.encode(value))


def a_batch(rows: list[bytes], upto: int, after: int = 0) -> bytes:
    """Return a batch as today's spool sends it."""
    told = tuple(msgspec.Raw(row) for row in rows)
    lost = (Lost("side", AT_MS, AT_MS + 1000, 3, "spool_full"),)
    return encode(
        BatchOf(
            STREAM,
            BOOT,
            1,
            after,
            upto,
            1,
            told,
            (Boot("a0" * 6, 1),) if after else (),
            lost,
            AT_MS,
        )
    )


# ---- an old edge, a new hub ----------------------------------------------------------------


def test_the_recording_is_of_the_first_release() -> None:
    kinds = {topic.rpartition("/")[2] for topic, _ in messages()}
    assert {"data", "ack", "status"} <= kinds
    assert sum(len(batch["rows"]) for batch in batches()) > 500


def named(path: Path) -> dict[str, list[Any]]:
    """Return counts, measures, intervals and events by the names of the wire."""
    of_epoch = "JOIN epoch AS e ON e.id = b.epoch"
    questions = {
        "count_bucket": "SELECT s.name, b.bucket, e.epoch, b.entered, b.left FROM count_bucket AS b"
        f" JOIN series AS s ON s.id = b.series {of_epoch}",
        "measure_bucket": "SELECT s.name, b.bucket, e.epoch, n, total, least, most"
        f" FROM measure_bucket AS b JOIN series AS s ON s.id = b.series {of_epoch}",
        "interval": "SELECT s.kind, s.name, b.since_ms, b.until_ms, b.value, b.ended, e.epoch"
        f" FROM interval AS b JOIN source AS s ON s.id = b.source {of_epoch}",
        "count_hour": "SELECT s.name, h.hour, h.entered, h.left FROM count_hour AS h"
        " JOIN series AS s ON s.id = h.series",
        "measure_hour": "SELECT s.name, h.hour, h.n, h.total, h.least, h.most"
        " FROM measure_hour AS h JOIN series AS s ON s.id = h.series",
        "event": "SELECT id, source, name, at_ms, data FROM event",
        "stream": "SELECT stream, mark, boots FROM stream",
        "epoch": "SELECT epoch, boot, at_ms, clock, error_ms, reason FROM epoch",
    }
    with closing(sqlite3.connect(path)) as connection:
        return {
            table: sorted(connection.execute(question), key=repr)
            for table, question in questions.items()
        }


@pytest.mark.broker
def test_the_first_release_s_node_is_taken_by_today_s_hub(
    tmp_path: Path, mosquitto: Mosquitto
) -> None:
    """All that it sent, over a real broker: stored as its own hub had stored it, and answered."""
    hub = HubProcess(tmp_path / "hub", mosquitto.port)
    ack_topic = node_topic(NODE, Channel.ACK)
    with hub, Wire(mosquitto.port, ack_topic) as wire:
        until(lambda: hub.get("/health")["broker"]["connected"])
        sent = [one for one in messages() if one[0].rpartition("/")[2] in {"data", "status"}]
        for topic, payload in sent:
            wire.publish(topic, payload, retain=topic.endswith("/status"))
        upto = max(batch["upto"] for batch in batches())
        until(lambda: any(decode_ack(p).upto == upto for p in wire.payloads(ack_topic)))
        # Its node understands what it is answered.
        answers = [old_messages.decode_ack(payload) for payload in wire.payloads(ack_topic)]
        assert {answer.verdict for answer in answers} == {"stored"}
        assert answers[-1].upto == upto
        told = hub.get("/health")
        assert told["intake"]["refusals"] == {}
        assert told["store"]["quarantined"] == 0
        [device] = [d for d in hub.get(f"/devices?venue={VENUE}") if d["node"] == NODE.node]
        assert device["software"] == "first"
        assert hub.stop() == 0
    assert named(tmp_path / "hub" / "data" / "series.db") == named(FIRST / "series.db")
    with SqliteStore(tmp_path / "hub" / "data" / "series.db") as store:
        assert store.buckets(SeriesKey(VENUE, "door-pi", "front"), 0, 2**40)


def test_the_first_release_s_answers_are_understood_by_today_s_node() -> None:
    acks = [decode_ack(payload) for topic, payload in messages() if topic.endswith("/ack")]
    assert acks[-1].upto == max(batch["upto"] for batch in batches())
    statuses = [
        decode_status(payload) for topic, payload in messages() if topic.endswith("/status")
    ]
    assert {status.software for status in statuses} == {"first"}


# ---- a new edge, an old hub ----------------------------------------------------------------


class OldStore:
    """What the first release's intake asks of a store."""

    store_id, ancestors = "57" * 6, ()

    def __init__(self) -> None:
        self.groups: list[old_intake.Group] = []
        self.held: dict[str, Any] = {}

    def streams(self) -> dict[str, Any]:
        return self.held

    def commit(self, group: old_intake.Group) -> None:
        self.groups.append(group)
        self.held |= {s: (group.owners[s], state) for s, state in group.streams.items()}


@pytest.fixture
def old_hub() -> tuple[old_intake.Intake, OldStore, list[Any]]:
    answers: list[Any] = []
    store = OldStore()
    intake = old_intake.Intake(
        store, lambda node, ack: answers.append((node, ack)), lambda _group: None
    )
    return intake, store, answers


def given(intake: old_intake.Intake, *payloads: bytes) -> None:
    node = OldNodeId(VENUE, "door-pi")
    topic = node_topic(NODE, Channel.DATA)
    intake.take([old_intake.Arrival(node, topic, payload, AT_MS) for payload in payloads])


def test_every_kind_of_row_is_tried() -> None:
    kinds = set(get_args(Row))
    assert {type(row) for row in TODAY} == kinds


def test_today_s_rows_are_read_by_the_first_release(
    old_hub: tuple[old_intake.Intake, OldStore, list[Any]],
) -> None:
    intake, store, answers = old_hub
    given(intake, a_batch([now_messages.encode_row(row) for row in TODAY], len(TODAY)))
    [(_, ack)] = answers
    assert (ack.verdict, ack.upto) == ("stored", len(TODAY))
    assert decode_ack(old_messages.encode(ack)).upto == len(TODAY)
    [group] = store.groups
    [stored] = group.stored
    assert [plain(row) for row in stored.rows] == [plain(row) for row in TODAY]
    assert not any(isinstance(row, old_rows.Unreadable) for row in stored.rows)


def test_what_the_first_release_does_not_know_is_put_aside_and_acknowledged(
    old_hub: tuple[old_intake.Intake, OldStore, list[Any]],
) -> None:
    """A kind of row of tomorrow, and fields of tomorrow, between two that it knows."""
    intake, store, answers = old_hub
    known = [plain(TODAY[0]), {**plain(TODAY[1]), "of_tomorrow": [1, {"a": None}]}]
    strange = {"type": "presence", "seq": 3, "epoch": EPOCH, "source": "hall", "at_ms": AT_MS}
    last = {**plain(TODAY[4]), "seq": 4}
    body = [msgspec.json.encode(row) for row in (*known, strange, last)]
    payload = json.loads(a_batch(body, 4)) | {"of_tomorrow": True}
    given(intake, json.dumps(payload).encode())
    assert answers[-1][1].upto == 4
    rows = store.groups[0].stored[0].rows
    assert [type(row).__name__ for row in rows] == ["Epoch", "Count", "Unreadable", "State"]
    put_aside = rows[2]
    assert isinstance(put_aside, old_rows.Unreadable)
    assert (put_aside.seq, put_aside.code) == (3, RefusalCode.UNKNOWN_TYPE)
    assert json.loads(put_aside.raw) == strange


def test_today_s_status_is_read_by_the_first_release() -> None:
    told = old_messages.decode_status(encode(FULL))
    assert told.online
    assert told.software == "kaiguan today"
    assert [source.state for source in told.sources] == [
        "watching",
        "failed",
        "starting",
        "stopped",
    ]
    assert told.spool is not None
    assert (told.spool.pending, told.spool.bytes) == (4, 5)
    # Every field that it knew is there with the meaning that it had.
    understood, full = plain(told), plain(FULL)
    for key, value in understood.items():
        if key == "sources":
            for old, new in zip(value, full["sources"], strict=True):
                assert old.items() <= new.items()
        else:
            assert value == full[key]
    assert set(full) - set(understood) == {"certificate", "disk"}


def test_today_s_batches_go_on_where_the_last_one_ended(
    old_hub: tuple[old_intake.Intake, OldStore, list[Any]],
) -> None:
    intake, _, answers = old_hub
    rows = [now_messages.encode_row(row) for row in TODAY]
    given(intake, a_batch(rows[:4], 4))
    given(intake, a_batch(rows[4:], len(rows), after=4))
    given(intake, a_batch(rows[4:], len(rows), after=4))
    assert [(ack.verdict, ack.upto) for _, ack in answers] == [
        ("stored", 4), ("stored", len(rows)), ("stored", len(rows)),
    ]  # fmt: skip


def test_the_wire_s_structs_only_ever_grew() -> None:
    """No field that the first release knew is gone, required where it was not, or another kind."""
    for old, new in (
        (old_rows, now_rows),
        (old_messages, now_messages),
    ):
        for name, struct in vars(old).items():
            if not (isinstance(struct, type) and issubclass(struct, msgspec.Struct)):
                continue
            today = getattr(new, name)
            were = {field.encode_name: field for field in msgspec.structs.fields(struct)}
            are = {field.encode_name: field for field in msgspec.structs.fields(today)}
            assert set(were) <= set(are), name
            for added in set(are) - set(were):
                assert not are[added].required, f"{name}.{added} is new and required"
            for key, field in were.items():
                assert are[key].required == field.required, f"{name}.{key}"
    assert set(Ack.__struct_fields__) == set(old_messages.Ack.__struct_fields__)
