"""Any bytes, chunked anyhow, into every codec of the bridge. A seed is one sequence of inputs.

A stream case is held to this: no exception, a bounded buffer, and after any noise a good frame is
told, at the latest when the line has been silent and it comes once more. A message case is held to
this: an answer, or FrameError.
"""

import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, Protocol

from firmware_bridge.board.codec import decode_message
from firmware_bridge.board.counters import CounterBook
from firmware_bridge.board.reader import BoardReader
from firmware_bridge.errors import DeviceRefused, FrameError
from firmware_bridge.feig import commands as feig
from firmware_bridge.feig import frames as feig_frames
from firmware_bridge.framing import (
    CobsDecoder,
    FrameDecoder,
    encode_frame,
    gm65,
    keys,
    pn532,
    rdm6300,
)
from firmware_bridge.framing import uhfreader18 as uhf
from firmware_bridge.framing import yrm100 as r200
from firmware_bridge.modbus.rtu import Function, Request
from firmware_bridge.readers.codes import read_code
from firmware_bridge.sensors.mhz19 import find_co2
from firmware_bridge.tags.decode import decode_hf, decode_uhf
from firmware_bridge.tags.uhf import UhfImage

_EPC = bytes.fromhex("30751FEB705C5904E3D50D70")


class Decoder(Protocol):
    @property
    def buffered(self) -> int: ...

    def feed(self, chunk: bytes) -> Iterable[Any]: ...


@dataclass(frozen=True)
class StreamCase:
    """A decoder of a stream. `good` is one frame on the wire, `told` what it is told as."""

    module: str
    build: Callable[[], Decoder]
    good: bytes
    most_buffered: int
    told: bytes = b""

    @property
    def expected(self) -> bytes:
        return self.told or self.good


@dataclass(frozen=True)
class MessageCase:
    """A function of bytes; `samples` are good ones, to be damaged."""

    decode: Callable[[bytes], object]
    samples: tuple[bytes, ...] = ()


def _hf(memory: bytes) -> object:
    return decode_hf(memory), decode_hf(memory, 0x06), decode_hf(memory, 0x3E)


def _uhf(memory: bytes) -> object:
    pc, uii, user = int.from_bytes(memory[:2], "big"), memory[2:18], memory[18:]
    return decode_uhf(UhfImage(pc, uii, user)), decode_uhf(UhfImage(0x45C2, uii, user))


def _board_reader(content: bytes) -> object:
    frame = encode_frame(content) if 0 < len(content) <= 250 else content
    return list(BoardReader(CounterBook()).feed(frame))


_REQUEST = Request(1, Function.READ_INPUT_REGISTERS, 1, 2)

