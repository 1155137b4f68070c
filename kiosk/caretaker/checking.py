"""Whether a card opens the door: the library is asked by SIP2 (63), or the list is looked at.

Source: SIP2 interface guide 2.21, patron information; PA, PB and PC are wide-spread extensions.
"""

import asyncio
from collections.abc import Callable
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from contracts.door_cards import DoorCards
from contracts.sip2 import fields as f
from contracts.sip2 import parts as p
from contracts.sip2.codes import INVALID_PATRON, Flag
from contracts.sip2.fields import Field
from contracts.sip2.forms import Code
from contracts.sip2.message import Message, compose
from kiosk.caretaker.pins import RememberedPins
from kiosk.desk.patron import refusal_of
from kiosk.desk.sip2_client import Sip2Client
from kiosk.errors import IlsError
from kiosk.room.effects import CheckCard
from kiosk.room.events import Checked
from kiosk.room.rules import EntryRefusal, Holder
from kiosk.session.patron import IdentifyRefusal

_REFUSALS = {
    IdentifyRefusal.UNKNOWN_CARD: EntryRefusal.UNKNOWN_CARD,
    IdentifyRefusal.WRONG_PIN: EntryRefusal.WRONG_PIN,
    IdentifyRefusal.BLOCKED: EntryRefusal.BLOCKED,
}


class CardCheck:
    """`client` is the door's own connection, None without a library. `now_s` is Unix time.

    `pins` is None where no PIN is asked for while the library is away.
    """

    def __init__(
        self,
        client: Sip2Client | None,
        pins: RememberedPins | None,
        agreement: Field,
        zone: str,
        now_s: Callable[[], int],
    ) -> None:
        self.client = client
        self.cards: DoorCards | None = None
        self._pins = pins
        self._agreement = agreement
        self._zone = ZoneInfo(zone)
        self._now_s = now_s

    @property
    def is_there(self) -> bool:
        """Tell whether the library answers, as far as is known."""
        condition = None if self.client is None else self.client.condition
        return condition is not None and condition.is_online

    async def check(self, asked: CheckCard) -> Checked:
        """Return what the library, or the list, says of a card."""
        if asked.way == "list":
            return Checked(asked.ticket, refusal=await self._by_list(asked))
        if self.client is None:
            return Checked(asked.ticket, refusal=EntryRefusal.AWAY)
        try:
            answer = await self.client.ask(self._question(self.client, asked))
        except IlsError:
            return Checked(asked.ticket, refusal=EntryRefusal.AWAY)
        refusal = refusal_of(answer, is_pin_given=True)
        if refusal is IdentifyRefusal.WRONG_PIN and self._pins is not None:
            await asyncio.to_thread(self._pins.forget, asked.number)
        if refusal is not None:
            return Checked(asked.ticket, refusal=_REFUSALS[refusal])
        return Checked(asked.ticket, holder_of(answer, self._agreement))

    async def remember(self, asked: CheckCard) -> None:
        """Keep that a PIN was right, for the time without the library."""
        if self._pins is not None and asked.way == "library":
            await asyncio.to_thread(self._pins.remember, asked.number, asked.pin)

    async def _by_list(self, asked: CheckCard) -> EntryRefusal | None:
        today = datetime.fromtimestamp(self._now_s(), self._zone).date()
        if self.cards is None:
            return EntryRefusal.AWAY
        if not self.cards.lets_in(asked.number, today.isoformat()):
            return EntryRefusal.NOT_LISTED
        if self._pins is None:
            return None
        is_right = await asyncio.to_thread(self._pins.is_right, asked.number, asked.pin)
        return None if is_right else EntryRefusal.PIN_NOT_KNOWN

    def _question(self, client: Sip2Client, asked: CheckCard) -> Message:
        local = client.account.local(datetime.now(UTC))
        status = client.status
        supported = None if status is None else status.supported
        who = (
            *client.account.own_fields(),
            f.PATRON.of(asked.number),
            f.PATRON_PASSWORD.of(asked.pin),
        )
        if supported is not None and Code.PATRON_INFORMATION not in supported:
            return compose(Code.PATRON_STATUS, p.TRANSACTION_DATE.of(local), *who)
        return compose(Code.PATRON_INFORMATION, p.TRANSACTION_DATE.of(local), *who)


def holder_of(answer: Message, agreement: Field) -> Holder:
    """Return what a 64 or 24 says of a card's owner.

    Who may neither borrow, renew, recall nor hold is blocked; who may not borrow alone, for books
    that are overdue, may still come in.
    """
    denied = answer[p.PATRON_STATUS]
    agreed = answer.text(agreement).strip().upper()
    return Holder(
        category=answer.text(f.PATRON_CLASS),
        born_on=_day(answer.text(f.BIRTH)),
        expires_on=_day(answer.text(f.EXPIRY)),
        has_agreed=agreed not in {"", "N", "NO", "0"},
        is_blocked=Flag.CARD_LOST in denied or denied.issuperset(INVALID_PATRON),
    )


def _day(text: str) -> date | None:
    """Return a day as systems write it, YYYYMMDD or YYYY-MM-DD with whatever follows."""
    digits = text.strip().replace("-", "")[:8]
    try:
        return datetime.strptime(digits, "%Y%m%d").replace(tzinfo=UTC).date()
    except ValueError:
        return None
