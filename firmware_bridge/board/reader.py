"""A board's bytes -> readings. Pure: bytes in, readings out."""

from collections.abc import Iterator

from firmware_bridge.board.codec import decode_message, encode_message
from firmware_bridge.board.counters import CounterBook
from firmware_bridge.board.messages import (
    ChannelKind,
    Climate,
    Contact,
    Counter,
    Heartbeat,
    Hello,
    Message,
    ResetCause,
    SendAll,
)
from firmware_bridge.errors import FrameError
from firmware_bridge.framing import FrameDecoder
from firmware_bridge.sensors.readings import (
    BoardReading,
    BoardStatus,
    ClimateReading,
    ContactReading,
    DoorState,
    LockState,
)


class BoardReader:
    """Feeds on the bytes of one opening of a port.

    `messages_read` counts what could be read. Nothing is yielded before the board has said who it
    is: a total without its board and boot means nothing. `needs_hello` says: ask it.
    """

    def __init__(self, counters: CounterBook) -> None:
        self._counters = counters
        self._frames = FrameDecoder()
        self._hello: Hello | None = None
        self._uptime_seconds: int | None = None
        self._last_seq: int | None = None
        self._request_seq = 0
        self.messages_read = 0
        self._malformed = 0
        self._unknown_messages = 0
        self._lost_frames = 0

    @property
    def needs_hello(self) -> bool:
        """Whether the board, or its present boot, is not yet known."""
        return self._hello is None

    @property
    def corrupt_frames(self) -> int:
        """Runs of bytes that were no frame, and frames that were no message."""
        return self._frames.corrupt_frames + self._malformed

    def request_all(self) -> bytes:
        """Return the bytes that ask the board for everything that it knows."""
        self._request_seq += 1
        # The leading delimiter ends whatever noise the board holds, so that the request is read.
        return b"\x00" + encode_message(SendAll(), self._request_seq)

    def feed(self, chunk: bytes) -> Iterator[BoardReading]:
        """Return the readings that this chunk completes; the chunk is taken in at the call."""
        readings: list[BoardReading] = []
        for content in self._frames.feed(chunk):
            try:
                seq, message = decode_message(content)
            except FrameError:
                self._malformed += 1
                continue
            self.messages_read += 1
            self._follow_seq(seq, message)
            reading = self._read(message)
            if reading is not None:
                readings.append(reading)
        return iter(readings)

    def _follow_seq(self, seq: int, message: Message | None) -> None:
        has_rebooted = isinstance(message, Hello) and (
            self._hello is None or self._hello.boot != message.boot
        )
        # The same number again is a frame that came twice: a converter's echo, or a board's.
        if self._last_seq not in (None, seq) and not has_rebooted:
            self._lost_frames += (seq - self._last_seq - 1) % 256
        self._last_seq = seq

    def _read(self, message: Message | None) -> BoardReading | None:
        match message:
            case None:
                self._unknown_messages += 1
            case Hello():
                if self._hello is None or self._hello.boot != message.boot:
                    self._uptime_seconds = None
                self._hello = message
                self._counters.keep_only(message.board_id.hex())
                return self._status(message)
            case Counter():
                hello = self._hello_of(message.boot)
                return None if hello is None else self._counters.read(hello.board_id.hex(), message)
            case Heartbeat():
                hello = self._hello_of(message.boot)
                self._uptime_seconds = message.uptime_seconds
                return None if hello is None else self._status(hello)
            case Contact() if self._hello:
                return _contact_reading(message)
            case Climate() if self._hello:
                return _climate_reading(message)
            case _:
                pass  # a host's frame echoed by the line, an answer, or a board not yet known
        return None

    def _hello_of(self, boot: int) -> Hello | None:
        if self._hello is not None and self._hello.boot != boot:
            self._hello = None  # its hello was lost on the line: ask again
        return self._hello

    def _status(self, hello: Hello) -> BoardStatus:
        return BoardStatus(
            board_id=hello.board_id.hex(),
            firmware=".".join(map(str, hello.firmware)),
            protocol=hello.protocol,
            boot=hello.boot,
            uptime_seconds=self._uptime_seconds,
            channels=tuple(map(_kind_name, hello.channels)),
            corrupt_frames=self.corrupt_frames,
            lost_frames=self._lost_frames,
            unknown_messages=self._unknown_messages,
            reset=_reset_name(hello.reset),
        )


def _kind_name(kind: int) -> str:
    try:
        return ChannelKind(kind).name.lower()
    except ValueError:
        return f"kind_{kind}"


def _reset_name(cause: int) -> str:
    try:
        return ResetCause(cause).name.lower()
    except ValueError:
        return f"cause_{cause}"


def _contact_reading(message: Contact) -> ContactReading:
    return ContactReading(
        channel=message.channel,
        lock=LockState[message.lock.name],
        door=DoorState[message.door.name],
        is_tampered=message.is_tampered,
        changes_total=message.changes,
    )


def _climate_reading(message: Climate) -> ClimateReading:
    return ClimateReading(
        channel=message.channel,
        temperature_celsius=_from_centi(message.temperature_centi_celsius),
        humidity_percent=_from_centi(message.humidity_centi_percent),
        co2_ppm=message.co2_ppm,
    )


def _from_centi(value: int | None) -> float | None:
    return None if value is None else value / 100
