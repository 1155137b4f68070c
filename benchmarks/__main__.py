"""Measures every promise of speed: `python -m benchmarks [NAME …]`, names as in the list below.

Prints one Markdown table; exit code 1 when a promise is not kept.
"""

import os
import platform
import sys
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from benchmarks import (
    backlog,
    chart,
    counting,
    demo,
    idle_edge,
    intake,
    judge,
    keeping,
    lens_to_page,
    login,
    pad,
    page,
    queries,
    reconnect,
    serial,
    start,
    streams,
)
from benchmarks.report import HEAD, Result

BENCHES: dict[str, Callable[[Path], list[Result]]] = {
    "intake": intake.measure,
    "fleet": intake.measure_fleet,
    "tls": intake.measure_tls,
    "reconnect": reconnect.measure,
    "backlog": backlog.measure,
    "judge": judge.measure,
    "queries": queries.measure,
    "keeping": keeping.measure,
    "chart": chart.measure,
    "counting": counting.measure,
    "login": login.measure,
    "start": start.measure,
    "streams": streams.measure,
    "pad": pad.measure,
    "page": page.measure,
    "serial": serial.measure,
    "lens": lens_to_page.measure,
    "edge": idle_edge.measure,
    "demo": demo.measure,
}


def main(names: list[str]) -> int:
    unknown = [name for name in names if name not in BENCHES]
    if unknown:
        print(f"no bench is named {unknown[0]!r}: there are {', '.join(BENCHES)}", file=sys.stderr)
        return 2
    now = datetime.now(UTC).strftime("%Y-%m-%d")
    print(
        f"{now}, {os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}"
    )
    print(f"\n{HEAD}", flush=True)
    kept = True
    for name in names or BENCHES:
        with tempfile.TemporaryDirectory(prefix="kaiguan-bench-") as folder:
            for result in BENCHES[name](Path(folder) / name if name != "queries" else Path(folder)):
                print(result.row(), flush=True)
                kept = kept and result.is_met is not False
    return 0 if kept else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
