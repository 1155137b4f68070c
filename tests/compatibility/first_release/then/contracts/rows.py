"""Rows: what a node appends to its spool and a hub stores, one frozen struct a kind.

Times are Unix time. Instants and interval ends are whole milliseconds (`_ms`); a bucket is named by
the second at which it begins (`bucket_at`). Counts are absolute totals of their bucket inside one
epoch and never decrease there, so a row that arrives twice, late or again changes nothing.

Unknown fields are ignored and fields with a default may be missing, so that old and new peers
understand each other; everything else is checked while it is read.
"""

from typing import Annotated, ClassVar, Literal

from msgspec import Meta, Struct, field

from tests.compatibility.first_release.then.contracts.ids import (
    NAME_PATTERN,
    TOKEN_PATTERN,
    require_name,
    require_token,
)

COUNT_BUCKET_SECONDS = 60
MEASURE_BUCKET_SECONDS = 300
MAX_EVENT_FIELDS = 64

_EARLIEST_S = 0
_LATEST_S = 4_102_444_800  # the year 2100: a later time is a broken clock, not a reading

# The pattern is checked in `__post_init__`, through a cache: the decoder itself would run it for
# every row anew and take twice as long.
Name = Annotated[
    str, Meta(min_length=1, max_length=48, extra_json_schema={"pattern": NAME_PATTERN})
]
Token = Annotated[
    str, Meta(min_length=8, max_length=32, extra_json_schema={"pattern": TOKEN_PATTERN})
]
Seq = Annotated[int, Meta(ge=1, le=2**53)]
Millis = Annotated[int, Meta(ge=_EARLIEST_S * 1000, le=_LATEST_S * 1000)]
Tally = Annotated[int, Meta(ge=0, le=1_000_000)]
Text = Annotated[str, Meta(max_length=200)]
MinuteStart = Annotated[int, Meta(ge=_EARLIEST_S, le=_LATEST_S, multiple_of=COUNT_BUCKET_SECONDS)]
FiveMinuteStart = Annotated[
    int, Meta(ge=_EARLIEST_S, le=_LATEST_S, multiple_of=MEASURE_BUCKET_SECONDS)
]

ClockState = Literal["set", "corrected", "unset"]
"""`set`: synchronised while it ran. `corrected`: stamped again once time was set, ± `error_ms`.
`unset`: never synchronised; such rows are kept but decide nothing."""


def require_order(since_ms: int, until_ms: int) -> None:
    """Raise ValueError when an interval ends before it begins."""
    if until_ms < since_ms:
        raise ValueError(f"ends at {until_ms}, before it begins at {since_ms}")


class _Row(Struct, frozen=True, gc=False, omit_defaults=True):
    """What every row carries: its place in the stream and the epoch that it was counted in."""

    seq: Seq
    epoch: Token

    def __post_init__(self) -> None:
        require_token(self.epoch)


class Epoch(_Row, frozen=True, gc=False, tag="epoch"):
    """A stretch of one spool with one continuous clock begins; its first row."""

    kind: ClassVar[str] = "epoch"
    boot: Token
    at_ms: Millis
    os_boot: Token
    clock: ClockState = "set"
    error_ms: Annotated[int, Meta(ge=0)] = 0
    reason: Text = "start"

    def __post_init__(self) -> None:
        require_token(self.epoch)
        require_token(self.boot)
        require_token(self.os_boot)


class Count(_Row, frozen=True, gc=False, tag="count"):
    """Crossings of one counting line in one minute."""

    kind: ClassVar[str] = "count"
    line: Name
    bucket_at: MinuteStart
    entered: Tally = field(name="in", default=0)
    left: Tally = field(name="out", default=0)

    def __post_init__(self) -> None:
        require_token(self.epoch)
        require_name(self.line)


class Measure(_Row, frozen=True, gc=False, tag="measure"):
    """A slow quantity over five minutes; the quantity's name carries its unit."""

    kind: ClassVar[str] = "measure"
    sensor: Name
    quantity: Name
    bucket_at: FiveMinuteStart
    n: Annotated[int, Meta(ge=1, le=1_000_000)]
    mean: float
    min: float
    max: float

    def __post_init__(self) -> None:
        require_token(self.epoch)
        require_name(self.sensor)
        require_name(self.quantity)


class Coverage(_Row, frozen=True, gc=False, tag="coverage"):
    """A source was watched from `since_ms` until `until_ms`; grows until it has an end."""

    kind: ClassVar[str] = "coverage"
    source: Name
    since_ms: Millis
    until_ms: Millis
    ended: Text | None = None

    def __post_init__(self) -> None:
        require_token(self.epoch)
        require_name(self.source)
        require_order(self.since_ms, self.until_ms)


class State(_Row, frozen=True, gc=False, tag="state"):
    """A state sensor read `value` from `since_ms` until `until_ms`; grows like coverage."""

    kind: ClassVar[str] = "state"
    sensor: Name
    value: Name
    since_ms: Millis
    until_ms: Millis
    ended: Text | None = None

    def __post_init__(self) -> None:
        require_token(self.epoch)
        require_name(self.sensor)
        require_name(self.value)
        require_order(self.since_ms, self.until_ms)


class Event(_Row, frozen=True, gc=False, tag="event"):
    """Something that happened once; `id` makes it unique for ever."""

    kind: ClassVar[str] = "event"
    id: Token
    name: Name
    source: Name
    at_ms: Millis
    data: Annotated[dict[Name, bool | int | float | Text], Meta(max_length=MAX_EVENT_FIELDS)] = (
        field(default_factory=dict)
    )

    def __post_init__(self) -> None:
        require_token(self.epoch)
        require_token(self.id)
        require_name(self.name)
        require_name(self.source)


Row = Epoch | Count | Measure | Coverage | State | Event


class Unreadable(Struct, frozen=True):
    """A row that this release cannot read, kept as it came so that a later one can."""

    seq: int
    raw: bytes
    code: str
    reason: str


class Lost(Struct, frozen=True, omit_defaults=True):
    """Rows that a node had to drop before this hub had them: which series, when, how many."""

    source: Name
    since_ms: Millis
    until_ms: Millis
    rows: Annotated[int, Meta(ge=0, le=2**53)]
    reason: Text = "spool_full"
