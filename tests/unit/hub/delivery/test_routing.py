"""Who is told of what, and from when on: routes, hours, days, who hears of the end."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from hub.delivery.book import Book, Route, span_minutes
from hub.delivery.routing import Decision, Due, Earlier, decide, opens_ms
from tests.unit.hub.delivery.events import SHANGHAI, TUESDAY, at, book, channel, told, weekday

THREE = [channel("duty"), channel("boss", language="en"), channel("admin")]


def due(found: Decision) -> dict[str, int]:
    return {each.channel: each.at_ms for each in found.due}


def of(
    made: Book, event: Any, now_ms: int = TUESDAY, earlier: tuple[Earlier, ...] = ()
) -> Decision:
    return decide(made, event, earlier, now_ms, weekday)


@pytest.mark.parametrize(
    ("route", "changes", "goes"),
    [
        ({}, {}, True),
        ({"severity": "warning"}, {}, True),
        ({"severity": "critical"}, {}, False),
        ({"severity": "critical"}, {"severity": "critical"}, True),
        ({"kinds": ["late_opening", "conflict"]}, {}, True),
        ({"kinds": ["conflict"]}, {}, False),
        ({"venues": ["museum"]}, {}, True),
        ({"venues": ["library"]}, {}, False),
        ({"venues": ["library"]}, {"venue": ""}, False),
        ({"audience": ["district"]}, {}, False),
        ({"audience": ["district"]}, {"audience": "district"}, True),
        ({"on": ["escalated"]}, {}, False),
        ({"on": ["escalated"]}, {"step": "escalated"}, True),
        ({"on": ["raised"]}, {"step": "again"}, True),
        ({"on": ["raised"]}, {"step": "escalated"}, False),
        ({}, {"is_late": True}, False),
        ({}, {"is_late": True, "step": "escalated"}, False),
    ],
    ids=str,
)
def test_a_route_leads_what_it_names(
    route: dict[str, Any], changes: dict[str, Any], goes: bool
) -> None:
    step = changes.pop("step", "raised")
    found = of(book({"channels": ["duty"], **route}), told(step, **changes))
    assert found.due == ((Due("duty", "zh", TUESDAY),) if goes else ())


def test_by_two_routes_a_channel_is_told_once_and_as_soon_as_one_lets_it() -> None:
    made = book(
        {"channels": ["duty"], "hours": ["10:00-18:00"], "language": "en"},
        {"channels": ["duty", "boss"]},
        channels=THREE,
    )
    assert of(made, told()).due == (Due("duty", "zh", TUESDAY), Due("boss", "en", TUESDAY))


@pytest.mark.parametrize(
    ("route", "now", "opens"),
    [
        ({}, "2026-11-24 03:00", "2026-11-24 03:00"),
        ({"hours": ["08:00-22:00"]}, "2026-11-24 07:59", "2026-11-24 08:00"),
        ({"hours": ["08:00-22:00"]}, "2026-11-24 08:00", "2026-11-24 08:00"),
        ({"hours": ["08:00-22:00"]}, "2026-11-24 22:00", "2026-11-25 08:00"),
        ({"hours": ["13:00-17:00", "08:00-12:00"]}, "2026-11-24 12:30", "2026-11-24 13:00"),
        ({"hours": ["22:00-06:00"]}, "2026-11-24 02:00", "2026-11-24 02:00"),
        ({"hours": ["22:00-06:00"]}, "2026-11-24 06:00", "2026-11-24 22:00"),
        # Friday's night lasts into Saturday.
        ({"days": "working", "hours": ["22:00-06:00"]}, "2026-11-28 05:59", "2026-11-28 05:59"),
        ({"days": "working", "hours": ["22:00-06:00"]}, "2026-11-28 06:00", "2026-11-30 22:00"),
        ({"days": "working"}, "2026-11-28 12:00", "2026-11-30 00:00"),
        ({"days": ["sat", "sun"]}, "2026-11-24 12:00", "2026-11-28 00:00"),
        ({"hours": ["08:00-24:00"]}, "2026-11-24 23:59", "2026-11-24 23:59"),
    ],
    ids=str,
)
def test_hours_and_days_of_a_route(route: dict[str, Any], now: str, opens: str) -> None:
    made = Route.model_validate({"channels": ["duty"], **route})
    assert opens_ms(made, at(now), SHANGHAI, weekday) == at(opens)


def test_hours_that_never_come_are_none() -> None:
    made = Route.model_validate({"channels": ["duty"], "days": "working"})
    assert opens_ms(made, TUESDAY, SHANGHAI, lambda _day: False) is None
    assert of(book({"channels": ["duty"], "days": "working"}), told()).due != ()
    assert (
        decide(book({"channels": ["duty"], "days": "working"}), told(), (), TUESDAY, _never).due
        == ()
    )


def _never(_day: date) -> bool:
    return False


def test_outside_of_its_hours_a_route_waits_or_leaves_it_to_others() -> None:
    night = at("2026-11-24 23:30")
    made = book(
        {"channels": ["duty"], "hours": ["08:00-22:00"]},
        {"channels": ["boss"], "hours": ["08:00-22:00"], "outside": "skip"},
        {"channels": ["admin"], "severity": "critical"},
        channels=THREE,
    )
    assert due(of(made, told(), night)) == {"duty": at("2026-11-25 08:00")}
    urgent = told(severity="critical")
    assert due(of(made, urgent, night)) == {"duty": at("2026-11-25 08:00"), "admin": night}


def test_what_becomes_urgent_at_night_does_not_wait_for_the_morning() -> None:
    made = book(
        {"channels": ["duty"], "hours": ["08:00-22:00"]},
        {"channels": ["duty"], "severity": "critical"},
    )
    night = at("2026-11-24 23:30")
    held = earlier(1, state="waiting", next_ms=at("2026-11-25 08:00"), attempts=0)
    urgent = told("escalated", severity="critical")
    # The raise that was held is in the escalation, which would otherwise wait behind it.
    assert of(made, urgent, night, (held,)) == Decision((Due("duty", "zh", night),), [1])
    calm = told("escalated")
    assert of(made, calm, night, (held,)).withdrawn == []


def earlier(id_: int, **changes: Any) -> Earlier:
    return replace(Earlier(id_, "duty", "zh", "raised", "sent", TUESDAY, 1), **changes)


def test_the_end_is_told_to_whom_the_raise_went_whatever_the_routes_say_by_now() -> None:
    made = book({"channels": ["boss"], "severity": "critical"}, channels=THREE)
    went = (earlier(1), earlier(2, channel="admin", language="en", step="escalated"))
    found = of(made, told("cleared"), earlier=went)
    assert found.due == (Due("duty", "zh", TUESDAY), Due("admin", "en", TUESDAY))
    # Even when the alert was history by the time of its end.
    assert of(made, told("cleared", is_late=True), earlier=went).due == found.due


def test_what_waits_for_somebodys_hours_and_is_over_before_is_told_to_nobody() -> None:
    held = earlier(1, state="waiting", next_ms=TUESDAY + 1, attempts=0)
    found = of(book(), told("cleared"), earlier=(held,))
    assert found == Decision((), (1,))
    # Tried before, it may have arrived: the end is told.
    tried = replace(held, attempts=1)
    assert of(book(), told("cleared"), earlier=(tried,)).due == (Due("duty", "zh", TUESDAY),)
    # What was to go this instant is going.
    assert of(book(), told("cleared"), earlier=(replace(held, next_ms=TUESDAY),)).due != ()


@pytest.mark.parametrize("state", ["dead", "dropped", "withdrawn", "tested"])
def test_the_end_of_what_never_arrived_is_not_told(state: Any) -> None:
    assert of(book(), told("cleared"), earlier=(earlier(1, state=state),)) == Decision()


def test_an_end_is_told_once_and_again_after_another_raise() -> None:
    first = (earlier(1), earlier(2, step="cleared"))
    assert of(book(), told("cleared"), earlier=first) == Decision()
    second = (*first, earlier(3, step="again"))
    assert due(of(book(), told("cleared"), earlier=second)) == {"duty": TUESDAY}


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"channel": [channel(), channel()]}, "two channels 'duty'"),
        ({"channel": [channel()], "route": [{"channels": ["nobody"]}]}, "no channel 'nobody'"),
        ({"route": [{"channels": ["duty"]}]}, "there is none"),
        ({"channel": [channel()], "route": [{"channels": []}]}, "at least 1"),
        ({"channel": [channel(url=None)]}, "give one of"),
        ({"channel": [channel(url_file="x")]}, "give one of"),
        ({"channel": [channel(url=None, url_variable="HOME")]}, "KAIGUAN_"),
        ({"channel": [channel()], "route": [{"channels": ["duty"], "kinds": ["x"]}]}, "no kind"),
        ({"channel": [channel()], "route": [{"channels": ["duty"], "hours": ["8-22"]}]}, "HH:MM"),
        ({"channel": [channel()], "route": [{"channels": ["duty"], "when": "now"}]}, "Extra"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_wrong_book_is_refused_and_no_url_stands_in_the_error(
    wrong: dict[str, Any], says: str
) -> None:
    with pytest.raises(ValidationError) as caught:
        Book.model_validate(wrong)
    assert says in str(caught.value)
    assert "127.0.0.1" not in str(caught.value)


def test_a_url_is_never_shown() -> None:
    made = book()
    for shown in (repr(made), str(made.channel[0]), made.model_dump_json()):
        assert "127.0.0.1" not in shown


@given(st.integers(0, 1439), st.integers(0, 1440))
def test_any_hours_are_read_or_refused(begin: int, end: int) -> None:
    text = f"{begin // 60:02}:{begin % 60:02}-{end // 60:02}:{end % 60:02}"
    if begin == end:
        with pytest.raises(ValueError, match="no hours"):
            span_minutes(text)
    else:
        first, last = span_minutes(text)
        assert first == begin
        assert last % 1440 == end % 1440
        assert 0 < last - first <= 1440


@given(
    st.integers(TUESDAY // 60_000, TUESDAY // 60_000 + 14 * 1440),
    st.integers(0, 1439),
    st.integers(0, 1440),
    st.sampled_from(["all", "working", ("sat",), ("mon", "thu")]),
)
def test_the_instant_that_is_found_is_inside_and_none_before_it_is(
    minute: int, begin: int, end: int, days: Any
) -> None:
    if begin == end:
        return
    hours = f"{begin // 60:02}:{begin % 60:02}-{end // 60:02}:{end % 60:02}"
    route = Route.model_validate({"channels": ["duty"], "days": days, "hours": [hours]})
    now_ms = minute * 60_000
    found = opens_ms(route, now_ms, SHANGHAI, weekday)
    assert found is not None
    assert found >= now_ms
    assert opens_ms(route, found, SHANGHAI, weekday) == found
    if found > now_ms:
        assert opens_ms(route, found - 60_000, SHANGHAI, weekday) == found
