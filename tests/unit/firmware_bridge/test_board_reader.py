"""A board's bytes -> readings: totals over losses, wraps, resets, and a board not yet known."""

import dataclasses
import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firmware_bridge import (
    BoardStatus,
    ClimateReading,
    ContactReading,
    Continuity,
    CounterBase,
    CounterBook,
    CounterReading,
    DoorState,
    LockState,
)
from firmware_bridge.board.codec import decode_message, encode_message
from firmware_bridge.board.counters import LARGEST_STEP
from firmware_bridge.board.messages import (
    Ack,
    AckResult,
    ChannelKind,
    Climate,
    Command,
    Contact,
    Counter,
    DoorCode,
    Heartbeat,
    Hello,
    LockCode,
    ResetCause,
    SendAll,
)
from firmware_bridge.board.reader import BoardReader
from firmware_bridge.framing import FrameDecoder, encode_frame
from firmware_bridge.sensors.readings import BoardReading
from firmware_bridge.simulated.board import SimulatedBoard

ID = bytes.fromhex("4b47000000000001")
HELLO = Hello(ID, 7, (1, 2, 3), (1, 2, 3, 9))
TOP = 2**32


def a_counter(entered: int, left: int = 0, *, boot: int = 7, channel: int = 0) -> Counter:
    return Counter(channel, boot, entered, left)


def increments(*counters: Counter) -> list[tuple[int, int, Continuity]]:
    book = CounterBook()
    readings = [book.read("b", counter) for counter in counters]
    return [(reading.entered, reading.left, reading.continuity) for reading in readings]


def test_the_first_totals_are_the_base() -> None:
    assert increments(a_counter(500, 400)) == [(0, 0, Continuity.FIRST)]


def test_lost_frames_lose_nothing() -> None:
    assert increments(a_counter(5), a_counter(9, 2))[1] == (4, 2, Continuity.SAME_BOOT)


def test_a_repeat_adds_nothing() -> None:
    assert increments(a_counter(5, 1), a_counter(5, 1))[1] == (0, 0, Continuity.SAME_BOOT)


def test_totals_wrap() -> None:
    assert increments(a_counter(TOP - 2, TOP - 1), a_counter(3, 0))[1] == (
        5,
        1,
        Continuity.SAME_BOOT,
    )


def test_a_new_boot_counts_from_zero() -> None:
    assert increments(a_counter(500, 400), a_counter(3, 1, boot=8))[1] == (
        3,
        1,
        Continuity.REBOOTED,
    )


def test_totals_that_go_back_count_nothing() -> None:
    assert increments(a_counter(500), a_counter(3), a_counter(4))[1:] == [
        (0, 0, Continuity.BROKEN),
        (1, 0, Continuity.SAME_BOOT),
    ]


@pytest.mark.parametrize(
    "counter",
    [
        a_counter(6 + LARGEST_STEP),
        a_counter(5, 1 + LARGEST_STEP),
        a_counter(4),
        a_counter(1 + LARGEST_STEP, boot=8),
        a_counter(0, TOP - 1, boot=8),
    ],
)
def test_a_total_beyond_reason_counts_nothing(counter: Counter) -> None:
    after = dataclasses.replace(counter, entered=(counter.entered + 2) % TOP)
    assert increments(a_counter(5), counter, after)[1:] == [
        (0, 0, Continuity.BROKEN),
        (2, 0, Continuity.SAME_BOOT),
    ]


def test_a_board_that_was_elsewhere_brings_nothing_back() -> None:
    """Two boards of which each kept its power are swapped, and swapped back."""
    book = CounterBook()

    def entered(board_id: bytes, total: int) -> int:
        readings = BoardReader(book).feed(
            stream(Hello(board_id, 7, (1, 0, 0), (1,)), a_counter(total))
        )
        return sum(r.entered for r in readings if isinstance(r, CounterReading))

    assert entered(ID, 10) == 0
    assert entered(ID, 12) == 2
    assert entered(bytes(8), 500) == 0
    assert entered(ID, 90) == 0
    assert entered(ID, 91) == 1


def test_channels_and_boards_are_apart() -> None:
    book = CounterBook()
    book.read("b", a_counter(5))
    assert book.read("b", a_counter(9, channel=1)).continuity is Continuity.FIRST
    assert book.read("c", a_counter(9)).continuity is Continuity.FIRST
    assert book.read("b", a_counter(6)).entered == 1


def test_a_stored_book_goes_on() -> None:
    book = CounterBook()
    book.read("b", a_counter(5))
    assert book.bases == {("b", 0): CounterBase(7, 5, 0)}
    assert CounterBook(book.bases).read("b", a_counter(8)).entered == 3


