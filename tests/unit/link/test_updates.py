"""A node hands its hub's orders to the updater of its machine, and tells the hub how it goes."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from contracts.updating import Release, UpdateOrder, encode_order
from link.updates import UpdateNotes, Wellness
from updater.plain import order_of, report_of

NOW_MS = 1_790_000_000_000
WELL = Wellness(
    turning=True, connected=True, acked=True, is_clock_set=True, wall_ms=NOW_MS, failing=("pad",)
)
RELEASE = Release("0.2.0", "ab" * 32, 1234, attempt=2, go=True)


@dataclass
class Node:
    folder: Path
    well: Wellness = WELL
    changes: int = 0
    is_used: bool = False
    notes: UpdateNotes = field(init=False)

    def __post_init__(self) -> None:
        (self.folder / "notes").mkdir()
        (self.folder / "state").mkdir()
        self.notes = UpdateNotes(
            self.folder / "notes",
            self.folder / "state",
            hub="http://hub:8080/",
            version="0.1.0",
            os_boot="05" * 16,
            well=lambda: self.well,
            changed=self._changed,
        )
        self.notes.in_use = lambda: self.is_used

    def _changed(self) -> None:
        self.changes += 1

    def hears(self, release: Release | None) -> None:
        self.notes.take(encode_order(UpdateOrder(1, release)))
        self.notes.look()

    def note(self, name: str) -> Any:
        return json.loads((self.folder / "notes" / name).read_text())

    def updater_says(self, text: str) -> None:
        (self.folder / "state/status.json").write_text(text)
        self.notes.look()


@pytest.fixture
def node(tmp_path: Path) -> Node:
    return Node(tmp_path)


def test_an_updater_reads_what_a_node_writes(node: Node) -> None:
    node.hears(RELEASE)
    order = order_of(node.note("wanted.json")["order"])
    assert (order.sha256, order.bytes, order.version) == (RELEASE.sha256, 1234, "0.2.0")
    assert (order.attempt, order.go, order.hub) == (2, True, "http://hub:8080")
    report = report_of(node.note("health.json"))
    assert (report.version, report.boot, report.failing) == ("0.1.0", "05" * 16, ("pad",))
    assert (report.turning, report.connected, report.acked) == (True, True, True)
    assert report.at >= report.started > 0
    assert (node.folder / "notes/wanted.json").stat().st_mode & 0o777 == 0o640


def test_nothing_is_ordered_before_anything_was_heard(node: Node) -> None:
    node.notes.look()
    assert not (node.folder / "notes/wanted.json").exists()
    node.hears(None)
    assert node.note("wanted.json") == {"order": None}


CASES: dict[str, tuple[Release, Callable[[Node], object], str]] = {
    "the hub does not say go": (Release("0.2.0", "ab" * 32, 1), lambda _n: None, "hub"),
    "the word has ended": (
        Release("0.2.0", "ab" * 32, 1, go=True, go_until_ms=NOW_MS),
        lambda _n: None,
        "hub",
    ),
    "the clock is not set": (
        Release("0.2.0", "ab" * 32, 1, go=True, go_until_ms=NOW_MS + 1),
        lambda n: setattr(n, "well", replace(WELL, is_clock_set=False)),
        "clock",
    ),
    "somebody uses it": (RELEASE, lambda n: setattr(n, "is_used", True), "in_use"),
    "until later": (
        Release("0.2.0", "ab" * 32, 1, go=True, go_until_ms=NOW_MS + 1),
        lambda _n: None,
        "",
    ),
    "at any time, whatever the clock": (
        RELEASE,
        lambda n: setattr(n, "well", replace(WELL, is_clock_set=False)),
        "",
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_when_it_may_switch(node: Node, case: str) -> None:
    release, change, waits = CASES[case]
    change(node)
    node.hears(release)
    assert node.note("wanted.json")["order"]["go"] is (not waits)
    node.updater_says('{"phase": "staged", "wanted": "0.2.0"}')
    status = node.notes.status()
    assert status is not None
    assert status.waits == waits


def test_a_visitor_who_comes_takes_the_word_back(node: Node) -> None:
    node.hears(RELEASE)
    node.is_used = True
    node.notes.look()
    assert node.note("wanted.json")["order"]["go"] is False
    node.is_used = False
    node.notes.look()
    assert node.note("wanted.json")["order"]["go"] is True


def test_the_hub_is_told_when_something_changed_and_only_then(node: Node) -> None:
    assert node.notes.status() is None
    told = {"phase": "trying", "running": "0.1.0", "wanted": "0.2.0", "outcome": "", "at": 0}
    for _ in range(3):
        node.updater_says(json.dumps(told))
    assert node.changes == 1
    node.updater_says(json.dumps(told | {"phase": "idle", "outcome": "rolled_back", "at": 7}))
    status = node.notes.status()
    assert status is not None
    assert (node.changes, status.outcome, status.at_ms) == (2, "rolled_back", 7000)


@pytest.mark.parametrize(
    "text", ["", "{", "[]", '{"phase": 3}', '{"phase": "idle", "at": -1}', "[" * 100_000], ids=len
)
def test_what_cannot_be_read_changes_nothing(node: Node, text: str) -> None:
    node.updater_says('{"phase": "staged"}')
    node.updater_says(text)
    status = node.notes.status()
    assert status is not None
    assert status.phase == "staged"
    node.hears(RELEASE)
    with capture_logs() as logs:
        node.notes.take(text.encode() or b"x")
    assert [log["event"] for log in logs] == ["update_order_refused"]
    node.notes.look()
    assert node.note("wanted.json")["order"]["sha256"] == RELEASE.sha256


def test_a_topic_that_was_cleared_asks_for_nothing(node: Node) -> None:
    node.hears(RELEASE)
    node.notes.take(b"")
    node.notes.look()
    assert node.note("wanted.json") == {"order": None}


def test_without_a_folder_it_is_said_once_and_the_node_goes_on(node: Node) -> None:
    for path in (node.folder / "notes").iterdir():
        path.unlink()
    (node.folder / "notes").rmdir()
    with capture_logs() as logs:
        for _ in range(3):
            node.hears(RELEASE)
    assert [log["event"] for log in logs] == ["update_notes_not_written"]
    (node.folder / "notes").mkdir()
    node.notes.look()
    assert node.note("wanted.json")["order"]["version"] == "0.2.0"
