"""When the panel is lit: by the venue's hours, by a touch, and always where nobody knows better."""

import pytest

from contracts.hours import PublicHours
from kiosk.shell.light import LightRules, is_lit, is_lit_by_hours

DAY = 86_400
OPENS, CLOSES = DAY + 9 * 3600, DAY + 20 * 3600
HOURS = PublicHours("Asia/Shanghai", 0, 7 * DAY, ((OPENS, CLOSES), (OPENS + DAY, CLOSES + DAY)))
RULES = LightRules()


@pytest.mark.parametrize(
    ("now_s", "lit"),
    [
        (OPENS - 15 * 60 - 1, False),
        (OPENS - 15 * 60, True),
        (OPENS, True),
        (CLOSES + 15 * 60 - 1, True),
        (CLOSES + 15 * 60, False),
        (OPENS + DAY - 15 * 60, True),
    ],
)
def test_it_is_lit_from_before_opening_until_after_closing(now_s: int, lit: bool) -> None:
    assert is_lit_by_hours(HOURS, now_s, RULES) is lit


def test_who_does_not_know_the_hours_keeps_it_lit() -> None:
    night = CLOSES + 3 * 3600
    assert not is_lit_by_hours(HOURS, night, RULES)
    assert is_lit_by_hours(None, night, RULES)
    assert is_lit_by_hours(HOURS, 8 * DAY, RULES)
    undeclared = PublicHours("Asia/Shanghai", 0, 7 * DAY, (), is_declared=False)
    assert is_lit_by_hours(undeclared, night, RULES)
    assert is_lit_by_hours(HOURS, night, LightRules(is_ever_dark=False))


def test_a_touch_lights_it_for_a_while() -> None:
    assert is_lit(by_hours=False, used_seconds=119.0, rules=RULES)
    assert not is_lit(by_hours=False, used_seconds=120.0, rules=RULES)
    assert not is_lit(by_hours=False, used_seconds=None, rules=RULES)
    assert is_lit(by_hours=True, used_seconds=None, rules=RULES)