@settings(deadline=None)
@given(
    st.integers(0, TOP - 1),
    st.lists(st.tuples(st.integers(0, 1000), st.integers(0, 1000), st.booleans()), max_size=30),
)
def test_increments_sum_to_what_crossed_whatever_is_lost(
    start: int, steps: list[tuple[int, int, bool]]
) -> None:
    book = CounterBook()
    entered = left = start
    book.read("b", a_counter(entered, left))
    seen_entered = seen_left = 0
    for more_entered, more_left, is_lost in [*steps, (0, 0, False)]:
        entered, left = entered + more_entered, left + more_left
        if not is_lost:
            reading = book.read("b", a_counter(entered % TOP, left % TOP))
            seen_entered += reading.entered
            seen_left += reading.left
    assert (seen_entered, seen_left) == (entered - start, left - start)


def stream(*messages: object, seq: int = 0) -> bytes:
    return b"".join(
        encode_message(message, seq + n)  # type: ignore[arg-type]
        for n, message in enumerate(messages)
    )


def test_readings_of_each_kind() -> None:
    reader = BoardReader(CounterBook())
    readings = list(
        reader.feed(
            stream(
                HELLO,
                a_counter(4, 3),
                Contact(1, LockCode.LOCKED, DoorCode.UNKNOWN, is_tampered=True, changes=9),
                Climate(2, -1234, 5025, None),
                Climate(2, None, None, 800),
                Heartbeat(7, 60),
            )
        )
    )
    status = BoardStatus(
        board_id=ID.hex(),
        firmware="1.2.3",
        protocol=1,
        boot=7,
        uptime_seconds=None,
        channels=("beam", "contact", "climate", "kind_9"),
        corrupt_frames=0,
        lost_frames=0,
        unknown_messages=0,
    )
    assert readings[:-1] == [
        status,
        CounterReading(0, 4, 3, 0, 0, Continuity.FIRST, is_blocked=False),
        ContactReading(1, LockState.LOCKED, DoorState.UNKNOWN, is_tampered=True, changes_total=9),
        ClimateReading(2, -12.34, 50.25, None),
        ClimateReading(2, None, None, 800),
    ]
    assert isinstance(readings[-1], BoardStatus)
    assert readings[-1].uptime_seconds == 60


@pytest.mark.parametrize(
    ("reset", "name"),
    [(ResetCause.UNTOLD, "untold"), (ResetCause.BROWN_OUT, "brown_out"), (9, "cause_9")],
)
def test_a_board_says_why_it_booted(reset: int, name: str) -> None:
    [status] = BoardReader(CounterBook()).feed(stream(dataclasses.replace(HELLO, reset=reset)))
    assert isinstance(status, BoardStatus)
    assert status.reset == name


def test_nothing_is_read_before_the_hello() -> None:
    reader = BoardReader(CounterBook())
    contact = Contact(1, LockCode.LOCKED, DoorCode.CLOSED, is_tampered=False, changes=0)
    assert not list(reader.feed(stream(a_counter(4), contact, Climate(2, 1, 1), Heartbeat(7, 1))))
    assert reader.needs_hello
    assert len(list(reader.feed(stream(HELLO, a_counter(4))))) == 2
    assert not reader.needs_hello


def test_a_boot_whose_hello_was_lost_is_asked_for() -> None:
    reader = BoardReader(CounterBook())
    list(reader.feed(stream(HELLO, a_counter(10))))
    assert not list(reader.feed(stream(a_counter(1, boot=8), seq=2)))
    assert reader.needs_hello
    again = Hello(ID, 8, (1, 2, 3), (1,))
    [_, counter] = reader.feed(stream(again, a_counter(2, boot=8), seq=3))
    assert isinstance(counter, CounterReading)
    assert (counter.entered, counter.continuity) == (2, Continuity.REBOOTED)


def test_gaps_of_seq_are_lost_frames_but_a_boot_is_not() -> None:
    reader = BoardReader(CounterBook())
    list(reader.feed(stream(HELLO, seq=250)))
    list(reader.feed(stream(Heartbeat(7, 1), seq=3)))  # 251 to 255 and 0 to 2 are lost
    [status] = reader.feed(stream(Heartbeat(7, 2), seq=4))
    assert isinstance(status, BoardStatus)
    assert status.lost_frames == 8
    [status] = reader.feed(stream(Hello(ID, 8, (1, 2, 3), ()), seq=0))
    assert isinstance(status, BoardStatus)
    assert status.lost_frames == 8


