"""The board of duties: marks, columns, order, filters; and the list of verdicts."""

from dataclasses import replace
from fractions import Fraction
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.compliance.bounds import Status
from hub.compliance.judge import Forecast
from hub.compliance.localtime import year_of
from hub.compliance.rules import KEPT, METRICS
from hub.pages.duties_view import Chosen, build_board, week_words
from hub.pages.duty_words import (
    DUTIES,
    MARK_WORDS,
    MARKS,
    Mark,
    amount,
    asked_words,
    mark_of,
    mark_words,
    percent,
)
from hub.pages.render import DISTRICT_ZONE
from hub.pages.verdict_list import build_list, marks_of
from tests.unit.hub.duties.worlds import RULES, WEEK, a_row, a_venue

VENUES = [a_venue(name) for name in "abcd"]
EVERY_DAY = RULES["c09.every_day"]


@pytest.mark.parametrize(
    ("status", "forecast", "final", "thin", "mark", "en"),
    [
        (Status.COMPLIANT, "over", True, False, "kept", "Kept"),
        (Status.COMPLIANT, "reached", False, False, "kept", "Reached"),
        (Status.WITH_EXCEPTION, "over", True, False, "excused", "Excused"),
        (Status.NON_COMPLIANT, "over", True, False, "breach", "Breach"),
        (Status.INSUFFICIENT, "unreachable", False, False, "breach", "Out of reach"),
        (Status.INSUFFICIENT, "over", True, False, "unknown", "Not known"),
        # Not over: only time is missing, unless hardly anything is known so far.
        (Status.INSUFFICIENT, "reachable", False, False, "going", "Under way"),
        (Status.INSUFFICIENT, "reachable", False, True, "unknown", "Not known"),
        (Status.NOT_APPLICABLE, "over", True, False, "none", "Not applicable"),
    ],
)
def test_marks(status: Status, forecast: str, final: bool, thin: bool, mark: Mark, en: str) -> None:
    found = mark_of(status, cast("Forecast", forecast), is_final=final, is_thin=thin)
    assert found == mark
    assert mark_words(found, is_final=final).en == en


def test_every_metric_has_a_name() -> None:
    assert set(DUTIES) == set(METRICS)
    assert set(MARK_WORDS) == set(MARKS)
    for rule in RULES.values():
        zh, en = asked_words(rule.metric, rule.op, rule.threshold(2026))
        assert zh
        assert en.isascii()


def test_what_is_asked_is_said_without_decimals() -> None:
    weekly = RULES["c09.district_weekly"]
    assert asked_words(weekly.metric, ">=", Fraction(76)) == (
        "每周时长不少于 76 小时",
        "Hours a week: at least 76 h",
    )
    share = RULES["c08.offpeak_share"]
    assert asked_words(share.metric, ">=", Fraction(1, 4)).en == "Off-peak: at least 25 %"
    assert asked_words(share.metric, ">=", Fraction(1, 3)).en == "Off-peak: at least 33.33 %"
    assert amount(weekly.metric, Fraction(75_9999, 10_000)).en == "75.99 h"
    assert asked_words(weekly.metric, ">=", None).en == "Hours a week: no threshold this year"


@given(st.fractions(min_value=0, max_value=1))
def test_a_share_is_never_rounded_up(share: Fraction) -> None:
    text = percent(share)
    assert text.endswith("%")
    shown = Fraction(text[:-1])
    assert shown <= share * 100 < shown + Fraction(1, 10)