STREAMS: dict[str, StreamCase] = {
    "cobs": StreamCase(
        "framing.cobs", lambda: CobsDecoder(253), b"\x03\x11\x22\x00", 253, b"\x11\x22"
    ),
    "frame": StreamCase("framing.frame", FrameDecoder, encode_frame(b"good"), 253, b"good"),
    "feig": StreamCase(
        "feig.frames",
        feig_frames.frame_decoder,
        feig_frames.encode_frame(bytes([0xFF, 0xB0, 0x01, 0x00])),
        feig_frames.MOST_BYTES,
    ),
    "feig-advanced": StreamCase(
        "feig.frames",
        feig_frames.frame_decoder,
        feig_frames.encode_frame(bytes([0xFF, 0xB0, 0x01, 0x00]), is_advanced=True),
        feig_frames.MOST_BYTES,
    ),
    "gm65": StreamCase(
        "framing.gm65", gm65.Gm65Decoder, b"9787108009821\r", gm65.MAX_TEXT, b"9787108009821"
    ),
    "gm65-answer": StreamCase(
        "framing.gm65", gm65.Gm65Decoder, gm65.encode_answer(), gm65.MAX_TEXT
    ),
    "keys": StreamCase(
        "framing.keys",
        keys.KeyDecoder,
        keys.encode_typing("Ab-12"),
        keys.MAX_TEXT + keys.EVENT_BYTES,
        b"Ab-12",
    ),
    "pn532": StreamCase("framing.pn532", pn532.pn532_decoder, pn532.list_passive_targets(), 262),
    "rdm6300": StreamCase(
        "framing.rdm6300", rdm6300.rdm6300_decoder, rdm6300.encode_card("0A00123456"), 14
    ),
    "uhfreader18": StreamCase(
        "framing.uhfreader18",
        uhf.uhfreader18_decoder,
        uhf.encode_answer(uhf.UhfAnswer(0, 1, 1, uhf.encode_epcs([_EPC]))),
        256,
    ),
    "yrm100": StreamCase(
        "framing.yrm100",
        r200.yrm100_decoder,
        r200.R200Frame(2, 0x22, r200.encode_tag(r200.R200Tag(_EPC, -55), 0x3400)).to_bytes(),
        r200.MAX_PARAMETERS + 7,
    ),
}
MESSAGES: dict[str, MessageCase] = {
    "board-message": MessageCase(
        decode_message,
        (b"\x01\x00" + bytes(20), b"\x04\x01" + bytes(8)),
    ),
    "board-reader": MessageCase(_board_reader, (b"\x01\x00" + bytes(17), b"\x02\x00" + bytes(13))),
    "code": MessageCase(lambda data: read_code(data, has_identifier=True), (b"]C0B0001",)),
    "feig-answer": MessageCase(feig.Answer.from_content),
    "feig-blocks": MessageCase(
        lambda data: feig.decode_blocks(data, 2), (bytes([2, 4, *[0] * 10]),)
    ),
    "feig-inventory": MessageCase(feig.decode_inventory, (bytes([1, 3, 0, *range(8)]),)),
    "feig-system": MessageCase(
        lambda data: feig.decode_system_info(data, 4), (bytes([0, *range(8), 7, 3, 27, 1]),)
    ),
    "feig-version": MessageCase(feig.decode_version, (bytes(7),)),
    "mh-z19": MessageCase(find_co2, (bytes.fromhex("ff8601f440000000 45"),)),
    "modbus": MessageCase(_REQUEST.find_reply, (bytes.fromhex("010404010001f7aa3d"),)),
    "pn532-target": MessageCase(pn532.decode_targets, (bytes.fromhex("010100040804a1b2c3d4"),)),
    "r200-access": MessageCase(r200.decode_access),
    "r200-accessed": MessageCase(r200.decode_accessed, (r200.encode_accessed(_EPC, 1, b"ab"),)),
    "r200-tag": MessageCase(r200.decode_tag, (r200.encode_tag(r200.R200Tag(_EPC, -5), 1),)),
    "tag-hf": MessageCase(
        _hf,
        (
            bytes.fromhex("11010131313232333334340000000000000000513e4445373035000000000000"),
            bytes.fromhex(
                "9100051cbe991a140201d0140204b34607441cb6e2e335d6830207acc09ebaa06f6b0000"
            ),
        ),
    ),
    "tag-uhf": MessageCase(
        _uhf,
        (
            bytes.fromhex("45c2141cc04fc70badb5c6e2da1ded4dd319060201d0140204b3"),
            bytes.fromhex("3400c1573400170300039813080 3f4040000".replace(" ", "")),
        ),
    ),
    "uhf-epcs": MessageCase(uhf.decode_epcs, (uhf.encode_epcs([_EPC, _EPC]),)),
    "uhf-info": MessageCase(uhf.decode_info, (bytes(8),)),
    "uhf-read": MessageCase(uhf.decode_read, (uhf.encode_read(_EPC, 3, 0, 4),)),
    "uhf-write": MessageCase(uhf.decode_write, (uhf.encode_write(_EPC, 3, 0, b"ab"),)),
}


