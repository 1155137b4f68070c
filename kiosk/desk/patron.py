"""Who a card is, and what they have, as the library says by 63, or by 23 where it has no 63.

Source: SIP2 interface guide 2.21, patron status and patron information.
"""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final

from contracts.sip2 import fields as f
from contracts.sip2 import parts as p
from contracts.sip2.codes import INVALID_PATRON, Flag, Summary
from contracts.sip2.dates import read_due
from contracts.sip2.fields import Field, FieldValue
from contracts.sip2.forms import Code
from contracts.sip2.message import Message, compose
from contracts.sip2.part import Part
from kiosk.desk.items import Items
from kiosk.desk.sip2_account import milliseconds
from kiosk.desk.sip2_client import Sip2Client
from kiosk.errors import IlsError
from kiosk.lending.due_text import readable_due
from kiosk.session.events import NotIdentified
from kiosk.session.patron import Account, Fee, HoldShown, IdentifyRefusal, Loan, Patron

PAGE: Final = 50
MOST_PAGES: Final = 10
MOST_TITLES: Final = 60
"""So many items of one account are asked after one by one; others show what the list says."""
# "12 3.50 CNY overdue 论语": number, amount, currency, what for, title.
_FEE: Final = re.compile(r"\S+ (\d+(?:\.\d+)?) ([A-Z]{3}) (\S+)(?: (.*))?")