def test_the_most_trouble_stands_first() -> None:
    rows = [
        a_row("a", Status.COMPLIANT),
        a_row("a", Status.COMPLIANT, KEPT),
        a_row("b", Status.INSUFFICIENT),
        a_row("b", Status.COMPLIANT, KEPT, known=97),
        a_row("c", Status.NON_COMPLIANT),
        a_row("c", Status.NON_COMPLIANT, EVERY_DAY),
        a_row("c", Status.NON_COMPLIANT, KEPT, known=40),
    ]
    board = build_board(VENUES, rows, WEEK, Chosen(), "en")
    assert [row.name for row in board.rows] == ["Venue c", "Venue b", "Venue a", "Venue d"]
    assert [head.words.en for head in board.heads] == ["Hours kept", "Hours a week", "Every day"]
    assert [row.coverage for row in board.rows] == ["40%", "97%", "100%", "—"]
    assert [row.is_thin for row in board.rows] == [True, False, False, False]
    assert [cell and cell.mark for cell in board.rows[1].cells] == ["kept", "unknown", None]
    assert board.rows[0].cells[1] is not None
    assert board.rows[0].cells[1].rule == "c09.district_weekly"
    assert board.rows[0].href == "/venues/c/week/2026-W10?lang=en"
    assert board.rows[0].cells[1].title == "Hours a week: at least 76 h"
    assert dict(board.marks) == {"breach": 1, "unknown": 1, "kept": 1}
    assert (board.venues, board.untold, board.coverage) == (4, 1, "79%")
    by_name = build_board(VENUES, rows, WEEK, Chosen(sort="name"), "zh")
    assert [row.name for row in by_name.rows] == ["馆a", "馆b", "馆c", "馆d"]
    least = build_board(VENUES, rows, WEEK, Chosen(sort="coverage"), "zh")
    assert [row.name for row in least.rows] == ["馆c", "馆b", "馆a", "馆d"]


def test_rules_that_ask_alike_share_a_column_and_the_worst_is_shown() -> None:
    week, year = WEEK, year_of(2026)
    rows = [
        a_row("a", Status.COMPLIANT, RULES["c09.district_weekly"], period=week),
        a_row("b", Status.COMPLIANT, RULES["c09.town_weekly"], period=week),
        a_row("b", Status.NON_COMPLIANT, RULES["c09.children_weekly"], period=week),
        a_row("b", Status.COMPLIANT, RULES["c08.closure_notice_lead"], period=year),
        a_row("b", Status.NON_COMPLIANT, RULES["c08.closure_notice_lead_statute"], period=year),
    ]
    board = build_board(VENUES[:2], rows, WEEK, Chosen(sort="name"), "en")
    names = [head.words.en for head in board.heads]
    assert names == ["Hours a week", "Closures told ahead", "Closures told 7 days ahead"]
    assert board.heads[0].asked is None
    assert [cell and cell.mark for cell in board.rows[1].cells] == ["breach", "kept", "breach"]


@pytest.mark.parametrize(
    ("chosen", "names"),
    [
        (Chosen(mark="breach"), ["a"]),
        (Chosen(mark="kept"), ["b"]),
        (Chosen(kind="book_room"), ["d"]),
        (Chosen(level="town", q="VENUE b"), ["b"]),
        (Chosen(level="space"), []),
        (Chosen(q="nowhere"), []),
    ],
)
def test_filters(chosen: Chosen, names: list[str]) -> None:
    venues = [*VENUES[:3], a_venue("d", "book_room")]
    rows = [a_row("a", Status.NON_COMPLIANT), a_row("b", Status.COMPLIANT)]
    board = build_board(venues, rows, WEEK, chosen, "en")
    assert [row.name[-1] for row in board.rows] == names
    assert board.venues == 4
    kinds = {option.value: option.count for option in board.options["kind"]}
    if chosen.kind:
        assert kinds == {"town_library": 3, "book_room": 1}


def test_a_week_is_called_by_its_days() -> None:
    assert week_words(WEEK).zh == "2026 年第 10 周（3月2日至3月8日）"
    assert week_words(WEEK).en == "Week 10 of 2026 (2 Mar to 8 Mar)"


def test_the_list_leaves_out_what_does_not_apply() -> None:
    rows = [
        a_row("b", Status.NON_COMPLIANT),
        a_row("a", Status.NOT_APPLICABLE, EVERY_DAY),
        replace(a_row("a", Status.COMPLIANT, KEPT), grade="none", due_s=0),
    ]
    told = build_list(VENUES, rows, WEEK.name, "", DISTRICT_ZONE)
    assert [(row.venue.en, row.mark) for row in told] == [
        ("Venue a", "kept"),
        ("Venue b", "breach"),
    ]
    assert (told[0].grade, told[0].coverage) == ("—", "—")
    assert (told[1].low.en, told[1].high.en) == ("74.00 h", "76.00 h")
    assert told[1].declared == ("76.00 小时", "76.00 h")
    assert told[1].computed == "2026-03-05 16:40"
    assert len(build_list(VENUES, rows, WEEK.name, "none", DISTRICT_ZONE)) == 1
    assert marks_of(rows)["breach"] == 1
