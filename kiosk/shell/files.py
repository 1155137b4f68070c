"""Which files make a machine a kiosk, and what stands in them; all come with the package."""

import json
import sys
from dataclasses import dataclass
from importlib import resources
from pathlib import Path, PurePosixPath
from typing import Final

from kiosk.config import FaceSection, KioskConfig
from kiosk.shell.policy import browser_policy

_PLACES: Final = {
    "kaiguan-kiosk.service": "etc/systemd/system/kaiguan-kiosk.service",
    "kaiguan-screen.service": "etc/systemd/system/kaiguan-screen.service",
    "kaiguan-screen.pam": "etc/pam.d/kaiguan-screen",
    "watchdog.conf": "etc/systemd/system.conf.d/50-kaiguan.conf",
    "logind.conf": "etc/systemd/logind.conf.d/50-kaiguan.conf",
    "journald.conf": "etc/systemd/journald.conf.d/50-kaiguan.conf",
    "sysctl.conf": "etc/sysctl.d/50-kaiguan.conf",
    "sysusers.conf": "etc/sysusers.d/kaiguan.conf",
}
SCREEN_UNIT: Final = PurePosixPath(_PLACES["kaiguan-screen.service"])
POLICY: Final = PurePosixPath("etc/chromium/policies/managed/kaiguan.json")
MASKED: Final = tuple(
    PurePosixPath("etc/systemd/system") / name
    # Three keys would start the machine anew; a console would stand behind the page.
    for name in ("ctrl-alt-del.target", "autovt@.service")
)
"""Units that lead nowhere: links to /dev/null."""
MODE: Final = 0o644
_PYTHON: Final = "/opt/kaiguan/bin/python"
_CONFIG: Final = "/var/lib/kaiguan/kiosk.toml"
_SHOW: Final = "shell show http://127.0.0.1:8090/"


@dataclass(frozen=True, slots=True)
class ShellFile:
    """One file of the machine; `path` starts at its root. `target`: it is a link to there."""

    path: PurePosixPath
    content: bytes = b""
    target: str = ""


def origin(face: FaceSection) -> str:
    """Return where the page is, as a browser names it."""
    host = f"[{face.host}]" if ":" in face.host else face.host
    return f"http://{host}:{face.port}"


def shell_files(
    config: KioskConfig, config_path: Path, python: str = sys.executable
) -> tuple[ShellFile, ...]:
    """Return every file for this configuration, which lies at `config_path`.

    `python` is the interpreter that has the kiosk.
    """
    screen = config.screen
    show = (
        f"shell show {origin(config.face)}/ --browser {screen.browser}"
        f" --heart-seconds {screen.heart_seconds:g} --touch-seconds {screen.touch_seconds:g}"
    )
    files = []
    for name, place in _PLACES.items():
        text = resources.files("kiosk.shell").joinpath("files", name).read_text("utf-8")
        if name.endswith(".service"):
            text = text.replace(_SHOW, show).replace(_PYTHON, python)
            text = text.replace(_CONFIG, str(config_path))
        files.append(ShellFile(PurePosixPath(place), text.encode()))
    has_camera = config.ar is not None and config.ar.source == "browser"
    policy = browser_policy(origin(config.face), has_camera=has_camera)
    content = json.dumps(policy, indent=2, sort_keys=True).encode() + b"\n"
    files.append(ShellFile(POLICY, content))
    files += [ShellFile(path, target="/dev/null") for path in MASKED]
    return tuple(files)