class Patrons:
    """Asks after patrons. `now` gives the present, in UTC."""

    def __init__(
        self,
        client: Sip2Client,
        items: Items,
        *,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._client = client
        self._account = client.account
        self._items = items
        self._now = now

    async def identify(self, number: str, pin: str) -> Patron | NotIdentified:
        """Ask who this is; a PIN that was given has to be called right."""
        try:
            answer = await self._ask(number, pin)
        except IlsError:
            return NotIdentified(IdentifyRefusal.AWAY)
        refusal = refusal_of(answer, is_pin_given=bool(pin))
        if refusal is not None:
            return NotIdentified(refusal, "; ".join(answer.all(f.SCREEN)))
        denied = answer[p.PATRON_STATUS]
        may_borrow = Flag.CHARGE_DENIED not in denied
        why_not = "" if may_borrow else "; ".join(answer.all(f.SCREEN))
        return Patron(
            number,
            masked(answer.text(f.NAME)),
            may_borrow=may_borrow,
            may_renew=Flag.RENEW_DENIED not in denied,
            why_not=why_not,
        )

    async def account(self, number: str, pin: str) -> Account | None:
        """Read loans, holds and fees; None when the library's system gives no answer."""
        try:
            first = await self._ask(number, pin)
            if refusal_of(first, is_pin_given=bool(pin)) is not None:
                return None
            owed = _money(first)
            if first.code != Code.PATRON_INFORMATION_ANSWER:
                return Account(owed=owed, is_whole=False)
            overdue = await self._list(number, pin, first, Summary.OVERDUE)
            charged = await self._list(number, pin, first, Summary.CHARGED)
            ready = await self._list(number, pin, first, Summary.HOLD)
            waiting = await self._list(number, pin, first, Summary.UNAVAILABLE_HOLD)
            fines = await self._list(number, pin, first, Summary.FINE)
            may_renew = Flag.RENEW_DENIED not in first[p.PATRON_STATUS]
            loans = await self._loans(charged, frozenset(overdue), may_renew=may_renew)
            holds = await self._holds(ready, is_ready=True)
            holds += await self._holds(waiting, is_ready=False)
        except IlsError:
            return None
        counted = first[p.CHARGED_COUNT] or 0
        return Account(loans, holds, tuple(map(read_fee, fines)), owed, len(loans) >= counted)

    async def _ask(
        self, number: str, pin: str, summary: Summary | None = None, start: int = 1
    ) -> Message:
        status = self._client.condition or await self._client.refresh()
        supported = status.supported
        local = self._account.local(self._now())
        who: tuple[FieldValue, ...] = (
            *self._account.own_fields(),
            f.PATRON.of(number),
            *((f.PATRON_PASSWORD.of(pin),) if pin else ()),
        )
        if supported is not None and Code.PATRON_INFORMATION not in supported:
            return await self._client.ask(
                compose(Code.PATRON_STATUS, p.TRANSACTION_DATE.of(local), *who)
            )
        paging: tuple[FieldValue, ...] = ()
        if summary is not None:
            paging = (f.START_ITEM.of(str(start)), f.END_ITEM.of(str(start + PAGE - 1)))
        return await self._client.ask(
            compose(
                Code.PATRON_INFORMATION,
                p.TRANSACTION_DATE.of(local),
                p.SUMMARY.of(summary) if summary is not None else None,
                *who,
                *paging,
            )
        )

    async def _list(self, number: str, pin: str, first: Message, summary: Summary) -> list[str]:
        """Return a whole list, page by page; nothing is asked for where the count says none."""
        field, part = _LISTS[summary]
        count = first[part]
        found: list[str] = []
        if count == 0:
            return found
        for _ in range(MOST_PAGES):
            answer = await self._ask(number, pin, summary, len(found) + 1)
            # A system that knows no pages gives the same list again.
            fresh = [one for one in answer.all(field) if one not in found]
            found += fresh
            if not fresh or (count is not None and len(found) >= count):
                break
        return found

    async def _loans(
        self, listed: list[str], overdue: frozenset[str], *, may_renew: bool
    ) -> tuple[Loan, ...]:
        now_ms = milliseconds(self._now(), UTC)
        loans = []
        for at, text in enumerate(listed):
            item = await self._items.details(text) if at < MOST_TITLES else None
            if item is None:
                loans.append(Loan(text, text, is_overdue=text in overdue, may_renew=may_renew))
                continue
            due = read_due(item.due)
            due_ms = 0 if due is None else milliseconds(due, self._account.zone)
            loans.append(
                Loan(
                    text,
                    item.title or text,
                    readable_due(item.due, self._account.zone),
                    due_ms,
                    is_overdue=text in overdue or 0 < due_ms < now_ms,
                    may_renew=may_renew,
                )
            )
        return tuple(loans)

    async def _holds(self, listed: list[str], *, is_ready: bool) -> tuple[HoldShown, ...]:
        holds = []
        for at, text in enumerate(listed):
            item = await self._items.details(text) if at < MOST_TITLES else None
            holds.append(
                HoldShown(
                    (item.title if item else "") or text,
                    is_ready,
                    pick_up=item.place if item and is_ready else "",
                )
            )
        return tuple(holds)


_LISTS: Final[dict[Summary, tuple[Field, Part[int | None]]]] = {
    Summary.HOLD: (f.HOLD_ITEMS, p.HOLD_COUNT),
    Summary.OVERDUE: (f.OVERDUE_ITEMS, p.OVERDUE_COUNT),
    Summary.CHARGED: (f.CHARGED_ITEMS, p.CHARGED_COUNT),
    Summary.FINE: (f.FINE_ITEMS, p.FINE_COUNT),
    Summary.UNAVAILABLE_HOLD: (f.UNAVAILABLE_HOLDS, p.UNAVAILABLE_COUNT),
}


def refusal_of(answer: Message, *, is_pin_given: bool) -> IdentifyRefusal | None:
    """Return why a 64 or 24 lets nobody in, None where it lets somebody in."""
    denied = answer[p.PATRON_STATUS]
    valid = answer.text(f.VALID_PATRON).upper()
    is_nobody = not valid and not answer.text(f.NAME) and denied.issuperset(INVALID_PATRON)
    if valid == "N" or is_nobody:
        return IdentifyRefusal.UNKNOWN_CARD
    right = answer.text(f.VALID_PATRON_PASSWORD).upper()
    # A PIN that is not called right was not looked at.
    if right == "N" or (is_pin_given and right != "Y"):
        return IdentifyRefusal.WRONG_PIN
    return IdentifyRefusal.BLOCKED if Flag.CARD_LOST in denied else None


def masked(name: str) -> str:
    """Return a name as it may stand on a screen in a public room: its first letter alone."""
    name = name.strip()
    return f"{name[0]}*" if name else ""


def read_fee(text: str) -> Fee:
    """Return a fee of what a list says; what has another form is shown as it is."""
    found = _FEE.fullmatch(text)
    if found is None:
        return Fee(text, "")
    return Fee(found[4] or found[3], f"{found[1]} {found[2]}")


def _money(answer: Message) -> str:
    amount = answer.text(f.FEE_AMOUNT)
    if not amount.strip(" 0."):
        return ""
    return f"{amount} {answer.text(f.CURRENCY_TYPE)}".strip()
