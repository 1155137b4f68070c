"""The socket that the kiosk is plugged into: `python -m examples.demo.power --pid FILE -- COMMAND`.

Whoever kills the command cuts its power: it starts again, as a machine does when power is back.
If it ends by itself, so does this.
"""

import argparse
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import FrameType
from typing import Final

from examples.demo.crew import end_with_parent

DARK_SECONDS: Final = 1.0
"""How long the power is away."""


def main() -> int:
    """Run the command until it ends by itself, or is told to; return its exit code."""
    parser = argparse.ArgumentParser(prog="python -m examples.demo.power", description=__doc__)
    parser.add_argument("--pid", type=Path, required=True, help="file that names the process")
    parser.add_argument("command", nargs="+")
    given = parser.parse_args()
    asked = False

    def end(number: int, _frame: FrameType | None) -> None:
        nonlocal asked
        asked = True
        if running is not None:
            running.send_signal(number)

    running: subprocess.Popen[bytes] | None = None
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, end)
    while not asked:
        running = subprocess.Popen(given.command, preexec_fn=end_with_parent)  # noqa: PLW1509  one thread
        given.pid.write_text(str(running.pid), "utf-8")
        code = running.wait()
        given.pid.unlink(missing_ok=True)
        if code != -signal.SIGKILL:
            return code
        time.sleep(DARK_SECONDS)
    return 0


if __name__ == "__main__":
    sys.exit(main())
