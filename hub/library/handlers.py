"""Which request is answered by what, and which of them change something."""

from collections.abc import Callable, Mapping
from typing import Final

from contracts.sip2.codes import write_supported
from contracts.sip2.forms import Code
from contracts.sip2.message import Message
from hub.library import fees, holds, items, loans, patrons
from hub.library.visit import Visit

HANDLERS: Final[Mapping[str, Callable[[Visit], Message]]] = {
    Code.BLOCK_PATRON: patrons.block_patron,
    Code.CHECKIN: loans.checkin,
    Code.CHECKOUT: loans.checkout,
    Code.HOLD: holds.hold,
    Code.ITEM_INFORMATION: items.item_information,
    Code.ITEM_STATUS_UPDATE: items.item_status_update,
    Code.PATRON_STATUS: patrons.patron_status,
    Code.PATRON_ENABLE: patrons.patron_enable,
    Code.RENEW: loans.renew,
    Code.END_SESSION: patrons.end_session,
    Code.FEE_PAID: fees.fee_paid,
    Code.PATRON_INFORMATION: patrons.patron_information,
    Code.RENEW_ALL: loans.renew_all,
}
"""Requests that need the records."""

WRITES: Final = frozenset(HANDLERS) - {
    Code.ITEM_INFORMATION,
    Code.PATRON_STATUS,
    Code.PATRON_INFORMATION,
    Code.END_SESSION,
}
"""Those whose effect must not come twice: their answers are stored with it."""

SUPPORTED: Final = write_supported(
    {*HANDLERS, Code.LOGIN, Code.TERMINAL_STATUS, "96", Code.REQUEST_SYSTEM_RESEND}
)
"""BX of the status: what there is a handler for, and nothing else."""
