"""The security bit of an item: what a gate looks at.

      mechanism   on (in the library)     off (lent)
      AFI         07                      C2              a pair of bytes, to be configured
      EAS         set                     reset           NXP ICODE: a gate asks for the alarm
      PC word     AFI 07                  AFI C2          UHF of ISO 28560-4
      alliance    first bit of the UII 0  1               UHF of China's university libraries

Older libraries use other pairs, so a pair is configuration, and a third value is `unknown`.
"""

from dataclasses import dataclass
from enum import StrEnum

from firmware_bridge.errors import FrameError
from firmware_bridge.readers.port import SecurityState

_LENT_BIT = 0x80


class SecurityMechanism(StrEnum):
    """Where the security bit of a tag is."""

    AFI = "afi"
    EAS = "eas"
    BOTH = "both"
    """AFI and EAS, for gates of both kinds: on or off where both agree, else unknown."""


@dataclass(frozen=True, slots=True)
class AfiPair:
    """The AFI of an item in the library and of a lent one. Raises FrameError if they are one."""

    on: int = 0x07
    off: int = 0xC2

    def __post_init__(self) -> None:
        if self.on == self.off or not (0 <= self.on <= 0xFF and 0 <= self.off <= 0xFF):
            raise FrameError(f"{self.on:02X} and {self.off:02X} are no pair of AFIs")

    def state_of(self, afi: int | None) -> SecurityState:
        """Return the state that an AFI tells; None is a tag without one."""
        if afi == self.on:
            return SecurityState.ON
        return SecurityState.OFF if afi == self.off else SecurityState.UNKNOWN

    def afi_of(self, *, is_on: bool) -> int:
        """Return the AFI to be written."""
        return self.on if is_on else self.off


LIBRARY_AFIS = AfiPair()
"""The pair of ISO 28560."""


def eas_state(*, is_set: bool) -> SecurityState:
    """Return the state that an EAS bit tells."""
    return SecurityState.ON if is_set else SecurityState.OFF


def agreed_state(*states: SecurityState) -> SecurityState:
    """Return what several bits of one tag tell together: unknown unless all agree."""
    return states[0] if len(set(states)) == 1 else SecurityState.UNKNOWN


def alliance_state(uii: bytes) -> SecurityState:
    """Return the state in a UII of the university alliance, of one byte or more."""
    return SecurityState.OFF if uii[0] & _LENT_BIT else SecurityState.ON


def with_alliance_state(uii: bytes, *, is_on: bool) -> bytes:
    """Return the UII with the security bit switched; nothing else changes."""
    first = uii[0] & ~_LENT_BIT if is_on else uii[0] | _LENT_BIT
    return bytes([first]) + uii[1:]
