"""What can be wrong with a message, as one small tree and a closed list of codes.

ContractError
├── DecodeError      the peer sent something that cannot be read, or that it may not send
├── EncodeError      our own code built something that may not be sent
└── LineError        a SIP2 line that cannot be taken
    ├── ChecksumWrong    its checksum is not that of its bytes: ask for it again
    ├── UnknownMessage   well formed, of a message that SIP2 2.00 does not know
    └── LineUnreadable   too short, too long, or not SIP2
"""

from enum import StrEnum
from typing import Final

MOST_REASON: Final = 400
"""Characters of a reason: a payload's own text in it may be as long as the payload."""


class RefusalCode(StrEnum):
    """Why a payload or a row was refused; counted and shown per code."""

    TOO_LARGE = "too_large"
    NOT_JSON = "not_json"
    INVALID = "invalid"
    UNKNOWN_TYPE = "unknown_type"
    OUTSIDE_RANGE = "outside_range"
    BAD_TOPIC = "bad_topic"
    UNCORRECTED_CLOCK = "uncorrected_clock"
    FOREIGN_STREAM = "foreign_stream"
    TOO_MANY_STREAMS = "too_many_streams"


class ContractError(Exception):
    """Root of what this package raises."""


class DecodeError(ContractError):
    """A payload that is not taken; `code` says which kind of refusal it is.

    The reason may quote what the peer sent: it is cut, and stands on one line.
    """

    def __init__(self, code: RefusalCode, reason: str) -> None:
        if len(reason) > MOST_REASON:
            reason = f"{reason[:MOST_REASON]}…"
        self.reason = reason if reason.isprintable() else repr(reason)
        super().__init__(self.reason)
        self.code = code


class EncodeError(ContractError):
    """A message of ours that breaks the contract's limits."""


class LineError(ContractError):
    """A SIP2 line that cannot be taken; the sentence never quotes its values."""

    def __init__(self, reason: str, code: str = "", sequence: int | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.code = code
        """Its first two characters, as far as they could be read."""
        self.sequence = sequence
        """Its sequence number, where it has one."""


class ChecksumWrong(LineError):
    """A line whose checksum is not that of its bytes."""


class UnknownMessage(LineError):
    """A line of a message that is not in SIP2 2.00."""


class LineUnreadable(LineError):
    """A line that is no SIP2 message."""
