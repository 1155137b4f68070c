"""Each fault of docs/faults.md that needs a broker and processes, one test each."""

import json
import os
import random
import secrets
import shutil
import signal
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from functools import partial
from pathlib import Path

import pytest
from paho.mqtt.publish import single
from paho.mqtt.subscribe import simple

from contracts.ids import NodeId
from contracts.messages import Status, decode_status, encode
from contracts.topics import Channel, node_topic
from hub.store.sqlite.database import begin_descendant
from tests.brokers import LOOPBACK, Mosquitto
from tests.chaos.venue import HubProcess, NodeProcess, Venue, remove, store_totals, until

pytestmark = [pytest.mark.chaos, pytest.mark.broker, pytest.mark.timeout(90)]


@pytest.fixture
def venue(mosquitto: Mosquitto, tmp_path: Path) -> Iterator[Venue]:
    """One hub and one node that runs and counts; more may join."""
    hub = HubProcess(tmp_path, mosquitto)
    running = Venue(tmp_path, mosquitto, hub, [NodeProcess(tmp_path, mosquitto, "north")])
    running.start()
    until(lambda: stored(running) > 20, 30.0)
    yield running
    running.close()


def stored(venue: Venue) -> int:
    """Return how many crossings the store holds."""
    try:
        rows = venue.hub.query("SELECT coalesce(sum(entered + left), 0) FROM count_bucket")
    except sqlite3.OperationalError:
        return 0
    return int(str(rows[0][0]))


def grows(venue: Venue, by: int = 20, within: float = 20.0) -> None:
    """Wait until the store holds more."""
    least = stored(venue) + by
    until(lambda: stored(venue) >= least, within)


def batch(*, rows: list[dict[str, object]], upto: int, **more: object) -> bytes:
    """Return a batch as a node of another release might send it."""
    envelope = {"stream": "fade" * 4, "boot": "b007" * 4, "boot_first": 1, "after": 0, "oldest": 1}
    return json.dumps(envelope | {"upto": upto, "rows": rows} | more).encode()


def publish(venue: Venue, node: str, payload: bytes) -> None:
    """Send as a node would, once."""
    topic = node_topic(NodeId("venue", node), Channel.DATA)
    single(topic, payload, qos=1, hostname=LOOPBACK, port=venue.broker.port)


def step_until(node: NodeProcess, holds: Callable[[], bool]) -> None:
    """Step a node's clock again and again, which makes rows, until something holds."""
    deadline = time.monotonic() + 40.0
    while not holds():
        assert time.monotonic() < deadline, "never"
        node.tell(f"step={random.randrange(100) * 3_600_000}")
        time.sleep(0.15)  # a commit's time


def test_hub_put_back_to_an_earlier_copy(venue: Venue) -> None:
    copy = venue.folder / "copy.db"
    venue.hub.copy_to(copy)
    grows(venue)
    venue.hub.kill9()
    venue.hub.put_back(copy)
    venue.hub.start()
    venue.settle()


def test_hub_restored_as_a_descendant_twice(venue: Venue) -> None:
    copy = venue.folder / "copy.db"
    venue.hub.copy_to(copy)
    for _ in range(2):
        grows(venue)
        venue.hub.kill9()
        venue.hub.put_back(copy)
        begin_descendant(venue.hub.store)
        venue.hub.start()
    venue.settle()


def test_second_empty_hub_is_reported_and_not_followed(venue: Venue) -> None:
    other = HubProcess(venue.folder, venue.broker, "other")
    other.start()
    try:
        node = venue.nodes[0]
        until(lambda: "other_store" in node.log.read_text(), 20.0)
        grows(venue)
        venue.settle()
        assert "store_joined" in node.log.read_text()
        assert node.log.read_text().count("store_joined") == 1
    finally:
        other.kill9()


