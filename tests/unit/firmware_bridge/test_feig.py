"""FEIG frames and commands: the makers' bytes, any chunking, any noise."""

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firmware_bridge.errors import DeviceError, FrameError
from firmware_bridge.feig import commands, statuses
from firmware_bridge.feig.commands import Answer
from firmware_bridge.feig.frames import MOST_BYTES, content_of, encode_frame, frame_decoder
from firmware_bridge.simulated.feig import SimulatedFeigPad
from firmware_bridge.simulated.pad import SimulatedPad, SimulatedTag
from tests.unit.firmware_bridge.vectors import VECTORS, unhex

UID = "E004015012345678"
CONTENTS = st.binary(min_size=2, max_size=400)


def contents(decoder: object, *chunks: bytes) -> list[bytes]:
    return [content_of(frame) for chunk in chunks for frame in decoder.feed(chunk)]  # type: ignore[attr-defined]


@pytest.mark.parametrize(("frame", "check"), VECTORS["feig"])
def test_frames_of_the_manuals(frame: str, check: str) -> None:
    whole = unhex(frame + check)
    assert encode_frame(whole[1:-2]) == whole
    assert contents(frame_decoder(), whole) == [whole[1:-2]]


def test_the_advanced_form_of_a_manual() -> None:
    whole = unhex("02 0009 FF B001 00 1843")
    assert encode_frame(unhex("FF B001 00"), is_advanced=True) == whole
    assert contents(frame_decoder(), whole) == [unhex("FF B001 00")]


def test_a_request_for_tags_is_that_of_the_manual() -> None:
    assert encode_frame(b"\xff" + commands.inventory_request()) == unhex("07 FF B001 00 1C56")
    assert commands.inventory_request(more=True) == unhex("B001 80")


def test_what_is_longer_than_a_standard_frame_is_advanced() -> None:
    assert encode_frame(bytes(252))[0] == 255
    assert encode_frame(bytes(253))[:3] == unhex("02 0102")
    for size in (0, 1, MOST_BYTES):
        with pytest.raises(FrameError):
            encode_frame(bytes(size))


@settings(deadline=None)
@given(st.lists(CONTENTS, max_size=5), st.booleans(), st.lists(st.integers(0, 3000), max_size=20))
def test_any_chunking_gives_the_same_frames(
    sent: list[bytes], is_advanced: bool, cuts: list[int]
) -> None:
    stream = b"".join(encode_frame(content, is_advanced=is_advanced) for content in sent)
    edges = [0, *sorted(cut % (len(stream) + 1) for cut in cuts), len(stream)]
    decoder = frame_decoder()
    assert contents(decoder, *(stream[start:end] for start, end in pairwise(edges))) == sent
    assert decoder.corrupt_frames == 0


# The same examples each time: one in 65 536 wrong frames passes its check.
@settings(deadline=None, derandomize=True)
@given(st.binary(max_size=300), CONTENTS)
def test_noise_holds_no_frame_back_beyond_a_gap(noise: bytes, content: bytes) -> None:
    decoder = frame_decoder()
    found = contents(decoder, noise)
    found += [content_of(frame) for frame in decoder.gap()]
    assert decoder.buffered == 0
    found += contents(decoder, encode_frame(content))
    assert found[-1:] == [content]


@settings(deadline=None, derandomize=True)
@given(st.binary(min_size=1, max_size=40), CONTENTS)
def test_a_gap_lets_out_what_noise_held_back(noise: bytes, content: bytes) -> None:
    decoder = frame_decoder()
    found = contents(decoder, noise + encode_frame(content))
    found += [content_of(frame) for frame in decoder.gap()]
    assert found[-1:] == [content]


@settings(deadline=None)
@given(st.lists(st.binary(max_size=700), max_size=12))
def test_the_buffer_is_bounded(chunks: list[bytes]) -> None:
    decoder = frame_decoder()
    for chunk in chunks:
        decoder.feed(chunk)
        assert decoder.buffered < MOST_BYTES


@settings(deadline=None, derandomize=True)
@given(st.lists(CONTENTS, min_size=3, max_size=3), st.data())
def test_one_wrong_byte_costs_one_frame(sent: list[bytes], data: st.DataObject) -> None:
    frames = [bytearray(encode_frame(content)) for content in sent]
    position = data.draw(st.integers(0, len(frames[1]) - 1))
    frames[1][position] ^= data.draw(st.integers(1, 255))
    decoder = frame_decoder()
    found = contents(decoder, b"".join(frames))
    found += [content_of(frame) for frame in decoder.gap()]
    assert [found[0], found[-1]] == [sent[0], sent[2]]
    assert sent[1] not in found[1:-1]
    assert decoder.corrupt_frames >= 1


