"""Bytes and back: identity, limits, and nothing but DecodeError for whatever comes in."""

import json
from contextlib import suppress
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.errors import DecodeError, EncodeError
from contracts.ids import NodeId, is_name, is_token
from contracts.messages import (
    MAX_PAYLOAD_BYTES,
    Ack,
    Batch,
    Boot,
    ClockStatus,
    LineStatus,
    Live,
    RawBatch,
    SourceStatus,
    SpoolStatus,
    Status,
    ZoneLive,
    decode_ack,
    decode_batch,
    decode_live,
    decode_row,
    decode_status,
    encode,
    encode_row,
)
from contracts.rows import (
    LARGEST_VALUE,
    Count,
    Coverage,
    Epoch,
    Event,
    Lost,
    Measure,
    Row,
    State,
    Unreadable,
)
from contracts.topics import Channel, node_topic, parse_node_topic

names = st.from_regex(r"[a-z0-9][a-z0-9_-]{0,47}", fullmatch=True)
tokens = st.from_regex(r"[0-9a-f]{8,32}", fullmatch=True)
seqs = st.integers(1, 2**53)
millis = st.integers(0, 4_102_444_800_000)
tallies = st.integers(0, 1_000_000)
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=200)
minutes = st.integers(0, 68_374_080).map(lambda n: n * 60)
numbers = st.floats(-LARGEST_VALUE, LARGEST_VALUE)
optional_tokens = st.none() | tokens
spans = st.tuples(millis, millis).map(sorted)

counts = st.builds(Count, seqs, tokens, names, minutes, tallies, tallies)
rows: st.SearchStrategy[Row] = st.one_of(
    st.builds(
        Epoch,
        seqs,
        tokens,
        tokens,
        millis,
        tokens,
        st.sampled_from(["set", "corrected", "unset"]),
        millis,
        texts,
    ),
    counts,
    st.builds(
        Measure,
        seqs,
        tokens,
        names,
        names,
        minutes.map(lambda at: at - at % 300),
        st.integers(1, 1000),
        numbers,
        numbers,
        numbers,
    ),
    st.builds(
        lambda s, e, n, w, end: Coverage(s, e, n, w[0], w[1], end),
        seqs,
        tokens,
        names,
        spans,
        st.none() | texts,
    ),
    st.builds(
        lambda s, e, n, v, w, end: State(s, e, n, v, w[0], w[1], end),
        seqs,
        tokens,
        names,
        names,
        spans,
        st.none() | texts,
    ),
    st.builds(
        Event,
        seqs,
        tokens,
        tokens,
        names,
        names,
        millis,
        st.dictionaries(
            names, st.one_of(st.booleans(), st.integers(-(2**60), 2**60), numbers, texts)
        ),
    ),
)
batches = st.builds(
    lambda stream, boot, first, after, more, found, boots, lost: Batch(
        stream, boot, first, after, after + more, after + 1, tuple(found), tuple(boots), tuple(lost)
    ),
    tokens,
    tokens,
    seqs,
    st.integers(0, 2**50),
    st.integers(1, 1000),
    st.lists(rows, max_size=5),
    st.lists(st.builds(Boot, tokens, seqs), max_size=8),
    st.lists(st.builds(lambda n, w: Lost(n, w[0], w[1], 1), names, spans), max_size=4),
)
GOOD: dict[str, Any] = {
    "type": "count", "seq": 1, "epoch": "e0" * 4, "line": "front", "bucket_at": 60, "in": 3,
}  # fmt: skip
ENVELOPE: dict[str, Any] = {
    "stream": "5a" * 8, "boot": "b0" * 8, "boot_first": 1, "after": 0, "upto": 9, "oldest": 1,
    "rows": [],
}  # fmt: skip


@given(rows)
def test_a_row_comes_back(row: Row) -> None:
    assert decode_row(encode_row(row)) == row


@given(batches)
def test_a_batch_comes_back(batch: Batch) -> None:
    assert decode_batch(encode(batch)) == batch


@given(batches)
def test_a_batch_of_bytes_comes_back_as_rows(batch: Batch) -> None:
    raw = msgspec.structs.asdict(batch) | {
        "rows": tuple(
            msgspec.Raw(encode_row(row)) for row in batch.rows if not isinstance(row, Unreadable)
        )
    }
    assert decode_batch(encode(RawBatch(**raw))) == batch


@given(
    st.builds(
        Ack,
        tokens,
        tokens,
        st.integers(0, 2**53),
        st.sampled_from(["stored", "refused", "fork"]),
        optional_tokens,
        st.lists(tokens, max_size=16).map(tuple),
        millis,
    )
)
def test_an_ack_comes_back(ack: Ack) -> None:
    assert decode_ack(encode(ack)) == ack


naturals = st.integers(0, 2**53)
lines = st.builds(
    LineStatus,
    *[naturals] * 4,
    st.none() | st.floats(0, 1e6),
    st.floats(0, 1e6),
)
sources = st.builds(
    SourceStatus,
    names,
    names,
    st.sampled_from(["starting", "watching", "failed", "stopped"]),
    millis,
    texts,
    st.integers(0, 2**40),
    line=st.none() | lines,
)
statuses = st.builds(
    Status,
    tokens,
    st.booleans(),
    millis,
    texts,
    optional_tokens,
    st.none() | st.builds(ClockStatus, st.sampled_from(["set", "corrected", "unset"]), naturals),
    st.none()
    | st.builds(
        SpoolStatus, tokens, naturals, naturals, naturals, st.none() | texts, st.booleans()
    ),
    optional_tokens,
    st.lists(tokens, max_size=8).map(tuple),
    st.lists(sources, max_size=4).map(tuple),
)


