"""What is wrong with a node's certificate, in one sentence each."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from contracts.ids import NodeId
from hub.identity.authority import Authority, read_csr
from link.credentials import judge, key_pem, make_csr, make_key

NOW = datetime(2026, 11, 25, 9, 0, tzinfo=UTC)
OURS, OTHER = Authority.make("ours", NOW), Authority.make("other", NOW)


def written(folder: Path, *, by: Authority = OURS, name: str = "museum/door") -> Path:
    """Write key, certificate and authority as `join` does."""
    key = make_key()
    csr = read_csr(make_csr(key))
    assert csr is not None
    node = NodeId(*name.split("/"))
    issued = by.issue_node(node, csr, NOW)
    path = folder / "node.pem"
    path.write_bytes(key_pem(key) + issued.pem.encode())
    path.chmod(0o600)
    (folder / "authority.pem").write_text(OURS.certificate_pem)
    return path


def _readable(folder: Path) -> None:
    written(folder).chmod(0o644)


def _halved(folder: Path) -> None:
    path = written(folder)
    path.write_bytes(key_pem(make_key()) + path.read_bytes().split(b"KEY-----\n")[2])


CASES: list[tuple[Callable[[Path], object], int, bool, str]] = [
    (written, 0, True, "of museum/door, until 2027-02-23"),
    (written, 59, True, "of museum/door, until 2027-02-23"),
    (written, 61, False, "it should have been renewed by now"),
    (written, 91, False, "ended on 2027-02-23: the agent renews it when it reaches the hub"),
    (lambda f: written(f, by=OTHER), 0, False, "is not of the authority in"),
    (lambda f: written(f, name="museum/back"), 0, False, "is of 'museum/back', and this node is"),
    (_readable, 0, False, "can be read by other users: chmod 600"),
    (_halved, 0, False, "key and certificate do not belong together: join again"),
    (lambda f: (f / "node.pem").write_text("x"), 0, False, "holds no certificate"),
    (lambda _f: None, 0, False, "cannot be read: No such file or directory"),
]


@pytest.mark.parametrize(("make", "days", "is_fine", "words"), CASES)
def test_each_has_its_sentence(
    tmp_path: Path, make: Callable[[Path], object], days: int, *, is_fine: bool, words: str
) -> None:
    make(tmp_path)
    at = NOW + timedelta(days=days)
    authority = tmp_path / "authority.pem"
    found, text = judge("museum/door", tmp_path / "node.pem", None, authority, at)
    assert words in text
    assert found is is_fine
