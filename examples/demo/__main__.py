"""A whole district on this machine: `python -m examples.demo`, or `make demo`.

A broker, a hub, an edge with a camera and a serial board at one venue's door, and 31 more venues
that are played through the same link, with their last weeks. Everything listens on loopback only.
"""

import argparse
import multiprocessing
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from dataclasses import fields
from pathlib import Path
from typing import NoReturn

from examples.demo.broker import BROKERS, LOOPBACK, find_mosquitto
from examples.demo.crew import Crew, Notes
from examples.demo.plan import DAYS, ROOT, SCENE, BadState, DeskPorts, Plan, begun, claimed
from examples.demo.ports import free_ports
from examples.demo.progress import read, show

ANSWERS_WITHIN_SECONDS = 60.0
LAST_WORDS_SECONDS = 2.0
MOST_DAYS = 400


def main() -> int:
    """Run the demo from the command line and return its exit code."""
    interrupts = _Interrupts()
    given = _arguments()
    multiprocessing.set_start_method("fork")  # what honcho is made for
    camera, broker = _devices(given)
    state = given.state.absolute()
    try:
        with claimed(state, fresh=given.fresh):
            began = begun(state, given.days, given.seed)
            page_port, (broker_port, phone_port, *desk) = _ports(given.port)
            ports = DeskPorts(*desk)
            plan = Plan(state, page_port, broker_port, broker, began, camera, phone_port, ports)
            return _run(plan, interrupts, verbose=given.verbose)
    except (BadState, OSError) as error:
        _refuse(str(error))
    except KeyboardInterrupt:
        return 130


def _run(plan: Plan, interrupts: "_Interrupts", *, verbose: bool) -> int:
    log = plan.state / "log.txt"
    with log.open("w", encoding="utf-8") as file:
        notes = Notes(file, sys.stdout if verbose else None)
        crew = Crew(plan.commands(), ROOT, notes)
        admin = plan.admin()
        plan.declare()
        interrupts.check()
        _say(f"starting; what the processes say is in {_short(log)}")
        # Only now: a process with threads had better not fork.
        herald = threading.Thread(target=_announce, args=(plan, crew, admin), daemon=True)
        crew.run(herald.start)
        herald.join(LAST_WORDS_SECONDS)
    if crew.was_asked:
        _say("ended; the state stays in " + _short(plan.state))
        return 0
    _say(f"{crew.failed} ended by itself; its last words:")
    for line in notes.tail(crew.failed or ""):
        _say(f"    {line}")
    return crew.returncode or 1


class _Interrupts:
    """Ctrl-C while everything is prepared: a library that swallows it does not make us go on."""

    def __init__(self) -> None:
        self._was_asked = False
        if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
            signal.signal(signal.SIGINT, self._take)

    def check(self) -> None:
        """Raise KeyboardInterrupt when one has come and was lost."""
        if self._was_asked:
            raise KeyboardInterrupt

    def _take(self, _number: int, _frame: object) -> NoReturn:
        self._was_asked = True
        raise KeyboardInterrupt


def _announce(plan: Plan, crew: Crew, admin: tuple[str, str]) -> None:
    """Tell the addresses once they answer."""
    deadline = time.monotonic() + ANSWERS_WITHIN_SECONDS
    while not _answers(plan.url):
        if crew.returncode is not None:
            return
        if time.monotonic() > deadline:
            _say(f"{plan.url} does not answer yet; see {_short(plan.state / 'log.txt')}")
            return
        time.sleep(0.1)
    _say(
        "the doors are open 开馆\n"
        f"\n    page     {plan.url}"
        f"\n    sign in  {plan.url}login  name {admin[0]}  password {admin[1]}"
        f"\n    kiosk    {plan.kiosk_url}"
        f"\n    desk     {plan.bench_url} (books, cards and faults in front of the kiosk)"
        f"\n    API      {plan.url}docs"
        f"\n    MQTT     {LOOPBACK}:{plan.broker_port} ({plan.broker}), topics kaiguan/v1/#"
        f"\n    camera   {plan.camera}"
        f"\n    phone    {_short(plan.messages)} (what whoever is on duty is told)"
        f"\n    state    {_short(plan.state)} (FRESH=1 begins anew)"
        "\n\n    Ctrl-C ends all of it.\n"
    )
    days = plan.begun.days
    if days and not read(plan.history).get("finished"):
        show(plan.history, days, lambda: crew.returncode is not None, _say)


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2) as response:
            return bool(response.status == 200)
    except OSError:
        return False


