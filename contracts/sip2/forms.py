"""Which parts and fields each message has, and which message answers it: one table.

A field that is not listed is taken and kept all the same; only `required` ones can be missed.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from contracts.sip2 import fields as f
from contracts.sip2 import parts as p
from contracts.sip2.fields import Field
from contracts.sip2.part import Part


class Code(StrEnum):
    """The messages of SIP2 2.00."""

    BLOCK_PATRON = "01"
    CHECKIN = "09"
    CHECKIN_ANSWER = "10"
    CHECKOUT = "11"
    CHECKOUT_ANSWER = "12"
    HOLD = "15"
    HOLD_ANSWER = "16"
    ITEM_INFORMATION = "17"
    ITEM_INFORMATION_ANSWER = "18"
    ITEM_STATUS_UPDATE = "19"
    ITEM_STATUS_UPDATE_ANSWER = "20"
    PATRON_STATUS = "23"
    PATRON_STATUS_ANSWER = "24"
    PATRON_ENABLE = "25"
    PATRON_ENABLE_ANSWER = "26"
    RENEW = "29"
    RENEW_ANSWER = "30"
    END_SESSION = "35"
    END_SESSION_ANSWER = "36"
    FEE_PAID = "37"
    FEE_PAID_ANSWER = "38"
    PATRON_INFORMATION = "63"
    PATRON_INFORMATION_ANSWER = "64"
    RENEW_ALL = "65"
    RENEW_ALL_ANSWER = "66"
    LOGIN = "93"
    LOGIN_ANSWER = "94"
    REQUEST_TERMINAL_RESEND = "96"
    """Of the system: send your request again."""
    REQUEST_SYSTEM_RESEND = "97"
    """Of the terminal: send your answer again."""
    SYSTEM_STATUS = "98"
    TERMINAL_STATUS = "99"


class Form:
    """The shape of one message."""

    __slots__ = (
        *("answer", "code", "defaults", "numbers", "parts", "places", "required", "width"),
    )

    def __init__(
        self,
        code: Code,
        parts: tuple[Part[Any], ...],
        required: tuple[Field, ...] = (),
        answer: Code | None = None,
    ) -> None:
        self.code = code
        self.parts = parts
        self.required = required
        self.answer = answer
        """What answers it; None: it is an answer itself."""
        self.places: dict[Part[Any], tuple[int, int]] = {}
        """Where each part begins and ends, from after the code."""
        self.numbers: dict[Part[Any], int] = {part: number for number, part in enumerate(parts)}
        width = 0
        for part in parts:
            self.places[part] = (width, width + part.width)
            width += part.width
        self.width = width
        self.defaults = tuple(part.of(part.default).text for part in parts)


@dataclass(frozen=True, slots=True)
class _Row:
    code: Code
    parts: tuple[Part[Any], ...]
    required: tuple[Field, ...] = ()
    answer: Code | None = None


_WHO: Final = (f.INSTITUTION, f.PATRON)
_LENT: Final = (*_WHO, f.ITEM, f.TITLE, f.DUE)
_LENDING: Final = (p.NO_BLOCK, p.TRANSACTION_DATE, p.NO_BLOCK_DUE)
_OF_PATRON: Final = (p.PATRON_STATUS, p.LANGUAGE, p.TRANSACTION_DATE)
_SAID_OF_LOAN: Final = (p.OK, p.RENEWAL_OK, p.MAGNETIC, p.DESENSITIZE, p.TRANSACTION_DATE)
_COUNTS: Final = (
    *(p.HOLD_COUNT, p.OVERDUE_COUNT, p.CHARGED_COUNT),
    *(p.FINE_COUNT, p.RECALL_COUNT, p.UNAVAILABLE_COUNT),
)
_SYSTEM: Final = (
    *(p.ONLINE, p.CHECKIN_OK, p.CHECKOUT_OK, p.RENEWAL_POLICY, p.STATUS_UPDATE_OK, p.OFFLINE_OK),
    *(p.TIMEOUT, p.RETRIES, p.SYSTEM_TIME, p.PROTOCOL),
)

_ROWS: Final = (
    _Row(
        Code.BLOCK_PATRON,
        (p.CARD_RETAINED, p.TRANSACTION_DATE),
        (*_WHO, f.BLOCKED_MESSAGE),
        Code.PATRON_STATUS_ANSWER,
    ),
    _Row(
        Code.CHECKIN,
        (p.NO_BLOCK, p.TRANSACTION_DATE, p.RETURNED_AT),
        (f.CURRENT_LOCATION, f.INSTITUTION, f.ITEM),
        Code.CHECKIN_ANSWER,
    ),
    _Row(
        Code.CHECKIN_ANSWER,
        (p.OK, p.RESENSITIZE, p.MAGNETIC, p.ALERT, p.TRANSACTION_DATE),
        (f.INSTITUTION, f.ITEM, f.PERMANENT_LOCATION),
    ),
    _Row(Code.CHECKOUT, (p.SELF_RENEWAL, *_LENDING), (*_WHO, f.ITEM), Code.CHECKOUT_ANSWER),
    _Row(Code.CHECKOUT_ANSWER, _SAID_OF_LOAN, _LENT),
    _Row(Code.HOLD, (p.HOLD_MODE, p.TRANSACTION_DATE), _WHO, Code.HOLD_ANSWER),
    _Row(Code.HOLD_ANSWER, (p.OK, p.AVAILABLE, p.TRANSACTION_DATE), _WHO),
    _Row(
        Code.ITEM_INFORMATION,
        (p.TRANSACTION_DATE,),
        (f.INSTITUTION, f.ITEM),
        Code.ITEM_INFORMATION_ANSWER,
    ),
    _Row(
        Code.ITEM_INFORMATION_ANSWER,
        (p.CIRCULATION, p.SECURITY, p.FEE, p.TRANSACTION_DATE),
        (f.ITEM, f.TITLE),
    ),
    _Row(
        Code.ITEM_STATUS_UPDATE,
        (p.TRANSACTION_DATE,),
        (f.INSTITUTION, f.ITEM, f.PROPERTIES),
        Code.ITEM_STATUS_UPDATE_ANSWER,
    ),
    _Row(Code.ITEM_STATUS_UPDATE_ANSWER, (p.PROPERTIES_OK, p.TRANSACTION_DATE), (f.ITEM,)),
    _Row(Code.PATRON_STATUS, (p.LANGUAGE, p.TRANSACTION_DATE), _WHO, Code.PATRON_STATUS_ANSWER),
    _Row(Code.PATRON_STATUS_ANSWER, _OF_PATRON, (*_WHO, f.NAME)),
    _Row(Code.PATRON_ENABLE, (p.TRANSACTION_DATE,), _WHO, Code.PATRON_ENABLE_ANSWER),
    _Row(Code.PATRON_ENABLE_ANSWER, _OF_PATRON, (*_WHO, f.NAME)),
    _Row(Code.RENEW, (p.THIRD_PARTY, *_LENDING), _WHO, Code.RENEW_ANSWER),
    _Row(Code.RENEW_ANSWER, _SAID_OF_LOAN, _LENT),
    _Row(Code.END_SESSION, (p.TRANSACTION_DATE,), _WHO, Code.END_SESSION_ANSWER),
    _Row(Code.END_SESSION_ANSWER, (p.ENDED, p.TRANSACTION_DATE), _WHO),
    _Row(
        Code.FEE_PAID,
        (p.TRANSACTION_DATE, p.FEE, p.PAYMENT, p.CURRENCY),
        (f.FEE_AMOUNT, *_WHO),
        Code.FEE_PAID_ANSWER,
    ),
    _Row(Code.FEE_PAID_ANSWER, (p.ACCEPTED, p.TRANSACTION_DATE), _WHO),
    _Row(
        Code.PATRON_INFORMATION,
        (p.LANGUAGE, p.TRANSACTION_DATE, p.SUMMARY),
        _WHO,
        Code.PATRON_INFORMATION_ANSWER,
    ),
    _Row(Code.PATRON_INFORMATION_ANSWER, (*_OF_PATRON, *_COUNTS), (*_WHO, f.NAME)),
    _Row(Code.RENEW_ALL, (p.TRANSACTION_DATE,), _WHO, Code.RENEW_ALL_ANSWER),
    _Row(
        Code.RENEW_ALL_ANSWER,
        (p.OK, p.RENEWED_COUNT, p.UNRENEWED_COUNT, p.TRANSACTION_DATE),
        (f.INSTITUTION,),
    ),
    _Row(
        Code.LOGIN,
        (p.USER_ALGORITHM, p.PASSWORD_ALGORITHM),
        (f.LOGIN_USER, f.LOGIN_PASSWORD),
        Code.LOGIN_ANSWER,
    ),
    _Row(Code.LOGIN_ANSWER, (p.OK,)),
    _Row(Code.REQUEST_TERMINAL_RESEND, ()),
    _Row(Code.REQUEST_SYSTEM_RESEND, ()),
    _Row(Code.SYSTEM_STATUS, _SYSTEM, (f.INSTITUTION, f.SUPPORTED)),
    _Row(
        Code.TERMINAL_STATUS,
        (p.TERMINAL_STATUS, p.PRINT_WIDTH, p.PROTOCOL),
        (),
        Code.SYSTEM_STATUS,
    ),
)

FORMS: Final = {
    row.code.value: Form(row.code, row.parts, row.required, row.answer) for row in _ROWS
}
"""All messages by code."""
