"""Modbus frames, and what sensors read from them: worked bytes, noise, refusals."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware_bridge.errors import DeviceRefused, FrameError
from firmware_bridge.modbus.rtu import Function, Request
from firmware_bridge.sensors.mhz19 import REQUEST, find_co2
from firmware_bridge.sensors.modbus_climate import decode_climate
from firmware_bridge.sensors.pms5003 import find_frames
from firmware_bridge.sensors.readings import ClimateReading
from firmware_bridge.simulated.modbus_line import SimulatedModbusLine, crc16_modbus
from firmware_bridge.simulated.modbus_units import InputsUnit, RelayUnit

SHT20 = Request(1, Function.READ_INPUT_REGISTERS, 1, 2)
SENSEAIR = Request(254, Function.READ_INPUT_REGISTERS, 3, 1)
MHZ19_500_PPM = bytes.fromhex("ff8601f44000000045")


def a_reply(body: str) -> bytes:
    return bytes.fromhex(body) + crc16_modbus(bytes.fromhex(body))


def test_requests_are_the_bytes_of_the_makers() -> None:
    assert SHT20.to_bytes() == bytes.fromhex("010400010002200b")
    assert SENSEAIR.to_bytes() == bytes.fromhex("fe0400030001d5c5")
    assert Request(1, Function.WRITE_COIL, 3, value=True).to_bytes()[:6].hex() == "01050003ff00"


def test_replies_are_the_values_of_the_makers() -> None:
    assert SENSEAIR.find_reply(bytes.fromhex("fe04020190acd8")) == (400,)
    registers = SHT20.find_reply(a_reply("010404010001f7"))
    assert registers is not None
    assert decode_climate(*registers) == ClimateReading(0, 25.6, 50.3, None)
    assert find_co2(MHZ19_500_PPM) == 500


@pytest.mark.parametrize(
    ("registers", "celsius", "percent"),
    [
        ((0xFFF6, 0), -1.0, 0.0),
        ((0xFE70, 1000), -40.0, 100.0),
        ((0x8000, 503), None, 50.3),  # a probe that is off
        ((256, 0xFFFF), 25.6, None),
    ],
)
def test_a_temperature_has_a_sign_and_a_broken_probe_no_value(
    registers: tuple[int, int], celsius: float | None, percent: float | None
) -> None:
    assert decode_climate(*registers) == ClimateReading(0, celsius, percent, None)


@given(noise=st.binary(max_size=24))
def test_a_reply_is_found_behind_any_noise(noise: bytes) -> None:
    content = SHT20.find_reply(noise + a_reply("010404010001f7"))
    assert content == (256, 503)


@given(received=st.binary(max_size=64))
def test_bytes_that_are_no_reply_are_none(received: bytes) -> None:
    assert Request(7, Function.READ_COILS, 0, 12).find_reply(received) is None
    assert find_co2(received) is None


@given(cut=st.integers(0, 8))
def test_a_part_of_a_reply_is_none(cut: int) -> None:
    assert SHT20.find_reply(a_reply("010404010001f7")[:cut]) is None
    assert find_co2(MHZ19_500_PPM[:cut]) is None


@given(place=st.integers(0, 8), flip=st.integers(1, 255))
def test_a_damaged_reply_is_none(place: int, flip: int) -> None:
    damaged = bytearray(MHZ19_500_PPM)
    damaged[place] ^= flip
    # The first byte is not in the sum; without it there is no frame either.
    assert find_co2(bytes(damaged)) is None
    reply = bytearray(a_reply("010404010001f7"))
    reply[place] ^= flip
    assert SHT20.find_reply(bytes(reply)) is None


def test_a_refusal_says_what_is_wrong() -> None:
    with pytest.raises(DeviceRefused, match=r"unit 1 .* at 1: it has nothing at this address"):
        SHT20.find_reply(a_reply("018402"))
    with pytest.raises(DeviceRefused, match="exception 11"):
        SHT20.find_reply(a_reply("01840b"))


def test_the_answer_to_another_coil_is_an_error() -> None:
    with pytest.raises(FrameError, match="another request"):
        Request(1, Function.WRITE_COIL, 3, value=True).find_reply(a_reply("01050002ff00"))


@given(
    bits=st.lists(st.booleans(), min_size=1, max_size=40), function=st.sampled_from([1, 2, 3, 4])
)
def test_what_a_module_has_is_what_is_read(bits: list[bool], function: int) -> None:
    line = SimulatedModbusLine({9: InputsUnit(bits)})
    request = Request(9, Function(function), 0, len(bits))
    assert request.find_reply(line.receive(request.to_bytes())) == tuple(map(int, bits))


@given(chunks=st.lists(st.binary(max_size=20), max_size=20))
def test_a_simulated_line_takes_any_bytes_and_goes_on(chunks: list[bytes]) -> None:
    line = SimulatedModbusLine({1: RelayUnit()})
    for chunk in chunks:
        line.receive(chunk)
    line.receive(bytes(300))
    request = Request(1, Function.WRITE_COIL, 2, value=True)
    assert request.find_reply(line.receive(request.to_bytes())) is not None


PMS5003 = bytes.fromhex("424d001c00050008000900050008000903840104002800030001000097000226")


def test_a_pms5003_is_found_in_any_cut_and_behind_noise() -> None:
    assert find_frames(PMS5003) == ([PMS5003], 0, b"")
    frames, damaged, rest = find_frames(b"\x42\x00" + PMS5003 + PMS5003[:5])
    assert (frames, damaged, rest) == ([PMS5003], 0, PMS5003[:5])
    broken = PMS5003[:9] + b"\x77" + PMS5003[10:]
    assert find_frames(broken + PMS5003) == ([PMS5003], 1, b"")


@given(received=st.binary(max_size=100))
def test_noise_is_no_pms5003(received: bytes) -> None:
    frames, _, rest = find_frames(received)
    assert frames == []
    assert len(rest) < 32


def test_the_request_of_an_mh_z19() -> None:
    assert bytes.fromhex("ff0186000000000079") == REQUEST