def _arguments() -> argparse.Namespace:
    parser = _Parser(prog="make demo", description="A district on this machine.")
    watched = parser.add_mutually_exclusive_group()
    watched.add_argument("--clip", type=Path, help="a film to count, again and again")
    watched.add_argument("--camera", help="a camera to count: device number, http or rtsp address")
    parser.add_argument(
        "--broker", choices=BROKERS, help="mosquitto where it is installed, else amqtt"
    )
    parser.add_argument("--port", type=int, default=0, help="the page's port; 0: a free one")
    parser.add_argument("--fresh", action="store_true", help="forget the state and begin anew")
    parser.add_argument("--state", type=Path, default=ROOT / ".demo", help="where state is kept")
    parser.add_argument("--days", type=_days, help=f"days of history; 0: none, else {DAYS}")
    parser.add_argument("--seed", type=int, help="another seed, another story")
    parser.add_argument("--verbose", action="store_true", help="show what the processes say")
    return parser.parse_args()


class _Parser(argparse.ArgumentParser):
    """Refuses in one sentence, as everything here does."""

    def error(self, message: str) -> NoReturn:
        """End with what is wrong."""
        _refuse(message)


def _days(text: str) -> int:
    days = int(text)
    if not 0 <= days <= MOST_DAYS:
        raise argparse.ArgumentTypeError(f"{text} is not between 0 and {MOST_DAYS}")
    return days


def _devices(given: argparse.Namespace) -> tuple[str, str]:
    """Return what the edge watches, and which broker there is."""
    if given.clip is not None and not given.clip.is_file():
        _refuse(f"{given.clip} is not a file")
    if given.clip is not None and not _plays(given.clip):
        _refuse(f"{given.clip} is not a film that can be opened")
    camera = given.camera or (str(given.clip.absolute()) if given.clip else SCENE)
    broker = given.broker or ("mosquitto" if find_mosquitto() else "amqtt")
    if broker == "mosquitto" and find_mosquitto() is None:
        _refuse("mosquitto is not installed; amqtt comes with the demo")
    return camera, broker


def _plays(clip: Path) -> bool:
    """Tell whether a film gives a first picture; asked in a process of its own, for its threads."""
    look = "import cv2, sys; sys.exit(not cv2.VideoCapture(sys.argv[1]).read()[0])"
    command = [sys.executable, "-c", look, str(clip)]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def _ports(wanted: int) -> tuple[int, list[int]]:
    """Return a port for the page, the wanted one if any, and free ones for everything else."""
    page, *others = free_ports(3 + len(fields(DeskPorts)))
    if not wanted:
        return page, others
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, wanted))
        except (OSError, OverflowError) as error:
            reason = getattr(error, "strerror", None) or error
            _refuse(f"port {wanted} cannot be used: {reason}")
    return wanted, [port if port != wanted else page for port in others]


def _short(path: Path) -> str:
    here = Path.cwd()
    return str(path.relative_to(here) if path.is_relative_to(here) else path)


def _say(text: str) -> None:
    sys.stdout.write(f"demo: {text}\n")
    sys.stdout.flush()


def _refuse(sentence: str) -> NoReturn:
    sys.stderr.write(f"demo: {sentence}\n")
    sys.exit(2)


if __name__ == "__main__":
    sys.exit(main())
