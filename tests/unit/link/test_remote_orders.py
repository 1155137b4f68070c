"""Settings from afar at a node: what a power cut leaves of them, and what orders do."""

import os
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from contracts.remote import (
    MOST_AGE_MS,
    Change,
    RemoteReply,
    RestartCommand,
    SettingsCommand,
    decode_remote_reply,
    encode_remote,
)
from contracts.room import RoomCommand, encode_room
from edge.config_file import reading as edge_reading
from kiosk.config_file import load, reading
from kiosk.remote_settings import SETTABLE as OF_KIOSKS
from link.errors import ConfigError, SettingsNotKept
from link.node import Node
from link.remote.by_hand import differing, shown, taken_back_by_hand
from link.remote.orders import RemoteOrders, _wall_ms
from link.remote.shelf import STATE, Shelf, digest
from link.remote.starting import begin
from link.remote.state import (
    Trial,
    applied,
    confirmed,
)
from link.updates import Wellness

LOCAL = """\
[node]
venue = "museum"
node = "kiosk-2"
[clock]
trust = "always"
[remote]
restart = ["app", "browser", "machine"]
[session]
telephone = "69990000"
"""
CALM = "[session]\nidle_seconds = 90\n"


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "kiosk.toml"
    path.write_text(LOCAL)
    return path


# What is on the disk.


def apply(config: Path, text: str) -> None:
    """Do what an order to apply does before the node ends."""
    shelf = Shelf(config.parent / "remote")
    kept = applied(shelf.kept(), shelf.add(text), Trial("11111111"), _wall_ms())
    shelf.keep(kept)


def test_a_node_starts_with_what_was_applied_and_without_what_it_cannot_read(config: Path) -> None:
    assert load(config).session.idle_seconds == 30
    apply(config, CALM)
    begun = begin(reading(config))
    assert begun.config.session.idle_seconds == 90
    assert begun.config.session.telephone == "69990000"
    assert load(config).session.idle_seconds == 90
    # Another text that the next start cannot read is taken back at once.
    shelf = Shelf(config.parent / "remote")
    shelf.keep(confirmed(begun.kept, 0))
    apply(config, "[session]\nidle_seconds = 5\n")
    assert load(config).session.idle_seconds == 30
    begun = begin(reading(config))
    assert begun.config.session.idle_seconds == 90
    assert begun.kept.last is not None
    assert begun.kept.last.stage == "rolled_back"
    assert "idle_seconds" in begun.kept.last.why


def test_settings_that_a_changed_file_does_not_bear_are_left_out_and_told(config: Path) -> None:
    room = '[room]\nshares_reader = true\n[room.outputs]\nport = "/dev/x"\nstrike = 0\n'
    reader = '[card_reader]\ndriver = "wedge-card"\nport = "/dev/y"\n'
    config.write_text(LOCAL + reader + room)
    apply(config, "[room]\nlights_minutes = 30.0\n")
    shelf = Shelf(config.parent / "remote")
    shelf.keep(confirmed(begin(reading(config)).kept, 0))
    config.write_text(LOCAL)
    begun = begin(reading(config))
    assert begun.config.room is None
    assert begun.kept.trouble == "room: there is no such section at this node"
    assert begun.kept.current


