"""Messages between nodes and hub, and the only place where they become bytes and back.

`encode` and `decode_*` are inverse to each other. Decoding never trusts: a payload has a largest
size, every field is checked, and one row that cannot be read does not take the others with it.
"""

from typing import Annotated, Generic, Literal, TypeVar

import msgspec
from msgspec import Meta, Struct

from tests.compatibility.first_release.then.contracts.errors import (
    DecodeError,
    EncodeError,
    RefusalCode,
)
from tests.compatibility.first_release.then.contracts.ids import require_token
from tests.compatibility.first_release.then.contracts.rows import (
    ClockState,
    Lost,
    Millis,
    Name,
    Row,
    Seq,
    Text,
    Token,
    Unreadable,
)

MAX_PAYLOAD_BYTES = 256 * 1024
MAX_BATCH_ROWS = 1000
MAX_LOST = 500
MAX_BOOTS = 64

Mark = Annotated[int, Meta(ge=0, le=2**53)]
R = TypeVar("R")
T = TypeVar("T")


class Boot(Struct, frozen=True, gc=False, array_like=True):
    """One opening of a spool, and the first seq that it appended."""

    boot: Token
    first: Seq


class BatchOf(Struct, Generic[R], frozen=True, gc=False):
    """Rows `after < seq <= upto` of one stream, as its spool holds them now.

    Superseded rows leave holes in the numbering: the range speaks, not the count of rows.
    `boot` is the opening of the spool that sends, `boot_first` the first seq that it appended,
    `boots_before` the openings before it, oldest first, back to the one that the hub's mark lies
    in: a hub that knows another line of openings sees a fork. Below `oldest` the spool keeps
    nothing; `lost` names what was dropped there.
    """

    stream: Token
    boot: Token
    boot_first: Seq
    after: Mark
    upto: Mark
    oldest: Seq
    rows: Annotated[tuple[R, ...], Meta(max_length=MAX_BATCH_ROWS)]
    boots_before: Annotated[tuple[Boot, ...], Meta(max_length=MAX_BOOTS)] = ()
    lost: Annotated[tuple[Lost, ...], Meta(max_length=MAX_LOST)] = ()
    sent_at_ms: Millis = 0

    def __post_init__(self) -> None:
        require_token(self.stream)
        require_token(self.boot)
        if self.upto <= self.after:
            raise ValueError(f"ends at {self.upto}, not after {self.after}")


Batch = BatchOf[Row | Unreadable]
"""A batch as the hub reads it."""

RawBatch = BatchOf[msgspec.Raw]
"""A batch as a spool sends it: rows as the bytes that they were appended as."""


class Ack(Struct, frozen=True, omit_defaults=True):
    """The hub's answer: what its store now holds of a stream.

    `stored`: everything up to `upto` is durable. `refused`: go on from `upto`.
    `fork`: the opening `boot` continues a stream that another spool continues too; it has to open
    a stream of its own for what it appended after `upto`.
    `boot`: the opening that is answered. A clone reads the same topic: what its twin delivered is
    not delivered for it.
    """

    store_id: Token
    stream: Token
    upto: Mark
    verdict: Literal["stored", "refused", "fork"] = "stored"
    boot: Token | None = None
    ancestors: tuple[Token, ...] = ()
    at_ms: Millis = 0

    def __post_init__(self) -> None:
        require_token(self.store_id)
        require_token(self.stream)


class SourceStatus(Struct, frozen=True, omit_defaults=True):
    """One camera or serial device of a node, as the node sees it."""

    name: Name
    kind: Name
    state: Literal["starting", "watching", "failed", "stopped"]
    since_ms: Millis = 0
    detail: Text = ""
    corrupt_frames: int = 0


class SpoolStatus(Struct, frozen=True, omit_defaults=True):
    """How full a node's spool is, and what happened to it."""

    stream: Token
    pending: int = 0
    bytes: int = 0
    dropped: int = 0
    set_aside: Text | None = None
    writable: bool = True


class ClockStatus(Struct, frozen=True, omit_defaults=True):
    """Whether a node's time is synchronised, and how many of its rows wait for that."""

    state: ClockState
    held: int = 0


class Status(Struct, frozen=True, omit_defaults=True):
    """A node's retained state, and with `online=False` its last will."""

    boot: Token
    online: bool
    at_ms: Millis = 0
    software: Text = ""
    os_boot: Token | None = None
    clock: ClockStatus | None = None
    spool: SpoolStatus | None = None
    store_id: Token | None = None
    other_stores: tuple[Token, ...] = ()
    sources: tuple[SourceStatus, ...] = ()


Quality = Literal["known", "degraded", "unknown"]


class ZoneLive(Struct, frozen=True, omit_defaults=True):
    """Occupancy of one zone."""

    zone: Name
    occupancy: int | None
    quality: Quality