@given(statuses)
def test_a_status_comes_back(status: Status) -> None:
    assert decode_status(encode(status)) == status


qualities = st.sampled_from(["known", "degraded", "unknown"])
optional_counts = st.none() | st.integers(-(2**40), 2**40)


@given(
    st.builds(
        Live,
        names,
        millis,
        optional_counts,
        qualities,
        millis,
        millis,
        optional_counts,
        st.integers(0, 2**40),
        st.sampled_from(["open", "closed", "unknown"]),
        st.lists(st.builds(ZoneLive, names, optional_counts, qualities), max_size=4).map(tuple),
    )
)
def test_a_live_state_comes_back(live: Live) -> None:
    assert decode_live(encode(live)) == live


def _json(depth: int) -> bytes:
    return b'{"type":"later","x":' + b"[" * depth + b"]" * depth + b"}"


@pytest.mark.parametrize(
    "decode", [decode_row, decode_batch, decode_ack, decode_status, decode_live]
)
@given(
    st.one_of(
        st.binary(),
        st.recursive(
            st.one_of(st.none(), st.booleans(), st.integers(), st.text(), st.floats()),
            lambda part: st.one_of(st.lists(part), st.dictionaries(st.text(), part)),
        ).map(lambda value: json.dumps(value).encode()),
        batches.flatmap(
            lambda b: st.tuples(st.integers(0, 10_000), st.binary(min_size=1, max_size=3)).map(
                lambda cut: (p := encode(b))[: cut[0] % len(p)] + cut[1] + p[cut[0] % len(p) + 1 :]
            )
        ),
        st.sampled_from([_json(5000), b'{"type":"\xff"}', b'{"type":"\\ud800"}', b"1e999"]),
    )
)
def test_any_bytes_are_read_or_refused(decode: Any, payload: bytes) -> None:
    with suppress(DecodeError):
        decode(payload)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"in": -1}, "invalid"),
        ({"bucket_at": 61}, "invalid"),
        ({"line": "Front"}, "invalid"),
        ({"line": "front\n"}, "invalid"),
        ({"epoch": "deadbeef\n"}, "invalid"),
        ({"type": "hologram"}, "unknown_type"),
        ({"seq": 10**40}, "invalid"),
        ({"type": "epoch", "error_ms": 2**63}, "invalid"),
        ({"type": "measure", "bucket_at": 300, "n": 2, "min": 0, "max": 0, "sensor": "a",
          "quantity": "b", "mean": 1e300}, "invalid"),
    ],
)  # fmt: skip
def test_a_poison_row_stays_in_its_place(change: dict[str, Any], code: str) -> None:
    batch = decode_batch(json.dumps(ENVELOPE | {"rows": [GOOD, GOOD | change, GOOD]}).encode())
    assert [type(row) for row in batch.rows] == [Count, Unreadable, Count]
    poison = batch.rows[1]
    assert isinstance(poison, Unreadable)
    assert poison.code == code
    assert json.loads(poison.raw) == GOOD | change
    assert 0 <= poison.seq <= 2**53


def test_unknown_fields_are_ignored_and_missing_ones_defaulted() -> None:
    row = decode_row(json.dumps(GOOD | {"colour": "red"}).encode())
    assert row == Count(1, "e0" * 4, "front", 60, 3, 0)
    batch = decode_batch(json.dumps(ENVELOPE | {"hologram": {}}).encode())
    assert (batch.boots_before, batch.lost, batch.sent_at_ms) == ((), (), 0)


@pytest.mark.parametrize(
    "change",
    [
        {"upto": 0},
        {"after": 9},
        {"rows": [GOOD] * 1001},
        {"stream": "no"},
        {"lost": [{"source": "a", "since_ms": 0, "until_ms": 1, "rows": 10**30}]},
    ],
)
def test_an_envelope_that_cannot_be_read(change: dict[str, Any]) -> None:
    with pytest.raises(DecodeError):
        decode_batch(json.dumps(ENVELOPE | change).encode())


def test_too_large_in_either_direction() -> None:
    with pytest.raises(DecodeError):
        decode_status(b" " * (MAX_PAYLOAD_BYTES + 1))
    with pytest.raises(EncodeError):
        encode(Status("b0" * 8, True, software="x" * MAX_PAYLOAD_BYTES))


@given(names, names, st.sampled_from(list(Channel)))
def test_topics_both_ways(venue: str, node: str, channel: Channel) -> None:
    assert parse_node_topic(node_topic(NodeId(venue, node), channel)) == (
        NodeId(venue, node),
        channel,
    )


@pytest.mark.parametrize(
    "topic",
    ["kaiguan/v1Zvenue/node/data", "kaiguan/v1/venue/data", "kaiguan/v1/a/b/c/data", "",
     "kaiguan/v1/a/b\n/data", "kaiguan/v1/a/b/dat", "kaiguan/v2/a/b/data"],
)  # fmt: skip
def test_what_is_not_a_topic_of_a_node(topic: str) -> None:
    with pytest.raises(DecodeError):
        parse_node_topic(topic)


@given(st.text())
def test_names_and_tokens_are_ascii(text: str) -> None:
    assert not is_name(text) or (text.isascii() and text == text.strip())
    assert not is_token(text) or (text.isascii() and text == text.strip())
