"""Settings from afar: which may be set, and how they are tried."""

import tomllib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.remote_settings import SETTABLE as OF_EDGES
from kiosk.config import KioskConfig
from kiosk.remote_settings import SETTABLE as OF_KIOSKS
from link.remote.settable import Each, Keys, NotSettable, Settable, laid_over, listed
from link.remote.state import (
    ACTS_MS,
    MOST_ACTS,
    MOST_STARTS,
    Judge,
    Kept,
    Restart,
    Sign,
    Trial,
    applied,
    confirmed,
    restarting,
    started,
    taken_back,
    wait_ms,
)

WELL = Sign(is_writing=True, is_connected=True)
SOME: Settable = {"one": Keys(frozenset({"a"})), "two": Keys(frozenset({"b"}), True),
                  "many": Each(frozenset({"c"}))}  # fmt: skip


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("x = 1", "x: is set at the node"),
        ("[broker]\nhost = 'evil'", "broker: is set at the node"),
        ("[one]\nb = 1", "one.b: is set at the node"),
        ("one = 3", "one: is a section"),
        ("[two]\nb = 1", "two: there is no such section"),
        ("[[many]]\nc = 1", "each needs a name"),
        ("[[many]]\nname = 'nobody'", "there is no nobody"),
        ("[[many]]\nname = 'it'\nport = 'x'", "many.it.port: is set at the node"),
        ("[[many]]\nname = 'it'\n[[many]]\nname = 'it'", "a name of its own"),
        ("[many]\nname = 'it'", "is a list"),
    ],
)
def test_what_may_not_be_set_is_named(text: str, said: str) -> None:
    content = {"many": [{"name": "it", "c": 1}]}
    with pytest.raises(NotSettable, match=said):
        laid_over(content, tomllib.loads(text), SOME)


def test_settings_lie_over_the_file_by_section_and_by_name() -> None:
    content = {"two": {"b": 1, "z": 2}, "many": [{"name": "x", "c": 1}, {"name": "y", "q": 7}]}
    over = tomllib.loads("[one]\na = 5\n[two]\nb = 9\n[[many]]\nname = 'y'\nc = 3")
    result = laid_over(content, over, SOME)
    assert result == {
        "one": {"a": 5},
        "two": {"b": 9, "z": 2},
        "many": [{"name": "x", "c": 1}, {"name": "y", "q": 7, "c": 3}],
    }
    assert [tuple(one) for one in map(_fields, listed(result, over, SOME))] == [
        ("one.a", "5", True),
        ("two.b", "9", True),
        ("many.x.c", "1", False),
        ("many.y.c", "3", True),
    ]
    assert content["two"] == {"b": 1, "z": 2}


def _fields(one: Any) -> tuple[str, str, bool]:
    return one.key, one.value, one.is_remote


_VALUES = st.recursive(
    st.sampled_from([0, 7, True, "it", "x"]),
    lambda deeper: (
        st.lists(deeper, max_size=2)
        | st.dictionaries(st.sampled_from("abcname"), deeper, max_size=3)
    ),
    max_leaves=6,
)
_NAMES = st.sampled_from(["broker", "identity", "one", "two", "many", "node", "remote"])


@given(st.dictionaries(_NAMES, _VALUES, max_size=4))
def test_nothing_else_is_ever_changed(settings: dict[str, Any]) -> None:
    content = {"broker": {"host": "ours"}, "two": {"b": 1, "z": 2}, "many": [{"name": "it"}]}
    try:
        result = laid_over(content, settings, SOME)
    except NotSettable:
        return
    assert result["broker"] == {"host": "ours"}
    assert result["two"]["z"] == 2
    assert {"identity", "node", "remote"}.isdisjoint(result)
    assert set(result.get("one", {})) <= {"a"}


def test_no_list_of_settings_holds_a_key_that_trusts_or_runs_something() -> None:
    never = {"host", "port", "path", "file", "url", "driver", "options", "player", "program",
             "browser", "tls", "token_file", "password_file", "pack_keys", "allow_unsigned",
             "commands", "framed_by", "source", "model", "offline", "pin", "needs_agreement",
             "classes", "min_age", "cards"}  # fmt: skip
    for settable in (OF_EDGES, OF_KIOSKS):
        assert not never & {name for keys in settable.values() for name in keys.names}
        assert not {"node", "broker", "identity", "remote", "updates", "hub"} & settable.keys()


