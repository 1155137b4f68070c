"""The library's system as the desk has it: requests of a transaction, in SIP2's words.

Source: SIP2 interface guide 2.21. What answers mean for a security bit: docs/lending.md.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, Protocol

from contracts.sip2 import fields as f
from contracts.sip2 import parts as p
from contracts.sip2.codes import Alert, CirculationStatus, Summary
from contracts.sip2.dates import read_due
from contracts.sip2.fields import FieldValue
from contracts.sip2.forms import Code
from contracts.sip2.message import Message, compose
from contracts.sip2.part import Filled
from kiosk.desk.sip2_account import milliseconds
from kiosk.desk.sip2_client import Sip2Client
from kiosk.lending.effects import Finding, Looked, Reply, Request
from kiosk.lending.transaction import Action, Transaction

_PAGE = 50
_MOST_PAGES = 20
LENT: Final = frozenset(
    {
        CirculationStatus.CHARGED,
        CirculationStatus.CHARGED_NO_RECALL,
        CirculationStatus.RECALLED,
        CirculationStatus.CLAIMED_RETURNED,
        CirculationStatus.LOST,
    }
)
HOME: Final = frozenset(
    {
        CirculationStatus.AVAILABLE,
        CirculationStatus.ON_HOLD_SHELF,
        CirculationStatus.TO_BE_RESHELVED,
        CirculationStatus.IN_TRANSIT,
        CirculationStatus.IN_PROCESS,
    }
)
_ASIDE: Final[dict[str | None, str]] = {
    CirculationStatus.ON_HOLD_SHELF: Alert.HOLD_HERE.value,
    CirculationStatus.IN_TRANSIT: Alert.TRANSFER.value,
}
"""What the answer that was lost had said of an item that is back."""


@dataclass(frozen=True, slots=True)
class Happened:
    """When something was accepted without the library's system; the due date that was promised."""

    at_ms: int
    due_at_ms: int = 0


class Ils(Protocol):
    """The library's system. Every call raises NotSupported, NotSent or ReplyLost."""

    may_cancel: bool
    """Whether a checkout can be taken back."""
    knows_transactions: bool
    """Whether it carries out a transaction's id once, however often it comes."""

    async def ask(
        self, request: Request, one: Transaction, *, pin: str = "", happened: Happened | None = None
    ) -> Reply:
        """Send what a transaction asks for. `happened`: it has to be recorded after the fact."""
        ...

    async def look(self, one: Transaction, *, pin: str = "") -> Looked:
        """Ask whether the item of a transaction is lent, and to whom."""
        ...

    async def end(self, patron: str, *, pin: str = "") -> None:
        """Say that a patron is gone."""
        ...


