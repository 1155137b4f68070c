"""A FEIG OBID i-scan pad as its firmware behaves: bytes in, bytes out. Pure.

It is silent on whatever is no frame for it. It puts each tag that it has told to silence until the
next RF reset, as a reader does with the bit ONT of its configuration, and tells as many tags at
once as fit into its buffer.
"""

from collections.abc import Callable

from firmware_bridge.feig import commands as feig
from firmware_bridge.feig import statuses
from firmware_bridge.feig.frames import STX, content_of, encode_frame, frame_decoder
from firmware_bridge.simulated.pad import SimulatedPad, SimulatedTag, TagRefusal

_ISO_TYPE = 0x03
_WRITES = frozenset({feig.WRITE, feig.WRITE_AFI})
_SWITCHES = frozenset({feig.SET_EAS, feig.RESET_EAS})
_FIRMWARE = bytes([2, 5, 0, 0, 0x5B, 0, 0x08])
# What the air takes, in seconds: an inventory of 16 slots and each tag in it, a command to a tag,
# each block that is read, each that is written. Reckoned from ISO/IEC 15693 at 26 kbit/s.
_INVENTORY, _PER_TAG, _COMMAND, _PER_READ, _PER_WRITE = 0.020, 0.006, 0.005, 0.002, 0.008
_RESET = 0.010


