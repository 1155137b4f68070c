"""What differs between library systems, as the terminal that talks to one has to know it.

A profile is where a configuration begins: everything in it can be set otherwise for one system.
Grades of what it rests on: observed (a running system was asked), read (its code), told (pages).
"""

from dataclasses import dataclass
from typing import Final

from contracts.errors import ContractError
from contracts.sip2.line import Encoding


@dataclass(frozen=True, slots=True)
class Profile:
    """How one library system wants to be talked to."""

    name: str
    encoding: Encoding = Encoding.UTF_8
    terminator: bytes = b"\r"
    is_checked: bool = True
    """Sequence numbers and checksums are sent; a system that answers without them is heard too."""
    is_strict: bool = False
    """A line that lacks a required field is not taken."""
    is_cancel_honoured: bool = False
    """BI in 09 and 11 undoes a transaction; where it does not, it must not be sent."""
    is_repeat_safe: bool = False
    """The same request (terminal, sequence number, checksum) gets the stored answer, also after
    a new connection; where it does not, a request is sent again on its own connection only."""
    is_status_before_login: bool = False
    """99 may come before 93; where it may not, the system closes the connection."""
    is_day_first: bool = False
    least_timeout_seconds: float = 5.0
    """Waited for at least, whatever the system's status says: some say half a second."""
    idle_seconds: int = 300
    """A connection that is silent for longer is kept up with a 99."""
    source: str = ""


_PROFILES: Final = (
    Profile(
        "embedded",
        is_cancel_honoured=True,
        is_repeat_safe=True,
        is_status_before_login=True,
        source="the hub's own server",
    ),
    # Its server can be told to end lines with CR LF, to which a terminal need not be.
    Profile("koha", source="told"),
    # Observed: a repeated 11 is executed twice, BI is dropped, 99 before 93 closes the line.
    Profile("evergreen", encoding=Encoding.ASCII, source="observed, read"),
    # Its own default is CP850 without checksums; its sample of a configuration says this.
    Profile("folio", encoding=Encoding.LATIN_1, source="read"),
    Profile("dp2", encoding=Encoding.UTF_8, source="read"),
    # Nothing beyond the letter of the guide.
    Profile("strict", encoding=Encoding.ASCII, is_strict=True, source="guide 2.21"),
)

PROFILES: Final = {profile.name: profile for profile in _PROFILES}
"""All of them by name."""


def profile(name: str) -> Profile:
    """Return a profile. Raises ContractError that names those that there are."""
    try:
        return PROFILES[name]
    except KeyError:
        known = ", ".join(sorted(PROFILES))
        raise ContractError(f"there is no SIP2 profile {name!r}; there are {known}") from None