def test_a_state_that_cannot_be_written_ends_a_trial(
    config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    apply(config, CALM)

    def full(*_: object) -> None:
        raise SettingsNotKept("state.json: cannot be written: No space left on device")

    monkeypatch.setattr(Shelf, "keep", full)
    begun = begin(reading(config))
    assert begun.config.session.idle_seconds == 30
    assert begun.kept.last is not None
    assert "No space left" in begun.kept.last.why


@pytest.mark.parametrize("damage", [b"", b"{", b"[]", b'{"current": 3}', b"\xff" * 10])
def test_a_damaged_state_leaves_the_nodes_own_file(config: Path, damage: bytes) -> None:
    apply(config, CALM)
    (config.parent / "remote" / STATE).write_bytes(damage)
    assert begin(reading(config)).config.session.idle_seconds == 30


def test_a_text_that_is_not_the_one_of_its_name_is_not_taken(config: Path) -> None:
    apply(config, CALM)
    (config.parent / "remote" / f"{digest(CALM.encode())}.toml").write_text(
        "[session]\nidle_seconds = 91\n"
    )
    assert load(config).session.idle_seconds == 30


def _dying_at(step: int, work: Callable[[], None]) -> bool:
    """Do some work in a process that ends dead before its step; tell whether it came so far."""
    child = os.fork()
    if child == 0:
        left = step

        def counted(call: Callable[..., Any]) -> Callable[..., Any]:
            def one(*arguments: Any, **more: Any) -> Any:
                nonlocal left
                left -= 1
                if left < 0:
                    os._exit(9)
                return call(*arguments, **more)

            return one

        for name in ("open", "fsync", "replace", "unlink"):
            setattr(os, name, counted(getattr(os, name)))
        try:
            work()
        finally:
            failed = sys.exc_info()[0] is not None
            os._exit(1 if failed else 0)
    _, status = os.waitpid(child, 0)
    code = os.waitstatus_to_exitcode(status)
    assert code in {0, 9}, code
    return code == 0


@pytest.mark.skipif(sys.platform != "linux", reason="needs fork")
def test_a_power_cut_between_any_two_steps_leaves_one_whole_configuration(tmp_path: Path) -> None:
    """Before it is the one of before, from then on the one that was applied; and never neither."""
    seen: list[float] = []
    is_through = False
    for step in range(40):
        folder = tmp_path / str(step)
        folder.mkdir()
        config = folder / "kiosk.toml"
        config.write_text(LOCAL)
        apply(config, "[session]\nidle_seconds = 60\n")
        shelf = Shelf(folder / "remote")
        shelf.keep(confirmed(begin(reading(config)).kept, 0))

        def work(config: Path = config, shelf: Shelf = shelf) -> None:
            apply(config, CALM)
            begun = begin(reading(config))
            shelf.keep(confirmed(begun.kept, 0))
            shelf.sweep(shelf.kept())

        is_through = _dying_at(step, work)
        assert load(config).session.idle_seconds in {60, 90}
        begun = begin(reading(config))
        assert not begun.kept.trouble
        seen.append(begun.config.session.idle_seconds)
        if is_through:
            break
    assert is_through
    assert len(seen) >= 10
    assert seen == sorted(seen)
    assert (seen[0], seen[-1]) == (60, 90)


# What a node answers.


@dataclass
class FakeNode:
    """What orders need of a node."""

    sent: list[RemoteReply] = field(default_factory=list)
    is_set: bool = True
    failing: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        self.uplink = SimpleNamespace(
            listen=lambda _topic, _take: None,
            remote=None,
            tell_status=lambda: None,
            reply=lambda payload: self.sent.append(decode_remote_reply(payload)),
        )
        self.recorder = SimpleNamespace(clock_is_set=self.is_set, os_boot="b" * 32)
        self.updates = None

    def wellness(self) -> Wellness:
        return Wellness(True, True, True, True, 0, self.failing)


class Bench:
    """A node's orders, and what they do."""

    def __init__(self, config: Path, **more: Any) -> None:
        self.node = FakeNode()
        self.stops = 0
        self.is_used = False
        self.config = config
        read = reading(config)
        self.orders = RemoteOrders(
            cast("Node", self.node),
            read,
            begin(read),
            in_use=lambda: self.is_used,
            stop=self._stop,
            **more,
        )
        self._id = 0

    def _stop(self) -> None:
        self.stops += 1

    def settings(self, verb: Any, text: str = "", base: str = "", age_ms: int = 0) -> RemoteReply:
        self._id += 1
        order = SettingsCommand(f"{self._id:08x}", _wall_ms() - age_ms, verb, "li", base, text)
        self.orders.take(encode_remote(order))
        return self.node.sent[-1]

    def restart(self, part: Any = "app") -> RemoteReply:
        self._id += 1
        self.orders.take(encode_remote(RestartCommand(f"{self._id:08x}", _wall_ms(), part)))
        return self.node.sent[-1]


def test_a_report_tells_what_may_be_set_and_nothing_else(config: Path) -> None:
    told = Bench(config).settings("report")
    assert (told.stage, told.sha256, told.text) == ("told", "", "")
    keys = {one.key for one in told.settings}
    assert {"session.idle_seconds", "screen.dark", "lending.loan_days"} <= keys
    assert {key.partition(".")[0] for key in keys} <= OF_KIOSKS.keys() - {"room", "ar"}


def test_a_preview_tells_what_would_change_and_changes_nothing(config: Path) -> None:
    bench = Bench(config)
    told = bench.settings("preview", CALM)
    assert told.changes == (Change("session.idle_seconds", "30.0", "90.0"),)
    assert (bench.stops, load(config).session.idle_seconds) == (0, 30)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[session]\nidle_seconds = 5\n", "session.idle_seconds: Input should be greater"),
        ("[session]\nidle = 5\n", "session.idle: is set at the node"),
        ('[broker]\nhost = "elsewhere"\n', "broker: is set at the node"),
        ("[session\n", "is not TOML"),
        ("[room]\nlights_minutes = 3\n", "room: there is no such section"),
    ],
)
def test_bad_settings_are_refused_with_one_sentence(config: Path, text: str, said: str) -> None:
    bench = Bench(config)
    for verb in ("preview", "apply"):
        told = bench.settings(verb, text)
        assert told.stage == "refused"
        assert told.why.startswith(said)
        assert "\n" not in told.why
        assert str(config) not in told.why
    assert bench.stops == 0


