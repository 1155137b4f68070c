"""Which services are up, by what the library's system last said of itself. Pure."""

from dataclasses import dataclass
from enum import StrEnum

CHECKOUT, CHECKIN, RENEW = "11", "09", "29"


class Mode(StrEnum):
    """How a kiosk can work now."""

    ONLINE = "online"
    OFFLINE = "offline"
    """Without the library's system, within limits; it is told later."""
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class SystemStatus:
    """What a library's system says of itself, with the timing that follows from it.

    `supported` are the codes of the requests that it takes, None where it does not say.
    `library_ms` is its clock, Unix time in milliseconds.
    """

    is_online: bool
    may_check_in: bool
    may_check_out: bool
    may_renew: bool
    may_be_offline: bool
    timeout_seconds: float
    retries: int
    supported: frozenset[str] | None
    library_ms: int | None


@dataclass(frozen=True, slots=True)
class Services:
    """What is offered to a patron. A return that could not be recorded is never taken."""

    mode: Mode
    may_borrow: bool
    may_return: bool
    may_renew: bool


def services(
    status: SystemStatus | None,
    *,
    offline_allowed: bool,
    knows_cards: bool = True,
    can_read_tags: bool = True,
) -> Services:
    """Return what can be done now. `status` is None while the library's system is away.

    Without a list of blocked cards (`knows_cards`) nothing is lent while it is.
    """
    closed = Services(Mode.CLOSED, may_borrow=False, may_return=False, may_renew=False)
    if not can_read_tags:
        return closed
    if status is None or not status.is_online:
        if not offline_allowed:
            return closed
        return Services(Mode.OFFLINE, may_borrow=knows_cards, may_return=True, may_renew=False)
    taken = {CHECKOUT, CHECKIN, RENEW} if status.supported is None else status.supported
    return Services(
        Mode.ONLINE,
        may_borrow=status.may_check_out and CHECKOUT in taken,
        may_return=status.may_check_in and CHECKIN in taken,
        may_renew=status.may_renew and RENEW in taken,
    )
