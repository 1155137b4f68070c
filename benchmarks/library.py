"""The embedded library system over SIP2: a hub that runs, terminals that ask one thing at a time.

Terminals are processes of their own, in plain sockets: what they cost is not the hub's. A visit is
what a kiosk does for two books: status of the patron, two items looked at and lent, the list, and
both brought back; four of ten messages change the records and wait for a commit. The floor is what
the same disk does in one-row commits of SQLite with `synchronous=FULL`, one after the other.
"""

import json
import os
import sqlite3
import statistics
import subprocess
import sys
import time
from pathlib import Path

from benchmarks.processes import ROOT, broker, cpu_seconds, hub
from benchmarks.report import Result
from hub.library.pins import pin_hasher
from hub.library.terminals import TerminalDesk
from hub.live.board import wall_ms
from hub.store.records import Records
from hub.store.records.stock import ItemRow, PatronRow, StockRecords
from tests.accounts import CHEAP, TESTER

TERMINALS = 32
SECONDS = 10
PASSWORD = "bench horse battery staple"
CONFIG = "[sip2]\nenabled = true\nport = 0\n"


def measure(folder: Path) -> list[Result]:
    folder.mkdir()
    (folder / "hub").mkdir()
    _stock(folder / "hub" / "records.db")
    with broker(folder) as port, hub(folder, port, more=CONFIG) as (pid, _):
        sip2 = _sip2_port(folder)
        floor_before = _floor(folder)
        one = _ask(sip2, 1)
        before = cpu_seconds(pid)
        many = _ask(sip2, TERMINALS)
        spent_ms = 1000 * (cpu_seconds(pid) - before) / many["messages"]
        floor = statistics.mean((floor_before, _floor(folder)))
    share = many["writes_per_second"] / floor
    return [
        Result(
            "SIP2, 1 terminal, p95",
            1000 * one["p95"],
            "ms",
            at_most=5,
            note=_note(one, f"a commit of this disk takes {1000 / floor:.1f} ms"),
        ),
        Result(f"SIP2, {TERMINALS} terminals, p95", 1000 * many["p95"], "ms", 50, note=_note(many)),
        Result(
            "SIP2, processor time of the hub, a message",
            spent_ms,
            "ms",
            note=f"load {os.getloadavg()[0]:.0f} on {os.cpu_count()} cores, terminals with it",
        ),
        Result(
            "SIP2, committed transactions, share of one-row commits of SQLite",
            share,
            "",
            at_least=0.3,
            note=f"{many['writes_per_second']:,.0f} transactions/s of {TERMINALS} terminals"
            f" ({many['per_second']:,.0f} messages/s), {floor:,.0f} bare commits/s",
        ),
    ]


def _note(told: dict[str, float], more: str = "") -> str:
    return (
        f"p50 {1000 * told['p50']:.1f} ms; of what only reads p95 {1000 * told['reads_p95']:.1f},"
        f" of what is committed p95 {1000 * told['writes_p95']:.1f}" + (f"; {more}" if more else "")
    )


def _stock(path: Path) -> None:
    pin = pin_hasher().hash("1234")
    with Records(path) as records:
        stock = StockRecords(records)
        stock.put_patrons(PatronRow(f"P{n}", f"读者{n}", pin) for n in range(1000))
        stock.put_items(
            ItemRow(f"B{n}", f"书目 {n // 2}", "作者", home_branch="branch") for n in range(5000)
        )
        # What a log-in costs is no part of what follows it.
        desk = TerminalDesk(records, CHEAP, wall_ms)
        for n in range(TERMINALS):
            desk.add(TESTER, f"kiosk-{n}", branch="branch", password=PASSWORD)


def _sip2_port(folder: Path) -> int:
    for line in (folder / "hub.log").read_text("utf-8").splitlines():
        if '"sip2_open"' in line:
            return int(json.loads(line)["port"])
    raise RuntimeError("the hub has opened no SIP2 server")


def _ask(port: int, terminals: int) -> dict[str, float]:
    command = ["-m", "benchmarks.library_terminals", str(port), str(terminals), str(SECONDS)]
    done = subprocess.run(
        [sys.executable, *command, PASSWORD],
        check=False,
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
    )
    if done.returncode != 0:
        raise RuntimeError(done.stderr[-2000:])
    told: dict[str, float] = json.loads(done.stdout)
    return told


def _floor(folder: Path) -> float:
    """Return one-row commits a second, with the hub idle beside."""
    connection = sqlite3.connect(folder / "floor.db", isolation_level=None)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("CREATE TABLE IF NOT EXISTS rows (id INTEGER PRIMARY KEY, text TEXT)")
    began, count = time.perf_counter(), 0
    while time.perf_counter() - began < 3:
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("INSERT INTO rows (text) VALUES ('one row')")
        connection.execute("COMMIT")
        count += 1
    spent = time.perf_counter() - began
    connection.close()
    return count / spent