def test_an_order_is_of_its_moment_and_is_carried_out_once(config: Path) -> None:
    bench = Bench(config)
    assert "s old" in bench.settings("apply", CALM, age_ms=MOST_AGE_MS + 1000).why
    order = encode_remote(SettingsCommand("0000aaaa", _wall_ms(), "apply", "li", "", CALM))
    bench.orders.take(order)
    bench.orders.take(order)
    assert [one.stage for one in bench.node.sent[-2:]] == ["begun", "begun"]
    assert bench.stops == 1
    assert "another order" in bench.restart().why


def test_a_clock_that_is_not_set_takes_no_order(config: Path) -> None:
    bench = Bench(config)
    bench.node.recorder.clock_is_set = False
    assert "clock is not set" in bench.settings("report").why


def test_what_was_made_from_other_settings_is_refused(config: Path) -> None:
    bench = Bench(config)
    assert "look again" in bench.settings("apply", CALM, base="a" * 64).why
    assert "in force already" in bench.settings("apply", "").why
    assert "no settings before" in bench.settings("rollback").why


def test_applied_then_rolled_back_by_order(config: Path) -> None:
    Bench(config).settings("apply", CALM)
    begun = begin(reading(config))
    Shelf(config.parent / "remote").keep(confirmed(begun.kept, 0))
    bench = Bench(config)
    status = bench.orders.status()
    assert (status.sha256, status.previous) == (digest(CALM.encode()), "")
    assert bench.settings("rollback", base=status.sha256).stage == "begun"
    assert begin(reading(config)).config.session.idle_seconds == 30


def test_a_node_that_is_used_finishes_first(config: Path) -> None:
    bench = Bench(config)
    bench.is_used = True
    assert bench.restart().stage == "waiting"
    bench.orders._look()
    assert bench.stops == 0
    bench.is_used = False
    bench.orders._look()
    assert (bench.stops, bench.node.sent[-1].stage) == (1, "begun")
    assert bench.orders.is_busy
    again = Bench(config).orders.status()
    assert again.last is not None
    assert again.last.stage == "done"


def test_only_parts_that_the_node_allows_start_anew(config: Path) -> None:
    bench = Bench(config)
    assert "does not start its browser anew" in bench.restart("browser").why
    wishes: list[bool] = []

    def wish() -> bool:
        wishes.append(True)
        return len(wishes) > 1

    bench = Bench(config, browser=wish)
    assert "nobody watches" in bench.restart("browser").why
    assert bench.restart("browser").stage == "done"
    config.write_text(LOCAL.replace('restart = ["app", "browser", "machine"]', "restart = []"))
    bench = Bench(config, browser=wish)
    assert bench.orders.status().restart == ()
    assert bench.restart("app").stage == "refused"


async def test_a_machine_that_refuses_to_start_anew_is_told(config: Path) -> None:
    def refuses() -> None:
        raise OSError("Interactive authentication required")

    bench = Bench(config, reboot=refuses)
    order = RestartCommand("0000bbbb", _wall_ms(), "machine")
    bench.orders.take(encode_remote(order))
    assert bench.node.sent[-1].stage == "begun"
    await bench.orders._restart_machine(order)
    assert bench.node.sent[-1].why.endswith("Interactive authentication required")
    assert not bench.orders.is_busy


def test_orders_of_others_on_the_topic_are_left_alone(config: Path) -> None:
    bench = Bench(config)
    bench.orders.take(encode_room(RoomCommand("0000cccc", _wall_ms(), "close")))
    bench.orders.take(b"{")
    bench.orders.take(b'{"type": "settings"}')
    assert bench.node.sent == []


# By hand, at the machine.


def test_by_hand(config: Path, tmp_path: Path) -> None:
    read = reading(config)
    file = tmp_path / "calm.toml"
    file.write_text(CALM)
    assert differing(read, file) == ["session.idle_seconds: 30.0 → 90.0"]
    with pytest.raises(ConfigError, match="nothing is set from afar"):
        taken_back_by_hand(read)
    apply(config, CALM)
    Shelf(tmp_path / "remote").keep(confirmed(begin(read).kept, 0))
    assert "* session.idle_seconds = 90.0" in shown(read)
    assert taken_back_by_hand(read) == "in force at the next start: nothing from afar"
    assert shown(read)[-1] == "nothing is set from afar"


def test_an_edges_cameras_are_set_by_name(tmp_path: Path) -> None:
    path = tmp_path / "edge.toml"
    path.write_text(
        '[node]\nvenue = "museum"\nnode = "door"\n[remote]\n'
        '[[cameras]]\nname = "front"\nsource = "0"\n[[cameras.lines]]\nname = "door"\n'
        "start = [0.0, 0.5]\nend = [1.0, 0.5]\nin_vector = [0.0, 1.0]\n"
    )
    text = '[[cameras]]\nname = "front"\ndetector = "knn"\n'
    config = edge_reading(path).with_settings(text)
    assert (config.cameras[0].detector, len(config.cameras[0].lines)) == ("knn", 1)
    why = edge_reading(path).why_not('[[cameras]]\nname = "front"\nsource = "http://x"\n')
    assert why == "cameras.front.source: is set at the node, not from afar"