@given(st.binary(max_size=60), st.integers(1, 8), st.booleans())
def test_no_answer_raises_anything_but_a_frame_error(
    data: bytes, count: int, is_reversed: bool
) -> None:
    for decode in (
        lambda: Answer.from_content(data),
        lambda: commands.decode_version(data),
        lambda: commands.decode_inventory(data),
        lambda: commands.decode_blocks(data, count, is_reversed=is_reversed),
        lambda: commands.decode_system_info(data, 4),
    ):
        try:
            decode()
        except FrameError:
            continue


def test_blocks_stand_in_reverse_on_the_line() -> None:
    request = commands.write_request(UID, 2, b"ABCDEFGH", 4)
    assert request == unhex(f"B024 01 {UID} 02 02 04") + b"DCBAHGFE"
    straight = commands.write_request(UID, 2, b"ABCDEFGH", 4, is_reversed=False)
    assert straight.endswith(b"ABCDEFGH")
    assert commands.decode_blocks(b"\x02\x04\x00DCBA\x01HGFE", 2) == (4, b"ABCDEFGH")


@pytest.mark.parametrize("sizes", ["031B", "1B03"])
def test_the_sizes_of_a_memory_are_told_apart_by_its_blocks(sizes: str) -> None:
    data = unhex(f"06 {UID} C2 {sizes} 01")
    assert commands.decode_system_info(data, 4) == (0x06, 0xC2, 28, 0x01)
    with pytest.raises(FrameError, match="8 bytes"):
        commands.decode_system_info(data, 8)


def test_a_tag_of_another_air_is_named() -> None:
    with pytest.raises(FrameError, match="type 84"):
        commands.decode_inventory(b"\x01\x84" + bytes(9))
    with pytest.raises(FrameError, match="2 tags has 11 bytes"):
        commands.decode_inventory(b"\x02\x03" + bytes(9))


@pytest.mark.parametrize("uid", ["", "E0", "E00401501234567", "zz04015012345678", UID + "00"])
def test_what_is_no_uid_is_refused(uid: str) -> None:
    with pytest.raises(DeviceError, match="16 hexadecimal digits"):
        commands.read_request(uid, 0, 1)


def test_every_status_has_a_sentence() -> None:
    for status in range(256):
        for data in (b"", b"\x12", b"\xee\x05"):
            assert statuses.sentence_of(status, data)
    assert "locked" in statuses.sentence_of(0x95, b"\x12")
    assert "scan mode" in statuses.sentence_of(0x82)
    assert "unknown status 77" in statuses.sentence_of(0x77)


# -- the simulated pad ------------------------------------------------------------------------


def ask(device: SimulatedFeigPad, request: str) -> str:
    answers = contents(frame_decoder(), device.receive(encode_frame(unhex(request))))
    return " ".join(answer.hex().upper() for answer in answers)


def test_a_tag_that_was_told_is_silent_until_a_reset() -> None:
    pad = SimulatedPad()
    device = SimulatedFeigPad(pad)
    pad.put(SimulatedTag(UID, dsfid=0x06))
    told = f"00B0000103 06{UID}".replace(" ", "")
    assert ask(device, "FF B001 00") == told
    assert ask(device, "FF B001 00") == "00B001"
    assert ask(device, "FF 69") == "006900"
    assert ask(device, "FF B001 00") == told
    assert ask(SimulatedFeigPad(pad, keeps_quiet=False), "00 B001 00") == told


def test_it_is_silent_on_what_is_not_for_it() -> None:
    device = SimulatedFeigPad(SimulatedPad(), address=3)
    assert ask(device, "04 65") == ""
    assert device.receive(unhex("05 FF 65 E5 CC")) == b""
    device.gap()
    assert device.corrupt_frames == 1
    assert ask(device, "03 65").startswith("036500")
    assert ask(device, "FF 77") == "037780"


@given(st.binary(max_size=60))
def test_no_request_raises(data: bytes) -> None:
    pad = SimulatedPad()
    pad.put(SimulatedTag(UID))
    device = SimulatedFeigPad(pad)
    for command in (commands.ISO_15693, commands.CUSTOM):
        device.receive(encode_frame(bytes([0xFF, command]) + data))
        for tag_command in (0x23, 0x24, 0x27, 0x2B, 0xA2, 0xA5):
            head = bytes([0xFF, command, tag_command, 0x01]) + bytes.fromhex(UID)
            device.receive(encode_frame(head + data))
