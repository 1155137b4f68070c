"""User, password and TLS against a real broker: said clearly, tried on, taken in when mended."""

import asyncio
import subprocess
from pathlib import Path

import pytest

from link.session import BrokerConfig
from tests.brokers import Mosquitto
from tests.integration.edge.agents import Agent, Hub, a_board, a_serial, passwords, until, written

pytestmark = pytest.mark.broker


def a_certificate(folder: Path, name: str, *more: str) -> Path:
    """Make a key and a certificate, signed by itself or as `more` says."""
    path = folder / f"{name}.pem"
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"),
            *("-nodes", "-days", "2", "-subj", f"/CN={name}", *more),
            *("-keyout", str(folder / f"{name}.key"), "-out", str(path)),
        ],
        check=True,
        capture_output=True,
    )
    return path


async def test_a_wrong_password_is_said_once_and_tried_until_it_is_mended(tmp_path: Path) -> None:
    users = passwords(tmp_path, edge="wrong-at-first", hub="of-the-hub")
    extra = f"allow_anonymous false\npassword_file {users}\n"
    with Mosquitto(tmp_path, extra=extra) as broker:
        config = written(
            tmp_path, broker.port, a_serial(tmp_path / "tty"), broker='username = "edge"'
        )
        as_hub = BrokerConfig(port=broker.port, username="hub", password="of-the-hub")
        with Hub(tmp_path, as_hub) as hub, Agent(config, password="right") as edge:
            async with a_board(tmp_path / "tty") as board:
                await until(lambda: broker.log.read_text().count("not authorised") >= 3)
                (refusal,) = edge.said("broker_refuses")
                assert refusal["reason"] == (
                    f"the broker at 127.0.0.1:{broker.port} refuses: Not authorized: "
                    "check user, password"
                )
                assert not edge.said("broker_lost")
                await board.cross("front", entered=2)

                passwords(tmp_path, edge="right")
                broker.stop()
                broker.start()
                await hub.until(lambda: hub.is_in("board", "watching"))
                await hub.until(lambda: board.counted(hub))
                assert await asyncio.to_thread(edge.stop) == 0
            assert "right" not in edge.text.replace("copyright", "")


async def test_tls_is_spoken_with_our_authority_and_with_no_other(tmp_path: Path) -> None:
    authority = a_certificate(tmp_path, "authority")
    signed = ("-CA", str(authority), "-CAkey", str(tmp_path / "authority.key"))
    a_certificate(tmp_path, "broker", *signed, "-addext", "subjectAltName=IP:127.0.0.1")
    a_certificate(tmp_path, "stranger")
    extra = f"certfile {tmp_path}/broker.pem\nkeyfile {tmp_path}/broker.key\n"
    with Mosquitto(tmp_path, extra=extra) as broker:
        sources = a_serial(tmp_path / "tty")
        config = written(
            tmp_path, broker.port, sources, broker='tls = true\ntls_ca = "stranger.pem"'
        )
        as_hub = BrokerConfig(port=broker.port, tls=True, tls_ca=authority)
        with Hub(tmp_path, as_hub) as hub, Agent(config) as edge:
            async with a_board(tmp_path / "tty") as board:
                await until(lambda: bool(edge.said("broker_unreachable")))
                (said,) = edge.said("broker_unreachable")
                assert "shows a certificate of another authority" in said["reason"]
                assert await asyncio.to_thread(edge.stop) == 0

                written(tmp_path, broker.port, sources, broker='tls = true\ntls_ca="authority.pem"')
                edge.start()
                await hub.until(lambda: hub.is_in("board", "watching"))
                await board.cross("back", left=2)
                await hub.until(lambda: board.counted(hub))
                assert await asyncio.to_thread(edge.stop) == 0


async def test_a_broker_that_is_not_there_is_said_once_and_does_not_hold_up_a_stop(
    tmp_path: Path, free_port: int
) -> None:
    config = written(tmp_path, free_port, a_serial(tmp_path / "tty"))
    with Agent(config) as edge:
        await until(lambda: bool(edge.said("broker_unreachable")))
        assert "Connection refused" in edge.said("broker_unreachable")[0]["reason"]
        assert await asyncio.to_thread(edge.stop) == 0
        assert len(edge.said("broker_unreachable")) == 1
