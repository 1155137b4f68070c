"""What `join` does on a node's machine: files of identity, and a configuration that uses them."""

import tomllib
from pathlib import Path
from typing import Final

from contracts.ids import NodeId
from link.config_text import NotRewritable, Section, with_sections
from link.credentials import AUTHORITY_FILE, NODE_FILE, write_public
from link.errors import JoinError
from link.joining import Joined, join
from link.set_aside import set_aside
from link.toml_text import NotToml

FOLDER: Final = "identity"
"""Beside the configuration."""


def settle(url: str, code: str, config: Path, *, again: bool, fresh: str) -> Joined:
    """Join with a code, and make `config` say who and where; `fresh` ends a new one.

    Sections of cameras and ports that stand there stay as they are. What cannot be written is
    noticed before the code is used. The spool of another name is set aside: its stream is that
    name's, and no hub would take it of this one. Raises JoinError.
    """
    text = _read(config)
    _rewritten(config, text or "", sections(url, _NOBODY))
    joined = join(url, code, config.parent / FOLDER, again=again)
    written = _rewritten(config, fresh if text is None else text, sections(url, joined))
    write_public(config, written.encode())
    _leave_spool(config, text or "", joined.node)
    return joined


def _leave_spool(config: Path, before: str, node: NodeId) -> None:
    told = tomllib.loads(before)
    was, spool = told.get("node", {}), told.get("spool", {}).get("path", "spool.db")
    if was in ({}, {"venue": node.venue, "node": node.node}):
        return
    try:
        set_aside(config.parent / spool, f"of-{was.get('venue')}-{was.get('node')}")
    except OSError as error:
        raise JoinError(
            f"joined as {node}, but {spool} is another node's and cannot be set aside"
            f" ({error.strerror}): move it away, then run"
        ) from error


def sections(url: str, joined: Joined) -> dict[str, Section]:
    """Return what a configuration has to say after joining."""
    return {
        "node": {"venue": joined.node.venue, "node": joined.node.node},
        "broker": {
            "host": joined.broker_host,
            "port": joined.broker_port,
            "tls": True,
            "tls_ca": f"{FOLDER}/{AUTHORITY_FILE}",
            "tls_certificate": f"{FOLDER}/{NODE_FILE}",
        },
        "identity": {"hub": url.rstrip("/")},
    }


_NOBODY: Final = Joined(NodeId("venue", "node"), "broker", 1, "")


def _read(config: Path) -> str | None:
    """Return what stands there, None without a file. Raises JoinError."""
    try:
        return config.read_text("utf-8")
    except FileNotFoundError:
        return None
    except OSError as error:
        raise JoinError(f"{config}: cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise JoinError(f"{config}: is not UTF-8: mend it, then join") from error


def _rewritten(config: Path, text: str, wanted: dict[str, Section]) -> str:
    try:
        return with_sections(text, wanted)
    except NotToml as error:
        raise JoinError(f"{config}: {error}: mend it, then join") from error
    except NotRewritable as error:
        raise JoinError(f"{config}: cannot be changed safely: {error}") from error