class Live(Struct, frozen=True, omit_defaults=True):
    """A venue now, retained: occupancy with its quality, whether it is open, when last heard."""

    venue: Name
    at_ms: Millis
    occupancy: int | None
    quality: Quality
    since_ms: Millis = 0
    last_reading_ms: Millis = 0
    capacity: int | None = None
    entered_today: int = 0
    open_now: Literal["open", "closed", "unknown"] = "unknown"
    zones: tuple[ZoneLive, ...] = ()


Message = Batch | RawBatch | Ack | Status | Live


class _Seq(Struct):
    seq: Mark = 0


class _Type(Struct):
    type: str = ""


_encoder = msgspec.json.Encoder()
_batch = msgspec.json.Decoder(BatchOf[Row])
_batch_raw = msgspec.json.Decoder(RawBatch)
_row: msgspec.json.Decoder[Row] = msgspec.json.Decoder(Row)
_seq = msgspec.json.Decoder(_Seq)
_type = msgspec.json.Decoder(_Type)
_ack = msgspec.json.Decoder(Ack)
_status = msgspec.json.Decoder(Status)
_live = msgspec.json.Decoder(Live)
_KNOWN_TYPES = frozenset({"epoch", "count", "measure", "coverage", "state", "event"})
_UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)


def encode(message: Message) -> bytes:
    """Return the payload of a message.

    Raises EncodeError when it is larger than MAX_PAYLOAD_BYTES.
    """
    payload = _encoder.encode(message)
    if len(payload) > MAX_PAYLOAD_BYTES:
        raise EncodeError(f"message of {len(payload)} bytes; the most is {MAX_PAYLOAD_BYTES}")
    return payload


def encode_row(row: Row) -> bytes:
    """Return a row as it lies in a spool and in a batch."""
    return _encoder.encode(row)


def decode_row(raw: bytes) -> Row:
    """Read one row.

    Raises DecodeError when it is not a row of this contract.
    """
    try:
        return _row.decode(raw)
    except msgspec.ValidationError as error:
        raise DecodeError(_row_code(raw), str(error)) from error
    except _UNREADABLE as error:
        raise DecodeError(RefusalCode.NOT_JSON, str(error)) from error


def decode_batch(payload: bytes) -> Batch:
    """Read a batch; rows that cannot be read come back as Unreadable, in their place.

    Raises DecodeError when the envelope itself cannot be read.
    """
    _check_size(payload)
    try:
        return _batch.decode(payload)  # type: ignore[return-value]  # rows are a narrower union
    except msgspec.ValidationError:
        batch = _decode(_batch_raw, payload)
    except _UNREADABLE as error:
        raise DecodeError(RefusalCode.NOT_JSON, str(error)) from error
    return Batch(
        stream=batch.stream,
        boot=batch.boot,
        boot_first=batch.boot_first,
        after=batch.after,
        upto=batch.upto,
        oldest=batch.oldest,
        rows=tuple(_readable_or_not(bytes(raw)) for raw in batch.rows),
        boots_before=batch.boots_before,
        lost=batch.lost,
        sent_at_ms=batch.sent_at_ms,
    )


def decode_ack(payload: bytes) -> Ack:
    """Read an acknowledgement. Raises DecodeError."""
    return _decode(_ack, payload)


def decode_status(payload: bytes) -> Status:
    """Read a node's status. Raises DecodeError."""
    return _decode(_status, payload)


def decode_live(payload: bytes) -> Live:
    """Read a venue's live state. Raises DecodeError."""
    return _decode(_live, payload)


def _decode(decoder: msgspec.json.Decoder[T], payload: bytes) -> T:
    _check_size(payload)
    try:
        return decoder.decode(payload)
    except msgspec.ValidationError as error:
        raise DecodeError(RefusalCode.INVALID, str(error)) from error
    except _UNREADABLE as error:
        raise DecodeError(RefusalCode.NOT_JSON, str(error)) from error


def _check_size(payload: bytes) -> None:
    if len(payload) > MAX_PAYLOAD_BYTES:
        raise DecodeError(
            RefusalCode.TOO_LARGE, f"{len(payload)} bytes; the most is {MAX_PAYLOAD_BYTES}"
        )


def _readable_or_not(raw: bytes) -> Row | Unreadable:
    try:
        return decode_row(raw)
    except DecodeError as error:
        return Unreadable(_loose(_seq, raw, _Seq()).seq, raw, error.code, error.reason)


def _row_code(raw: bytes) -> RefusalCode:
    known = _loose(_type, raw, _Type()).type in _KNOWN_TYPES
    return RefusalCode.INVALID if known else RefusalCode.UNKNOWN_TYPE


def _loose(decoder: msgspec.json.Decoder[T], raw: bytes, fallback: T) -> T:
    try:
        return decoder.decode(raw)
    except _UNREADABLE:
        return fallback
