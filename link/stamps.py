"""Rows that already lie in a spool: what they are about, and how their stamps are changed. Pure."""

from typing import Final

import msgspec

from contracts.errors import DecodeError
from contracts.messages import decode_row, encode_row
from contracts.rows import (
    COUNT_BUCKET_SECONDS,
    MEASURE_BUCKET_SECONDS,
    Count,
    Coverage,
    Epoch,
    Event,
    Measure,
    Row,
    State,
)

_any_json: Final = msgspec.json.Decoder(msgspec.Raw)

EPOCH: Final = "*epoch"
"""What `about` says of an epoch's own row; no source can have this name."""


def renumbered(body: bytes, seq: int) -> bytes:
    """Return a row's bytes with another seq; one that cannot be read stays as it is."""
    try:
        return encode_row(msgspec.structs.replace(decode_row(body), seq=seq))
    except DecodeError:
        return body


def fit_to_send(seq: int, body: bytes) -> bytes:
    """Return a row's bytes, or what stands for it when the disk has spoilt them.

    A hub puts the stand-in aside, with what is left of the row; as it is, it would make the whole
    batch unreadable, and the stream would stand still for good.
    """
    try:
        _any_json.decode(body)
    except (msgspec.DecodeError, RecursionError):
        return msgspec.json.encode({"type": "damaged", "seq": seq, "base64": body})
    return body


def restamped(body: bytes, shift_ms: int, error_ms: int) -> bytes:
    """Return a row's bytes moved in time.

    A bucket moves by whole buckets, to the nearest: its error grows by half a bucket, which the
    epoch's own row says. One that cannot be read stays as it is.
    """
    try:
        row = decode_row(body)
    except DecodeError:
        return body
    try:
        return encode_row(_moved(row, shift_ms, error_ms))
    except ValueError:
        return body


def _moved(row: Row, shift_ms: int, error_ms: int) -> Row:
    change = msgspec.structs.replace
    match row:
        case Epoch():
            return change(
                row,
                at_ms=row.at_ms + shift_ms,
                clock="corrected",
                error_ms=error_ms + COUNT_BUCKET_SECONDS * 500,
            )
        case Count():
            return change(row, bucket_at=_nearest(row.bucket_at, shift_ms, COUNT_BUCKET_SECONDS))
        case Measure():
            moved = _nearest(row.bucket_at, shift_ms, MEASURE_BUCKET_SECONDS)
            return change(row, bucket_at=moved)
        case Coverage() | State():
            return change(row, since_ms=row.since_ms + shift_ms, until_ms=row.until_ms + shift_ms)
        case Event():
            return change(row, at_ms=row.at_ms + shift_ms)


def _nearest(bucket_at: int, shift_ms: int, seconds: int) -> int:
    """Move a bucket by the nearest whole number of buckets, so that no two of them meet."""
    return bucket_at + round(shift_ms / (seconds * 1000)) * seconds


def about(body: bytes) -> tuple[str, int, int]:
    """Return the source of a row and the span that it speaks of, in milliseconds."""
    try:
        row = decode_row(body)
    except DecodeError:
        return "unreadable", 0, 0
    match row:
        case Epoch():
            return EPOCH, row.at_ms, row.at_ms
        case Count():
            start = row.bucket_at * 1000
            return row.line, start, start + COUNT_BUCKET_SECONDS * 1000
        case Measure():
            start = row.bucket_at * 1000
            return row.sensor, start, start + MEASURE_BUCKET_SECONDS * 1000
        case Coverage():
            return row.source, row.since_ms, row.until_ms
        case State():
            return row.sensor, row.since_ms, row.until_ms
        case Event():
            return row.source, row.at_ms, row.at_ms + 1
