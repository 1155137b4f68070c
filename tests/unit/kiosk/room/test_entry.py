"""Who comes in: card, PIN, what the library says, how many are inside; each no has its reason."""

from datetime import date

import pytest

from kiosk.room import words
from kiosk.room.effects import CheckCard, Place, Switch
from kiosk.room.events import (
    CardBad,
    CardShown,
    Checked,
    ClockNow,
    Commanded,
    Contact,
    ContactNow,
    EntryLeft,
    LibraryNow,
    PeopleNow,
    PinTyped,
    TimetableNow,
)
from kiosk.room.rules import EntryRefusal, Holder, against, years
from kiosk.room.settings import Cleaning, Output, RoomSettings, Verb
from kiosk.room.state import Mode, Told
from kiosk.room.view import door_screen
from tests.unit.kiosk.room.at_the_room import CARD, CLOSES_S, GOOD, NOON_S, PIN, Bench, hours


@pytest.fixture
def room() -> Bench:
    return Bench().opened()


def test_card_and_pin_open_the_door_for_some_seconds(room: Bench) -> None:
    room.enter()
    assert room.coils[Output.STRIKE]
    assert room.state.told == Told(None, room.now)
    assert door_screen(room.state, room.moment, room.settings).title == words.COME_IN
    assert ("door_unlocked", {"via": "card", "offline": False}) in room.notes()
    room.wait(5)
    assert not room.coils[Output.STRIKE]
    assert room.refusals() == []


def test_the_door_locks_behind_who_came_in(room: Bench) -> None:
    room.enter()
    room.do(ContactNow(Contact.LEAF, is_active=True))
    assert ("room_entry", {"offline": False}) in room.notes()
    assert room.coils[Output.STRIKE]
    room.do(ContactNow(Contact.LEAF, is_active=False))
    assert not room.coils[Output.STRIKE]


def test_who_leaves_asks_nobody_and_is_noted(room: Bench) -> None:
    room.do(ContactNow(Contact.LEAF, is_active=True), ContactNow(Contact.LEAF, is_active=False))
    assert room.notes() == [("room_exit", {})]
    assert room.refusals() == []


@pytest.mark.parametrize(
    ("changes", "refusal"),
    [
        ({"is_blocked": True}, EntryRefusal.BLOCKED),
        ({"expires_on": date(2026, 11, 28)}, EntryRefusal.EXPIRED),
        # Libraries block it too, and only one of both says what helps.
        ({"expires_on": date(2026, 11, 28), "is_blocked": True}, EntryRefusal.EXPIRED),
        ({"born_on": date(2012, 11, 30)}, EntryRefusal.TOO_YOUNG),
        ({"born_on": None}, EntryRefusal.AGE_UNKNOWN),
        ({"has_agreed": False}, EntryRefusal.NO_AGREEMENT),
        ({"category": "school"}, EntryRefusal.CLASS),
    ],
    ids=["blocked", "expired", "expired-and-blocked", "young", "age", "agreement", "class"],
)
def test_what_the_library_says_of_the_owner_decides(
    changes: dict[str, object], refusal: EntryRefusal
) -> None:
    room = Bench(RoomSettings(min_age=14, classes=frozenset({"adult"}))).opened()
    room.tells_of(**changes)
    room.enter()
    assert room.refusals() == [refusal.value]
    assert not room.coils[Output.STRIKE]
    assert room.said(Place.DOOR) == ["door"]


def test_the_last_day_of_a_card_and_a_birthday_are_good(room: Bench) -> None:
    today = date(2026, 11, 29)
    assert (
        against(Holder("a", date(2012, 11, 29), today, has_agreed=True), room.settings, today)
        is None
    )
    assert years(date(2012, 2, 29), date(2026, 2, 28)) == 13
    assert years(date(2012, 2, 29), date(2026, 3, 1)) == 14


def test_every_refusal_has_words_in_both_languages() -> None:
    assert set(words.REFUSED) == set(EntryRefusal)
    for refusal in EntryRefusal:
        text = words.door_says(Told(refusal, 0.0, 7))
        assert text.zh
        assert text.en
        assert text.zh != text.en
        assert "{" not in text.zh + text.en


def test_a_closed_room_says_so_before_it_asks_for_a_pin(room: Bench) -> None:
    room.wall_s = CLOSES_S + 60
    room.do(CardShown(CARD))
    assert room.refusals() == ["closed"]
    assert room.state.attempt is None


