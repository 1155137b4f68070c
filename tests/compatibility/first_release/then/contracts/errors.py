"""What can be wrong with a message, as one small tree and a closed list of codes.

ContractError
├── DecodeError      the peer sent something that cannot be read
└── EncodeError      our own code built something that may not be sent
"""

from enum import StrEnum


class RefusalCode(StrEnum):
    """Why a payload or a row was refused; counted and shown per code."""

    TOO_LARGE = "too_large"
    NOT_JSON = "not_json"
    INVALID = "invalid"
    UNKNOWN_TYPE = "unknown_type"
    OUTSIDE_RANGE = "outside_range"
    BAD_TOPIC = "bad_topic"
    UNCORRECTED_CLOCK = "uncorrected_clock"


class ContractError(Exception):
    """Root of what this package raises."""


class DecodeError(ContractError):
    """A payload that cannot be read; `code` says which kind of refusal it is."""

    def __init__(self, code: RefusalCode, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


class EncodeError(ContractError):
    """A message of ours that breaks the contract's limits."""
