"""A venue of real processes that a test kills, and the truth that it is held against.

The truth is what the spools hold: a commit is in the file or it is not, whatever the killed process
knew of it. It is read from copies, so that looking changes nothing, and kept when a spool is taken
away. The ledgers say independently what a node had been told to be durable.
"""

import json
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, suppress
from dataclasses import dataclass, field
from pathlib import Path

from contracts.messages import decode_row
from contracts.rows import Count
from hub.errors import StoreError
from hub.store.influx import InfluxStore, Server, answers
from hub.store.port import Kind
from tests.brokers import Broker
from tests.influx import Influx

ROOT = Path(__file__).parents[2]
Key = tuple[str, str, int, str]
"""(venue/node, line, bucket, epoch)."""
Totals = dict[Key, tuple[int, int]]
Span = tuple[int, int]


class Process:
    """A Python process that can be killed, frozen and started again."""

    def __init__(self, log: Path, module: str, *arguments: str) -> None:
        self.log, self.command = log, [sys.executable, "-m", module, *arguments]
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def runs(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def start(self) -> None:
        assert self._process is None
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                self.command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )

    def kill9(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def signal(self, number: signal.Signals) -> None:
        assert self._process is not None
        self._process.send_signal(number)


class HubProcess(Process):
    """The hub and its store."""

    def __init__(
        self,
        folder: Path,
        broker: Broker,
        name: str = "hub",
        *,
        judges: bool = False,
        influx: Influx | None = None,
        database: str = "kaiguan",
    ) -> None:
        self.influx, self.database = influx, database
        self.store = folder / f"{name}.db"
        self.records = Path(f"{self.store}.records")
        super().__init__(
            folder / f"{name}.log",
            "tests.chaos.hub_process",
            str(self.store),
            str(broker.port),
            *(["judge"] if judges else []),
            *([f"influx={influx.url}", f"database={database}"] if influx else []),
        )

    @property
    def trouble(self) -> str:
        path = Path(f"{self.store}.trouble")
        return path.read_text() if path.exists() else ""

    def limit_pages(self, pages: int) -> None:
        partial = Path(f"{self.store}.pages.partial")
        partial.write_text(str(pages))
        partial.rename(f"{self.store}.pages")

    def pages(self) -> int:
        with closing(sqlite3.connect(self.store)) as connection:
            return int(connection.execute("PRAGMA page_count").fetchone()[0])

    def copy_to(self, target: Path) -> None:
        with closing(sqlite3.connect(self.store)) as source, closing(sqlite3.connect(target)) as to:
            source.backup(to)

    def put_back(self, copy: Path) -> None:
        assert not self.runs
        remove(self.store)
        shutil.copy(copy, self.store)

    def totals(self) -> Totals:
        """Return the counts in the store."""
        return (
            influx_totals(self.influx, self.database) if self.influx else store_totals(self.store)
        )

    def evidence(self) -> tuple[Totals, Mapping[tuple[str, str, str], list[Span]]]:
        """Return counts and coverage as of one instant."""
        counts, covers = store_evidence(self.store)
        # Read after it: counts only grow.
        return (influx_totals(self.influx, self.database) if self.influx else counts), covers

    def query(self, sql: str) -> list[tuple[object, ...]]:
        with closing(sqlite3.connect(self.store, timeout=10)) as connection:
            return connection.execute(sql).fetchall()


class NodeProcess(Process):
    """A node, its spool and its ledger."""

    def __init__(
        self, folder: Path, broker: Broker, name: str, *, file: str = "", options: str = ""
    ) -> None:
        self.name = f"venue/{name}"
        self.spool = folder / f"{file or name}.spool"
        self.ledger = folder / f"{file or name}.ledger"
        super().__init__(
            folder / f"{file or name}.log",
            "tests.chaos.node_process",
            str(self.spool),
            str(broker.port),
            self.name,
            "7",
            str(self.ledger),
            *options.split(),
        )

    def tell(self, word: str) -> None:
        """Write the control file at once and whole."""
        partial = self.ledger.with_suffix(".partial")
        partial.write_text(word)
        partial.rename(f"{self.ledger}.control")

    def crossings(self) -> Iterator[tuple[str, str, int, int, int]]:
        """Yield (epoch, line, at, entered, left) of each crossing, durable or not."""
        path = Path(f"{self.ledger}.crossings")
        for line in path.read_bytes().splitlines() if path.exists() else ():
            with suppress(ValueError):  # what a kill left of the last line
                epoch, name, at_ms, entered, left = json.loads(line)
                yield epoch, name, at_ms, entered, left

    def ledger_lines(self) -> list[dict[str, int]]:
        if not self.ledger.exists():
            return []
        return [json.loads(line) for line in self.ledger.read_bytes().splitlines() if line]


@dataclass
class Venue:
    """Broker, hub, nodes, and what has to be found in the store in the end."""

    folder: Path
    broker: Broker
    hub: HubProcess
    nodes: list[NodeProcess]
    truth: Totals = field(default_factory=dict)
    vouched: int = 0
    """Crossings that the store's coverage has spoken of, at the last look."""

    def start(self) -> None:
        for process in (self.hub, *self.nodes):
            process.start()

    def close(self) -> None:
        for process in (self.hub, *self.nodes):
            process.kill9()

    def note_truth(self) -> None:
        """Take over what the spools hold now."""
        for node in self.nodes:
            for key, total in spool_totals(node).items():
                self.truth[key] = largest(self.truth.get(key, (0, 0)), total)

    def difference(self) -> str:
        """Return what of the truth the store misses, has wrong, or has too much; empty if equal."""
        stored = self.hub.totals()
        missing = self.truth.keys() - stored.keys()
        doubled = stored.keys() - self.truth.keys()
        wrong = {k for k in self.truth.keys() & stored.keys() if self.truth[k] != stored[k]}
        if not (missing or doubled or wrong):
            return ""
        return f"{len(missing)} missing, {len(wrong)} wrong, {len(doubled)} too many: " + ", ".join(
            f"{k}: due {self.truth.get(k)}, stored {stored.get(k)}"
            for k in sorted(missing | doubled | wrong)[:4]
        )

    def check_coverage(self) -> None:
        """No minute is watched with fewer crossings than happened in what is watched of it.

        Holds at every instant, not only in the end: the store is read as of one, and the nodes have
        written down each crossing before they told the recorder of it.
        """
        stored, covers = self.hub.evidence()
        due: Counter[Key] = Counter()
        for node in self.nodes:
            for epoch, line, at_ms, entered, left in node.crossings():
                for since_ms, until_ms in covers.get((node.name, line, epoch), ()):
                    if since_ms <= at_ms < until_ms:
                        due[node.name, line, at_ms // 60_000 * 60, epoch] += entered + left
                        break
        for key, least in due.items():
            found = sum(stored.get(key, (0, 0)))
            assert found >= least, f"{key} is watched: {least} crossed there, {found} are stored"
        self.vouched = due.total()

    def settle(self, within: float = 40.0) -> None:
        """Let nobody cross any more and wait until the store holds what the spools hold."""
        for node in self.nodes:
            node.tell("quiet")
        for process in (self.hub, *self.nodes):
            if not process.runs:
                process.kill9()
                process.start()

        def equal() -> bool:
            self.note_truth()
            return bool(self.truth) and not self.difference()

        until(equal, within, lambda: self.difference() or "nothing was counted")
        self.check_ledgers()
        # A node that had not read yet that all is quiet may have committed once more since.
        until(equal, within, lambda: self.difference() or "nothing was counted")
        self.check_coverage()
        assert self.vouched, "nothing was watched"
        self.check_hours()

    def check_ledgers(self) -> None:
        """What commits had said to be durable is there."""
        # In this order: what was told before the spools are read has to be in them.
        told = sum(sum(_told_durable(node)) for node in self.nodes)
        self.note_truth()
        found = sum(map(sum, self.truth.values()))
        assert found >= told > 0, f"{told} crossings were told to be durable, {found} are"

    def check_hours(self) -> None:
        """The hours are those of the buckets."""
        if self.hub.influx:
            found = influx_hours(self.hub.influx, self.hub.database, self.hub.store)
            assert found == _hours(self.hub.totals())
            return
        wrong = self.hub.query(
            "SELECT * FROM (SELECT series, bucket / 3600 * 3600 AS hour, sum(entered) AS i,"
            " sum(left) AS o FROM count_bucket GROUP BY 1, 2) AS made LEFT JOIN count_hour AS kept"
            " USING (series, hour) WHERE kept.entered IS NOT i OR kept.left IS NOT o"
        )
        assert not wrong


def _told_durable(node: NodeProcess) -> list[int]:
    """Return how many crossings each run of a node had told to be durable."""
    return list({line["run"]: line["given"] for line in node.ledger_lines()}.values())


def spool_totals(node: NodeProcess) -> Totals:
    """Return the counts in a node's spool, from a copy of its files."""
    if not node.spool.exists():
        return {}
    with closing(sqlite3.connect(f"file:{node.spool}?mode=ro", uri=True, timeout=10)) as connection:
        try:
            bodies = connection.execute("SELECT body FROM row").fetchall()
        except sqlite3.DatabaseError:
            return {}
    rows = [decode_row(body) for (body,) in bodies]
    return {
        (node.name, row.line, row.bucket_at, row.epoch): (row.entered, row.left)
        for row in sorted(rows, key=lambda row: row.seq)
        if isinstance(row, Count)
    }


def store_totals(store: Path) -> Totals:
    """Return the counts in a hub's store."""
    if not store.exists():
        return {}
    with closing(sqlite3.connect(store, timeout=10)) as connection:
        try:
            return _totals(connection)
        except sqlite3.OperationalError:
            return {}


def _totals(connection: sqlite3.Connection) -> Totals:
    rows = connection.execute(
        "SELECT n.venue || '/' || n.node, s.name, b.bucket, e.epoch, b.entered, b.left"
        " FROM count_bucket AS b JOIN series AS s ON s.id = b.series"
        " JOIN epoch AS e ON e.id = b.epoch JOIN node AS n ON n.id = s.node"
    ).fetchall()
    return {(node, line, at, epoch): (i, o) for node, line, at, epoch, i, o in rows}


def influx_totals(influx: Influx, database: str) -> Totals:
    """Return the counts in a database; what nobody can read now is told as nothing."""
    question = 'SELECT "entered", "left" FROM "kaiguan_count" GROUP BY *'
    with closing(Server(influx.section(database))) as server, suppress(StoreError):
        [found] = server.ask(question)
        return {
            (f"{key.venue}/{key.node}", key.name, at, epoch): (int(values[0]), int(values[1]))
            for key, takes in answers.takes(found.series).items()
            for epoch, rows in answers.by_epoch(Kind.COUNT, takes).items()
            for at, values in rows.items()
        }
    return {}


def influx_hours(
    influx: Influx, database: str, store: Path
) -> dict[tuple[str, str, int], tuple[float, ...]]:
    """Return the hours as the hub reads them."""
    with InfluxStore(store, Server(influx.section(database)), looks_only=True) as opened:
        found = opened.hourly(list(opened.series()), 0, 2**33)
    return {
        (f"{key.venue}/{key.node}", key.name, hour.at): hour.values
        for key, hours in found.items()
        for hour in hours
    }


def _hours(totals: Totals) -> dict[tuple[str, str, int], tuple[float, ...]]:
    result: dict[tuple[str, str, int], tuple[float, ...]] = {}
    for (node, line, at, _), (entered, left) in totals.items():
        key = (node, line, at // 3600 * 3600)
        before = result.get(key, (0, 0))
        result[key] = (before[0] + entered, before[1] + left)
    return result


def store_evidence(store: Path) -> tuple[Totals, Mapping[tuple[str, str, str], list[Span]]]:
    """Return counts and coverage, (venue/node, line, epoch) -> spans, as of one instant."""
    covers: dict[tuple[str, str, str], list[Span]] = {}
    if not store.exists():
        return {}, covers
    with closing(sqlite3.connect(store, timeout=10, isolation_level=None)) as connection:
        try:
            connection.execute("BEGIN")
            for node, line, epoch, *span in connection.execute(
                "SELECT n.venue || '/' || n.node, s.name, e.epoch, i.since_ms, i.until_ms"
                " FROM interval AS i JOIN source AS s ON s.id = i.source"
                " JOIN epoch AS e ON e.id = i.epoch JOIN node AS n ON n.id = s.node"
                " WHERE s.kind = 'coverage' AND e.clock = 'set'"
            ):
                covers.setdefault((node, line, epoch), []).append((span[0], span[1]))
            return _totals(connection), covers
        except sqlite3.OperationalError:
            return {}, {}


def largest(one: tuple[int, int], other: tuple[int, int]) -> tuple[int, int]:
    """Return the larger of two totals of one bucket."""
    return max(one[0], other[0]), max(one[1], other[1])


def remove(path: Path) -> None:
    """Take a database away with what belongs to it."""
    for suffix in ("", "-wal", "-shm"):
        Path(f"{path}{suffix}").unlink(missing_ok=True)


def until(
    holds: Callable[[], bool], within: float, told: Callable[[], str] = lambda: "not in time"
) -> None:
    """Wait for a condition, with a deadline."""
    deadline = time.monotonic() + within
    while not holds():
        assert time.monotonic() < deadline, told()
        time.sleep(0.05)
