"""Measures every promise of speed: `python -m benchmarks [NAME …]`, names as in the list below.

A long one has parts, to be measured one by one: `ar:cells`. Prints one Markdown table; exit code 1
when a promise is not kept.
"""

import os
import platform
import sys
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from benchmarks import (
    alerts,
    ar,
    ar_page,
    backlog,
    chart,
    counting,
    delivery,
    demo,
    duties,
    idle_edge,
    intake,
    judge,
    keeping,
    kiosk_recovery,
    kiosk_terminal,
    kiosk_web,
    lending,
    lens_to_page,
    library,
    login,
    pad,
    page,
    peers,
    peers_storage,
    queries,
    reconnect,
    room,
    serial,
    start,
    stores,
    streams,
    verdicts,
)
from benchmarks.report import HEAD, Result

BENCHES: dict[str, Callable[[Path], list[Result]]] = {
    "intake": intake.measure,
    "fleet": intake.measure_fleet,
    "tls": intake.measure_tls,
    "reconnect": reconnect.measure,
    "backlog": backlog.measure,
    "judge": judge.measure,
    "verdicts": verdicts.measure,
    "alerts": alerts.measure,
    "queries": queries.measure,
    "stores": stores.measure,
    "peers": peers.measure,
    "peers-faults": peers.measure_faults,
    "peers-storage": peers_storage.measure,
    "keeping": keeping.measure,
    "ar": ar.measure,
    "chart": chart.measure,
    "counting": counting.measure,
    "delivery": delivery.measure,
    "library": library.measure,
    "login": login.measure,
    "start": start.measure,
    "streams": streams.measure,
    "pad": pad.measure,
    "lending": lending.measure,
    "kiosk-terminal": kiosk_terminal.measure,
    "kiosk-web": kiosk_web.measure,
    "kiosk-recovery": kiosk_recovery.measure,
    "page": page.measure,
    "ar-page": ar_page.measure,
    "serial": serial.measure,
    "lens": lens_to_page.measure,
    "edge": idle_edge.measure,
    "room": room.measure,
    "duties": duties.measure,
    "demo": demo.measure,
}
PARTS: dict[str, Callable[[Path], list[Result]]] = {
    f"{name}:{part}": measure
    for name, parts in (("ar", ar.PARTS), ("ar-page", ar_page.PARTS), ("room", room.PARTS))
    for part, measure in parts.items()
}


def main(names: list[str]) -> int:
    known = BENCHES | PARTS
    unknown = [name for name in names if name not in known]
    if unknown:
        print(f"no bench is named {unknown[0]!r}: there are {', '.join(known)}", file=sys.stderr)
        return 2
    now = datetime.now(UTC).strftime("%Y-%m-%d")
    print(
        f"{now}, {os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}"
    )
    print(f"\n{HEAD}", flush=True)
    kept = True
    for name in names or BENCHES:
        with tempfile.TemporaryDirectory(prefix="kaiguan-bench-") as folder:
            for result in known[name](Path(folder) / name if name != "queries" else Path(folder)):
                print(result.row(), flush=True)
                kept = kept and result.is_met is not False
    return 0 if kept else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
