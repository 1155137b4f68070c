"""What a node believes: only answers of the store that it joined, meant for it."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from contracts.ids import NodeId
from contracts.messages import Ack, Batch, Status, decode_batch, decode_status, encode
from contracts.topics import Channel, node_topic
from link import uplink as module
from link.clock import Instant
from link.recorder import Recorder
from link.session import BrokerConfig
from link.uplink import Uplink

NODE = NodeId("venue", "north")
STORE, CHILD, STRANGER = "57" * 8, "58" * 8, "bad0" * 4


class Clock:
    """A clock that stands still."""

    os_boot = "05" * 8

    def look(self) -> Instant:
        return Instant(1_000_000, 1_760_000_000_000, is_set=True)


class Session:
    """Takes everything, as a broker does that acknowledges and then loses it."""

    connected = True

    def __init__(self) -> None:
        self.data: list[Batch] = []
        self.statuses: list[Status] = []

    def publish(self, topic: str, payload: bytes, *, retain: bool = False) -> bool:
        if topic == node_topic(NODE, Channel.DATA):
            assert not retain
            self.data.append(decode_batch(payload))
        else:
            assert retain
            self.statuses.append(decode_status(payload))
        return True


class Rig:
    """A recorder with three rows, its uplink, and a broker's end."""

    def __init__(self, path: Path) -> None:
        self.recorder = Recorder(path, Clock())
        self.session = Session()
        self.uplink = Uplink(self.recorder, NODE, BrokerConfig())
        self.uplink._session = self.session  # type: ignore[assignment]

    @property
    def mark(self) -> int:
        return self.recorder.spool.mark

    async def count(self) -> None:
        self.recorder.crossed("front", 1_000_000, entered=1)
        self.recorder.watched("front", 1_000_001)
        await self.recorder.commit()
        await self.uplink._step()

    async def hear(self, upto: int, store: str = STORE, **more: object) -> None:
        ack = Ack(store, self.recorder.spool.stream, upto, **more)  # type: ignore[arg-type]
        self.uplink._mail.acks.append(encode(ack))
        await self.uplink._step()

    async def told(self) -> Status:
        self.uplink.tell_status()
        await self.uplink._step()
        return self.session.statuses[-1]


@pytest.fixture
async def rig(tmp_path: Path) -> AsyncIterator[Rig]:
    built = Rig(tmp_path / "spool")
    await built.count()
    yield built
    await built.recorder.close()


async def test_a_broker_that_took_it_is_not_believed(rig: Rig) -> None:
    assert rig.session.data[0].upto == 3
    assert (rig.mark, rig.recorder.spool.has_unsent) == (0, True)
    await rig.hear(3)
    assert (rig.mark, rig.recorder.spool.has_unsent) == (3, False)


async def test_another_store_is_reported_and_not_obeyed(rig: Rig) -> None:
    await rig.hear(1)
    for verdict in ("stored", "refused", "fork"):
        await rig.hear(3, STRANGER, verdict=verdict, boot=rig.recorder.spool.boot)
    assert rig.mark == 1
    assert rig.recorder.spool.store_id == STORE
    assert (await rig.told()).other_stores == (STRANGER,)


async def test_a_restored_store_is_followed_and_refilled(rig: Rig) -> None:
    await rig.hear(3)
    sent = len(rig.session.data)
    await rig.hear(1, CHILD, verdict="refused", ancestors=(STORE,))
    assert (rig.mark, rig.recorder.spool.store_id) == (1, CHILD)
    again = rig.session.data[sent]
    assert (again.after, again.upto, len(again.rows)) == (1, 3, 2)
    await rig.hear(3)  # the store that was left speaks once more
    assert (rig.mark, rig.recorder.spool.store_id) == (1, CHILD)


async def test_a_relative_is_followed_only_when_our_own_is_silent(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    await rig.hear(3)
    await rig.hear(1, CHILD, ancestors=(STORE,))
    await rig.hear(2, STORE)
    assert rig.recorder.spool.store_id == CHILD
    monkeypatch.setattr(module, "SILENT_SECONDS", -1.0)
    await rig.hear(2, STORE)
    assert (rig.mark, rig.recorder.spool.store_id) == (2, STORE)


async def test_what_a_clone_delivered_is_not_ours(rig: Rig) -> None:
    await rig.hear(3, boot="c10e" * 4)
    assert rig.mark == 0
    assert rig.recorder.spool.has_unsent
    await rig.hear(3, boot="c10e" * 4)
    assert rig.mark == 0


async def test_a_fork_is_for_the_opening_that_it_names(rig: Rig) -> None:
    await rig.hear(0)
    stream = rig.recorder.spool.stream
    await rig.hear(0, verdict="fork", boot="c10e" * 4)
    assert rig.recorder.spool.stream == stream
    await rig.hear(0, verdict="fork", boot=rig.recorder.spool.boot)
    assert rig.recorder.spool.stream != stream
    last = rig.session.data[-1]
    assert (last.stream, last.after) == (rig.recorder.spool.stream, 0)
    assert last.upto == rig.recorder.spool.last


async def test_a_store_that_knows_more_than_we_have_is_not_believed(rig: Rig) -> None:
    await rig.hear(0)
    await rig.hear(99)
    assert rig.mark == 0


async def test_status_tells_boot_clock_and_spool(rig: Rig) -> None:
    status = await rig.told()
    spool = rig.recorder.spool
    assert status.boot == spool.boot
    assert status.online
    assert status.os_boot == Clock.os_boot
    assert status.clock is not None
    assert (status.clock.state, status.clock.held) == ("set", 0)
    assert status.spool is not None
    assert (status.spool.stream, status.spool.pending) == (spool.stream, 3)


async def test_a_late_last_will_is_put_right(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    await rig.told()
    told = len(rig.session.statuses)
    will = encode(Status(boot=rig.recorder.spool.boot, online=False))
    monkeypatch.setattr(module, "CORRECTION_SECONDS", 0.0)
    rig.uplink._mail.statuses.append(will)
    await rig.uplink._step()
    assert [status.online for status in rig.session.statuses[told:]] == [True]