def test_every_settable_key_is_one_of_the_configuration() -> None:
    fields = KioskConfig.model_fields
    for section, keys in OF_KIOSKS.items():
        kind = next(
            one for one in (fields[section].annotation, *getattr(fields[section].annotation,
            "__args__", ())) if hasattr(one, "model_fields"))  # fmt: skip
        assert keys.names <= kind.model_fields.keys(), section


# How a trial goes.


def a_trial(now_ms: int = 1000) -> Kept:
    return applied(Kept(current="a" * 64), "b" * 64, Trial("11111111", connected=True), now_ms)


def test_a_trial_that_goes_well_is_confirmed_and_the_one_before_stays_at_hand() -> None:
    kept = confirmed(started(a_trial(), "boot", 2000), 9000)
    assert (kept.current, kept.previous, kept.trial) == ("b" * 64, "a" * 64, None)
    assert kept.last is not None
    assert (kept.last.id, kept.last.stage) == ("11111111", "done")


def test_a_node_that_ends_by_itself_with_them_gets_the_ones_before() -> None:
    kept = a_trial()
    for _ in range(MOST_STARTS):
        kept = started(kept, "boot", 2000)
        assert kept.current == "b" * 64
    kept = started(kept, "boot", 3000)
    assert (kept.current, kept.previous, kept.trial) == ("a" * 64, None, None)
    assert kept.last is not None
    assert kept.last.stage == "rolled_back"
    assert "ended 2 times" in kept.last.why


def test_a_judge_wants_what_the_node_could_do_before_without_a_break() -> None:
    judge = Judge(Trial("11111111", connected=True, failing=("printer",)), 60, 300)
    assert judge.judge(Sign(True, False), 0) == "try"
    assert judge.judge(Sign(True, True, ("printer",)), 10) == "try"
    assert judge.judge(Sign(True, True, ("pad", "printer")), 60) == "try"
    assert judge.missing(Sign(True, True, ("pad", "printer"))) == "pad failed, and did not before"
    assert judge.judge(WELL, 100) == "try"
    assert judge.judge(Sign(False, True), 159) == "try"
    assert judge.judge(WELL, 160) == "try"
    assert judge.judge(WELL, 220) == "well"
    assert Judge(Trial("11111111"), 60, 300).judge(Sign(False, False), 300) == "bad"


def test_new_starts_are_few() -> None:
    kept = Kept()
    for number in range(MOST_ACTS):
        assert wait_ms(kept, number) == 0
        kept = restarting(kept, Restart("11111111", "app", "boot"), number)
    assert wait_ms(kept, MOST_ACTS) == ACTS_MS - MOST_ACTS
    assert wait_ms(kept, ACTS_MS) == 0
    # A clock that was put back forgives nothing, and locks nobody out for ever.
    assert 0 < wait_ms(kept, -10_000_000) <= ACTS_MS


def test_a_machine_that_did_not_start_anew_is_told_as_such() -> None:
    kept = restarting(Kept(), Restart("11111111", "machine", "before"), 0)
    for boot, stage in (("before", "refused"), ("after", "done")):
        ended = started(kept, boot, 5)
        assert ended.restart is None
        assert ended.last is not None
        assert ended.last.stage == stage


@given(st.lists(st.sampled_from(["start", "apply", "well", "bad", "roll"]), max_size=30))
def test_what_is_in_force_was_applied_and_is_never_on_trial_for_more_starts(
    deeds: list[str],
) -> None:
    kept, known = Kept(), {""}
    for number, deed in enumerate(deeds):
        match deed:
            case "start":
                kept = started(kept, "boot", number)
            case "apply" if kept.trial is None:
                known.add(f"{number:064x}")
                kept = applied(kept, f"{number:064x}", Trial("11111111"), number)
            case "roll" if kept.trial is None and kept.previous is not None:
                kept = applied(kept, kept.previous, Trial("11111111"), number)
            case "well":
                kept = confirmed(kept, number)
            case "bad":
                kept = taken_back(kept, "it did", number)
        assert kept.current in known
        assert kept.trial is None or kept.trial.starts <= MOST_STARTS
