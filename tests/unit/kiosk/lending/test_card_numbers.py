"""Numbers of cards, and due dates as they are read."""

from zoneinfo import ZoneInfo

import pytest

from kiosk.lending.card_numbers import CardRule
from kiosk.lending.due_text import readable_due

SHANGHAI = ZoneInfo("Asia/Shanghai")


@pytest.mark.parametrize(
    ("rule", "text", "number"),
    [
        (CardRule(), " 04A1B2C3 ", "04A1B2C3"),
        (CardRule(), "", None),
        (CardRule(), "a\x00b", None),
        (CardRule("decimal"), "04A1B2C3", "0077705923"),
        (CardRule("decimal_reversed"), "04A1B2C3", "3283263748"),
        (CardRule("decimal"), "no hex", None),
        (CardRule(pattern=r"\d{14}"), "21101080000017", "21101080000017"),
        (CardRule(pattern=r"\d{14}"), "9787101003048", None),
        (CardRule(pattern=r"LIB:(?P<number>\d+)"), "LIB:42", "42"),
    ],
    ids=range(9),
)
def test_a_number_comes_by_rule(rule: CardRule, text: str, number: str | None) -> None:
    assert rule.number_of(text) == number


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("20270127    235959", "2027-01-27"),
        ("20270127   Z155959", "2027-01-27"),
        ("2027-01-27T06:00:00Z", "2027-01-27 14:00"),
        ("5/23/2008,18:30", "2008-05-23 18:30"),
        ("soon", "soon"),
        ("", ""),
    ],
    ids=range(6),
)
def test_a_due_date_is_a_day_and_what_is_none_stands_as_it_is(text: str, shown: str) -> None:
    assert readable_due(text, SHANGHAI) == shown
