"""Fetching a pack's zip from the hub, going on where a fetch before this one was cut off."""

import threading
from pathlib import Path

from contracts.pack import AnnouncedPack, pack_path
from kiosk.errors import FetchCut
from link.packs import PackRefused
from updater import errors, fetching


def fetch_pack(hub: str, pack: AnnouncedPack, part: Path, stop: threading.Event) -> None:
    """Fetch what `part` lacks of a zip. When this returns, it is whole and has its hash.

    Raises FetchCut: the hub is away, the line was cut, or `stop` was set. PackRefused: it is
    another zip than was announced; nothing of it is kept.
    """
    what = fetching.Announced(pack.pack, pack_path(pack.sha256), pack.sha256, pack.bytes)
    try:
        fetching.fetch(hub, what, part, stop)
    except errors.FetchCut as error:
        raise FetchCut(str(error)) from error
    except errors.FetchedWrong as error:
        raise PackRefused(
            f"{pack.pack} {pack.version}: what the hub sent is not what it announced"
        ) from error
