"""The mark is durable with the rows, or neither is."""

from pathlib import Path

from contracts.ids import NodeId
from contracts.messages import Boot
from contracts.rows import Unreadable
from hub.store.sqlite import SqliteStore
from link.acceptance import StreamState
from link.intake import Group, Stored

NODE = NodeId("venue", "node")
STATE = StreamState(7, (Boot("b0" * 8, 1),))


def test_marks_and_every_poison_row_outlive_the_process(tmp_path: Path) -> None:
    poison = tuple(Unreadable(0, raw, "invalid", "why") for raw in (b"one", b"two"))
    group = Group(
        stored=[Stored(NODE, "5a" * 8, poison, 1)],
        streams={"5a" * 8: STATE},
        owners={"5a" * 8: NODE},
    )
    with SqliteStore(tmp_path / "hub.db") as store:
        store.commit(group)
    with SqliteStore(tmp_path / "hub.db") as store:
        assert store.streams() == {"5a" * 8: (NODE, STATE)}
        assert store.leftovers().quarantined == 2
