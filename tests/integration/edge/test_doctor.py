"""The doctor looks at everything that an agent needs, and changes nothing."""

import asyncio
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.brokers import Mosquitto
from tests.conformance.tiny_net import dark_net
from tests.integration.edge.agents import ROOT, a_board, a_camera, a_serial, passwords, written

pytestmark = pytest.mark.broker


async def told(config: Path, password: str | None = None) -> tuple[int, list[str]]:
    """Return exit code and lines of the doctor."""
    environment = dict(os.environ)
    if password is not None:
        environment["KAIGUAN_BROKER_PASSWORD"] = password
    command = [sys.executable, "-m", "edge", "doctor", "--config", str(config)]
    done = await asyncio.to_thread(
        subprocess.run,
        command,
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        timeout=40,
        check=False,
    )
    return done.returncode, done.stdout.decode().splitlines()


async def test_all_is_well(tmp_path: Path, mosquitto: Mosquitto) -> None:
    sources = a_camera("scene:7") + a_serial(tmp_path / "tty")
    config = written(tmp_path, mosquitto.port, sources)
    async with a_board(tmp_path / "tty"):
        code, lines = await told(config)
    assert re.fullmatch(rf"ok    disk: [\d,]+ MB free at {tmp_path}", lines.pop(2))
    assert re.fullmatch(r"ok    clock: \d{4}-\d\d-\d\d \d\d:\d\d:\d\d \w+", lines.pop(2))
    assert lines == [
        f"ok    config: {config}",
        f"ok    spool: {tmp_path / 'spool.db'} can be written",
        f"ok    broker: 127.0.0.1:{mosquitto.port} takes this node",
        "ok    camera: gives pictures of 320 x 240",
        "ok    board: board 4b47000000000001, firmware 1.0.0",
    ]
    assert code == 0
    assert not (tmp_path / "spool.db").exists()


async def test_each_failure_has_its_line(tmp_path: Path) -> None:
    users = passwords(tmp_path, edge="right")
    extra = f"allow_anonymous false\npassword_file {users}\n"
    (tmp_path / "spool.db").mkdir()
    sources = a_camera("absent.mp4") + a_serial(tmp_path / "absent")
    with Mosquitto(tmp_path, extra=extra) as broker:
        config = written(tmp_path, broker.port, sources, broker='username = "edge"')
        code, lines = await told(config, "wrong")
        assert code == 1
        assert lines[0].startswith("ok    config: ")
        assert lines[1].startswith(f"FAILS spool: {tmp_path / 'spool.db'} cannot be written: ")
        assert lines[4] == (
            f"FAILS broker: the broker at 127.0.0.1:{broker.port} refuses: Not authorized: "
            "check user, password"
        )
        assert lines[5] == (
            f"FAILS camera: source {tmp_path / 'absent.mp4'}: cannot be opened: "
            "there is no such file"
        )
        assert lines[6].startswith(f"FAILS board: no serial port at {tmp_path / 'absent'}: ")
    code, lines = await told(config, "right")
    assert code == 1
    assert lines[4].startswith(
        f"FAILS broker: the broker at 127.0.0.1:{broker.port} cannot be reached: "
    )


async def test_a_model_is_tried(tmp_path: Path, mosquitto: Mosquitto) -> None:
    chosen = 'detector = "onnx"\nmodel = "person.onnx"\nmodel_size = [64, 64]\n'
    config = written(tmp_path, mosquitto.port, a_camera("scene:7", more=chosen))
    model = tmp_path / "person.onnx"
    code, lines = await told(config)
    assert code == 1
    assert lines[-1] == f"FAILS camera: {model}: cannot be read: No such file or directory"
    model.write_bytes(dark_net(64, 8, 16))
    code, lines = await told(config)
    assert lines[-1] == "ok    camera: gives pictures of 320 x 240, model person.onnx runs"
    assert code == 0
