"""Cuts an updater off between any two of its steps, and lets the next one go on: `power.py FOLDER`.

A process of its own, without threads, so that it may fork: each updater that is cut off is a child
that is killed (SIGKILL) in the middle of what it does. Prints one line of JSON for each point.

    kill     the updater dies; agent and machine go on
    power    the updater dies, and the machine starts anew from what is on the disk
    full     the disk refuses this step once (ENOSPC)
    stuck    the disk refuses this step and all later ones, for as long as this updater lives
"""

import errno
import json
import os
import shutil
import signal
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from tests.unit.updater.world import NEW, World
from tests.updates import Shelf, an_update
from updater.errors import NotPut
from updater.files import Disk

WAYS = ("well", "crash")
KINDS = ("kill", "power", "full", "stuck")


@dataclass
class Tripwire:
    """What happens at the nth step; 0: nothing, steps are only counted."""

    at: int = 0
    kind: str = "kill"
    steps: list[str] = field(default_factory=list)

    def about_to(self, what: str) -> None:
        self.steps.append(what)
        here = len(self.steps)
        if not self.at or here < self.at or (here > self.at and self.kind != "stuck"):
            return
        if self.kind in {"kill", "power"}:
            os.kill(os.getpid(), signal.SIGKILL)
        if what.startswith(("install", "check", "fetch")):
            raise NotPut("no space left on device")
        raise OSError(errno.ENOSPC, "No space left on device")


@dataclass(frozen=True)
class Scene:
    """A hub that serves, and an update that comes to a node."""

    folder: Path
    shelf_url: str
    sha256: str
    size: int

    def world(self, way: str, wire: Tripwire) -> World:
        return World(self.folder / "node", {NEW: way}, disk=Disk(wire.about_to))

    def begun(self, way: str) -> None:
        shutil.rmtree(self.folder / "node", ignore_errors=True)
        self.world(way, Tripwire()).order(self.sha256, self.size, self.shelf_url)


def tell(line: str) -> None:
    """Write a line at once: a child that forks must hold nothing back."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def in_child(work: Callable[[], object]) -> int:
    """Do work in a process of its own; return how it ended, as `waitpid` says."""
    child = os.fork()
    if child == 0:
        try:
            work()
        except NotPut:
            # At its very start: systemd starts it again.
            os._exit(3)
        except BaseException as error:  # noqa: BLE001  a child's border: nothing of it comes back
            tell(json.dumps({"error": repr(error)}))
            os._exit(1)
        os._exit(0)
    return os.waitpid(child, 0)[1]


def point(scene: Scene, way: str, kind: str, at: int) -> dict[str, object]:
    """Cut at one step, look what runs, go on, and look again."""
    scene.begun(way)
    wire = Tripwire(at, kind)
    ended = in_child(lambda: scene.world(way, wire).run(120))
    world = scene.world(way, Tripwire())
    found: dict[str, object] = {"way": way, "kind": kind, "at": at}
    found["was_cut"] = os.WIFSIGNALED(ended) or kind in {"full", "stuck"}
    found["left"] = world.runs()
    if kind == "power":
        world.cut_power()
        found["left"] = world.runs()
    in_child(lambda: scene.world(way, Tripwire()).run(700))
    world = scene.world(way, Tripwire())
    status = world.status()
    found |= {"runs": world.runs(), "outcome": status["outcome"], "phase": status["phase"]}
    starts = world.machine["starts"]
    in_child(lambda: scene.world(way, Tripwire()).run(60))
    found["again"] = scene.world(way, Tripwire()).machine["starts"] - starts
    return found


def main(folder: Path, only: str) -> None:
    folder.mkdir(parents=True)
    update = an_update(folder / "u.zip")
    with Shelf().open() as shelf:
        sha256 = shelf.put(update)
        # The hub's threads must not be forked with us: it is told where it is, in a child.
        told, tell = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(tell)
            points(Scene(folder, shelf.url, sha256, update.stat().st_size), only)
            os._exit(0)
        os.close(told)
        os.waitpid(child, 0)


def points(scene: Scene, only: str) -> None:
    """Go through every point, or those that a seed chose, `way:kind:at,…`."""
    chosen = {tuple(one.split(":")) for one in only.split(",") if one}
    for way in WAYS:
        scene.begun(way)
        wire = Tripwire()
        scene.world(way, wire).run(400)
        tell(json.dumps({"way": way, "steps": wire.steps}))
        for kind in KINDS:
            for at in range(1, len(wire.steps) + 1):
                if not chosen or (way, kind, str(at)) in chosen:
                    tell(json.dumps(point(scene, way, kind, at)))


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2] if len(sys.argv) > 2 else "")
