"""The checks: their catalogue values, what the makers of devices printed, and their definition."""

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firmware_bridge.framing import crc16, crc16_genibus, crc16_ibm_sdlc, crc16_mcrf4xx
from tests.unit.firmware_bridge.vectors import VECTORS, unhex


@pytest.mark.parametrize(
    ("check", "value"),
    [
        (crc16, 0x29B1),
        (crc16_genibus, 0xD64E),
        (crc16_mcrf4xx, 0x6F91),
        (crc16_ibm_sdlc, 0x906E),
    ],
)
def test_catalogue_values(check: Callable[[bytes], int], value: int) -> None:
    assert check(b"123456789") == value


@pytest.mark.parametrize(("text", "value"), VECTORS["crc_ccitt_false"])
def test_the_check_of_danish_tags(text: str, value: str) -> None:
    assert crc16(text.removeprefix("ascii:").encode()) == int(value, 16)


@pytest.mark.parametrize(("content", "value"), VECTORS["gen2_epc_crc"])
def test_the_check_of_uhf_tags(content: str, value: str) -> None:
    assert crc16_genibus(unhex(content)) == int(value, 16)


@pytest.mark.parametrize(("content", "value"), VECTORS["feig"] + VECTORS["uhfreader18"])
def test_the_check_of_readers(content: str, value: str) -> None:
    assert crc16_mcrf4xx(unhex(content)).to_bytes(2, "little") == unhex(value)


@settings(deadline=None)
@given(st.binary(max_size=100))
def test_the_table_is_the_definition(content: bytes) -> None:
    register = 0xFFFF
    for byte in content:
        register ^= byte
        for _ in range(8):
            register = (register >> 1) ^ (0x8408 if register & 1 else 0)
    assert crc16_mcrf4xx(content) == register
