"""The closed lists of SIP2: what a number or a letter in a message stands for."""

from collections.abc import Iterable
from enum import IntEnum, StrEnum
from typing import Final


class Flag(IntEnum):
    """The 14 positions of a patron's status; set means denied, or that there is such a problem."""

    CHARGE_DENIED = 0
    RENEW_DENIED = 1
    RECALL_DENIED = 2
    HOLD_DENIED = 3
    CARD_LOST = 4
    TOO_MANY_CHARGED = 5
    TOO_MANY_OVERDUE = 6
    TOO_MANY_RENEWALS = 7
    TOO_MANY_CLAIMS = 8
    TOO_MANY_LOST = 9
    EXCESSIVE_FINES = 10
    EXCESSIVE_FEES = 11
    RECALL_OVERDUE = 12
    TOO_MANY_BILLED = 13


INVALID_PATRON: Final = frozenset({Flag(position) for position in range(4)})
"""What is answered of a patron who is not known."""


class Summary(IntEnum):
    """Which list of a patron is asked for: the place of the one `Y` of ten."""

    HOLD = 0
    OVERDUE = 1
    CHARGED = 2
    FINE = 3
    RECALL = 4
    UNAVAILABLE_HOLD = 5


class CirculationStatus(StrEnum):
    """What an item is doing."""

    OTHER = "01"
    ON_ORDER = "02"
    AVAILABLE = "03"
    CHARGED = "04"
    CHARGED_NO_RECALL = "05"
    IN_PROCESS = "06"
    RECALLED = "07"
    ON_HOLD_SHELF = "08"
    TO_BE_RESHELVED = "09"
    IN_TRANSIT = "10"
    CLAIMED_RETURNED = "11"
    LOST = "12"
    MISSING = "13"


class Security(StrEnum):
    """What is stuck into an item for the gate."""

    OTHER = "00"
    NONE = "01"
    TATTLE_TAPE = "02"
    WHISPER_TAPE = "03"


class Fee(StrEnum):
    """What a fee is for."""

    OTHER = "01"
    ADMINISTRATIVE = "02"
    DAMAGE = "03"
    OVERDUE = "04"
    PROCESSING = "05"
    RENTAL = "06"
    REPLACEMENT = "07"
    COMPUTER = "08"
    HOLD = "09"


class Payment(StrEnum):
    """How a fee was paid."""

    CASH = "00"
    VISA = "01"
    CREDIT_CARD = "02"


class Media(StrEnum):
    """What an item is made of."""

    OTHER = "000"
    BOOK = "001"
    MAGAZINE = "002"
    BOUND_JOURNAL = "003"
    AUDIO_TAPE = "004"
    VIDEO = "005"
    CD = "006"
    DISKETTE = "007"
    BOOK_AND_DISKETTE = "008"
    BOOK_AND_CD = "009"
    BOOK_AND_TAPE = "010"


class HoldKind(StrEnum):
    """Which copies fulfil a hold."""

    OTHER = "1"
    ANY_COPY = "2"
    THIS_COPY = "3"
    ANY_COPY_HERE = "4"


class Alert(StrEnum):
    """Why an item that came back has to be put aside (an extension of 3M)."""

    NONE = "00"
    HOLD_HERE = "01"
    HOLD_ELSEWHERE = "02"
    INTERLIBRARY = "03"
    TRANSFER = "04"
    OTHER = "99"


class Paper(StrEnum):
    """How a terminal is, in its status."""

    OK = "0"
    OUT_OF_PAPER = "1"
    SHUTTING_DOWN = "2"


class HoldMode(StrEnum):
    """What is to be done to a hold."""

    ADD = "+"
    CANCEL = "-"
    ALTER = "*"


class Language(StrEnum):
    """In which language screen messages are wanted; others are taken as UNKNOWN."""

    UNKNOWN = "000"
    ENGLISH = "001"
    CHINESE = "019"
    CHINESE_TAIWAN = "027"


SUPPORT_ORDER: Final = (
    ("patron status", ("23",)),
    ("checkout", ("11",)),
    ("checkin", ("09",)),
    ("block patron", ("01",)),
    ("status", ("99",)),
    ("resend", ("96", "97")),
    ("login", ("93",)),
    ("patron information", ("63",)),
    ("end session", ("35",)),
    ("fee paid", ("37",)),
    ("item information", ("17",)),
    ("item status update", ("19",)),
    ("patron enable", ("25",)),
    ("hold", ("15",)),
    ("renew", ("29",)),
    ("renew all", ("65",)),
)
"""What the 16 positions of BX (supported messages) stand for, in order."""


def read_supported(text: str) -> frozenset[str]:
    """Return the codes of the requests that a system says it supports (BX of its status)."""
    return frozenset(
        code
        for said, (_, codes) in zip(text, SUPPORT_ORDER, strict=False)
        if said in "Yy"
        for code in codes
    )


def write_supported(codes: Iterable[str]) -> str:
    """Return BX of requests: a position is `Y` when all of its codes are among them."""
    given = frozenset(codes)
    return "".join("Y" if given.issuperset(wanted) else "N" for _, wanted in SUPPORT_ORDER)
