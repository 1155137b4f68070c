"""Who runs the agent: systemd in production, a runner of its own kind in a test."""

import subprocess
import time
from typing import Final, Protocol

from updater.errors import RunnerError
from updater.state import Seen

_SECONDS: Final = 60.0
_DISPATCHED_SECONDS: Final = 10.0
_LOOK_SECONDS: Final = 0.1


class Runner(Protocol):
    """Starts the agent from `current`, and tells how it is."""

    def restart(self) -> int:
        """End the agent and start it anew; return how often it had been started before that.

        Raises RunnerError.
        """

    def look(self) -> Seen:
        """Tell whether it is ready and how often it was started. Raises RunnerError."""


class SystemdRunner:
    """One unit of systemd, of `Type=notify`: it is active once the agent said READY."""

    def __init__(self, unit: str) -> None:
        self._unit = unit

    def restart(self) -> int:
        """End the agent and start it anew. Raises RunnerError."""
        self._systemctl("stop", self._unit)
        # A release that ended too often is not started any more without this.
        self._systemctl("reset-failed", self._unit, may_fail=True)
        self._systemctl("start", "--no-block", self._unit)
        # systemd counts starts from this one on as soon as it has begun it.
        deadline = time.monotonic() + _DISPATCHED_SECONDS
        while self._shown()["ActiveState"] == "inactive" and time.monotonic() < deadline:
            time.sleep(_LOOK_SECONDS)
        return 0

    def look(self) -> Seen:
        """Tell whether it is ready and how often it was started. Raises RunnerError."""
        shown = self._shown()
        restarts = shown["NRestarts"]
        return Seen(shown["ActiveState"] == "active", 1 + int(restarts or 0))

    def _shown(self) -> dict[str, str]:
        text = self._systemctl("show", "--property=ActiveState,NRestarts", self._unit)
        shown = dict(line.split("=", 1) for line in text.splitlines() if "=" in line)
        if not shown.get("NRestarts", "0").isdigit() or "ActiveState" not in shown:
            raise RunnerError(f"systemd says nothing of {self._unit}")
        return {"NRestarts": "0"} | shown

    def _systemctl(self, *words: str, may_fail: bool = False) -> str:
        try:
            done = subprocess.run(  # noqa: S603  our own arguments
                ["systemctl", "--no-ask-password", *words],  # noqa: S607  as the path has it
                check=False,
                capture_output=True,
                text=True,
                timeout=_SECONDS,
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise RunnerError(f"systemctl {words[0]} {self._unit}: {error}") from error
        if done.returncode != 0 and not may_fail:
            said = " ".join(done.stderr.split())[:200]
            raise RunnerError(f"systemctl {words[0]} {self._unit}: {said}")
        return done.stdout
