"""A node that was revoked while it works: cut and refused within seconds, shown as away."""

import asyncio
import time
from pathlib import Path

import pytest

from contracts.topics import Channel, node_topic
from hub.store.sqlite import SqliteStore
from link.joining import join
from link.session import Session
from tests.integration.edge.agents import Agent, a_board, a_serial, until, written
from tests.integration.hub.feeding import Node, a_node
from tests.integration.hub.running import command
from tests.integration.hub.running import until as await_
from tests.integration.identity.district import NODE, District, edge

pytestmark = pytest.mark.broker
WITHIN_SECONDS = 15.0
"""The promise is 60 s."""


async def test_an_agent_is_cut_and_counts_on(tmp_path: Path) -> None:
    district = District(tmp_path)
    folder = tmp_path / "card"
    folder.mkdir()
    with district.broker, district.hub:
        config = written(folder, 1, a_serial(folder / "tty"))
        assert (
            edge("join", district.hub.url, district.code(), "--config", str(config)).returncode == 0
        )
        with Agent(config) as agent:
            async with a_board(folder / "tty") as board:
                await until(lambda: "watching" in agent.text)
                await asyncio.to_thread(district.command, *_revoke(NODE.venue, NODE.node))
                began = time.monotonic()
                await until(lambda: agent.said("broker_refuses") != [])
                assert time.monotonic() - began < WITHIN_SECONDS
                assert "it was revoked" in agent.said("broker_refuses")[0]["reason"]
                await board.cross("front", entered=1)
            assert await asyncio.to_thread(agent.stop) == 0
        assert '"event": "line_cut"' in district.hub.log


@pytest.mark.parametrize("known", [True, False], ids=["heard by the hub", "from before the hub"])
def test_a_client_id_that_nobody_knows_is_cut_or_muted(tmp_path: Path, *, known: bool) -> None:
    """A stolen card in other hands keeps to no convention of ours."""
    district = District(tmp_path)
    node = a_node("museum", "door")
    with district.broker, district.hub:
        join(district.hub.url, district.code(node.id), tmp_path / "identity")
        if not known:
            district.hub.stop()
        session = Session(district.at_broker(tmp_path / "identity/node.pem"), "as the thief likes")
        session.open()
        try:
            await_(lambda: session.connected)
            if not known:
                district.hub.start()
            _send(session, node)
            await_(lambda: _is_stored(district, node))
            district.command(*_revoke("museum", "door"))
            began = time.monotonic()
            if known:
                await_(lambda: session.refused)
                assert time.monotonic() - began < WITHIN_SECONDS
            else:
                await_(lambda: '"event": "node_revoked"' in district.hub.log)
            before = _mark(district, node)
            _send(session, node)
            _send_as_somebody_else(district, tmp_path)
            assert _mark(district, node) == before
        finally:
            session.close()


def test_the_intake_refuses_at_once_also_when_the_broker_cannot_be_told(tmp_path: Path) -> None:
    district = District(tmp_path)
    node = a_node("museum", "door")
    with district.broker, district.hub:
        join(district.hub.url, district.code(node.id), tmp_path / "identity")
        session = Session(district.at_broker(tmp_path / "identity/node.pem"), "x")
        session.open()
        try:
            await_(lambda: session.connected)
            _send(session, node)
            await_(lambda: _is_stored(district, node))
            # The broker reads its lists again by nobody's word, and takes the node back each time.
            district.broker.pid_file.write_text("1999999999")
            result = _command(district, *_revoke("museum", "door"))
            assert result[0] == 1
            assert "the broker still goes by its old lists" in result[1]
            await_(lambda: '"event": "node_revoked"' in district.hub.log)
            before = _mark(district, node)
            await_(lambda: session.connected)
            _send(session, node)
            _send_as_somebody_else(district, tmp_path)
            assert _mark(district, node) == before
            await_(lambda: '"event": "identity_trouble"' in district.hub.log)
        finally:
            session.close()


def _send_as_somebody_else(district: District, folder: Path) -> None:
    """Return once the hub has stored what another node sent: it took what came before, too."""
    other = a_node("art-museum", "door")
    join(district.hub.url, district.code(other.id), folder / "other")
    witness = Session(district.at_broker(folder / "other/node.pem"), "witness")
    witness.open()
    try:
        await_(lambda: witness.connected)
        _send(witness, other)
        await_(lambda: _is_stored(district, other))
    finally:
        witness.close()


def _revoke(venue: str, node: str) -> tuple[str, ...]:
    return ("revoke", venue, node, "--reason", "stolen")


def _command(district: District, *arguments: str) -> tuple[int, str]:
    result = command(*arguments, "--config", str(district.hub.config))
    return result.exit_code, result.output


def _send(session: Session, node: Node) -> None:
    if node.seq == 0:
        node.begin(time.time_ns() // 1_000_000)
    node.count("main", int(time.time()), 1)
    for payload in node.payloads():
        session.publish(node_topic(node.id, Channel.DATA), payload)


def _mark(district: District, node: Node) -> int:
    with SqliteStore(district.config.series_path) as store:
        found = store.streams().get(node.stream)
        return found[1].mark if found else 0


def _is_stored(district: District, node: Node) -> bool:
    return _mark(district, node) >= node.seq
