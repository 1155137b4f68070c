"""What an edge without a camera costs: processor, memory, bytes written to its card.

A real agent reads a simulated board over a pty: 60 visitors an hour, a lock, a climate sensor.
"""

import time
from pathlib import Path

from benchmarks.processes import broker, cpu_seconds, hub, memory_mib, running, written_bytes
from benchmarks.report import Result

SECONDS = 180
DAY = 86_400


def measure(folder: Path) -> list[Result]:
    folder.mkdir()
    port_link, spool = folder / "board", folder / "spool.db"
    config = folder / "edge.toml"
    with broker(folder) as port, hub(folder, port):
        config.write_text(
            f'[node]\nvenue = "room"\nnode = "pi"\n[broker]\nport = {port}\n'
            f'[clock]\ntrust = "always"\n[spool]\npath = "{spool}"\n[[serial]]\nname = "board"\n'
            f'port = "{port_link}"\nlines = {{ side = 0 }}\ncontacts = {{ lock = 1 }}\n'
            "climates = { climate = 2 }\n"
        )
        board = ["-m", "firmware_bridge", "simulate", "board", "--link", str(port_link)]
        with running(board, folder / "board.log"):
            while not port_link.exists():
                time.sleep(0.05)
            edge = ["-m", "edge", "run", "--config", str(config)]
            with running(edge, folder / "edge.log") as process:
                time.sleep(10)  # what starting costs is paid once, not every day
                before, written = cpu_seconds(process.pid), written_bytes(process.pid)
                began = time.monotonic()
                time.sleep(SECONDS)
                seconds = time.monotonic() - began
                share = (cpu_seconds(process.pid) - before) / seconds
                memory = memory_mib(process.pid)
                daily = (written_bytes(process.pid) - written) / seconds * DAY
    note = f"over {SECONDS} s at 60 visitors an hour"
    return [
        Result("edge without a camera, share of a core", 100 * share, "%", at_most=3, note=note),
        Result("its memory", memory, "MiB", at_most=60),
        Result("bytes written a day", daily / 1e6, "MB", at_most=300, note=note),
    ]
