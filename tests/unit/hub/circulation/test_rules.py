"""Due dates, fines, rules as data, queues, amounts."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.sip2.codes import Alert, Flag
from hub.circulation.book import CardState, Hold, HoldState, Item, ItemState, Patron, Standing
from hub.circulation.decide import flags_of, next_hold, queue_position, route_returned
from hub.circulation.due import days_late, due_at, end_of_day, fine_fen, local_day
from hub.circulation.loan_rules import LoanRule, PatronRule, read_loan_rules
from hub.circulation.words import fen_of, yuan
from hub.library.settings import load_loan_rules

ZONE = ZoneInfo("Asia/Shanghai")
RULE = LoanRule(28, 1, 28, 20, 2000, 0)
LIMITS = PatronRule(10, 5, 1, 2000)
TODAY = date(2026, 11, 29)


def at(*parts: int) -> int:
    return int(datetime(*parts, tzinfo=ZONE).timestamp() * 1000)  # type: ignore[misc, arg-type]


def a_hold(number: int, patron: int = 1, **given: object) -> Hold:
    told: dict[str, object] = {"work": 1, "item": None, "pickup": "here", "placed_ms": number}
    return Hold(id=number, patron=patron, **{**told, **given})  # type: ignore[arg-type]


class TestDueDates:
    def test_the_last_second_of_a_local_day(self) -> None:
        due = due_at(at(2026, 11, 29, 0, 0, 1), 28, ZONE, lambda _day: True)
        assert due == at(2026, 12, 27, 23, 59, 59)

    def test_no_day_on_which_the_branch_is_closed(self) -> None:
        due = due_at(at(2026, 11, 29, 12), 28, ZONE, lambda day: day.weekday() not in {6, 0})
        assert local_day(due, ZONE) == date(2026, 12, 29)

    def test_a_branch_that_never_opens_moves_nothing(self) -> None:
        due = due_at(at(2026, 11, 29, 12), 28, ZONE, lambda _day: False)
        assert local_day(due, ZONE) == date(2026, 12, 27)

    @pytest.mark.parametrize(
        ("back", "days", "fen"),
        [
            (at(2026, 12, 27, 23, 59, 59), 0, 0),
            (at(2026, 12, 28, 0, 0, 1), 1, 20),
            (at(2026, 12, 30, 23, 0), 3, 60),
            (at(2028, 1, 1, 0, 0), 370, 2000),
        ],
    )
    def test_fines(self, back: int, days: int, fen: int) -> None:
        due = end_of_day(date(2026, 12, 27), ZONE)
        assert days_late(due, back, ZONE) == days
        assert fine_fen(RULE, due, back, ZONE) == fen


class TestRules:
    def test_what_comes_with_the_hub(self) -> None:
        rule = load_loan_rules(None).of_loan("adult", "book")
        assert (rule.days, rule.renewals, rule.fine_fen_a_day) == (28, 1, 20)

    def test_the_most_special_one_holds(self) -> None:
        def row(name: str, kind: str, days: int) -> dict[str, object]:
            rest = dict.fromkeys(
                ("renewals", "renewal_days", "fine_fen_a_day", "most_fine_fen", "charge_fen"), 0
            )
            return {"class": name, "kind": kind, "days": days, **rest}

        rules = read_loan_rules(
            {
                "patrons": [{"class": "*", **dict.fromkeys(LIMITS.__dataclass_fields__, 1)}],
                "loans": [
                    row("*", "*", 1),
                    row("*", "cd", 2),
                    row("child", "*", 3),
                    row("child", "cd", 4),
                ],
                "holds": {"shelf_days": 7, "waiting_days": 9},
            }
        )
        found = [
            rules.of_loan(*key).days
            for key in (("adult", "book"), ("adult", "cd"), ("child", "book"), ("child", "cd"))
        ]
        assert found == [1, 2, 3, 4]

    @pytest.mark.parametrize(
        ("content", "sentence"),
        [
            ({"loan": []}, "loan: there is no such table"),
            ({"patrons": {}}, r"write \[\[patrons\]\]"),
            ({"patrons": [{}]}, "patrons row 1: class is missing"),
            ({"patrons": [{"class": "*", "most": 1}]}, "patrons row 1: most: there is no such"),
            ({"patrons": [{"class": "*", "most_loans": -1}]}, "most_loans has to be a whole"),
            ({}, r"each need a row for everything else"),
        ],
    )
    def test_bad_rules_are_one_sentence(self, content: dict[str, object], sentence: str) -> None:
        with pytest.raises(ValueError, match=sentence):
            read_loan_rules(content)


class TestHolds:
    def test_the_oldest_that_the_copy_fulfils(self) -> None:
        holds = [
            a_hold(3),
            a_hold(1, item=9),
            a_hold(2, state=HoldState.READY, copy=5),
        ]
        assert next_hold(4, holds) == holds[0]
        assert next_hold(9, holds) == holds[1]

    @given(st.lists(st.integers(0, 5), min_size=1, max_size=8))
    def test_places_in_the_queue_are_all_different(self, placed: list[int]) -> None:
        holds = [a_hold(n, n, placed_ms=when) for n, when in enumerate(placed, 1)]
        places = [queue_position(hold, holds) for hold in holds]
        assert sorted(places) == list(range(1, len(holds) + 1))

    @pytest.mark.parametrize(
        ("branch", "holds", "state", "alert", "destination"),
        [
            ("here", [], ItemState.AVAILABLE, Alert.NONE, ""),
            ("there", [], ItemState.IN_TRANSIT, Alert.TRANSFER, "here"),
            ("here", [a_hold(1)], ItemState.ON_HOLD_SHELF, Alert.HOLD_HERE, ""),
            ("there", [a_hold(1)], ItemState.IN_TRANSIT, Alert.HOLD_ELSEWHERE, "here"),
        ],
    )
    def test_where_a_returned_item_goes(
        self, branch: str, holds: list[Hold], state: ItemState, alert: Alert, destination: str
    ) -> None:
        item = Item(7, "B7", 1, "t", home_branch="here")
        route = route_returned(item, branch, holds)
        assert (route.state, route.alert, route.destination) == (state, alert, destination)


@pytest.mark.parametrize(
    ("patron", "standing", "flags"),
    [
        ({}, Standing(), set()),
        ({}, Standing(loans=10), {Flag.CHARGE_DENIED, Flag.TOO_MANY_CHARGED}),
        ({}, Standing(loans=1, overdue=1), {Flag.CHARGE_DENIED, Flag.TOO_MANY_OVERDUE}),
        ({}, Standing(holds=5), {Flag.HOLD_DENIED}),
        (
            {},
            Standing(owed_fen=2001),
            {Flag.CHARGE_DENIED, Flag.RENEW_DENIED, Flag.EXCESSIVE_FINES},
        ),
        ({"expires_on": "2026-11-29"}, Standing(), set()),
        ({"expires_on": "2026-11-28"}, Standing(), {Flag(n) for n in range(4)}),
        ({"blocks": "x"}, Standing(), {Flag(n) for n in range(4)}),
        ({"card_state": CardState.LOST}, Standing(), {Flag(n) for n in range(5)}),
    ],
)
def test_what_stands_against_a_patron(
    patron: dict[str, object], standing: Standing, flags: set[Flag]
) -> None:
    who = Patron(1, "P1", "n", "adult", **patron)  # type: ignore[arg-type]
    assert flags_of(who, standing, LIMITS, TODAY) == flags


@pytest.mark.parametrize(
    ("text", "fen"),
    [("0.20", 20), ("1", 100), ("1,5", 150), (".5", 50), ("12.34", 1234), ("0", 0)]
    + [(bad, None) for bad in ("", "x", "1.234", "-1", "1.", "1e3", "９", "1.2.3")],
)
def test_amounts(text: str, fen: int | None) -> None:
    assert fen_of(text) == fen


@given(st.integers(0, 10_000_000))
def test_amounts_there_and_back(fen: int) -> None:
    assert fen_of(yuan(fen)) == fen
