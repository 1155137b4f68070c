"""A district as it runs with identities: the broker of docker/mosquitto over TLS, a hub, nodes."""

import os
import re
import signal
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import ec

from contracts.ids import NodeId
from examples.demo.broker import find_mosquitto
from hub.audit import entry
from hub.config import load_config
from hub.identity import Enrolment
from hub.identity.authority import read_csr
from hub.store.records import NodeCertificate, Records
from link.credentials import key_pem, make_csr, make_key
from link.session import BrokerConfig
from tests.accounts import TESTER
from tests.brokers import LOOPBACK, Broker, free_port
from tests.integration.hub.running import ROOT, HubProcess, command, until

NODE = NodeId("book-room-zhouqiao", "door-pi")


class SecureMosquitto(Broker):
    """mosquitto with the configuration that we ship, on a port of its own."""

    def __init__(self, folder: Path, identity: Path, port: int | None = None) -> None:
        super().__init__(folder, port)
        self.identity = identity
        self.pid_file = folder / "mosquitto.pid"

    def command(self) -> list[str]:
        """Write the shipped configuration with other paths and return the command."""
        binary = find_mosquitto()
        assert binary is not None, "mosquitto is not installed"
        text = (ROOT / "docker/mosquitto/mosquitto.conf").read_text("utf-8")
        text = text.replace("/mosquitto/identity", str(self.identity))
        text = text.replace("listener 8883", f"listener {self.port} {LOOPBACK}\nuser root")
        # Only so that a test sees when the lists were read again.
        text += "\nlog_type information\n"
        config = self.folder / f"mosquitto-{self.port}.conf"
        config.write_text(text, "utf-8")
        return [binary, "-c", str(config)]

    def start(self) -> None:
        """Start it, and write its process id down."""
        super().start()
        self.pid_file.write_text(str(self.pid))

    def reload(self) -> None:
        """Let it read its lists again, and return once it has."""
        before = self.log.read_text().count("Reloading config")
        assert self.pid is not None
        os.kill(self.pid, signal.SIGHUP)
        until(lambda: self.log.read_text().count("Reloading config") > before)


class District:
    """Configuration, broker and hub of one district in a folder."""

    def __init__(self, folder: Path, hosts: tuple[str, ...] = ("localhost", "127.0.0.1")) -> None:
        self.folder = folder
        port = free_port()
        names = ", ".join(f'"{host}"' for host in hosts)
        self.hub = HubProcess(
            folder / "hub",
            port,
            broker='host = "localhost"\ntls = true',
            more=f"[identity]\nbroker_hosts = [{names}]\nbroker_port = {port}\n"
            f'broker_pid_file = "{folder}/mosquitto.pid"\n',
        )
        self.config = load_config(self.hub.config)
        self.command("identity", "broker-certificate")
        self.broker = SecureMosquitto(folder, self.config.broker_path, port)

    def command(self, *arguments: str) -> str:
        """Run a command of the hub and return what it said."""
        result = command(*arguments, "--config", str(self.hub.config))
        assert result.exit_code == 0, result.output
        return result.output

    def code(self, node: NodeId = NODE, *more: str) -> str:
        """Enrol a node and return its short code."""
        said = self.command("enrol", node.venue, node.node, *more)
        found: list[str] = re.findall(r"(?<= )[0-9A-Z]{5}(?:-[0-9A-Z]{5}){4}$", said, re.MULTILINE)
        return found[-1]

    def issue(self, node: NodeId, now: datetime | None = None) -> Path:
        """Give a node key and certificate without joining; returns their file."""
        key = make_key()
        path = self.folder / f"{node.venue}.{node.node}.pem"
        path.write_bytes(key_pem(key) + self.issued(node, key, now or datetime.now(UTC)).encode())
        return path

    def issued(self, node: NodeId, key: ec.EllipticCurvePrivateKey, now: datetime) -> str:
        csr = read_csr(make_csr(key))
        assert csr is not None
        with Records(self.config.records_path) as records:
            enrolment = Enrolment(self.config, records)
            issued = enrolment.authority(now).issue_node(node, csr, now)
            enrolment.identities.renew(
                NodeCertificate(
                    issued.serial,
                    node.venue,
                    node.node,
                    int(now.timestamp() * 1000),
                    issued.expires_ms,
                    issued.pem,
                ),
                entry(TESTER, 0, "node.renewed", str(node)),
            )
        return issued.pem

    @property
    def authority(self) -> Path:
        return self.config.broker_path / "authority.pem"

    def as_hub(self) -> BrokerConfig:
        return self.at_broker(self.config.identity_path / "hub.pem")

    def at_broker(self, certificate: Path | None, *, host: str = "localhost") -> BrokerConfig:
        """Return where the broker is for somebody with this file of key and certificate."""
        return BrokerConfig(
            host=host,
            port=self.broker.port,
            tls=True,
            tls_ca=self.authority,
            tls_certificate=certificate,
        )


def edge(*arguments: str, timeout: float = 40) -> subprocess.CompletedProcess[str]:
    """Run one command of the edge to its end."""
    return run("edge", *arguments, timeout=timeout)


def run(package: str, *arguments: str, timeout: float = 40) -> subprocess.CompletedProcess[str]:
    """Run one command of a package to its end."""
    return subprocess.run(
        [sys.executable, "-m", package, *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )
