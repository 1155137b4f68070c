"""What `python -m hub pack` does: content packs of a hub, running or not."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from hub.access import Who
from hub.config import HubConfig
from hub.district import read_district
from hub.errors import ConfigError
from hub.identity import IdentityFolder
from hub.packs.desk import PackDesk
from hub.packs.folder import PackFolder
from hub.store.records import Records
from hub.store.records.packs import PackRecord
from link.packs import PackRefused, resign

MIB: Final = 1024 * 1024


def add(config: HubConfig, by: Who, path: Path, venues: list[str], *, signs: bool) -> str:
    """Announce a pack and say so; with `signs` it is signed with the district's key before.

    Raises ConfigError, NotFound, StoreError.
    """
    with _desk(config) as desk, desk.folder.copied(path) as incoming:
        try:
            if signs:
                resign(incoming, IdentityFolder(config.identity_path).pack_key())
            pack = desk.add(by, incoming, venues or None)
        except PackRefused as error:
            raise ConfigError(f"{path}: {error}") from error
    return f"announced: {line(pack)}\nA running hub tells its kiosks within seconds."


def listed(config: HubConfig) -> str:
    """Return a line for each pack that is announced."""
    with _desk(config) as desk:
        return "\n".join(map(line, desk.all())) or "no content pack is announced: `hub pack add`"


def withdraw(config: HubConfig, by: Who, name: str) -> str:
    """Announce a pack no more and say so. Raises NotFound."""
    with _desk(config) as desk:
        desk.withdraw(by, name)
    return f"{name} is withdrawn: kiosks take it away as soon as they hear of it"


def sign(config: HubConfig, path: Path) -> str:
    """Sign a pack with the district's key, in its place. Raises ConfigError, StoreError."""
    key = IdentityFolder(config.identity_path).pack_key()
    try:
        manifest = resign(path, key)
    except PackRefused as error:
        raise ConfigError(f"{path}: {error}") from error
    return f"{path}: {manifest.pack} {manifest.version} is signed"


def key(config: HubConfig) -> str:
    """Return where the district's key of packs lies, and its public half; it is made if absent."""
    folder = IdentityFolder(config.identity_path)
    folder.pack_key()
    return (
        f"{folder.pack_key_path}: signs content packs; whoever has it can put them on kiosks\n"
        f"{folder.pack_public_path}: its public half, which kiosks are given when they join:\n\n"
        + folder.pack_public_path.read_text("ascii").strip()
    )


def line(pack: PackRecord) -> str:
    """Return what is told of a pack on one line."""
    venues = "all venues" if pack.venues is None else ", ".join(sorted(pack.venues))
    return (
        f"{pack.pack} {pack.version}  {pack.title_zh} {pack.title_en}  {pack.targets} targets,"
        f" {pack.bytes / MIB:.1f} MiB, {pack.sha256[:12]}, for {venues}"
    )


@contextmanager
def _desk(config: HubConfig) -> Iterator[PackDesk]:
    config.data_dir.mkdir(parents=True, exist_ok=True)
    identity = IdentityFolder(config.identity_path)
    with Records(config.records_path) as records:
        if config.district is not None:
            # As a hub does when it starts: it may never have run yet.
            records.load(read_district(config.district))
        yield PackDesk(
            records,
            PackFolder(config.packs_path),
            lambda: (identity.pack_key().public_key(),),
            lambda: time.time_ns() // 1_000_000,
        )