def test_cloned_node(venue: Venue) -> None:
    original = venue.nodes[0]
    twin = NodeProcess(venue.folder, venue.broker, "north", file="twin")
    original.kill9()
    shutil.copy(original.spool, twin.spool)
    shutil.copy(f"{original.spool}-wal", f"{twin.spool}-wal")
    original.start()
    venue.nodes.append(twin)
    grows(venue)
    twin.start()
    until(lambda: venue.hub.query("SELECT count(*) FROM fork") != [(0,)], 30.0)
    grows(venue)
    venue.settle()


def test_spool_put_back(venue: Venue) -> None:
    node = venue.nodes[0]
    copy = venue.folder / "copy.spool"
    with closing(sqlite3.connect(node.spool)) as source, closing(sqlite3.connect(copy)) as target:
        source.backup(target)
    grows(venue)
    node.tell("quiet")
    venue.settle()  # what is taken away with the newer spool has to be in the store
    node.kill9()
    venue.note_truth()
    remove(node.spool)
    shutil.copy(copy, node.spool)
    node.tell("")
    node.start()
    grows(venue)
    assert venue.hub.query("SELECT count(*) FROM fork") == [(1,)]
    venue.settle()


def test_spool_replaced_in_mid_minute(venue: Venue) -> None:
    node = venue.nodes[0]
    node.tell("quiet")
    venue.settle()
    remove(node.spool)
    node.tell("")
    grows(venue)
    assert "spool_damaged" in node.log.read_text()
    venue.settle()