def test_what_cannot_be_read_is_counted() -> None:
    reader = BoardReader(CounterBook())
    noise = encode_frame(b"\x01") + encode_frame(b"\x02\x00\x01") + b"\xff\xff\x00"
    later = encode_frame(b"\x7e\x00")
    [status] = reader.feed(noise + later + stream(HELLO, seq=1))
    assert isinstance(status, BoardStatus)
    assert (status.corrupt_frames, status.unknown_messages) == (3, 1)


def test_an_echo_of_the_request_is_passed_over() -> None:
    reader = BoardReader(CounterBook())
    assert not list(reader.feed(reader.request_all()))
    assert reader.corrupt_frames == 0


def test_a_frame_that_came_twice_is_no_loss() -> None:
    reader = BoardReader(CounterBook())
    twice = stream(a_counter(4), seq=1)
    readings = [*reader.feed(stream(HELLO) + twice + twice + stream(Heartbeat(7, 1), seq=2))]
    assert [r.entered for r in readings if isinstance(r, CounterReading)] == [0, 0]
    assert isinstance(readings[-1], BoardStatus)
    assert readings[-1].lost_frames == 0


@settings(deadline=None)
@given(st.binary(max_size=40), st.lists(st.integers(0, 200), max_size=20))
def test_any_chunking_gives_the_same_readings(noise: bytes, cuts: list[int]) -> None:
    sent = noise + b"\x00" + stream(HELLO, a_counter(4)) + noise
    sent += b"\x00" + stream(Contact(1, LockCode.LOCKED, DoorCode.OPEN, False, 3), seq=2)
    at_once, reader = BoardReader(CounterBook()), BoardReader(CounterBook())
    whole, readings = list(at_once.feed(sent)), list[BoardReading]()
    edges = sorted({0, len(sent), *(cut for cut in cuts if cut < len(sent))})
    for start, end in itertools.pairwise(edges):
        readings += reader.feed(sent[start:end])

    def told(reading: BoardReading) -> BoardReading:
        # A status counts all the noise that came in its chunk, behind it too.
        if isinstance(reading, BoardStatus):
            return dataclasses.replace(reading, corrupt_frames=0)
        return reading

    assert list(map(told, readings)) == list(map(told, whole))
    assert reader.corrupt_frames == at_once.corrupt_frames
    assert isinstance(whole[-1], ContactReading)


@settings(deadline=None)
@given(st.lists(st.binary(max_size=300), max_size=20))
def test_any_bytes_never_raise(chunks: list[bytes]) -> None:
    reader = BoardReader(CounterBook())
    for chunk in chunks:
        list(reader.feed(chunk))


@settings(deadline=None, max_examples=50)
@given(st.lists(st.sampled_from(["in", "out", "reset", "tick", "ask"]), max_size=60), st.data())
def test_a_board_and_its_reader_agree(events: list[str], data: st.DataObject) -> None:
    """With no loss on the line, the increments are the crossings, over any number of boots."""
    board = SimulatedBoard(channels=[ChannelKind.BEAM])
    reader = BoardReader(CounterBook())
    sent = board.power_on(0.0)
    crossed = [0, 0]
    for now, event in enumerate(events, start=1):
        if event == "in":
            crossed[0] += 1
            sent += board.cross(0, entered=1)
        elif event == "out":
            crossed[1] += 1
            sent += board.cross(0, left=1)
        elif event == "reset":
            sent += board.reset(float(now))
        elif event == "ask":
            sent += board.receive(reader.request_all(), float(now))
        else:
            sent += board.tick(float(now))
    cut = data.draw(st.integers(0, len(sent)))
    readings = [*reader.feed(sent[:cut]), *reader.feed(sent[cut:])]
    counters = [reading for reading in readings if isinstance(reading, CounterReading)]
    assert [sum(r.entered for r in counters), sum(r.left for r in counters)] == crossed
    assert reader.corrupt_frames == 0


def test_a_board_answers_what_it_does_not_know() -> None:
    board = SimulatedBoard()

    def result_of(frame: bytes) -> AckResult:
        message = decode_message(next(FrameDecoder().feed(board.receive(frame, 1.0))))[1]
        assert isinstance(message, Ack)
        return message.result

    assert result_of(encode_message(Command(0, 1), 4)) is AckResult.UNKNOWN_COMMAND
    assert result_of(encode_message(Command(99, 1), 5)) is AckResult.BAD_ARGUMENT
    assert result_of(encode_frame(b"\x82\x05\x01")) is AckResult.BAD_ARGUMENT
    assert result_of(encode_message(SendAll(), 6)) is AckResult.DONE
