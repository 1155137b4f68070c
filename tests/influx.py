"""Real databases of series on free loopback ports, which a test may kill and start again."""

import os
import shutil
import signal
import subprocess
import time
import urllib.parse
import urllib.request
from pathlib import Path
from types import TracebackType
from typing import Self

from hub.config import StoreSection
from tests.brokers import LOOPBACK, answers, free_port

ANSWERS_WITHIN_SECONDS = 20.0
STOP_SECONDS = 10.0
REWRITE = Path(__file__).parents[1] / "docker" / "influxdb" / "rewrite.conf"
"""What docs/stores.md tells to put before InfluxDB 1.6 and 1.7."""

_INFLUX = """
reporting-disabled = true
bind-address = "{host}:{internal}"
[meta]
dir = "{folder}/meta"
[data]
dir = "{folder}/data"
wal-dir = "{folder}/wal"
query-log-enabled = false
{data}
[http]
bind-address = "{host}:{port}"
log-enabled = false
auth-enabled = {has_users}
[monitor]
store-enabled = false
[continuous_queries]
enabled = false
"""
_NGINX = """
daemon off;
# One process, which dies with whoever kills it.
master_process off;
pid {folder}/nginx.pid;
error_log {folder}/nginx.log;
events {{}}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    {rewrite}
}}
"""


class Database:
    """A server process on one port; `kill9` and `start` bring it back with what it had."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self.port = free_port()
        self._processes: list[subprocess.Popen[bytes]] = []

    @property
    def url(self) -> str:
        return f"http://{LOOPBACK}:{self.port}"

    @property
    def pid(self) -> int:
        """Return the process id of the database itself."""
        return self._processes[0].pid

    def commands(self) -> list[list[str]]:
        raise NotImplementedError

    def ports(self) -> list[int]:
        return [self.port]

    def start(self) -> None:
        """Start it and return once it answers. Raises RuntimeError with its log."""
        assert not self._processes, "runs already"
        log = self.folder / "server.log"
        for command in self.commands():
            with log.open("ab") as out:
                self._processes.append(
                    subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out, stderr=out)
                )
        deadline = time.monotonic() + ANSWERS_WITHIN_SECONDS
        while not all(answers(port) for port in self.ports()):
            ended = any(process.poll() is not None for process in self._processes)
            if ended or time.monotonic() > deadline:
                self.kill9()
                raise RuntimeError(f"database does not answer:\n{log.read_text()[-2000:]}")
            time.sleep(0.02)

    def kill9(self) -> None:
        """Kill all of it in the middle of whatever it does."""
        for process in self._processes:
            process.kill()
        for process in self._processes:
            process.wait()
        self._processes.clear()

    def signal(self, number: signal.Signals) -> None:
        """Send the database itself a signal; one that stops it has stopped it."""
        database = self._processes[0]
        database.send_signal(number)
        deadline = time.monotonic() + STOP_SECONDS
        while number is signal.SIGSTOP and not _is_stopped(database.pid):
            assert time.monotonic() < deadline, "the database does not stop"
            time.sleep(0.001)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.kill9()
        shutil.rmtree(self.folder, ignore_errors=True)

    def section(self, database: str = "kaiguan", timeout_seconds: float = 10.0) -> StoreSection:
        """Return the configuration of a hub that keeps its series there."""
        return StoreSection(
            kind="influxdb", url=self.url, database=database, timeout_seconds=timeout_seconds
        )


class Influx(Database):
    """Debian's InfluxDB 1.6.7, behind nginx with the one rewrite that its age asks for."""

    def __init__(self, folder: Path, *, has_users: bool = False, data: str = "") -> None:
        """Make ready; `data` adds lines to the section of its storage."""
        super().__init__(folder)
        self._has_users, self._data = has_users, data
        self.own_port, self._internal_port = free_port(), free_port()

    def ports(self) -> list[int]:
        return [self.own_port, self.port]

    def commands(self) -> list[list[str]]:
        config = self.folder / "influxdb.conf"
        config.write_text(
            _INFLUX.format(
                folder=self.folder,
                host=LOOPBACK,
                port=self.own_port,
                internal=self._internal_port,
                has_users=str(self._has_users).lower(),
                data=self._data,
            )
        )
        rewrite = REWRITE.read_text("utf-8")
        rewrite = rewrite.replace("127.0.0.1:8086", f"{LOOPBACK}:{self.own_port}")
        rewrite = rewrite.replace("127.0.0.1:8087", f"{LOOPBACK}:{self.port}")
        if self._has_users:
            rewrite = rewrite.replace("# map", "map").replace("# proxy_set", "proxy_set")
        nginx = self.folder / "nginx.conf"
        nginx.write_text(_NGINX.format(folder=self.folder, rewrite=rewrite))
        return [
            [_program("influxd"), "-config", str(config)],
            [_program("nginx"), "-p", str(self.folder), "-e", "nginx.log", "-c", str(nginx)],
        ]

    def make(self, database: str = "kaiguan") -> None:
        """Make a database, as docs/stores.md tells to."""
        self.ask(f'CREATE DATABASE "{database}"')

    def ask(self, statement: str, *, user: tuple[str, str] = ("", "")) -> bytes:
        """Run a statement of InfluxQL."""
        who = urllib.parse.urlencode({"u": user[0], "p": user[1]})
        body = urllib.parse.urlencode({"q": statement}).encode()
        url = f"http://{LOOPBACK}:{self.own_port}/query?{who}"
        with urllib.request.urlopen(url, body) as answer:
            told: bytes = answer.read()
        assert b'"error"' not in told, told
        return told


class VictoriaMetrics(Database):
    """Debian's VictoriaMetrics 1.79.5, which takes InfluxDB's line protocol."""

    def __init__(self, folder: Path, *flags: str) -> None:
        super().__init__(folder)
        self._flags = flags

    def commands(self) -> list[list[str]]:
        return [
            [
                _program("victoria-metrics"),
                f"-httpListenAddr={LOOPBACK}:{self.port}",
                f"-storageDataPath={self.folder}/data",
                "-retentionPeriod=100y",
                *self._flags,
            ]
        ]

    def export(self, name: str) -> str:
        """Return all that is stored of a metric, as lines of JSON."""
        urllib.request.urlopen(f"{self.url}/internal/force_flush").close()
        match = urllib.parse.quote(f'{{__name__="{name}"}}')
        with urllib.request.urlopen(f"{self.url}/api/v1/export?match={match}") as answer:
            told: str = answer.read().decode()
        return told


def _program(name: str) -> str:
    found = shutil.which(name, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")
    assert found, f"{name} is not installed: tools/setup.sh test"
    return found


def _is_stopped(pid: int) -> bool:
    """Tell whether every thread of a process has stopped: on a busy machine they do one by one."""
    stats = [path.read_text() for path in Path(f"/proc/{pid}/task").glob("*/stat")]
    return all(stat.rpartition(")")[2].split()[0] == "T" for stat in stats)
