"""What enrolment does to records and files: codes out, nodes in and out, lists to the broker.

Command line and API both come through here; a hub that runs notices what the command line changed.
"""

import os
import secrets
import shlex
import signal
import subprocess
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from contracts.ids import NodeId
from contracts.joining import SECRET_BYTES, Code, key_of, make_code
from hub.access import Who
from hub.audit import entry
from hub.config import HubConfig
from hub.errors import ConfigError, HubError, NotFound
from hub.identity.acl import acl_text
from hub.identity.authority import Authority, node_name
from hub.identity.files import BrokerFolder, IdentityFolder
from hub.identity.joining import BrokerAddress
from hub.store.records import NodeCode, NodeIdentities, Records

RELOAD_SECONDS: Final = 10
_DRAWS: Final = 8
_NO_HOSTS: Final = (
    "identity.broker_hosts: nodes that join have to be told where the broker is: name it as they"
    " reach it"
)


class Enrolment:
    """Enrols and revokes in the records of one hub."""

    def __init__(self, config: HubConfig, records: Records) -> None:
        self._config = config
        self.records = records
        self.identities = NodeIdentities(records)
        self.folder = IdentityFolder(config.identity_path)
        self.broker = BrokerFolder(config.broker_path)

    @property
    def address(self) -> BrokerAddress:
        """Return where nodes are told to find the broker. Raises ConfigError."""
        hosts = self._config.identity.broker_hosts
        if not hosts:
            raise ConfigError(_NO_HOSTS)
        return BrokerAddress(hosts[0], self._config.identity.broker_port)

    def authority(self, now: datetime) -> Authority:
        """Return the authority; the first time it is made. Raises StoreError."""
        return self.folder.make_authority(self._config.title_en, now)

    def keep_up(self, now: datetime) -> bool:
        """Bring up to date what broker and hub need; tell whether the broker has to look again.

        Raises ConfigError, StoreError.
        """
        authority = self.authority(now)
        self.folder.keep_hub(authority, now)
        hosts = self._config.identity.broker_hosts
        is_new = bool(hosts) and self.broker.keep_server(authority, hosts, now)
        return self.write_lists(now) or is_new

    def write_lists(self, now: datetime) -> bool:
        """Write who is out and what kiosks may; tell whether it changed. Raises StoreError."""
        nodes = self.identities.nodes()
        return self.broker.write_lists(
            self.authority(now),
            self.identities.revoked_serials(_ms(now)),
            acl_text(
                (node.id for node in nodes if node.is_kiosk),
                (node.id for node in nodes if node.revoked_ms is not None),
                home=self._config.homeassistant.prefix,
            ),
        )

    def enrol(self, by: Who, node: NodeId, *, is_kiosk: bool, now: datetime) -> Code:
        """Make a one-time code for a node; an unused one that it had ends.

        Raises ConfigError, NotFound, StoreError.
        """
        node_name(node)
        if node.venue not in self.records.venues():
            raise NotFound(
                f"there is no venue {node.venue!r} in the records: check the name, or load its file"
                " with `admin load DIR`"
            )
        if not self._config.identity.is_used:
            raise ConfigError(_NO_HOSTS)
        fingerprint = self.authority(now).fingerprint
        for _ in range(_DRAWS):
            code = make_code(
                secrets.randbelow(2**20), secrets.token_bytes(SECRET_BYTES), fingerprint
            )
            kept = NodeCode(
                id=code.id,
                venue=node.venue,
                node=node.node,
                is_kiosk=is_kiosk,
                key=key_of(code.secret).hex(),
                made_by=by.name,
                made_ms=_ms(now),
                expires_ms=_ms(now + timedelta(hours=self._config.identity.code_hours)),
            )
            told = entry(by, _ms(now), "node.enrolled", str(node), None, {"kiosk": is_kiosk})
            if self.identities.add_code(kept, told):
                return code
        raise HubError("all codes are taken: wait until some have ended")

    def revoke(self, by: Who, node: NodeId, reason: str, now: datetime) -> None:
        """Keep a node out, and write it where the broker reads it. Raises NotFound, StoreError."""
        told = entry(by, _ms(now), "node.revoked", str(node), None, {"reason": reason})
        if not self.identities.revoke(node, reason, _ms(now), told):
            raise NotFound(f"{node} has never joined and has no open code: see `hub nodes`")
        self.write_lists(now)

    def tell_broker(self) -> str | None:
        """Let the broker read its lists again; return how, None when nothing was configured.

        Raises HubError: the lists are written, and the broker does not know it.
        """
        section = self._config.identity
        if section.broker_reload_command:
            _run(section.broker_reload_command)
            return shlex.join(section.broker_reload_command)
        if section.broker_pid_file is not None:
            _hang_up(section.broker_pid_file)
            return f"SIGHUP to the process of {section.broker_pid_file}"
        return None


def _run(command: tuple[str, ...]) -> None:
    try:
        subprocess.run(  # noqa: S603  the operator's own command, no shell
            command, check=True, capture_output=True, timeout=RELOAD_SECONDS
        )
    except (OSError, subprocess.SubprocessError) as error:
        raise HubError(
            f"identity.broker_reload_command: {shlex.join(command)} failed ({error}): the broker"
            " still goes by its old lists; reload it by hand"
        ) from error


def _hang_up(pid_file: Path) -> None:
    try:
        os.kill(int(pid_file.read_text("ascii")), signal.SIGHUP)
    except (OSError, ValueError) as error:
        raise HubError(
            f"identity.broker_pid_file: {pid_file}: {error}: the broker still goes by its old"
            " lists; reload it by hand"
        ) from error


def _ms(at: datetime) -> int:
    return int(at.timestamp() * 1000)