def test_spool_corrupted_in_mid_minute(venue: Venue) -> None:
    node = venue.nodes[0]
    node.tell("quiet")
    venue.settle()
    node.kill9()
    venue.note_truth()
    with closing(sqlite3.connect(node.spool)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    data = bytearray(node.spool.read_bytes())
    data[100:3000] = b"\xa5" * 2900
    node.spool.write_bytes(data)
    node.tell("")
    node.start()
    grows(venue)
    assert list(venue.folder.glob("north.spool.damaged-*"))
    venue.settle()


def test_full_disk_of_the_spool(venue: Venue) -> None:
    node = venue.nodes[0]
    node.kill9()
    small = NodeProcess(venue.folder, venue.broker, "north", options="pages=1")
    venue.nodes[0] = small
    small.start()
    step_until(small, lambda: "spool_refuses" in small.log.read_text())
    lines = len(small.ledger_lines())
    time.sleep(0.5)  # nothing is told to be durable meanwhile
    assert len(small.ledger_lines()) == lines
    small.tell("room")
    until(lambda: len(small.ledger_lines()) > lines, 20.0)
    venue.settle()


def test_hub_frozen(venue: Venue) -> None:
    venue.hub.signal(signal.SIGSTOP)
    time.sleep(4.0)  # the fault itself: long enough for the node to go back and send again
    venue.hub.signal(signal.SIGCONT)
    grows(venue)
    venue.settle()


def test_broker_frozen(venue: Venue) -> None:
    assert venue.broker.pid is not None
    os.kill(venue.broker.pid, signal.SIGSTOP)
    time.sleep(4.0)  # the fault itself
    os.kill(venue.broker.pid, signal.SIGCONT)
    grows(venue)
    venue.settle()


def test_disk_of_the_hub_full(venue: Venue) -> None:
    venue.hub.limit_pages(venue.hub.pages())
    large: list[dict[str, object]] = [{"type": "later", "seq": 1, "text": "x" * 100_000}]

    def refuses() -> bool:
        publish(venue, "filler", batch(rows=large, upto=1, stream=secrets.token_hex(8)))
        return bool(venue.hub.trouble)

    until(refuses, 30.0)
    assert "full" in venue.hub.trouble
    refused_at = stored(venue)
    time.sleep(1.0)  # nothing is stored meanwhile
    assert stored(venue) == refused_at
    venue.hub.limit_pages(1 << 30)
    until(lambda: not venue.hub.trouble, 30.0)
    venue.settle()


def has_stepped(venue: Venue, times: int) -> bool:
    """Tell whether the hub knows of so many steps of a clock."""
    epochs = venue.hub.query("SELECT count(*) FROM epoch WHERE reason = 'clock_stepped'")
    return epochs == [(times,)]


def test_clock_stepped_back_and_forth(venue: Venue) -> None:
    node = venue.nodes[0]
    for told, word in enumerate(("step=3600000", "step=-3600000", ""), 1):
        node.tell(word)
        grows(venue)
        # What was on its way may grow before the node has looked at its clock.
        until(partial(has_stepped, venue, told), 30.0)
    intervals = venue.hub.query("SELECT max(until_ms - since_ms) FROM interval")
    assert int(str(intervals[0][0])) < 120_000, "an hour that never was is watched"
    venue.settle()


def test_unset_clock_is_put_right(venue: Venue) -> None:
    late = NodeProcess(venue.folder, venue.broker, "late", options="clock=unset")
    venue.nodes.append(late)
    late.start()
    until(lambda: len(late.ledger_lines()) > 10, 30.0)
    assert not venue.hub.query("SELECT 1 FROM node WHERE node = 'late'")
    late.kill9()  # killed before it was set, set before it starts again: nothing may be blocked
    late.tell("set")
    late.start()
    until(lambda: bool(venue.hub.query("SELECT 1 FROM node WHERE node = 'late'")), 30.0)
    venue.truth = {k: v for k, v in venue.truth.items() if k[0] != "venue/late"}
    for node in venue.nodes[:1]:
        node.tell("quiet")
    clocks = venue.hub.query(
        "SELECT DISTINCT clock FROM epoch AS e JOIN node AS n ON n.id = e.node"
        " WHERE n.node = 'late' ORDER BY 1"
    )
    assert clocks == [("corrected",), ("set",)]
    assert not venue.hub.query("SELECT 1 FROM count_bucket WHERE bucket < 1700000000")
    assert not venue.hub.query("SELECT 1 FROM quarantine")


def test_poison_row_and_another_release(venue: Venue) -> None:
    good = {"type": "count", "epoch": "e0" * 4, "line": "side", "bucket_at": 1_760_000_040, "in": 3}
    rows: list[dict[str, object]] = [
        good | {"seq": 1, "colour": "new field"},
        good | {"seq": 2, "in": -1, "bucket_at": 1_760_000_100},
        {"type": "hologram", "seq": 3, "source": "side", "at_ms": 1_760_000_160_000},
        {"seq": "nonsense"},
        {"type": "count", "seq": 10**40},
        {"seq": 6, "type": "count", "epoch": "e0" * 4, "line": "side", "bucket_at": 1_760_000_220},
    ]
    publish(venue, "other", b"not even json")
    publish(venue, "other", batch(rows=rows, upto=6, hologram=True))
    stream = "SELECT mark FROM stream WHERE stream = 'fadefadefadefade'"
    until(lambda: venue.hub.query(stream) == [(6,)], 20.0)
    assert venue.hub.query("SELECT count(*) FROM quarantine") == [(4,)]
    assert venue.hub.query("SELECT count(*) FROM refused") == [(1,)]
    side = {k[2]: v for k, v in store_totals(venue.hub.store).items() if k[1] == "side"}
    assert side == {1_760_000_040: (3, 0), 1_760_000_220: (0, 0)}
    grows(venue)


def test_late_last_will(venue: Venue) -> None:
    topic = node_topic(NodeId("venue", "north"), Channel.STATUS)
    will = encode(Status(boot="01d0" * 4, online=False))
    single(topic, will, qos=1, retain=True, hostname=LOOPBACK, port=venue.broker.port)

    def told() -> Status:
        message = simple(topic, qos=1, hostname=LOOPBACK, port=venue.broker.port)  # type: ignore[no-untyped-call]
        return decode_status(message.payload)

    until(lambda: told().online, 20.0)
