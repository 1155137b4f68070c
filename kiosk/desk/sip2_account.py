"""How a kiosk is known to a library's system, and what that system says of itself."""

import ssl
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo

from contracts.sip2.codes import read_supported
from contracts.sip2.fields import INSTITUTION, SUPPORTED, TERMINAL_PASSWORD, FieldValue
from contracts.sip2.message import Message
from contracts.sip2.parts import (
    CHECKIN_OK,
    CHECKOUT_OK,
    OFFLINE_OK,
    ONLINE,
    RENEWAL_POLICY,
    RETRIES,
    SYSTEM_TIME,
    TIMEOUT,
)
from contracts.sip2.profiles import Profile
from kiosk.lending.services import SystemStatus

_NOT_KNOWN = 999
_USUAL_RETRIES = 3
_MOST_RETRIES = 5


@dataclass(frozen=True, slots=True)
class Account:
    """Where the library's system listens, and as whom this kiosk logs in. Without a user, no 93."""

    host: str
    port: int
    profile: Profile
    user: str = ""
    password: str = ""
    location: str = ""
    institution: str = ""
    terminal_password: str = ""
    tls: ssl.SSLContext | None = None
    zone: tzinfo = UTC
    """Of the library's local times."""

    def own_fields(self) -> tuple[FieldValue, ...]:
        """Return what stands in every request: of which institution, under which password."""
        password = self.terminal_password
        return (
            INSTITUTION.of(self.institution),
            *((TERMINAL_PASSWORD.of(password),) if password else ()),
        )

    def local(self, at: datetime) -> datetime:
        """Return an instant as SIP2 writes it: the library's local time, naive."""
        return at.astimezone(self.zone).replace(tzinfo=None)

    def __repr__(self) -> str:
        return f"Account({self.host}:{self.port}, {self.profile.name})"


def read_status(message: Message, account: Account) -> SystemStatus:
    """Return what a 98 says. A timeout is never shorter than the profile's."""
    tenths, retries = message[TIMEOUT], message[RETRIES]
    told = 0.0 if tenths is None or tenths == _NOT_KNOWN else tenths / 10
    is_known = retries is not None and retries != _NOT_KNOWN
    at, supported = message[SYSTEM_TIME], message.text(SUPPORTED)
    return SystemStatus(
        is_online=message[ONLINE] and tenths != 0,
        may_check_in=message[CHECKIN_OK],
        may_check_out=message[CHECKOUT_OK],
        may_renew=message[RENEWAL_POLICY],
        may_be_offline=message[OFFLINE_OK],
        timeout_seconds=max(told, account.profile.least_timeout_seconds),
        retries=min(retries or 0, _MOST_RETRIES) if is_known else _USUAL_RETRIES,
        supported=read_supported(supported) if supported else None,
        library_ms=None if at is None else milliseconds(at, account.zone),
    )


def milliseconds(at: datetime, zone: tzinfo) -> int:
    """Return an instant as Unix time in milliseconds; a naive one is the library's local time."""
    return int((at if at.tzinfo else at.replace(tzinfo=zone)).timestamp() * 1000)
