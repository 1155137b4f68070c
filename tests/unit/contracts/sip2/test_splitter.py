"""Bytes into lines, however they come, and fuzzed lines into the codec."""

import random
import time
import tracemalloc

import pytest

from contracts.errors import LineError
from contracts.sip2.line import MOST_LINE_BYTES, Encoding, decode, encode
from contracts.sip2.message import Message
from contracts.sip2.splitter import LineSplitter
from tests.unit.contracts.sip2.lines import bad_lines

MANY = 200_000


@pytest.mark.parametrize("end", [b"\r", b"\n", b"\r\n", b"\n\r", b"\r\r\n"])
@pytest.mark.parametrize("size", [1, 2, 3, 100])
def test_every_terminator_in_any_chunks(end: bytes, size: int) -> None:
    stream = b"\x00\xff \r\n" + end.join([b"9300CNa|COb|", b"9908002.00", b"97", b""])
    splitter, lines = LineSplitter(), []
    for start in range(0, len(stream), size):
        lines += splitter.feed(stream[start : start + size])
    assert lines == [b"9300CNa|COb|", b"9908002.00", b"97"]
    assert splitter.begun == 0


def test_blanks_at_the_end_of_a_line_are_part_of_it() -> None:
    assert LineSplitter().feed(b"17" + b" " * 18 + b"\r") == [b"17" + b" " * 18]


def test_an_overlong_line_is_thrown_away_and_the_next_one_is_not() -> None:
    splitter = LineSplitter(most_bytes=10)
    assert splitter.feed(b"1" * 11) == []
    assert (splitter.overlong, splitter.begun) == (1, 0)
    assert splitter.feed(b"2" * 50) == []
    assert splitter.feed(b"3\r" + b"4" * 10 + b"\r" + b"5" * 11 + b"\r6\r") == [b"4" * 10, b"6"]
    assert splitter.overlong == 2


def test_it_holds_no_more_than_one_line() -> None:
    splitter = LineSplitter()
    for _ in range(100):
        splitter.feed(b"x" * 4096)
        assert splitter.begun <= MOST_LINE_BYTES
    assert splitter.overlong == 1


def fuzz(seed: int, count: int) -> dict[str, int]:
    """Bring bad lines to a splitter in any chunks; return how often which end was met."""
    dice = random.Random(seed)
    splitter, ends = LineSplitter(), dict.fromkeys(("taken", "refused"), 0)
    for _, data in bad_lines(seed, count):
        start = 0
        while start < len(data):
            size = dice.choice([1, 7, 64, 4096]) if len(data) < 2000 else 4096
            for line in splitter.feed(data[start : start + size]):
                ends[_end(line, dice.choice(list(Encoding)))] += 1
            start += size
        assert splitter.begun <= MOST_LINE_BYTES
    splitter.feed(b"\r")
    assert splitter.feed(b"9908002.00\r") == [b"9908002.00"]
    return {**ends, "overlong": splitter.overlong}


def _end(line: bytes, encoding: Encoding) -> str:
    try:
        message = decode(line, encoding)
    except LineError:
        return "refused"
    # Whatever was taken can be read by its parts, and sent on as a line of its own.
    for part in message.form.parts:
        message[part]
    again = decode(encode(message, encoding)[:-1], encoding)
    assert isinstance(again, Message)
    return "taken"


@pytest.mark.parametrize("seed", [1, 22, 333])
def test_no_line_breaks_the_codec(seed: int) -> None:
    ends = fuzz(seed, 1500)
    assert ends["taken"] > 100
    assert ends["refused"] > 100


@pytest.mark.soak
def test_many_lines_break_nothing_and_leave_nothing() -> None:
    seed = time.time_ns() % 2**32
    print(f"seed {seed}")  # noqa: T201
    fuzz(seed, 5_000)
    tracemalloc.start()
    fuzz(seed, 5_000)
    before, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    total: dict[str, int] = {}
    for piece in range(MANY // 10_000):
        for end, count in fuzz(seed + piece + 1, 10_000).items():
            total[end] = total.get(end, 0) + count
    tracemalloc.start()
    fuzz(seed, 5_000)
    after, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    print(f"{MANY} lines: {total}")  # noqa: T201
    assert after < before + 64 * 1024
    assert total["overlong"] > 0
