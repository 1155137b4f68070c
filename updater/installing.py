"""Making a slot out of an update: an environment of its own, filled without any network."""

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final, Protocol

from contracts.update import UpdateManifest
from updater.archive import read_wheel
from updater.errors import NotPut, UpdateRefused

_MAKE_SECONDS: Final = 1800.0
"""A Raspberry Pi unpacks OpenCV for minutes."""
_CHECK_SECONDS: Final = 120.0
_SAID: Final = 300


class Installer(Protocol):
    """Fills the empty folder of a slot, and looks whether it would start here."""

    def install(self, update: Path, manifest: UpdateManifest, making: Path) -> None:
        """Fill `making`. Raises UpdateRefused: it cannot be installed; NotPut: not now."""

    def check(self, slot: Path, kind: str, config: Path) -> None:
        """Ask a release whether it can read this node's configuration. Raises UpdateRefused."""


class VenvInstaller:
    """A virtual environment of this very Python, with the update's wheels in it."""

    def install(self, update: Path, manifest: UpdateManifest, making: Path) -> None:
        """Fill `making`. Raises UpdateRefused: it cannot be installed; NotPut: not now."""
        wheels = making / "wheels"
        try:
            wheels.mkdir()
            for wheel in manifest.wheels:
                (wheels / wheel.name).write_bytes(read_wheel(update, wheel))
        except OSError as error:
            raise NotPut(f"{making}: cannot be written: {error.strerror or error}") from error
        # Its links lead to the system's Python, so that the folder may be moved as a whole: what
        # is started is `bin/python -m …`, and none of the scripts that name their own path.
        _run([sys.executable, "-I", "-m", "venv", "--symlinks", str(making)], "venv")
        pip = [str(making / "bin/python"), "-I", "-m", "pip", "install"]
        offline = ["--no-index", "--no-deps", "--no-cache-dir", "--quiet"]
        named = [str(wheels / wheel.name) for wheel in manifest.wheels]
        _run([*pip, *offline, "--disable-pip-version-check", *named], "pip")
        for path in wheels.iterdir():
            path.unlink()
        wheels.rmdir()

    def check(self, slot: Path, kind: str, config: Path) -> None:
        """Ask a release whether it can read this node's configuration. Raises UpdateRefused."""
        command = [str(slot / "bin/python"), "-I", "-B", "-m", kind, "check"]
        _run([*command, "--config", str(config)], f"{kind} check", _CHECK_SECONDS)


def _run(command: Sequence[str], what: str, seconds: float = _MAKE_SECONDS) -> None:
    """Run a command without a network's proxy or anybody's settings of pip.

    Raises UpdateRefused with what it said; NotPut: the disk is full, or it could not be run.
    """
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("PIP_", "PYTHON"))}
    environment["PIP_CONFIG_FILE"] = os.devnull
    try:
        done = subprocess.run(  # noqa: S603  our own arguments, and names that were looked at
            command,
            check=False,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=seconds,
            env=environment,
        )
    except subprocess.TimeoutExpired as error:
        raise UpdateRefused(f"{what} did not end within {seconds:.0f} s") from error
    except OSError as error:
        raise NotPut(f"{what} cannot be run: {error.strerror or error}") from error
    if done.returncode != 0:
        said = " ".join(f"{done.stdout} {done.stderr}".split())[-_SAID:]
        if "No space left on device" in said:
            raise NotPut(f"{what}: no space left on device")
        raise UpdateRefused(f"{what} ended with {done.returncode}: {said}")
