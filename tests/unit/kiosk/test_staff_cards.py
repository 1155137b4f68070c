"""Cards of the staff: found, proved, locked; and nothing of them can be read from the file."""

import stat
from pathlib import Path

import pytest

from kiosk.errands.staff_cards import Checked, StaffCards, add_card, names, remove_card
from kiosk.errors import StaffCardsError

CARD, PIN = "0400A1B2C3", "246810"


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "staff.json"
    add_card(path, "王芳", CARD, PIN)
    return path


def test_a_card_is_known_with_its_pin_alone(path: Path) -> None:
    cards = StaffCards(path, Clock())
    assert cards.check(CARD, PIN) == Checked("王芳")
    assert cards.check(CARD, "000000") == Checked()
    assert cards.check("0400FFFFFF", PIN) == Checked()
    assert cards.knows(CARD)
    assert not cards.knows("0400FFFFFF")
    assert names(path) == ["王芳"]
    remove_card(path, "王芳")
    assert cards.check(CARD, PIN) == Checked()


def test_the_file_is_its_owners_and_tells_neither_card_nor_pin(path: Path) -> None:
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    text = path.read_text("utf-8")
    assert CARD not in text
    assert PIN not in text


def test_wrong_pins_of_any_card_lock_all_for_a_while(path: Path) -> None:
    clock = Clock()
    cards = StaffCards(path, clock, most_wrong=3, lock_seconds=300)
    assert [cards.check(f"04000000{n:02}", "1111").is_locked for n in range(3)] == [
        False,
        False,
        True,
    ]
    clock.now = 299.0
    assert cards.check(CARD, PIN) == Checked(is_locked=True)
    clock.now = 301.0
    assert cards.check(CARD, PIN) == Checked("王芳")


def test_a_restart_forgives_no_wrong_pin(path: Path) -> None:
    clock = Clock()

    def again() -> StaffCards:
        return StaffCards(path, clock, most_wrong=3, lock_seconds=300)

    assert [again().check(CARD, "1111").is_locked for _ in range(3)] == [False, False, True]
    clock.now = 200.0
    cards = again()
    assert cards.check(CARD, PIN) == Checked(is_locked=True)
    clock.now = 499.0
    assert cards.check(CARD, PIN).is_locked, "a lock begins anew"
    clock.now = 501.0
    assert cards.check(CARD, "1111") == Checked(), "a lock that is over forgives all"
    assert again().check(CARD, PIN) == Checked("王芳")
    assert [again().check(CARD, "1111").is_locked for _ in range(2)] == [False, False]
    assert again().check(CARD, PIN) == Checked("王芳")
    kept = path.with_name("staff.json.wrong-pins")
    assert kept.read_bytes() == b"0"
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600


def test_a_count_that_cannot_be_kept_counts_all_the_same(path: Path) -> None:
    kept = path.with_name("staff.json.wrong-pins")
    kept.write_text("many")
    cards = StaffCards(path, Clock(), most_wrong=3)
    kept.unlink()
    kept.mkdir()
    assert [cards.check(CARD, "1111").is_locked for _ in range(2)] == [False, True]


@pytest.mark.parametrize(
    ("name", "number", "pin"),
    [("", "1", PIN), ("a\nb", "1", PIN), ("a", "", PIN), ("a", "1", "123"), ("a", "1", "12ab")],
    ids=["no-name", "two-lines", "no-card", "short", "letters"],
)
def test_what_is_no_card_is_refused(path: Path, name: str, number: str, pin: str) -> None:
    with pytest.raises(StaffCardsError):
        add_card(path, name, number, pin)


def test_a_card_is_one_persons_and_a_damaged_file_is_said(path: Path) -> None:
    with pytest.raises(StaffCardsError, match="somebody else"):
        add_card(path, "李强", CARD, PIN)
    add_card(path, "王芳", CARD, "13579")
    assert StaffCards(path, Clock()).check(CARD, "13579").name == "王芳"
    path.write_text("{")
    with pytest.raises(StaffCardsError, match=r"staff\.json"):
        names(path)
