"""A broker of one's own: mosquitto where it is installed, else amqtt, always on loopback.

Neither keeps anything on disk: what the link promises may not rest on what a broker keeps.
"""

import getpass
import shutil
import sys
from pathlib import Path

LOOPBACK = "127.0.0.1"
BROKERS = ("mosquitto", "amqtt")


def find_mosquitto() -> str | None:
    """Return the mosquitto binary; Debian keeps it where only root's path looks."""
    return shutil.which("mosquitto") or shutil.which("mosquitto", path="/usr/sbin:/sbin")


def broker_command(kind: str, folder: Path, port: int, extra: str = "") -> list[str]:
    """Write a broker's configuration and return the command that runs it in the foreground.

    `extra` adds lines to mosquitto's. Raises FileNotFoundError when mosquitto is not installed.
    """
    return _amqtt(folder, port) if kind == "amqtt" else _mosquitto(folder, port, extra)


def _mosquitto(folder: Path, port: int, extra: str) -> list[str]:
    binary = find_mosquitto()
    if binary is None:
        raise FileNotFoundError("mosquitto is not installed")
    config = folder / f"mosquitto-{port}.conf"
    config.write_text(
        f"listener {port} {LOOPBACK}\n"
        "allow_anonymous true\n"
        "persistence false\n"
        "set_tcp_nodelay true\n"
        # As root it would become the user mosquitto, who may not read this folder.
        f"user {getpass.getuser()}\n"
        "log_dest stderr\n"
        f"{extra}\n",
        encoding="utf-8",
    )
    return [binary, "-c", str(config)]


def _amqtt(folder: Path, port: int) -> list[str]:
    config = folder / f"amqtt-{port}.yaml"
    config.write_text(
        "listeners:\n"
        "  default:\n"
        "    type: tcp\n"
        f"    bind: {LOOPBACK}:{port}\n"
        "plugins:\n"
        "  amqtt.plugins.authentication.AnonymousAuthPlugin:\n"
        "    allow_anonymous: true\n",
        encoding="utf-8",
    )
    return [sys.executable, "-m", "amqtt.scripts.broker_script", "-c", str(config)]
