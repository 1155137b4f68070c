"""The journal tells known facts in words, and finds them."""

from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from contracts.events import EventName
from hub.rooms.journal import KINDS, MOST_DAYS, NAMES, days_of, page_of, searched, told
from hub.store.port import HappenedEvent

Value = bool | int | float | str


def happened(name: str, at_ms: int = 0, node: str = "kiosk", **data: Value) -> HappenedEvent:
    return HappenedEvent(f"{name}{at_ms}", "anting", node, "room", name, at_ms, data)


def test_events_are_told_in_words_newest_first() -> None:
    lines = told(
        [
            happened("door_unlocked", 1, via="card", offline=True),
            happened("entry_refused", 2, reason="too_young"),
            happened("room_command", 3, verb="close", remote=True, done=False),
            happened("room_trouble", 4, reason="output", output="lights", how="stuck"),
            happened("kiosk_use", 5, seconds=3.0),
        ]
    )
    assert [(line.group, line.en) for line in lines] == [
        ("alarm", "Trouble: a lock, light or other output does not respond, lights"),
        ("order", "Order: Close, from afar, refused"),
        ("entry", "Refused: too young"),
        ("entry", "Unlocked: card, without the library's system"),
    ]


def test_what_is_not_known_is_not_told() -> None:
    lines = told([happened("entry_refused", reason="<b>card 123</b>", patron="31234"),
                  happened("announced", kind="=1+1")])  # fmt: skip
    assert [line.zh for line in lines] == ["广播", "没有放行"]


def test_lines_are_found_by_node_group_kind_and_words() -> None:
    lines = told(
        [
            happened("entry_refused", 1, reason="wrong_pin"),
            happened("entry_refused", 2, "other", reason="full"),
            happened("fire_alarm", 3),
            happened("loan", 4),
        ]
    )
    assert [line.at_ms for line in searched(lines, node="kiosk")] == [4, 3, 1]
    assert [line.at_ms for line in searched(lines, group="entry")] == [2, 1]
    assert [line.at_ms for line in searched(lines, name="loan")] == [4]
    assert [line.at_ms for line in searched(lines, text="REFUSED pin")] == [1]
    assert [line.at_ms for line in searched(lines, text="已满")] == [2]
    assert page_of(lines, 1, 2) == (lines[1:3], 4)


def test_every_event_of_a_room_has_words() -> None:
    rooms = {name for name in EventName if name.startswith(("room_", "door_", "entry_", "staff_"))}
    assert rooms <= NAMES
    assert all(zh and en for _, (zh, en) in KINDS.values())


@given(st.dates(date(2026, 1, 1)), st.none() | st.dates(), st.none() | st.dates())
def test_days_are_few_and_not_to_come(today: date, since: date | None, until: date | None) -> None:
    first, last = days_of(since, until, today)
    assert first <= last <= today
    assert (last - first).days < MOST_DAYS


@given(st.lists(st.sampled_from(sorted(NAMES)), max_size=8), st.text(max_size=5))
def test_nothing_that_is_told_breaks_the_journal(names: list[str], text: str) -> None:
    events = [happened(name, n, reason=text, via=text, verb=text) for n, name in enumerate(names)]
    assert len(told(events)) == len(names)
