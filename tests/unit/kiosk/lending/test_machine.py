"""One item's way through its stages, event by event."""

import pytest
from msgspec.structs import replace

from kiosk.lending.effects import (
    Announce,
    AnswerLost,
    Ask,
    BitFailed,
    BitVerified,
    Confirmed,
    Effect,
    Event,
    Finding,
    Look,
    Looked,
    LookFailed,
    Notice,
    PutBackExpired,
    Recovered,
    Replied,
    Reply,
    Request,
    SessionEnded,
    Shown,
    TagOnPad,
    Tell,
    Unsent,
    Wait,
    Waited,
    WriteBit,
)
from kiosk.lending.machine import step
from kiosk.lending.transaction import Action, Bit, Stage, Transaction, Upload
from kiosk.lending.unfinished import Case, case_of
from tests.unit.kiosk.lending.cases import NOW_MS, SECOND, UID, a_transaction, after

YES = Replied(Reply(is_ok=True, may_clear=True, title="论语", due="20261220    235959"))
KEPT = Replied(Reply(is_ok=True, may_clear=False))
NO = Replied(Reply(is_ok=False, reason="too many"))
DONE = BitVerified(UID, UID)
CLEAR, SECURE = WriteBit(UID, is_on=False), WriteBit(UID, is_on=True)
CHECKOUT, CHECKIN = Ask(Request.CHECKOUT), Ask(Request.CHECKIN)
OFF = Confirmed(frozenset({UID}))


def trail(one: Transaction) -> list[str]:
    return [step.stage.value for step in one.trail]


def test_a_borrow_clears_only_after_the_loan() -> None:
    sent, effects = after(a_transaction(), Confirmed())
    assert (sent.stage, effects) == (Stage.SENT, (CHECKOUT,))
    lent, effects = step(sent, YES, NOW_MS)
    assert (lent.stage, effects) == (Stage.BIT_PENDING, (Announce(), CLEAR))
    shown, effects = after(lent, DONE, Shown())
    assert (shown.stage, effects) == (Stage.SHOWN, ())
    assert trail(shown) == ["intent", "sent", "ils_ok", "bit_pending", "bit_verified", "shown"]
    assert (shown.title, shown.due) == ("论语", "20261220    235959")


def test_a_return_secures_before_it_is_sent() -> None:
    pending, effects = after(a_transaction(Action.RETURN), OFF)
    assert (pending.stage, pending.target, effects) == (Stage.BIT_PENDING, Bit.ON, (SECURE,))
    sent, effects = step(pending, DONE, NOW_MS)
    assert (sent.stage, effects) == (Stage.SENT, (CHECKIN,))
    home, effects = step(sent, KEPT, NOW_MS)
    assert (home.stage, effects) == (Stage.ILS_OK, (Announce(),))


def test_a_reference_item_is_lent_and_stays_secured() -> None:
    lent, effects = after(a_transaction(), Confirmed(), KEPT)
    assert (lent.stage, lent.is_accepted, effects) == (Stage.ILS_OK, True, (Announce(),))


def test_every_part_of_a_set_is_cleared() -> None:
    one = a_transaction(uids=(UID, SECOND))
    first, effects = after(one, Confirmed(), YES)
    assert effects == (Announce(), CLEAR)
    second, effects = step(first, DONE, NOW_MS)
    assert (second.stage, effects) == (Stage.BIT_PENDING, (WriteBit(SECOND, is_on=False),))
    assert step(second, BitVerified(SECOND, SECOND), NOW_MS)[0].stage is Stage.BIT_VERIFIED


def test_a_uid_that_changes_with_the_bit_is_followed() -> None:
    one, _ = after(a_transaction(), Confirmed(), YES, BitVerified(UID, "80FF"))
    assert (one.uids, one.stage) == (("80FF",), Stage.BIT_VERIFIED)


@pytest.mark.parametrize(
    ("was_off", "finding", "effects"),
    [
        (False, Finding.HERE, ()),
        (True, Finding.HERE, (CLEAR,)),
        (True, Finding.ELSEWHERE, (CLEAR,)),
        (True, Finding.AVAILABLE, ()),
        (True, Finding.UNKNOWN, ()),
    ],
)
def test_a_refused_return_is_undone_only_for_a_loan_and_where_the_bit_was_off(
    was_off: bool, finding: Finding, effects: tuple[Effect, ...]
) -> None:
    began = OFF if was_off else Confirmed()
    refused, looks = after(a_transaction(Action.RETURN), began, DONE, NO)
    assert looks == ((Look(),) if was_off else ())
    undone, found = step(refused, Looked(finding), NOW_MS)
    assert found == effects
    if was_off and finding is Finding.UNKNOWN:
        assert case_of(undone) is Case.BIT_PENDING


