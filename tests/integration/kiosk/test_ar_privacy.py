"""No frame of the camera is stored: every byte that the kiosk hands to a file is looked at.

The kiosk's page runs under strace, which shows what each of its threads writes and to what. What
goes over a socket goes to the page, and is what the camera's screen is for.
"""

import asyncio
import re
import shutil
import sys
from pathlib import Path

import httpx
import numpy as np
import pytest
import websockets

from kiosk.ar.pictures import as_jpeg
from kiosk.web.ar.message import unpacked
from tests.integration.edge.agents import ROOT, until
from tests.integration.edge.test_privacy import MAGIC, is_complete
from tests.integration.kiosk.camera import moving

pytestmark = pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not installed")

CALLS = "write,writev,pwrite64,pwritev,pwritev2"
FRAMES = 20
FRAGMENT = 24
SERVE = """
import sys
from kiosk.session.screen import ScreenName
from kiosk.session.state import Visit
from tests.integration.kiosk.camera import moving, until
from tests.integration.kiosk.served import ServedKiosk

with ServedKiosk(ar=moving().view()) as kiosk:
    until(lambda: kiosk.host.state.around.ar.is_offered, 60)
    kiosk.show(Visit(name=ScreenName.AR))
    print(kiosk.url, flush=True)
    sys.stdin.read()
"""
LEAK = """
import sys
from pathlib import Path
from kiosk.ar.pictures import as_jpeg
from tests.integration.kiosk.camera import moving
picture = moving().film.picture(0.0)
Path(sys.argv[1]).write_bytes(picture.tobytes() if sys.argv[2] == "raw" else as_jpeg(picture))
"""


def traced(log: Path, *command: str) -> list[str]:
    how = f"strace -D -f --seccomp-bpf -q -yy -xx -s 1048576 -e trace={CALLS} -o"
    return [*how.split(), str(log), *command]


def written(log: Path) -> bytes:
    """Return every byte that went to something with a path: a file, not a socket or a pipe."""
    pieces: list[str] = []
    for line in log.read_text("ascii").splitlines():
        into = re.search(r"\((\d+)<([^>]*)>", line)
        if into is None or not _named(into[2]).startswith("/"):
            continue
        pieces += re.findall(r'"((?:\\x[0-9a-f]{2})*)"', line)
    return b"\n".join(bytes.fromhex(piece.replace("\\x", "")) for piece in pieces)


def _named(shown: str) -> str:
    """Return what strace shows of a descriptor, its bytes in hexadecimal with -xx."""
    return bytes.fromhex(shown.replace("\\x", "")).decode() if "\\x" in shown else shown


def holds_a_picture(content: bytes) -> bool:
    """Tell whether bytes hold a JPEG's or PNG's begin, or a piece of a row of the film's frames."""
    if any(magic in content for magic in MAGIC[:4]):
        return True
    rows = np.concatenate([moving().film.picture(n / 10).reshape(480, -1) for n in range(3)])
    return any(row[300 : 300 + FRAGMENT].tobytes() in content for row in rows[40::20])


async def test_no_frame_is_stored(tmp_path: Path) -> None:
    log = tmp_path / "calls"
    kiosk = await asyncio.create_subprocess_exec(
        *traced(log, sys.executable, "-c", SERVE),
        cwd=ROOT,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    assert kiosk.stdout is not None
    assert kiosk.stdin is not None
    url = (await kiosk.stdout.readline()).decode().strip()
    assert url, "the kiosk did not start"
    try:
        heads = await look(url)
    finally:
        kiosk.stdin.close()
        await kiosk.wait()
    await until(lambda: is_complete(log))
    assert len(heads) == FRAMES
    assert any(head["seen"] for head in heads), "the engine did look"
    assert not holds_a_picture(written(log))


async def look(url: str) -> list[dict[str, object]]:
    async with httpx.AsyncClient() as client:
        token = (await client.get(url)).text.partition('data-token="')[2].partition('"')[0]
    heads = []
    address = url.replace("http", "ws") + "/ar/stream"
    async with websockets.connect(address, origin=url) as page:  # type: ignore[arg-type]
        await page.send(token)
        for _ in range(FRAMES):
            head, jpeg = unpacked(await page.recv())  # type: ignore[arg-type]
            assert jpeg.startswith(MAGIC[0])
            heads.append(head)
            await page.send(str(head["n"]))
    return heads


@pytest.mark.parametrize("form", ["raw", "jpeg"])
async def test_a_frame_that_is_stored_would_be_found(tmp_path: Path, form: str) -> None:
    log = tmp_path / "calls"
    leak = traced(log, sys.executable, "-c", LEAK, str(tmp_path / "leak"), form)
    process = await asyncio.create_subprocess_exec(*leak, cwd=ROOT)
    assert await process.wait() == 0
    await until(lambda: is_complete(log))
    assert holds_a_picture(written(log))
    assert as_jpeg(moving().film.picture(0.0)).startswith(MAGIC[0])
