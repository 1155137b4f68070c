"""That a finger, key or card reader was felt: a panel that is dark is lit by it.

What was touched is not looked at: only that something came.
"""

import os
from pathlib import Path
from typing import Final

INPUTS: Final = Path("/dev/input")
_MOST_BYTES: Final = 4096


class Touches:
    """Looks at the machine's input devices; those that come later as well."""

    def __init__(self, folder: Path = INPUTS) -> None:
        self._folder = folder
        self._open: dict[Path, int] = {}

    def felt(self) -> bool:
        """Tell whether anything came since the last time."""
        there = set(self._folder.glob("event*"))
        for gone in self._open.keys() - there:
            os.close(self._open.pop(gone))
        for new in there - self._open.keys():
            try:
                self._open[new] = os.open(new, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
            except OSError:
                # Not ours to read: whoever is not in the group `input` lights by the page alone.
                continue
        came = [_drained(self._open, path) for path in tuple(self._open)]
        return any(came)

    def close(self) -> None:
        """Let the devices go."""
        for descriptor in self._open.values():
            os.close(descriptor)
        self._open.clear()


def _drained(opened: dict[Path, int], path: Path) -> bool:
    came = False
    try:
        while os.read(opened[path], _MOST_BYTES):
            came = True
    except BlockingIOError:
        pass
    except OSError:
        # Unplugged: its name may be another device's by the next time.
        os.close(opened.pop(path))
    return came