@pytest.mark.parametrize(
    ("looked", "stage", "effects"),
    [
        (Looked(Finding.HERE), Stage.BIT_PENDING, (Announce(), CLEAR)),
        (Looked(Finding.AVAILABLE), Stage.SENT, (CHECKOUT,)),
        (Looked(Finding.ELSEWHERE), Stage.REFUSED, (Tell(Notice.SEE_STAFF),)),
        (Looked(Finding.UNKNOWN), Stage.SENT, (Tell(Notice.SEE_STAFF),)),
        (LookFailed(), Stage.SENT, (Tell(Notice.SEE_STAFF),)),
    ],
)
def test_a_lost_answer_is_asked_after_before_anything_is_sent_again(
    looked: Event, stage: Stage, effects: tuple[Effect, ...]
) -> None:
    lost, asks = after(a_transaction(), Confirmed(), AnswerLost())
    assert (lost.stage, asks) == (Stage.SENT, (Look(),))
    found, does = step(lost, looked, NOW_MS)
    assert (found.stage, does) == (stage, effects)


def test_a_checkout_is_not_begun_for_ever() -> None:
    one, effects = after(a_transaction(), Confirmed())
    sends = 0
    while Ask(Request.CHECKOUT) in effects:
        sends += 1
        one, effects = after(one, AnswerLost(), Looked(Finding.AVAILABLE))
    assert (sends, one.stage) == (3, Stage.DROPPED)


@pytest.mark.parametrize(
    ("looked", "stage"),
    [(Finding.AVAILABLE, Stage.ILS_OK), (Finding.ELSEWHERE, Stage.SENT)],
)
def test_a_lost_answer_to_a_return(looked: Finding, stage: Stage) -> None:
    one, _ = after(a_transaction(Action.RETURN), OFF, DONE, AnswerLost(), Looked(looked))
    assert one.stage is stage


@pytest.mark.parametrize(("is_renewed", "stage"), [(True, Stage.ILS_OK), (False, Stage.SENT)])
def test_a_lost_answer_to_a_renewal_is_told_by_its_due_date(is_renewed: bool, stage: Stage) -> None:
    looked = Looked(Finding.HERE, is_renewed=is_renewed)
    one, _ = after(a_transaction(Action.RENEW), Confirmed(), AnswerLost(), looked)
    assert one.stage is stage


def test_a_bit_is_tried_three_times_then_the_item_has_to_be_put_back() -> None:
    one, _ = after(a_transaction(), Confirmed(), YES)
    for _ in range(2):
        one, effects = step(one, BitFailed(UID), NOW_MS)
        assert effects == (Wait(0.15),)
        one, effects = step(one, Waited(), NOW_MS)
        assert effects == (CLEAR,)
    one, effects = step(one, BitFailed(UID), NOW_MS)
    assert (one.stage, effects) == (Stage.BIT_PENDING, (Tell(Notice.PUT_BACK),))
    one, effects = step(one, TagOnPad(UID), NOW_MS)
    assert effects == (CLEAR,)
    assert step(one, DONE, NOW_MS)[0].stage is Stage.BIT_VERIFIED


@pytest.mark.parametrize(
    ("may_be_written", "may_cancel", "effects"),
    [
        (False, True, (Ask(Request.CANCEL_CHECKOUT),)),
        (True, True, (Tell(Notice.SEE_STAFF),)),
        (False, False, (Tell(Notice.SEE_STAFF),)),
    ],
)
def test_a_loan_is_taken_back_only_where_that_is_honoured_and_the_bit_is_surely_on(
    may_be_written: bool, may_cancel: bool, effects: tuple[Effect, ...]
) -> None:
    failed = BitFailed(UID, may_be_written=may_be_written)
    one, _ = after(a_transaction(), Confirmed(), YES, failed)
    one, does = step(one, PutBackExpired(may_cancel=may_cancel), NOW_MS)
    assert does == effects


