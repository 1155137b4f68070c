"""A board as its firmware would behave. Pure: time is an argument, bytes come out."""

from collections.abc import Sequence

from firmware_bridge.board.codec import decode_message, encode_message
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
    Message,
    SendAll,
)
from firmware_bridge.errors import FrameError
from firmware_bridge.framing import FrameDecoder

HEARTBEAT_SECONDS = 2.0
REPEAT_SECONDS = 5.0
_WRAP = 1 << 32

DEFAULT_CHANNELS = (ChannelKind.BEAM, ChannelKind.CONTACT, ChannelKind.CLIMATE)


class SimulatedBoard:
    """A board with channels. Changes and ticks return the bytes that it sends at once."""

    def __init__(
        self,
        *,
        board_id: bytes = bytes.fromhex("4b47000000000001"),
        boot: int = 1,
        channels: Sequence[ChannelKind] = DEFAULT_CHANNELS,
    ) -> None:
        self.board_id = board_id
        self.channels = tuple(channels)
        self._frames = FrameDecoder()
        self._boot = boot
        self._clear()

    @property
    def boot(self) -> int:
        """How often the board has booted."""
        return self._boot

    def power_on(self, now: float) -> bytes:
        """Start the clock of this boot, and return what a board then says."""
        self._booted_at = now
        self._next_heartbeat_at = now + HEARTBEAT_SECONDS
        self._next_repeat_at = now + REPEAT_SECONDS
        return b"\x00" + self._send_all(now)

    def reset(self, now: float) -> bytes:
        """Boot again: totals and sequence start at zero, the boot counter has grown."""
        self._boot += 1
        self._clear()
        return self.power_on(now)

    def cross(self, channel: int, *, entered: int = 0, left: int = 0) -> bytes:
        """Let visitors pass a beam counter; totals wrap at 2**32."""
        before = self._counters[channel]
        self._counters[channel] = Counter(
            channel, self._boot, (before.entered + entered) % _WRAP, (before.left + left) % _WRAP
        )
        return self._send(self._counters[channel])

    def set_contact(
        self, channel: int, lock: LockCode, door: DoorCode, *, is_tampered: bool = False
    ) -> bytes:
        """Move a bolt or door; returns no bytes when nothing changes."""
        before = self._contacts[channel]
        if (before.lock, before.door, before.is_tampered) == (lock, door, is_tampered):
            return b""
        self._contacts[channel] = Contact(
            channel, lock, door, is_tampered, (before.changes + 1) % _WRAP
        )
        return self._send(self._contacts[channel])

    def set_climate(
        self,
        channel: int,
        temperature_celsius: float,
        humidity_percent: float,
        co2_ppm: int | None = None,
    ) -> None:
        """Change the air; it is told with the next repeat."""
        self._climates[channel] = Climate(
            channel, round(temperature_celsius * 100), round(humidity_percent * 100), co2_ppm
        )

    def tick(self, now: float) -> bytes:
        """Return the heartbeats and repeats that are due."""
        sent = b""
        if now >= self._next_heartbeat_at:
            self._next_heartbeat_at = now + HEARTBEAT_SECONDS
            sent += self._send(self._heartbeat(now))
        if now >= self._next_repeat_at:
            self._next_repeat_at = now + REPEAT_SECONDS
            sent += b"".join(map(self._send, self._states()))
        return sent

    def receive(self, chunk: bytes, now: float) -> bytes:
        """Take bytes of the host and return the answers."""
        return b"".join(self._answer(content, now) for content in self._frames.feed(chunk))

    def _clear(self) -> None:
        self._seq = 0
        self._booted_at = self._next_heartbeat_at = self._next_repeat_at = 0.0
        of_kind = {
            kind: [n for n, k in enumerate(self.channels) if k == kind] for kind in ChannelKind
        }
        self._counters = {n: Counter(n, self._boot, 0, 0) for n in of_kind[ChannelKind.BEAM]}
        self._contacts = {
            n: Contact(n, LockCode.LOCKED, DoorCode.CLOSED, is_tampered=False, changes=0)
            for n in of_kind[ChannelKind.CONTACT]
        }
        self._climates = {n: Climate(n, 2100, 5000, 420) for n in of_kind[ChannelKind.CLIMATE]}

    def _states(self) -> list[Message]:
        return [*self._counters.values(), *self._contacts.values(), *self._climates.values()]

    def _heartbeat(self, now: float) -> Heartbeat:
        return Heartbeat(self._boot, int(now - self._booted_at))

    def _send_all(self, now: float) -> bytes:
        hello = Hello(self.board_id, self._boot, (1, 0, 0), tuple(map(int, self.channels)))
        return b"".join(map(self._send, [hello, *self._states(), self._heartbeat(now)]))

    def _answer(self, content: bytes, now: float) -> bytes:
        try:
            seq, message = decode_message(content)
        except FrameError:
            return self._send(Ack(content[1] if len(content) > 1 else 0, content[0], _BAD))
        if isinstance(message, SendAll):
            return self._send(Ack(seq, content[0], AckResult.DONE)) + self._send_all(now)
        if isinstance(message, Command) and message.channel >= len(self.channels):
            return self._send(Ack(seq, content[0], _BAD))
        return self._send(Ack(seq, content[0], AckResult.UNKNOWN_COMMAND))

    def _send(self, message: Message) -> bytes:
        frame = encode_message(message, self._seq)
        self._seq = (self._seq + 1) % 256
        return frame


_BAD = AckResult.BAD_ARGUMENT
