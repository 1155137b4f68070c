"""What the staff do for one patron: look, block a lost card, unblock, give a new PIN."""

import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Final

from hub.access import Who
from hub.access.texts import one_line
from hub.accounts.hashing import Hasher
from hub.audit import entry
from hub.circulation.book import Fee, Patron
from hub.errors import ConfigError, NotFound
from hub.store.records import LendingRecords, Records
from hub.store.records.lending_rows import Held, Lent
from hub.store.records.patrons import PatronRecords

REASON_LENGTH: Final = 120
PIN_DIGITS: Final = 6
_PIN: Final = re.compile(r"[0-9]{4,12}")


@dataclass(frozen=True, slots=True)
class Account:
    """A patron and what they have now."""

    patron: Patron
    lent: tuple[Lent, ...]
    held: tuple[Held, ...]
    fees: tuple[Fee, ...]


class PatronDesk:
    """By a card's number. The audit log names a patron by a number that is on no card.

    Each raises NotFound for a card that is nobody's, StoreUnavailable.
    """

    def __init__(self, records: Records, hasher: Hasher, clock_ms: Callable[[], int]) -> None:
        self._records = records
        self._patrons = PatronRecords(records)
        self._hasher = hasher
        self._clock_ms = clock_ms

    def about(self, by: Who, card: str) -> Account:
        """Return whose card it is and what they have; that somebody looked is on record, too."""
        with self._records.reading() as connection:
            book = LendingRecords(connection)
            patron = book.patron(card)
            if patron is None:
                raise NotFound(f"there is no card {card}")
            found = Account(
                patron,
                tuple(book.lent(patron.id)),
                tuple(book.held(patron.id)),
                tuple(book.fees(patron.id)),
            )
        self._patrons.note(entry(by, self._clock_ms(), "patron.seen", str(patron.id)))
        return found

    def block(self, by: Who, card: str, why: str) -> None:
        """Let a patron borrow nothing, until they are unblocked: a lost card, a dispute.

        `why` is shown to them; raises ConfigError when it is empty or too long.
        """
        why = one_line(why).replace("|", "/")
        if not 1 <= len(why) <= REASON_LENGTH:
            raise ConfigError(f"say why in 1 to {REASON_LENGTH} characters: the patron reads it")
        patron = self._patrons.number(card)
        facts = {"reason": why}
        told = entry(by, self._clock_ms(), "patron.blocked", str(patron), None, facts)
        self._patrons.set_blocks(patron, why, told)

    def unblock(self, by: Who, card: str) -> None:
        """Lift what the staff or a terminal blocked."""
        patron = self._patrons.number(card)
        told = entry(by, self._clock_ms(), "patron.unblocked", str(patron))
        self._patrons.set_blocks(patron, "", told)

    def agree(self, by: Who, card: str, day: date | None) -> None:
        """Write on which day a patron agreed to the rules of unstaffed rooms; None: they do not."""
        patron = self._patrons.number(card)
        action = "patron.agreed" if day else "patron.agreement_withdrawn"
        told = entry(by, self._clock_ms(), action, str(patron))
        self._patrons.set_agreed(patron, day.isoformat() if day else "", told)

    def give_pin(self, by: Who, card: str, pin: str | None = None) -> str:
        """Give a patron a new PIN, made up when none is told; return it.

        Raises ConfigError when it is not 4 to 12 digits.
        """
        if pin is None:
            pin = f"{secrets.randbelow(10**PIN_DIGITS):0{PIN_DIGITS}}"
        if not _PIN.fullmatch(pin):
            raise ConfigError("a PIN has 4 to 12 digits")
        patron = self._patrons.number(card)
        told = entry(by, self._clock_ms(), "patron.pin_given", str(patron))
        self._patrons.set_pin(patron, self._hasher.hash(pin), told)
        return pin
