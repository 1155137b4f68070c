"""Codecs of UHF readers, against frames of their manuals and of other programs' tests."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firmware_bridge.errors import FrameError
from firmware_bridge.framing import uhfreader18 as uhf
from firmware_bridge.framing import yrm100 as r200

EPC = bytes.fromhex("30751FEB705C5904E3D50D70")
words = st.binary(max_size=32).filter(lambda data: len(data) % 2 == 0)


@pytest.mark.parametrize(
    ("address", "command", "frame"),
    [
        (0x0A, uhf.UhfCommand.INVENTORY, "040a01abb6"),
        (0x00, uhf.UhfCommand.INVENTORY, "040001db4b"),
        (0xFF, uhf.UhfCommand.INVENTORY, "04ff011bb4"),
        (0xFF, uhf.UhfCommand.READER_INFO, "04ff211995"),
    ],
)
def test_uhfreader18_requests(address: int, command: uhf.UhfCommand, frame: str) -> None:
    assert uhf.encode_request(command, address=address).hex() == frame
    told = list(uhf.uhfreader18_decoder().feed(bytes.fromhex(frame)))
    assert [uhf.decode_request(each) for each in told] == [(address, command, b"")]
    assert uhf.decode_answer(told[0]) is None


def test_uhfreader18_no_tag() -> None:
    frame = bytes([5, 0, 1, 251, 242, 61])
    (told,) = uhf.uhfreader18_decoder().feed(frame)
    assert uhf.decode_answer(told) == uhf.UhfAnswer(0, 1, uhf.UhfStatus.NO_TAG, b"")


@settings(deadline=None)
@given(
    st.builds(
        uhf.UhfAnswer,
        st.integers(0, 255),
        st.sampled_from(list(map(int, uhf.UhfCommand))),
        st.integers(0, 255),
        st.binary(max_size=247),
    )
)
def test_uhfreader18_answers_are_read_back(answer: uhf.UhfAnswer) -> None:
    (told,) = uhf.uhfreader18_decoder().feed(uhf.encode_answer(answer))
    assert uhf.decode_answer(told) == answer


@settings(deadline=None)
@given(words, st.integers(0, 3), st.integers(0, 255), words.filter(bool))
def test_uhfreader18_reads_and_writes_are_read_back(
    epc: bytes, bank: int, first: int, content: bytes
) -> None:
    assert uhf.decode_read(uhf.encode_read(epc, bank, first, 7)) == (epc, bank, first, 7)
    assert uhf.decode_write(uhf.encode_write(epc, bank, first, content)) == (
        epc,
        bank,
        first,
        content,
    )


@settings(deadline=None)
@given(st.binary(max_size=60))
def test_uhfreader18_data_are_read_or_refused(data: bytes) -> None:
    for decode in (uhf.decode_read, uhf.decode_write, uhf.decode_epcs, uhf.decode_info):
        try:
            decode(data)
        except FrameError:
            continue


@settings(deadline=None)
@given(st.lists(words.filter(bool), max_size=6))
def test_uhfreader18_inventories_are_read_back(epcs: list[bytes]) -> None:
    data = uhf.encode_epcs(epcs)
    assert uhf.decode_epcs(data) == epcs
    if epcs:
        with pytest.raises(FrameError, match="more tags than it holds"):
            uhf.decode_epcs(data[:-1])


def test_a_uhfreader18_frame_has_a_limit() -> None:
    with pytest.raises(FrameError, match="up to 250 bytes"):
        uhf.encode_request(uhf.UhfCommand.WRITE, bytes(249))


@pytest.mark.parametrize(
    ("frame", "expected"),
    [
        ("BB00220000227E", r200.encode_command(r200.R200Command.SINGLE_POLL)),
        ("BB00270003222710837E", r200.multi_poll(10_000)),
        ("BB0027000322FFFF4A7E", r200.multi_poll(65_535)),
        ("BB00280000287E", r200.encode_command(r200.R200Command.STOP)),
        ("BB00B70000B77E", r200.encode_command(r200.R200Command.GET_POWER)),
    ],
)
def test_r200_commands(frame: str, expected: bytes) -> None:
    assert expected.hex().upper() == frame
    assert list(r200.yrm100_decoder().feed(expected)) == [expected]


def test_r200_notices_of_tags() -> None:
    frames = "BB02220011C9340030751FEB705C5904E3D50D703A76EF7E", "BB01FF000115167E"
    told = [
        r200.R200Frame.from_bytes(frame)
        for frame in r200.yrm100_decoder().feed(bytes.fromhex("".join(frames)))
    ]
    assert [(frame.type, frame.command) for frame in told] == [(2, 0x22), (1, 0xFF)]
    assert r200.decode_tag(told[0].parameters) == r200.R200Tag(EPC, -55)
    assert r200.encode_tag(r200.R200Tag(EPC, -55), 0x3400) == told[0].parameters
    assert told[1].parameters == bytes([r200.R200Error.NO_TAG])
    damaged = bytearray(told[0].parameters)
    damaged[5] ^= 1
    for parameters in (bytes(damaged), b"", b"\xc9\x34\x00\x00"):
        with pytest.raises(FrameError, match="the tag sent"):
            r200.decode_tag(parameters)


def test_start_and_end_bytes_inside_of_an_epc_cut_nothing() -> None:
    epc = bytes.fromhex("BB027E22BB7E0022BB02220011C9")
    notice = r200.encode_tag(r200.R200Tag(epc, -60), 0x3800)
    frame = r200.R200Frame(2, 0x22, notice).to_bytes()
    decoder = r200.yrm100_decoder()
    assert [told for byte in frame + frame for told in decoder.feed(bytes([byte]))] == [
        frame,
        frame,
    ]
    assert decoder.corrupt_frames == 0


@settings(deadline=None)
@given(
    st.builds(
        r200.R200Frame,
        st.sampled_from([0, 1, 2]),
        st.sampled_from(list(map(int, r200.R200Command))),
        st.binary(max_size=r200.MAX_PARAMETERS),
    )
)
def test_r200_frames_are_read_back(frame: r200.R200Frame) -> None:
    (told,) = r200.yrm100_decoder().feed(frame.to_bytes())
    assert r200.R200Frame.from_bytes(told) == frame


@settings(deadline=None)
@given(words, st.integers(0, 3), st.integers(0, 65_535), words.filter(bool))
def test_r200_access_is_read_back(epc: bytes, bank: int, first: int, content: bytes) -> None:
    def parameters(command: bytes) -> bytes:
        return r200.R200Frame.from_bytes(command).parameters

    assert r200.decode_select(parameters(r200.encode_select(epc))) == epc
    assert r200.decode_access(parameters(r200.encode_read(bank, first, 9))) == (bank, first, 9, b"")
    assert r200.decode_access(parameters(r200.encode_write(bank, first, content))) == (
        bank,
        first,
        len(content) // 2,
        content,
    )
    assert r200.decode_accessed(r200.encode_accessed(epc, 0x3400, content)) == (epc, content)


@settings(deadline=None)
@given(st.binary(max_size=60))
def test_r200_parameters_are_read_or_refused(data: bytes) -> None:
    for decode in (r200.decode_tag, r200.decode_select, r200.decode_access, r200.decode_accessed):
        try:
            decode(data)
        except FrameError:
            continue


def test_an_r200_frame_has_a_limit() -> None:
    with pytest.raises(FrameError, match="up to 160 bytes"):
        r200.encode_command(r200.R200Command.WRITE, bytes(161))