class Sip2Ils:
    """A library's system behind SIP2. `now` gives the present, in UTC."""

    def __init__(
        self, client: Sip2Client, *, now: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        profile = client.account.profile
        self.may_cancel = profile.is_cancel_honoured
        self.knows_transactions = profile.is_repeat_safe
        self._client = client
        self._account = client.account
        self._now = now

    async def ask(
        self, request: Request, one: Transaction, *, pin: str = "", happened: Happened | None = None
    ) -> Reply:
        """Send the request; a refusal is a reply."""
        answer = await self._client.ask(self._message(request, one, pin, happened))
        return read_reply(answer)

    async def look(self, one: Transaction, *, pin: str = "") -> Looked:
        """Ask by 17, and for a loan whose it is by 63."""
        item = await self._client.ask(
            compose(
                Code.ITEM_INFORMATION,
                p.TRANSACTION_DATE.of(self._local()),
                *self._account.own_fields(),
                f.ITEM.of(one.item_id),
            )
        )
        status, due, title = item[p.CIRCULATION], item.text(f.DUE), item.text(f.TITLE)
        if status in HOME:
            return Looked(Finding.AVAILABLE, title=title, alert=_ASIDE.get(status, ""))
        if status not in LENT:
            return Looked(Finding.UNKNOWN, title=title)
        if one.action is Action.RETURN and not one.patron:
            return Looked(Finding.ELSEWHERE, due=due, title=title)
        finding = await self._whose(one, pin)
        is_renewal = one.action is Action.RENEW and finding is Finding.HERE
        is_renewed = is_renewal and self._due_ms(due) > one.due_at_ms > 0
        return Looked(finding, is_renewed=is_renewed, due=due, title=title)

    async def end(self, patron: str, *, pin: str = "") -> None:
        """Send 35."""
        await self._client.ask(
            compose(
                Code.END_SESSION,
                p.TRANSACTION_DATE.of(self._local()),
                *self._account.own_fields(),
                f.PATRON.of(patron),
                *_pin(pin),
            )
        )

    async def _whose(self, one: Transaction, pin: str) -> Finding:
        """Look for the item in the patron's list of loans, page by page."""
        for page in range(_MOST_PAGES):
            first = page * _PAGE + 1
            answer = await self._client.ask(
                compose(
                    Code.PATRON_INFORMATION,
                    p.TRANSACTION_DATE.of(self._local()),
                    p.SUMMARY.of(Summary.CHARGED),
                    *self._account.own_fields(),
                    f.PATRON.of(one.patron),
                    *_pin(pin),
                    f.START_ITEM.of(str(first)),
                    f.END_ITEM.of(str(first + _PAGE - 1)),
                )
            )
            if answer.text(f.VALID_PATRON).upper() == "N":
                return Finding.UNKNOWN
            listed = answer.all(f.CHARGED_ITEMS)
            if one.item_id in listed:
                return Finding.HERE
            count = answer[p.CHARGED_COUNT] or 0
            if not listed and count >= first:
                return Finding.UNKNOWN  # it has loans, and does not list them
            if first + len(listed) > count or not listed:
                return Finding.ELSEWHERE
        return Finding.UNKNOWN

    def _message(
        self, request: Request, one: Transaction, pin: str, happened: Happened | None
    ) -> Message:
        at = self._local(happened.at_ms if happened else None)
        due_ms = (happened.due_at_ms or self._due_ms(one.due)) if happened else 0
        due = self._local(due_ms) if due_ms else None
        fixed: tuple[Filled, ...] = (
            p.NO_BLOCK.of(happened is not None),
            p.TRANSACTION_DATE.of(at),
        )
        said: tuple[FieldValue, ...] = (*self._account.own_fields(), f.ITEM.of(one.item_id))
        patron = (f.PATRON.of(one.patron),)
        known: tuple[FieldValue, ...] = ()
        if self.knows_transactions and request is not Request.CANCEL_CHECKOUT:
            known = (f.TRANSACTION.of(one.id),)
        match request:
            case Request.CHECKIN | Request.CANCEL_CHECKOUT:
                is_cancel = request is Request.CANCEL_CHECKOUT
                return compose(
                    Code.CHECKIN,
                    *fixed,
                    p.RETURNED_AT.of(at),
                    f.CURRENT_LOCATION.of(self._account.location),
                    *said,
                    *known,
                    *((f.CANCEL.of("Y"),) if is_cancel else ()),
                )
            case Request.RENEW:
                code, own = Code.RENEW, (p.THIRD_PARTY.of(value=False),)
            case _:
                code, own = Code.CHECKOUT, (p.SELF_RENEWAL.of(value=False),)
        fee = (f.FEE_ACKNOWLEDGED.of("Y"),) if one.fee_is_accepted else ()
        return compose(
            code, *own, *fixed, p.NO_BLOCK_DUE.of(due), *said, *patron, *_pin(pin), *fee, *known
        )

    def _local(self, at_ms: int | None = None) -> datetime:
        at = self._now() if at_ms is None else datetime.fromtimestamp(at_ms // 1000, UTC)
        return self._account.local(at)

    def _due_ms(self, due: str) -> int:
        at = read_due(due)
        return 0 if at is None else milliseconds(at, self._account.zone)


def read_reply(answer: Message) -> Reply:
    """Return what an answer to a checkout, checkin or renewal says."""
    is_ok = answer[p.OK]
    messages = tuple(answer.all(f.SCREEN))
    alert = answer.text(f.ALERT_TYPE).strip()
    may_clear = False
    if answer.code == Code.CHECKIN_ANSWER:
        alert = alert or (Alert.OTHER.value if answer[p.ALERT] else "")
    else:
        # Not known counts as no, and the inhibition goes before everything.
        inhibited = answer.text(f.SECURITY_INHIBIT).upper() == "Y"
        may_clear = is_ok and answer[p.DESENSITIZE] is True and not inhibited
    return Reply(
        is_ok,
        may_clear=may_clear,
        is_renewal=answer.code == Code.CHECKOUT_ANSWER and answer[p.RENEWAL_OK],
        reason="" if is_ok else "; ".join(messages) or "refused",
        title=answer.text(f.TITLE),
        due=answer.text(f.DUE),
        fee="" if is_ok else answer.text(f.FEE_AMOUNT),
        alert=alert,
        bin=answer.text(f.SORT_BIN),
        destination=answer.text(f.DESTINATION),
        messages=messages,
    )


def _pin(pin: str) -> tuple[FieldValue, ...]:
    return (f.PATRON_PASSWORD.of(pin),) if pin else ()
