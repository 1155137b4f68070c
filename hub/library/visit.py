"""One request of a terminal with what it may use, and the answers that are common to all."""

from dataclasses import dataclass
from typing import Final

from contracts.sip2 import fields as f
from contracts.sip2 import parts as p
from contracts.sip2.codes import INVALID_PATRON
from contracts.sip2.fields import Field, FieldValue
from contracts.sip2.forms import FORMS, Code
from contracts.sip2.message import Message, compose
from contracts.sip2.part import Filled
from hub.circulation.book import Hold, Patron, Standing
from hub.circulation.decide import Refusal
from hub.circulation.words import Tongue, refused
from hub.library.pins import PinSeen, PinState
from hub.library.settings import LibrarySettings
from hub.store.records import LendingRecords
from hub.store.records.lending_rows import Found

_ABSENT: Final = PinSeen(PinState.ABSENT)
_OF_A_PATRON: Final = frozenset({Code.PATRON_STATUS_ANSWER, Code.PATRON_ENABLE_ANSWER})


@dataclass(frozen=True, slots=True)
class Visit:
    """A request: who asks, what, when, and the records that it may read and change."""

    message: Message
    book: LendingRecords
    settings: LibrarySettings
    terminal: str
    branch: str
    """Where the terminal stands."""
    now_ms: int
    tongue: Tongue = "zh"
    pin: PinSeen = _ABSENT

    @property
    def is_no_block(self) -> bool:
        """Tell whether it has happened already, so that it can only be recorded."""
        return p.NO_BLOCK in self.message.form.places and self.message[p.NO_BLOCK]

    @property
    def happened_ms(self) -> int:
        """Return when it happened: the terminal's time of what was done off-line, else now."""
        if not self.is_no_block:
            return self.now_ms
        told = self.settings.instant(self.message[p.TRANSACTION_DATE])
        # A clock that runs ahead dates nothing into the future.
        return self.now_ms if told is None else min(told, self.now_ms)

    def patron(self) -> Patron | Refusal:
        """Return whose card it is, if the PIN that came with it is right."""
        found = self.visitor()
        return found if isinstance(found, Refusal) else found[0]

    def visitor(self) -> tuple[Patron, Standing] | Refusal:
        """Return whose card it is and what they have, if the PIN that came with it is right."""
        card = self.message.text(f.PATRON)
        found = self.book.visitor(card, self.now_ms) if card else None
        if found is None:
            return Refusal.CARD_UNKNOWN
        if self.pin.state is PinState.LOCKED:
            return Refusal.PIN_LOCKED
        if self.pin.state is PinState.ABSENT:
            return Refusal.PIN_WRONG if self.settings.is_pin_required else found
        # A PIN that was changed since it was looked at is no longer the one.
        is_right = self.pin.state is PinState.RIGHT and self.pin.stored == found[0].pin_hash
        return found if is_right else Refusal.PIN_WRONG

    def holds(self, found: Found) -> list[Hold]:
        """Return the open holds of an item's work, the oldest first."""
        return self.book.holds_of_work(found.item.work) if found.has_holds else []

    def answer(self, *said: Filled | FieldValue | None) -> Message:
        """Return the answer of the request's kind, with institution, date and sequence number."""
        code = FORMS[self.message.code].answer
        assert code is not None  # noqa: S101
        return compose(
            code,
            p.TRANSACTION_DATE.of(self.settings.local(self.now_ms)),
            f.INSTITUTION.of(institution_of(self.message, self.settings)),
            *said,
            sequence=self.message.sequence,
        )

    def echo(self, field: Field) -> FieldValue:
        """Return a field as the request has it."""
        return field.of(self.message.text(field))

    def refuse(self, refusal: Refusal, *more: Filled | FieldValue | None) -> Message:
        """Return the answer that says why it was not done."""
        return refusal_of(self.message, self.settings, refusal, self.now_ms, self.tongue, *more)

    def screen(self, text: str) -> FieldValue:
        """Return a line for the screen."""
        return f.SCREEN.of(text)


def institution_of(message: Message, settings: LibrarySettings) -> str:
    """Return the institution of an answer: the one that was asked, else ours."""
    return message.text(f.INSTITUTION) or settings.institution


def refusal_of(
    message: Message,
    settings: LibrarySettings,
    refusal: Refusal,
    now_ms: int,
    tongue: Tongue,
    *more: Filled | FieldValue | None,
) -> Message:
    """Return a request's answer when nothing is done; needs no records.

    `more` fields take the place of empty ones of the same code.
    """
    code = FORMS[message.code].answer
    assert code is not None  # noqa: S101
    given = {one.code for one in more if isinstance(one, FieldValue)}
    said: list[Filled | FieldValue] = []
    if p.TRANSACTION_DATE in FORMS[code].places:
        said.append(p.TRANSACTION_DATE.of(settings.local(now_ms)))
    if code in {Code.CHECKOUT_ANSWER, Code.RENEW_ANSWER}:
        said += [p.RENEWAL_OK.of(refusal is Refusal.ALREADY_YOURS), p.DESENSITIZE.of(False)]
    elif code is Code.CHECKIN_ANSWER:
        # To set the bit of an item once more is safe, whatever is wrong with it.
        said.append(p.RESENSITIZE.of(refusal is not Refusal.NOT_LOGGED_IN))
    elif code in _OF_A_PATRON or code is Code.PATRON_INFORMATION_ANSWER:
        said += _of_nobody(message, refusal)
    for field in FORMS[code].required:
        if field.code not in given:
            said.append(_in_refusal(field, message, settings))
    if code is not Code.LOGIN_ANSWER:
        said.append(f.SCREEN.of(refused(refusal, tongue)))
    return compose(code, *said, *more, sequence=message.sequence)


def _of_nobody(message: Message, refusal: Refusal) -> list[Filled | FieldValue]:
    is_known = refusal in {Refusal.PIN_WRONG, Refusal.PIN_LOCKED}
    said: list[Filled | FieldValue] = [
        p.PATRON_STATUS.of(INVALID_PATRON),
        f.VALID_PATRON.of("NY"[is_known]),
    ]
    if p.LANGUAGE in message.form.places:
        said.append(p.LANGUAGE.of(message[p.LANGUAGE] or "000"))
    if message.text(f.PATRON_PASSWORD):
        said.append(f.VALID_PATRON_PASSWORD.of("N"))
    return said


def _in_refusal(field: Field, message: Message, settings: LibrarySettings) -> FieldValue:
    if field is f.INSTITUTION:
        return f.INSTITUTION.of(institution_of(message, settings))
    return field.of(message.text(field) if field in {f.PATRON, f.ITEM} else "")