@pytest.mark.parametrize(
    ("finding", "stage"),
    [(Finding.AVAILABLE, Stage.REFUSED), (Finding.HERE, Stage.BIT_PENDING)],
)
def test_a_loan_counts_as_taken_back_when_that_was_seen(finding: Finding, stage: Stage) -> None:
    failed = BitFailed(UID, may_be_written=False)
    events = (Confirmed(), YES, failed, PutBackExpired(may_cancel=True), KEPT, Looked(finding))
    one, effects = after(a_transaction(), *events)
    assert one.stage is stage
    assert (Announce(is_undone=True) in effects) == (finding is Finding.AVAILABLE)


def lost_power(*events: Event, action: Action = Action.BORROW) -> tuple[Transaction, object]:
    return after(a_transaction(action), *events, Recovered())


def test_after_a_start_what_was_not_sent_did_not_happen() -> None:
    one, effects = after(a_transaction(), Recovered())
    assert (one.stage, effects) == (Stage.DROPPED, ())


def test_after_a_start_what_was_sent_is_asked_and_never_sent_again() -> None:
    one, effects = lost_power(Confirmed())
    assert effects == (Look(),)
    assert step(one, Looked(Finding.AVAILABLE), NOW_MS)[0].stage is Stage.DROPPED
    lent, does = step(one, Looked(Finding.HERE), NOW_MS)
    assert lent.stage is Stage.BIT_PENDING
    assert Announce() in does


@pytest.mark.parametrize(
    ("finding", "effects"),
    [
        (Finding.HERE, (CLEAR,)),
        (Finding.AVAILABLE, (SECURE,)),
        (Finding.ELSEWHERE, ()),
        (Finding.UNKNOWN, ()),
    ],
)
def test_a_bit_left_undone_becomes_what_the_library_says_now(
    finding: Finding, effects: tuple[Effect, ...]
) -> None:
    one, _ = lost_power(Confirmed(), YES)
    one, does = step(one, TagOnPad(UID), NOW_MS)
    assert does == (Look(),)
    assert step(one, Looked(finding), NOW_MS)[1] == effects


def test_a_loan_that_the_library_does_not_hold_yet_is_cleared_from_the_journal_alone() -> None:
    one, _ = after(a_transaction(is_offline=True), Confirmed(), Recovered(), TagOnPad(UID))
    assert one.upload is Upload.WAITING
    assert step(one, DONE, NOW_MS)[0].stage is Stage.BIT_VERIFIED


@pytest.mark.parametrize("end", [Recovered(), SessionEnded()])
def test_a_return_that_was_not_sent_is_not_carried_on_alone(end: Event) -> None:
    one, effects = after(a_transaction(Action.RETURN), OFF, end)
    assert (one.stage, one.target, effects) == (Stage.BIT_PENDING, Bit.OFF, ())
    one, does = after(one, TagOnPad(UID), Looked(Finding.HERE))
    assert does == (CLEAR,)
    one, _ = step(one, DONE, NOW_MS)
    assert (one.stage, one.is_accepted) == (Stage.BIT_VERIFIED, False)
    never_off, _ = after(a_transaction(Action.RETURN), Confirmed(), end)
    assert never_off.stage is Stage.DROPPED


def test_what_could_not_leave_did_not_happen() -> None:
    one, effects = after(a_transaction(), Confirmed(), Unsent("nobody answers"))
    assert (one.stage, one.refusal, effects) == (Stage.DROPPED, "nobody answers", ())
    back, effects = after(a_transaction(Action.RETURN), OFF, DONE, Unsent("nobody answers"))
    assert (back.stage, effects) == (Stage.REFUSED, (Look(),))
    assert step(back, LookFailed(), NOW_MS)[0].stage is Stage.BIT_PENDING


def test_without_the_library_a_loan_waits_for_upload() -> None:
    one, effects = after(a_transaction(is_offline=True), Confirmed())
    assert (one.stage, one.upload) == (Stage.BIT_PENDING, Upload.WAITING)
    assert effects == (Announce(), CLEAR)
    back, _ = after(a_transaction(Action.RETURN, is_offline=True), Confirmed(), DONE)
    assert (back.stage, back.upload) == (Stage.ILS_OK, Upload.WAITING)


@pytest.mark.parametrize("stage", Stage)
def test_a_second_tap_and_a_late_answer_change_nothing(stage: Stage) -> None:
    one = replace(a_transaction(), stage=stage)
    if stage is not Stage.INTENT:
        assert step(one, Confirmed(), NOW_MS) == (one, ())
    if stage is not Stage.SENT:
        assert step(one, YES, NOW_MS) == (one, ())
    if stage is not Stage.BIT_PENDING:
        assert step(one, DONE, NOW_MS) == (one, ())
