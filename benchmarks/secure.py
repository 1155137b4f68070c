"""A district with identities to measure: the shipped broker over TLS, a hub, nodes' files."""

import contextlib
import ssl
import time
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.processes import answering, running
from contracts.ids import NodeId
from hub.config import load_config
from hub.identity import Authority
from hub.identity.authority import read_csr
from hub.identity.enrolment import Enrolment
from hub.store.records import Records
from link.credentials import key_pem, make_csr, make_key
from tests.accounts import token_for
from tests.brokers import free_port
from tests.integration.identity.district import SecureMosquitto


class SecurePlace:
    """Configuration, broker and files of identity in one folder."""

    def __init__(self, folder: Path, nodes: Iterable[NodeId]) -> None:
        self.folder = folder
        port, self.http = free_port(), free_port()
        self.toml = folder / "hub.toml"
        self.toml.write_text(
            f'data_dir = "hub"\n[http]\nport = {self.http}\n'
            f'[broker]\nhost = "localhost"\nport = {port}\ntls = true\n'
            f'[identity]\nbroker_hosts = ["localhost"]\nbroker_port = {port}\n'
        )
        config = load_config(self.toml)
        config.data_dir.mkdir()
        self.token = token_for(config.records_path)
        now = datetime.now(UTC)
        with Records(config.records_path) as records:
            enrolment = Enrolment(config, records)
            enrolment.keep_up(now)
            authority = enrolment.authority(now)
        self.files = config.broker_path
        for node in nodes:
            _write(authority, node, file_of(self.files, node), now)
        self.broker = SecureMosquitto(folder, config.broker_path, port)

    @contextlib.contextmanager
    def hub(self) -> Iterator[int]:
        """Run the hub; gives its process id once it has its broker."""
        log = self.folder / "hub.log"
        with running(["-m", "hub", "serve", "--config", str(self.toml)], log) as process:
            deadline = time.monotonic() + 60
            while not answering(self.http, self.token):
                if process.poll() is not None or time.monotonic() > deadline:
                    raise RuntimeError(log.read_text()[-2000:])
                time.sleep(0.1)
            yield process.pid


def file_of(folder: Path, node: NodeId) -> Path:
    """Return where a node's key and certificate are."""
    return folder / f"{node.venue}.{node.node}.pem"


def context_of(folder: Path, node: NodeId) -> ssl.SSLContext:
    """Return what a node connects with."""
    context = ssl.create_default_context(cafile=folder / "authority.pem")
    context.load_cert_chain(file_of(folder, node))
    return context


def _write(authority: Authority, node: NodeId, path: Path, now: datetime) -> None:
    key = make_key()
    csr = read_csr(make_csr(key))
    assert csr is not None
    path.write_bytes(key_pem(key) + authority.issue_node(node, csr, now).pem.encode())