class SimulatedFeigPad:
    """A reader over a pad. `air_seconds` is how long the air took for the last request.

    `tags_at_once` is how many entries of an inventory fit into its buffer; `keeps_quiet` is the bit
    ONT. `rejects` answers every request with that status, as a reader in scan mode does with 82.
    `is_advanced_only` is a newer reader, which knows no standard frames. `before_write` is told the
    uid of each tag that the host is about to write, and may take it out of the field.
    """

    def __init__(
        self,
        pad: SimulatedPad,
        *,
        address: int = 0,
        tags_at_once: int = 24,
        keeps_quiet: bool = True,
        is_reversed: bool = True,
        rejects: int | None = None,
        is_advanced_only: bool = False,
        before_write: Callable[[str], None] = lambda _uid: None,
    ) -> None:
        self.pad = pad
        self.rejects = rejects
        self.air_seconds = 0.0
        self._address = address
        self._tags_at_once = tags_at_once
        self._keeps_quiet = keeps_quiet
        self._is_reversed = is_reversed
        self._is_advanced_only = is_advanced_only
        self._before_write = before_write
        self._frames = frame_decoder()
        self._quiet: set[str] = set()
        self._rest: list[SimulatedTag] = []

    @property
    def corrupt_frames(self) -> int:
        """Runs of bytes that were no request."""
        return self._frames.corrupt_frames

    def receive(self, chunk: bytes) -> bytes:
        """Take bytes of the host and return the answers."""
        self.air_seconds = 0.0
        return b"".join(map(self._answer, self._frames.feed(chunk)))

    def gap(self) -> None:
        """Forget a request that did not end: the line was silent."""
        list(self._frames.gap())

    def _answer(self, frame: bytes) -> bytes:
        request, is_advanced = content_of(frame), frame[0] == STX
        is_mine = request[0] in (self._address, 0xFF)
        if not is_mine or (self._is_advanced_only and not is_advanced):
            return b""
        if self.rejects is not None and request[1] in (feig.ISO_15693, feig.CUSTOM):
            status, data = self.rejects, b""
        else:
            status, data = self._do(request[1], request[2:])
        content = bytes([self._address, request[1], status]) + data
        return encode_frame(content, is_advanced=is_advanced)

    def _do(self, command: int, data: bytes) -> tuple[int, bytes]:
        if command == feig.VERSION:
            return statuses.OK, _FIRMWARE
        if command == feig.RF_RESET:
            self.air_seconds = _RESET
            self._quiet.clear()
            return statuses.OK, b""
        if command == feig.ISO_15693 and data[:1] == bytes([feig.INVENTORY]):
            return self._take_inventory(data)
        if command == feig.ISO_15693:
            return self._ask_tag(data[0] if data else 0, data[1:])
        if command == feig.CUSTOM and data[:1] == bytes([feig.NXP]):
            return self._switch(data[1] if len(data) > 1 else 0, data[2:])
        return 0x80, b""

    def _take_inventory(self, data: bytes) -> tuple[int, bytes]:
        if len(data) < 2:
            return 0x81, b""
        if not data[1] & feig.MORE:
            self._rest = [tag for tag in self.pad.hf_tags if tag.uid not in self._quiet]
            self.air_seconds = _INVENTORY + _PER_TAG * len(self._rest)
            if self._keeps_quiet:
                self._quiet |= {tag.uid for tag in self._rest}
        told, self._rest = self._rest[: self._tags_at_once], self._rest[self._tags_at_once :]
        if not told:
            return statuses.NO_TAG, b""
        entries = b"".join(bytes([_ISO_TYPE, tag.dsfid]) + bytes.fromhex(tag.uid) for tag in told)
        status = statuses.MORE_DATA if self._rest else statuses.OK
        return status, bytes([len(told)]) + entries

    def _ask_tag(self, command: int, data: bytes) -> tuple[int, bytes]:
        tag, rest = self._addressed(data, is_write=command in _WRITES)
        self.air_seconds = _COMMAND
        if tag is None:
            return statuses.NO_TAG, b""
        match command:
            case feig.READ if len(rest) == 2:
                return self._read(tag, rest[0], rest[1])
            case feig.WRITE if len(rest) >= 3:
                return self._write(tag, rest[0], rest[2], rest[3:])
            case feig.WRITE_AFI if len(rest) == 1:
                self.air_seconds += _PER_WRITE
                tag.afi = rest[0]
                return statuses.OK, b""
            case feig.SYSTEM_INFO:
                return statuses.OK, self._system_info(tag)
            case _:
                return 0x80, b""

    def _read(self, tag: SimulatedTag, first: int, count: int) -> tuple[int, bytes]:
        self.air_seconds += _PER_READ * count
        content = tag.read(first, count)
        if isinstance(content, TagRefusal):
            return statuses.TAG_ERROR, bytes([content])
        size = tag.block_bytes
        turned = feig.turn_blocks(content, size, is_reversed=self._is_reversed)
        blocks = [turned[at : at + size] for at in range(0, len(turned), size)]
        return statuses.OK, bytes([count, size]) + b"".join(b"\x00" + block for block in blocks)

    def _write(
        self, tag: SimulatedTag, first: int, block_bytes: int, content: bytes
    ) -> tuple[int, bytes]:
        if block_bytes != tag.block_bytes:
            return 0x11, b""
        self.air_seconds += _PER_WRITE * (len(content) // block_bytes)
        turned = feig.turn_blocks(content, block_bytes, is_reversed=self._is_reversed)
        refusal = tag.write(first, turned)
        if refusal is not None:
            return statuses.TAG_ERROR, bytes([refusal, first])
        return statuses.OK, b""

    def _switch(self, command: int, data: bytes) -> tuple[int, bytes]:
        tag, _ = self._addressed(data, is_write=command in _SWITCHES)
        self.air_seconds = _COMMAND
        if tag is None:
            return statuses.NO_TAG, b""
        if command == feig.EAS_ALARM:
            return (statuses.OK if tag.is_eas_on else statuses.NO_TAG), b""
        if command not in _SWITCHES:
            return 0x80, b""
        self.air_seconds += _PER_WRITE
        refusal = tag.switch_eas(is_on=command == feig.SET_EAS)
        return (statuses.OK, b"") if refusal is None else (statuses.TAG_ERROR, bytes([refusal]))

    def _system_info(self, tag: SimulatedTag) -> bytes:
        sizes = bytes([tag.block_bytes - 1, tag.block_count - 1])
        return (
            bytes([tag.dsfid])
            + bytes.fromhex(tag.uid)
            + bytes([tag.afi])
            + sizes
            + bytes([tag.chip])
        )

    def _addressed(self, data: bytes, *, is_write: bool) -> tuple[SimulatedTag | None, bytes]:
        if not data or data[0] != feig.ADDRESSED:
            return None, b""
        uid = data[1 : 1 + feig.UID_BYTES].hex().upper()
        if is_write:
            self._before_write(uid)
        return self.pad.hf_tag(uid), data[1 + feig.UID_BYTES :]
