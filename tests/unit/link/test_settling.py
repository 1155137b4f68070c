"""What `join` leaves beside a configuration, without a hub."""

from pathlib import Path

import pytest

from contracts.ids import NodeId
from link import settling
from link.errors import JoinError
from link.joining import Joined

FRESH = '[spool]\npath = "rows.db"\n'


def joins(config: Path, name: str, monkeypatch: pytest.MonkeyPatch, *, again: bool) -> None:
    joined = Joined(NodeId("museum", name), "hub.local", 8883, "00" * 32)
    monkeypatch.setattr(settling, "join", lambda *_arguments, **_more: joined)
    settling.settle("http://hub.local:8080", "CODE", config, again=again, fresh=FRESH)


def test_another_name_begins_another_spool(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config, spool = tmp_path / "edge.toml", tmp_path / "rows.db"
    spool.write_bytes(b"rows of the first name")
    for name, again in (("front", False), ("front", True)):
        joins(config, name, monkeypatch, again=again)
        assert spool.exists()
    joins(config, "rear", monkeypatch, again=True)
    [left] = tmp_path.glob("rows.db*")
    assert left.name.startswith("rows.db.of-museum-front-")
    assert left.read_bytes() == b"rows of the first name"
    # Without a spool there is nothing to set aside.
    joins(config, "side", monkeypatch, again=True)


def test_a_spool_that_stays_is_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuses(_path: Path, _why: str) -> Path:
        raise PermissionError(13, "Permission denied")

    config = tmp_path / "edge.toml"
    joins(config, "front", monkeypatch, again=False)
    monkeypatch.setattr(settling, "set_aside", refuses)
    with pytest.raises(JoinError, match=r"is another node's and cannot be set aside \(Permission"):
        joins(config, "rear", monkeypatch, again=True)
