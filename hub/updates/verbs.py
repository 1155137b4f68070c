"""What `python -m hub update` does: releases for nodes, made, signed, looked at, handed in."""

import platform
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from contracts.update import UpdateManifest
from hub.access import Who
from hub.config import HubConfig
from hub.errors import ConfigError
from hub.identity import IdentityFolder
from hub.packs.folder import PackFolder
from hub.store.records import Records
from hub.updates.desk import UpdateDesk
from link.updating import Sketch, build_update, facts_of_update, sign_update
from updater.errors import UpdateRefused

MIB: Final = 1024 * 1024


def sketch(
    kind: str, python: list[str], machine: list[str], least_version: str, config_form: int
) -> Sketch:
    """Return what an update is to be, made today. Raises ConfigError."""
    if kind not in {"edge", "kiosk"}:
        raise ConfigError(f"--kind {kind[:40]}: edge or kiosk")
    here = ".".join(platform.python_version_tuple()[:2])
    return Sketch(
        kind,  # type: ignore[arg-type]  # looked at above
        datetime.now(UTC).date(),
        tuple(python) or (here,),
        tuple(machine),
        least_version,
        config_form,
    )


def build(config: HubConfig, folder: Path, target: Path, what: Sketch, *, signs: bool) -> str:
    """Make an update out of a folder of wheels and say so. Raises ConfigError, StoreError."""
    key = IdentityFolder(config.identity_path).update_key() if signs else None
    try:
        manifest = build_update(folder, target, what, key)
    except UpdateRefused as error:
        raise ConfigError(str(error)) from error
    return f"{target}: {line(manifest)}{'; signed' if signs else '; not signed'}"


def sign(config: HubConfig, path: Path) -> str:
    """Sign an update with the district's key, in its place. Raises ConfigError, StoreError."""
    key = IdentityFolder(config.identity_path).update_key()
    try:
        manifest = sign_update(path, key)
    except UpdateRefused as error:
        raise ConfigError(f"{path}: {error}") from error
    return f"{path}: {line(manifest)}; signed"


def check(config: HubConfig, path: Path) -> str:
    """Look an update through as a hub and each node do, and say what it is. Raises ConfigError."""
    key = IdentityFolder(config.identity_path).update_key()
    try:
        facts = facts_of_update(path, (key.public_key(),))
    except UpdateRefused as error:
        raise ConfigError(f"{path}: {error}") from error
    signed = "signed" if facts.is_signed else "NOT signed by this district"
    return f"ok    {line(facts.manifest)}, {facts.size / MIB:.1f} MiB, {facts.sha256}; {signed}"


def add(config: HubConfig, by: Who, path: Path) -> str:
    """Hand an update in and say so. Raises ConfigError, StoreError."""
    with _desk(config) as desk, desk.folder.copied(path) as incoming:
        try:
            one = desk.add(by, incoming)
        except UpdateRefused as error:
            raise ConfigError(f"{path}: {error}") from error
    return f"kept: {line(one.manifest)}, {one.sha256}\nroll it out on the page /rollouts"


def listed(config: HubConfig) -> str:
    """Return a line for each update that is kept."""
    with _desk(config) as desk:
        lines = [f"{line(one.manifest)}, {one.sha256}" for one in desk.updates()]
    return "\n".join(lines) or "no update was handed in: `hub update add`"


def withdraw(config: HubConfig, by: Who, sha256: str) -> str:
    """Forget an update and say so. Raises NotFound, Complained."""
    with _desk(config) as desk:
        found = [one.sha256 for one in desk.updates() if one.sha256.startswith(sha256)]
        desk.withdraw(by, found[0] if len(found) == 1 else sha256)
    return f"{sha256} is kept no more; nodes that run it go on running it"


def key(config: HubConfig) -> str:
    """Return where the district's key of updates lies, and its public half; made if absent."""
    folder = IdentityFolder(config.identity_path)
    folder.update_key()
    return (
        f"{folder.update_key_path}: signs releases; whoever has it decides what nodes run\n"
        f"{folder.update_public_path}: its public half, for /etc/kaiguan/updates.pem of a node:\n\n"
        + folder.update_public_path.read_text("ascii").strip()
    )


def line(manifest: UpdateManifest) -> str:
    """Return what is told of an update on one line."""
    machines = ", ".join(manifest.machines) or "any machine"
    return (
        f"{manifest.kind} {manifest.version} of {manifest.made} for {machines}, Python"
        f" {', '.join(manifest.python)}, over {manifest.least_version} and later,"
        f" {len(manifest.wheels)} wheels"
    )


@contextmanager
def _desk(config: HubConfig) -> Iterator[UpdateDesk]:
    config.data_dir.mkdir(parents=True, exist_ok=True)
    identity = IdentityFolder(config.identity_path)
    with Records(config.records_path) as records:
        yield UpdateDesk(
            records,
            PackFolder(config.updates_path, "update"),
            lambda: (identity.update_key().public_key(),),
            lambda: time.time_ns() // 1_000_000,
        )
