"""No picture leaves a running agent: every byte that it writes or sends is looked at.

The agent runs under strace, which shows what each of its threads hands to the kernel. SQLite's
shared memory is mapped and not written by calls; it holds page numbers only.
"""

import asyncio
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest

from edge.vision.capture import read_file
from edge.vision.detector import Image
from edge.vision.scene import SCENE_PERSON, Scene
from link.session import BrokerConfig
from tests.brokers import Mosquitto
from tests.integration.edge.agents import ROOT, Hub, a_camera, until, written

SEED = 7
CALLS = "write,writev,pwrite64,pwritev,pwritev2,sendto,sendmsg,sendmmsg"
MAGIC = (b"\xff\xd8\xff", b"\x89PNG", b"/9j/", b"iVBOR", b"ftyp", b"AVI LIST")
"""How a JPEG, a PNG, both in base64, an MP4 and an AVI begin."""
FRAGMENT = 32

pytestmark = [
    pytest.mark.broker,
    pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not installed"),
]


def traced(log: Path, *command: str) -> list[str]:
    """Return the command that runs another with all its output to the kernel in a log."""
    # Its tracer stands aside, so that the process is the traced one and takes its signals.
    how = f"strace -D -f --seccomp-bpf -q -xx -s 1048576 -e trace={CALLS} -o"
    return [*how.split(), str(log), *command]


def handed_over(log: Path) -> bytes:
    """Return every byte that was written or sent."""
    pieces = re.findall(r'"((?:\\x[0-9a-f]{2})*)"', log.read_text("ascii"))
    return b"\n".join(bytes.fromhex(piece.replace("\\x", "")) for piece in pieces)


def is_complete(log: Path) -> bool:
    """Tell whether the first process of a log has ended in it."""
    lines = log.read_text("ascii").splitlines()
    first = lines[0].split()[0]
    return any(line.split()[0] == first and "+++ exited" in line for line in lines[-20:])


def fragments(picture: Image) -> Iterator[bytes]:
    """Give pieces of some rows, in colour and in grey: with a sensor's noise each is unique."""
    grey = np.asarray(cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY))
    for rows in (picture.reshape(picture.shape[0], -1), grey):
        for row in rows[5 :: len(rows) // 8]:
            yield row[40 : 40 + FRAGMENT].tobytes()


def found(pictures: list[Image], sent: bytes) -> list[str]:
    """Return what of pictures is in bytes: the magic of a format, or a piece of a row."""
    # All offsets of what was sent, once: pieces are looked up and not searched for.
    windows = {sent[i : i + FRAGMENT] for i in range(len(sent) - FRAGMENT + 1)}
    held = [repr(magic) for magic in MAGIC if magic in sent]
    return held + [
        f"picture {number}"
        for number, picture in enumerate(pictures)
        if any(piece in windows for piece in fragments(picture))
    ]


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("film") / "film.avi"
    scene = Scene(SEED, seconds=20.0)
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), scene.fps, scene.size)
    for picture, _ in scene.frames():
        writer.write(picture)
    writer.release()
    return path


async def test_no_byte_of_a_picture_is_written_or_sent(
    tmp_path: Path, mosquitto: Mosquitto, film: Path
) -> None:
    more = f'pace = "fast"\nperson_size = [{SCENE_PERSON.w}, {SCENE_PERSON.h}]'
    config = written(tmp_path, mosquitto.port, a_camera(str(film), more=more))
    log = tmp_path / "calls"
    command = traced(log, sys.executable, "-m", "edge", "run", "--config", str(config))
    with Hub(tmp_path, BrokerConfig(port=mosquitto.port)) as hub:
        agent = await asyncio.create_subprocess_exec(
            *command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        try:
            await hub.until(lambda: hub.is_in("camera", "stopped"), seconds=60)
            await hub.until(lambda: len(hub.coverage("top")) == 1)
        finally:
            agent.terminate()
            await agent.wait()
            await until(lambda: is_complete(log))
        # It did count, and what it counted was sent.
        assert sum(hub.totals("top")) > 0
    sent = handed_over(log)
    assert b'"coverage"' in sent
    assert found([frame.image for frame in read_file(film)], sent) == []


@pytest.mark.parametrize("form", ["raw", "grey", "jpeg"])
async def test_a_picture_that_is_written_would_be_found(
    tmp_path: Path, film: Path, form: str
) -> None:
    script = (
        "import sys, cv2; from pathlib import Path; from edge.vision.capture import read_file\n"
        "picture = next(read_file(Path(sys.argv[1]))).image\n"
        "grey = cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY)\n"
        "forms = {'raw': picture, 'grey': grey, 'jpeg': cv2.imencode('.jpg', picture)[1]}\n"
        "Path(sys.argv[2]).write_bytes(forms[sys.argv[3]].tobytes())\n"
    )
    log = tmp_path / "calls"
    leak = [sys.executable, "-c", script, str(film), str(tmp_path / "leak"), form]
    process = await asyncio.create_subprocess_exec(*traced(log, *leak), cwd=ROOT)
    assert await process.wait() == 0
    await until(lambda: is_complete(log))
    assert found([next(read_file(film)).image], handed_over(log)) != []
