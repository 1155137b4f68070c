"""Command line of the updater: `python3 kaiguan-updater.pyz VERB`.

On the standard library alone, so that it works whatever is wrong with the release that it watches.
"""

import argparse
import fcntl
import os
import signal
import socket
import sys
import zipapp
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from updater.engine import STATUS, Updater, surroundings
from updater.errors import SettingsError, UpdaterError
from updater.installing import VenvInstaller
from updater.running import SystemdRunner
from updater.settings import Settings, load

_CONFIG: Final = Path("/etc/kaiguan/updater.toml")
_CARRIED: Final = ("contracts/__init__.py", "contracts/errors.py", "contracts/update.py")
"""What the file of the updater holds beside this package."""


def main(words: list[str] | None = None) -> int:
    """Do what the command line says; return the exit code: 2 for a configuration of no use."""
    parser = argparse.ArgumentParser(prog="updater", description=__doc__)
    verbs = parser.add_subparsers(dest="verb", required=True)
    with_config = argparse.ArgumentParser(add_help=False)
    with_config.add_argument("--config", type=Path, default=_CONFIG, help="its TOML file")
    for verb, text in (
        ("run", "bring what the hub asks for onto this node, until SIGTERM"),
        ("status", "print how the update stands"),
        ("roll-back", "start the release before this one again"),
    ):
        verbs.add_parser(verb, parents=[with_config], help=text)
    install = verbs.add_parser(
        "install", parents=[with_config], help="install an update's zip by hand, untried"
    )
    install.add_argument("file", type=Path)
    pack = verbs.add_parser("pack", help="write the updater as one file that Python runs")
    pack.add_argument("file", type=Path)
    chosen = parser.parse_args(words)
    try:
        if chosen.verb == "pack":
            _pack(chosen.file)
            return 0
        settings = load(chosen.config)
        if chosen.verb == "status":
            print((settings.state / STATUS).read_text("utf-8"))
            return 0
        with _alone(settings):
            updater = _updater(settings)
            updater.open()
            match chosen.verb:
                case "install":
                    print(f"{updater.install(chosen.file)} is installed: start {settings.unit}")
                case "roll-back":
                    print(f"back to {updater.roll_back()}")
                case _:
                    _run(updater)
    except (UpdaterError, OSError) as error:
        print(error, file=sys.stderr)
        return 2
    return 0


def _updater(settings: Settings) -> Updater:
    runner = SystemdRunner(settings.unit)
    around = surroundings(settings, runner, VenvInstaller(), lambda line: print(line, flush=True))
    return Updater(settings, around)


@contextmanager
def _alone(settings: Settings) -> Iterator[None]:
    """Hold the state against a second updater. Raises SettingsError: one runs."""
    settings.state.mkdir(parents=True, exist_ok=True)
    with (settings.state / "updater.lock").open("ab") as held:
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise SettingsError(
                f"{settings.state}: another updater runs: systemctl stop kaiguan-updater first"
            ) from error
        yield


def _run(updater: Updater) -> None:
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: updater.stop.set())
    _tell_ready()
    updater.run()


def _tell_ready() -> None:
    """Tell systemd that what was cut has been gone on with: the agent may start."""
    address = os.environ.get("NOTIFY_SOCKET", "")
    if address:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as told:
            told.connect(f"\0{address[1:]}" if address.startswith("@") else address)
            told.send(b"READY=1")


def _pack(target: Path) -> None:
    """Write a file that `python3 FILE` runs: this package and the few modules it stands on."""
    rooms = Path(__file__).parents[1]
    with TemporaryDirectory() as folder:
        for path in (*_CARRIED, *(f"updater/{p.name}" for p in Path(__file__).parent.glob("*.py"))):
            copy = Path(folder, path)
            copy.parent.mkdir(exist_ok=True)
            copy.write_bytes((rooms / path).read_bytes())
        Path(folder, "__main__.py").write_text(
            '"""The updater, as one file."""\n\nimport sys\n\n'
            "from updater.__main__ import main\n\nsys.exit(main())\n"
        )
        zipapp.create_archive(folder, target, interpreter="/usr/bin/python3")
    print(f"{target}: python3 {target} --help")


if __name__ == "__main__":
    sys.exit(main())