@pytest.mark.parametrize(
    ("event", "mode"),
    [
        (ClockNow(is_set=False), Mode.UNKNOWN),
        (TimetableNow(None), Mode.UNKNOWN),
        (Commanded(Verb.CLOSE, "staff"), Mode.SHUT),
    ],
    ids=["clock", "hours", "shut"],
)
def test_a_room_that_does_not_know_or_is_shut_lets_only_the_staff_in(
    room: Bench, event: ClockNow | TimetableNow | Commanded, mode: Mode
) -> None:
    room.do(event)
    assert room.is_in(mode)
    room.enter()
    assert len(room.refusals()) == 1
    room.enter(is_staff=True, pin=room.staff_pin)
    assert room.coils[Output.STRIKE]
    room.do(ContactNow(Contact.LEAF, is_active=True))
    assert room.notes()[-1] == ("staff_entry", {"offline": False})


def test_cleaning_keeps_visitors_out_and_ends(room: Bench) -> None:
    room.settings = RoomSettings(cleaning=(Cleaning(None, 12 * 3600, 13 * 3600),))
    room.enter()
    assert room.refusals() == ["cleaning"]
    room.wall_s = NOON_S + 3600
    room.enter()
    assert room.coils[Output.STRIKE]


def test_cleaning_over_midnight_on_a_weekday() -> None:
    saturday = Cleaning(5, 23 * 3600, 1 * 3600)
    room = Bench(RoomSettings(cleaning=(saturday,)), wall_s=NOON_S - 11.5 * 3600)
    room.do(ClockNow(is_set=True), TimetableNow(hours(NOON_S - 80_000, CLOSES_S)))
    assert room.is_in(Mode.CLEANING)  # half past midnight, Sunday
    room.wall_s += 3600
    room.wait(1)
    assert room.is_in(Mode.OPEN)


def test_full_refuses_on_a_known_number_only(room: Bench) -> None:
    room.do(PeopleNow(40, "known", 40, at_ms=2))
    room.enter()
    assert room.refusals() == ["full"]
    assert "40" in words.door_says(room.state.told or Told(None, 0)).zh
    room.do(PeopleNow(40, "degraded", 40, at_ms=3))
    room.enter()
    assert room.refusals() == ["full"]
    assert room.coils[Output.STRIKE]
    room.wait(1)
    assert room.troubles() == ["uncounted"]


def test_its_own_limit_comes_before_the_venues_and_none_refuses_nobody(room: Bench) -> None:
    room.settings = RoomSettings(people_limit=3)
    room.enter()
    assert room.refusals() == ["full"]
    room.settings = RoomSettings()
    room.do(PeopleNow(500, "known", None, at_ms=2))
    room.enter()
    assert room.coils[Output.STRIKE]


def test_who_was_let_in_and_is_not_counted_yet_counts(room: Bench) -> None:
    room.do(PeopleNow(39, "known", 40, at_ms=2))
    room.enter()
    room.wait(6)
    room.enter()
    assert room.refusals() == ["full"]
    room.wait(6)
    room.do(PeopleNow(39, "known", 40, at_ms=3))  # they had second thoughts
    room.enter()
    assert room.refusals() == ["full"]
    assert room.coils[Output.STRIKE]


def test_without_the_library_the_list_decides(room: Bench) -> None:
    room.do(LibraryNow(is_there=False, list_at_s=NOON_S - 3600))
    room.answer = lambda asked: Checked(asked.ticket)
    asked = [one for one in room.enter() if isinstance(one, CheckCard)]
    assert [one.way for one in asked] == ["list"]
    assert ("door_unlocked", {"via": "card", "offline": True}) in room.notes()


@pytest.mark.parametrize("at_s", [None, NOON_S - 24 * 3600 - 1, NOON_S + 3600])
def test_a_list_that_is_missing_or_old_or_of_the_future_lets_nobody_in(
    room: Bench, at_s: int | None
) -> None:
    room.do(LibraryNow(is_there=False, list_at_s=at_s))
    room.enter()
    assert room.refusals() == ["away"]


def test_a_library_that_falls_silent_is_not_waited_for(room: Bench) -> None:
    asked: list[CheckCard] = []

    def answer(check: CheckCard) -> Checked | None:
        asked.append(check)
        return None if check.way == "library" else Checked(check.ticket)

    room.answer = answer
    room.enter()
    room.wait(3)
    assert [one.way for one in asked] == ["library", "list"]
    assert room.coils[Output.STRIKE]
    # Its late answer is nobody's.
    room.wait(6)
    room.do(Checked(asked[0].ticket, GOOD))
    assert not room.coils[Output.STRIKE]


def test_a_library_away_in_the_middle_leads_to_the_list(room: Bench) -> None:
    room.answer = lambda asked: Checked(
        asked.ticket, refusal=EntryRefusal.AWAY if asked.way == "library" else None
    )
    room.enter()
    assert room.coils[Output.STRIKE]