@dataclass
class Tally:
    """What a run saw. `delayed` counts good frames that noise took with it, so that the next one
    had to tell."""

    inputs: int = 0
    streams: int = 0
    messages: int = 0
    bytes_fed: int = 0
    delayed: int = 0
    refused: int = 0
    decoders: dict[str, Decoder] = field(default_factory=dict)


def fuzz(seed: int, inputs: int, progress: Callable[[Tally], None] = lambda tally: None) -> Tally:
    """Run a sequence of inputs over all cases in turn. Raises AssertionError with case and input.

    Decoders live through the whole run, so that what one input leaves meets the next.
    """
    rng, tally = random.Random(seed), Tally()
    streams, messages = list(STREAMS.items()), list(MESSAGES.items())
    while tally.inputs < inputs:
        if tally.inputs % 2:
            name, message = messages[tally.messages % len(messages)]
            tally.messages += 1
            _try_message(name, message, rng, tally)
        else:
            name, stream = streams[tally.streams % len(streams)]
            tally.streams += 1
            _try_stream(name, stream, rng, tally)
        tally.inputs += 1
        if tally.inputs % 10_000 == 0:
            progress(tally)
    return tally


def _try_stream(name: str, case: StreamCase, rng: random.Random, tally: Tally) -> None:
    decoder = tally.decoders.setdefault(name, case.build())
    noise = _noise(rng, (case.good,))
    tally.bytes_fed += len(noise)
    try:
        for chunk in _chunks(noise, rng):
            list(decoder.feed(chunk))
            assert decoder.buffered <= case.most_buffered, "the buffer grows"
        told = [*decoder.feed(case.good), *_gap(decoder)]
        if case.expected not in told:
            tally.delayed += 1
            assert list(decoder.feed(case.good)) == [case.expected], "a good frame is not told"
    except Exception as error:
        raise AssertionError(f"{name}: {error!r} after {noise.hex()}") from error


def _try_message(name: str, case: MessageCase, rng: random.Random, tally: Tally) -> None:
    data = _noise(rng, case.samples or (bytes(8),))
    tally.bytes_fed += len(data)
    try:
        case.decode(data)
    except (FrameError, DeviceRefused):  # the second is a sound reply that says no
        tally.refused += 1
    except Exception as error:
        raise AssertionError(f"{name}: {error!r} of {data.hex()}") from error


def _gap(decoder: Decoder) -> list[Any]:
    # A format with delimiters needs no silence: its next delimiter ends the noise.
    gap = getattr(decoder, "gap", None)
    return [] if gap is None else list(gap())


def _noise(rng: random.Random, samples: tuple[bytes, ...]) -> bytes:
    noise = b""
    for _ in range(rng.randrange(1, 4)):
        sample = rng.choice(samples)
        match rng.randrange(5):
            case 0:
                noise += rng.randbytes(rng.randrange(60))
            case 1:
                noise += sample[: rng.randrange(len(sample) + 1)]
            case 2:
                noise += sample[: rng.randrange(1, 5)] + rng.randbytes(rng.randrange(12))
            case 3:
                noise += _damaged(sample, rng)
            case _:
                noise += bytes([rng.choice(sample)]) * rng.randrange(300)
    return noise


def _damaged(sample: bytes, rng: random.Random) -> bytes:
    damaged = bytearray(sample)
    for _ in range(rng.randrange(1, 4)):
        at = rng.randrange(len(damaged)) if damaged else 0
        match rng.randrange(3):
            case 0 if damaged:
                damaged[at] ^= rng.randrange(1, 256)
            case 1 if damaged:
                del damaged[at]
            case _:
                damaged.insert(at, rng.randrange(256))
    return bytes(damaged)


def _chunks(stream: bytes, rng: random.Random) -> list[bytes]:
    chunks = []
    while stream:
        size = rng.randrange(1, len(stream) + 1)
        chunks.append(stream[:size])
        stream = stream[size:]
    return chunks
