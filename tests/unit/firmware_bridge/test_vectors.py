"""No worked frame is left out: each list of the facts has a codec here that reads it."""

import pytest

from firmware_bridge.framing.pn532 import pn532_decoder
from firmware_bridge.framing.rdm6300 import decode_card, printed_number, rdm6300_decoder
from firmware_bridge.framing.uhfreader18 import uhfreader18_decoder
from firmware_bridge.framing.yrm100 import yrm100_decoder
from firmware_bridge.modbus.rtu import Function, Request
from firmware_bridge.sensors.mhz19 import find_co2
from firmware_bridge.simulated.mhz19 import SimulatedMhZ19
from tests.unit.firmware_bridge.vectors import VECTORS, unhex

HERE = {"bb7e", "mhz19", "modbus", "pn532", "rdm6300", "uhfreader18"}
BESIDE = {
    "crc_ccitt_false": "test_crc.py",
    "gen2_epc_crc": "test_crc.py",
    "feig": "test_feig.py",
    "ddm_tag": "tags/test_examples.py",
    "iso28560_2": "tags/test_examples.py",
    "iso28560_4": "tags/test_examples.py",
}
ELSEWHERE = {
    "sip2_checksum": "SIP2 is no device",
    "thingmagic": "no driver speaks to these readers",
}


def test_every_list_has_its_place() -> None:
    assert HERE | set(BESIDE) | set(ELSEWHERE) == set(VECTORS) - {"note"}


@pytest.mark.parametrize("frame", VECTORS["bb7e"])
def test_frames_of_r200_readers(frame: str) -> None:
    decoder = yrm100_decoder()
    assert len(list(decoder.feed(unhex(frame)))) == 1
    assert (decoder.corrupt_frames, decoder.buffered) == (0, 0)


@pytest.mark.parametrize("frame", VECTORS["pn532"])
def test_frames_of_the_pn532(frame: str) -> None:
    decoder = pn532_decoder()
    assert len(list(decoder.feed(unhex(frame)))) == 1
    assert decoder.corrupt_frames == 0


@pytest.mark.parametrize(("content", "check"), VECTORS["uhfreader18"])
def test_frames_of_the_uhfreader18(content: str, check: str) -> None:
    frame = unhex(content + check)
    assert list(uhfreader18_decoder().feed(frame)) == [frame]


@pytest.mark.parametrize(("frame", "told"), VECTORS["rdm6300"])
def test_a_card_of_the_rdm6300(frame: str, told: str) -> None:
    start, digits, end = frame[:2], frame[2:14], frame[-2:]
    (sound,) = rdm6300_decoder().feed(unhex(start) + digits.encode() + unhex(end))
    assert int(printed_number(decode_card(sound))) == int(told.rpartition("=")[2])


@pytest.mark.parametrize(("content", "check"), VECTORS["modbus"])
def test_frames_of_modbus(content: str, check: str) -> None:
    frame = unhex(content + check)
    if len(frame) == 8:
        address, count = int.from_bytes(frame[2:4], "big"), int.from_bytes(frame[4:6], "big")
        assert Request(frame[0], Function(frame[1]), address, count).to_bytes() == frame
    else:
        request = Request(frame[0], Function(frame[1]), 0, frame[2] // 2)
        assert request.find_reply(frame) == (int.from_bytes(frame[3:5], "big"),)


@pytest.mark.parametrize("request_frame", VECTORS["mhz19"])
def test_a_question_of_the_mh_z19(request_frame: str) -> None:
    assert find_co2(SimulatedMhZ19(500).receive(unhex(request_frame))) == 500
