"""The screen's watcher: runs the browser, anew when its page draws no more; lights the panel.

the kiosk: GET /heart ─┐                    ┌─ browser: started, ended with all its processes
panel: outputs ────────┼─ once a second ────┤
fingers ───────────────┘                    └─ panel: lit or dark
"""

import asyncio
import contextlib
import json
import os
import shutil
import signal
import tempfile
import time
import urllib.request
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import structlog

from kiosk.errors import PanelError
from kiosk.shell.heart import Heart, Pulse
from kiosk.shell.panel import Output, Panel
from link.systemd import Watchdog

log = structlog.get_logger(__name__)

LOOK_SECONDS: Final = 1.0
ANSWER_SECONDS: Final = 3.0
END_SECONDS: Final = 3.0
"""A browser that is asked to end has so long, then it is killed."""
_MOST_BYTES: Final = 4096


@dataclass(frozen=True, slots=True)
class Told:
    """What the kiosk answered: when its page drew, how large it is, whether the panel is lit.

    `anew` grows when the browser shall start anew.
    """

    drew_seconds: float | None
    size: tuple[int, int]
    lit: bool
    anew: int = 0


def ask(url: str) -> Told | None:
    """Ask the kiosk at `http://HOST:PORT/`; None when it does not answer, or not this."""
    try:
        with urllib.request.urlopen(  # noqa: S310  http, by the command line
            f"{url}heart", timeout=ANSWER_SECONDS
        ) as answer:
            said = json.loads(answer.read(_MOST_BYTES))
        drew = said["drew_seconds"]
        size = int(said["width"]), int(said["height"])
        anew = int(said.get("anew", 0))
        return Told(None if drew is None else float(drew), size, bool(said["lit"]), anew)
    except (OSError, ValueError, KeyError, TypeError):
        return None


class Watcher:
    """`command` is given a fresh profile's folder; `felt` tells of a touch since the last time."""

    def __init__(
        self,
        url: str,
        command: Callable[[Path], tuple[str, ...]],
        panel: Panel | None,
        *,
        heart_seconds: float,
        touch_seconds: float,
        felt: Callable[[], bool] = lambda: False,
        profiles: Path | None = None,
    ) -> None:
        self._url, self._command, self._panel = url, command, panel
        self._touch_seconds, self._felt, self._profiles = touch_seconds, felt, profiles
        self._heart = Heart(heart_seconds, time.monotonic())
        self._touched_at = -touch_seconds
        self._trouble = ""
        self._wish: int | None = None
        self._is_wished = False
        # The variable names the main process, which is the compositor; the signs are ours.
        own = {key: value for key, value in os.environ.items() if key != "WATCHDOG_PID"}
        self._watchdog = Watchdog(own)
        self._looked_at = time.monotonic()

    async def run(self) -> None:
        """Watch until cancelled."""
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._watchdog.run(self._is_alive), name="signs")
                tasks.create_task(self._show(), name="browser")
                self._watchdog.tell("READY=1")
        finally:
            self._watchdog.tell("STOPPING=1")

    def _is_alive(self) -> bool:
        return time.monotonic() - self._looked_at < 10 * LOOK_SECONDS + ANSWER_SECONDS

    async def _show(self) -> None:
        # A browser before its kiosk would show an error of its own, and stay with it.
        while await self._look() is None:  # noqa: ASYNC110  over HTTP
            await asyncio.sleep(LOOK_SECONDS / 4)
        while True:
            async with self._browser() as process:
                why = await self._watch(process)
            wait = self._heart.wait_seconds()
            log.warning("browser_anew", why=why, starts=self._heart.starts + 1, wait_seconds=wait)
            until = time.monotonic() + wait
            while time.monotonic() < until:
                await self._look()
                await asyncio.sleep(LOOK_SECONDS)
            self._heart.began_anew(time.monotonic())

    async def _watch(self, process: asyncio.subprocess.Process) -> str:
        """Return why the browser has to be started anew."""
        while process.returncode is None:
            pulse = await self._look() or Pulse(answers=False, is_seen=False, drew_seconds=None)
            if self._is_wished:
                return "it was asked to"
            if self._heart.judge(pulse, time.monotonic()) == "anew":
                return (
                    "its page does not draw" if pulse.fits else "its page does not fill the panel"
                )
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(LOOK_SECONDS):
                    await process.wait()
        return f"it ended with {process.returncode}"

    async def _look(self) -> Pulse | None:
        """Ask kiosk and panel once, and light it; None: the kiosk does not answer."""
        told = await asyncio.to_thread(ask, self._url)
        now = self._looked_at = time.monotonic()
        if self._felt():
            self._touched_at = now
        is_wanted = told is None or told.lit or now - self._touched_at < self._touch_seconds
        outputs = await self._light(is_wanted)
        if told is None:
            return None
        # A kiosk that started itself anew counts from 0 again.
        self._is_wished = self._wish is not None and told.anew > self._wish
        self._wish = told.anew
        lit = [one for one in outputs or () if one.is_on]
        return Pulse(
            answers=True,
            is_seen=outputs is None or bool(lit),
            drew_seconds=told.drew_seconds,
            fits=not lit or any(_fills(told.size, one.size) for one in lit),
        )

    async def _light(self, is_wanted: bool) -> tuple[Output, ...] | None:
        """Light all outputs or none, and return them; None where there is no panel to ask."""
        if self._panel is None:
            return None
        try:
            outputs = await self._panel.outputs()
            for one in outputs:
                if one.is_on != is_wanted:
                    log.info("panel", output=one.name, is_on=is_wanted)
                    await self._panel.light(one.name, is_wanted)
        except PanelError as error:
            if self._trouble != str(error):
                log.warning("panel_unknown", reason=str(error))
            self._trouble = str(error)
            return None
        self._trouble = ""
        return outputs

    @contextlib.asynccontextmanager
    async def _browser(self) -> AsyncIterator[asyncio.subprocess.Process]:
        """Run a browser with a profile of its own; afterwards there is neither."""
        profile = Path(tempfile.mkdtemp(prefix="profile-", dir=self._profiles))
        process = await asyncio.create_subprocess_exec(
            *self._command(profile), stdin=asyncio.subprocess.DEVNULL, start_new_session=True
        )
        log.info("browser_started", pid=process.pid)
        try:
            yield process
        finally:
            await _end(process)
            shutil.rmtree(profile, ignore_errors=True)


def _fills(page: tuple[int, int], panel: tuple[int, int]) -> bool:
    """Tell whether a page fills a panel, but for a pixel of rounding."""
    return all(abs(a - b) <= 2 for a, b in zip(page, panel, strict=True))


async def _end(process: asyncio.subprocess.Process) -> None:
    """End a browser and every process of its session: a renderer that hangs hears nothing."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGTERM)
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(END_SECONDS):
            await process.wait()
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    await process.wait()