def test_the_library_never_lets_in_without_saying_whom(room: Bench) -> None:
    room.answer = lambda asked: Checked(asked.ticket)
    room.enter()
    assert not room.coils[Output.STRIKE]


def test_what_changed_while_the_library_thought_counts(room: Bench) -> None:
    room.answer = lambda _asked: None
    asked = next(one for one in room.enter() if isinstance(one, CheckCard))
    room.do(PeopleNow(40, "known", 40, at_ms=2))
    room.do(Checked(asked.ticket, GOOD))
    assert room.refusals() == ["full"]


def test_wrong_pins_in_a_row_lock_the_reader_for_a_while(room: Bench) -> None:
    room.refuses_with(EntryRefusal.WRONG_PIN)
    for _ in range(3):
        room.enter()
    room.enter()
    assert room.refusals() == ["wrong_pin"] * 3 + ["locked"]
    room.wait(60)
    room.tells_of()
    room.enter()
    assert room.coils[Output.STRIKE]


def test_a_right_pin_forgives_the_wrong_ones_before(room: Bench) -> None:
    for _ in range(3):
        room.refuses_with(EntryRefusal.WRONG_PIN)
        room.enter()
        room.enter()
        room.tells_of()
        room.enter()
    assert "locked" not in room.refusals()


def test_a_card_without_its_pin_is_forgotten(room: Bench) -> None:
    room.do(CardShown(CARD))
    assert door_screen(room.state, room.moment, room.settings).asks_pin
    room.wait(30)
    assert room.refusals() == ["too_slow"]
    room.do(PinTyped(PIN))
    assert not room.coils[Output.STRIKE]


def test_who_changes_their_mind_leaves_nothing(room: Bench) -> None:
    room.do(CardShown(CARD), EntryLeft())
    assert room.state.attempt is None
    assert room.refusals() == []


def test_a_second_card_takes_the_place_of_the_first_until_one_is_checked(room: Bench) -> None:
    room.answer = lambda _asked: None
    room.do(CardShown("1"), CardShown("2"))
    asked = next(one for one in room.do(PinTyped(PIN)) if isinstance(one, CheckCard))
    assert asked.number == "2"
    room.do(CardShown("3"))
    assert room.state.attempt is not None
    assert room.state.attempt.number == "2"


def test_two_cards_and_no_card_are_told_as_such(room: Bench) -> None:
    room.do(CardBad(EntryRefusal.TWO_CARDS), CardBad(EntryRefusal.UNREADABLE))
    assert room.refusals() == ["two_cards", "unreadable"]


def test_a_staff_card_with_a_wrong_pin_opens_nothing(room: Bench) -> None:
    room.enter(is_staff=True, pin="0000")
    assert room.refusals() == ["staff_unknown"]


def test_a_card_that_only_claims_to_be_staff_needs_the_staff_check(room: Bench) -> None:
    """The library's answer lets no card of the staff in: its own PIN has to."""
    room.do(CardShown(CARD, is_staff=True), PinTyped("0000"))
    room.do(Checked(1, GOOD))
    assert not room.coils[Output.STRIKE]


def test_nothing_that_is_kept_or_told_names_a_card(room: Bench) -> None:
    room.do(CardShown(CARD), PinTyped(PIN))
    room.wait(10)
    shown = [one for one in room.effects if not isinstance(one, CheckCard)]
    assert CARD not in repr(room.effects) + repr(room.state) + repr(shown)
    assert PIN not in repr(room.effects) + repr(room.state)
    assert room.state.attempt is None


def test_a_strike_that_does_not_follow_is_told_to_visitor_and_staff(room: Bench) -> None:
    room.stuck.add(Output.STRIKE)
    room.enter()
    room.wait(2)
    assert room.refusals() == ["door_stuck"]
    assert room.troubles() == ["output"]
    assert room.state.told is not None
    tries = [one for one in room.effects if isinstance(one, Switch) and one.output is Output.STRIKE]
    assert len(tries) == 3
    # Nobody came in: the limit does not count them.
    assert room.state.let_in == ()
    room.stuck.clear()
    room.enter()
    assert room.coils[Output.STRIKE]


def test_a_module_that_is_gone_is_told_and_tried_again_slowly(room: Bench) -> None:
    room.is_module_gone = True
    room.enter()
    room.wait(3)
    assert room.refusals() == ["door_stuck"]
    before = len(room.effects)
    room.wait(60)
    orders = [one for one in room.effects[before:] if isinstance(one, Switch)]
    assert len(orders) < 30
