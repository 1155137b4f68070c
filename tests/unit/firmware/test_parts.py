"""Debouncing, contacts, the climate sensor's answer, who the board is and how often it booted."""

import random
from ctypes import byref, c_uint8

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.firmware import core
from tools.board_identity import identity_block

NEEDED_MS = bytes([8, 8, 30, 30, 30, 1, 1, 1])
LOCK, DOOR, TAMPER = 1, 2, 4


def settled(debounce: core.Debounce, *spans: tuple[int, int]) -> int:
    stable = 0
    for levels, milliseconds in spans:
        for _ in range(milliseconds):
            stable = core.library().debounce_step(byref(debounce), levels, core.array(NEEDED_MS))
    return stable


class TestDebounce:
    def test_what_lasts_is_taken(self) -> None:
        debounce = core.Debounce()
        assert settled(debounce, (0x04, 29)) == 0
        assert settled(debounce, (0x04, 1)) == 0x04
        assert settled(debounce, (0x00, 29)) == 0x04
        assert settled(debounce, (0x00, 1)) == 0

    def test_a_pause_begins_again(self) -> None:
        debounce = core.Debounce()
        assert settled(debounce, *[(0x01, 7), (0x00, 1)] * 20) == 0

    def test_each_input_for_itself(self) -> None:
        debounce = core.Debounce()
        assert settled(debounce, (0x07, 8)) == 0x03
        assert settled(debounce, (0x06, 22)) == 0x06

    def test_it_begins_with_what_is(self) -> None:
        debounce = core.Debounce()
        core.library().debounce_begin(byref(debounce), 0x1F)
        assert settled(debounce, (0x1F, 1)) == 0x1F


class TestContact:
    def step(self, contact: core.Contact, opened: int, wired: int = 7) -> bool:
        return bool(core.library().contact_step(byref(contact), opened, wired))

    def test_a_change_is_told_once_and_numbered(self) -> None:
        contact = core.Contact()
        core.library().contact_begin(byref(contact), 0, 7)
        assert (contact.lock, contact.door, contact.is_tampered) == (1, 1, False)
        assert contact.changes == 0
        assert self.step(contact, LOCK)
        assert not self.step(contact, LOCK)
        assert self.step(contact, LOCK | DOOR)
        assert self.step(contact, TAMPER)
        assert (contact.lock, contact.door, contact.is_tampered) == (1, 1, True)
        assert contact.changes == 3

    @pytest.mark.parametrize("opened", range(8))
    def test_what_is_not_wired_is_unknown_and_never_changes(self, opened: int) -> None:
        contact = core.Contact()
        core.library().contact_begin(byref(contact), 0, 0)
        assert not self.step(contact, opened, wired=0)
        assert (contact.lock, contact.door, contact.is_tampered) == (0, 0, False)


def checked(value: int) -> bytes:
    """Return two bytes and their CRC-8 as the sensor's datasheet defines it."""
    crc = 0xFF
    for byte in value.to_bytes(2, "big"):
        crc ^= byte
        for _ in range(8):
            crc = (crc << 1 ^ 0x31 if crc & 0x80 else crc << 1) & 0xFF
    return value.to_bytes(2, "big") + bytes([crc])


class TestClimate:
    def test_the_example_of_the_datasheet(self) -> None:
        assert checked(0xBEEF)[2] == 0x92

    @settings(deadline=None)
    @given(st.integers(0, 0xFFFF), st.integers(0, 0xFFFF))
    def test_values_are_the_datasheets_formula(self, temperature: int, humidity: int) -> None:
        climate = core.Climate()
        answer = core.array(checked(temperature) + checked(humidity))
        assert core.library().sht3x_decode(answer, byref(climate))
        degrees = -45 + 175 * temperature / 65535
        assert climate.temperature_centi_celsius == pytest.approx(100 * degrees, abs=0.51)
        assert climate.humidity_centi_percent == pytest.approx(10000 * humidity / 65535, abs=0.51)

    @pytest.mark.parametrize("at", range(6))
    def test_a_wrong_check_is_no_measurement(self, at: int) -> None:
        answer = bytearray(checked(26214) + checked(32768))
        answer[at] ^= 0x10
        climate = core.Climate()
        assert not core.library().sht3x_decode(core.array(bytes(answer)), byref(climate))
        assert (climate.temperature_centi_celsius, climate.humidity_centi_percent) == (
            -0x8000,
            0xFFFF,
        )


class TestIdentity:
    @settings(deadline=None)
    @given(st.binary(min_size=8, max_size=8), st.integers(0, 7))
    def test_what_the_tool_writes_is_read(self, board_id: bytes, wired: int) -> None:
        identity = core.Identity()
        block = identity_block(board_id, wired)
        assert core.library().identity_decode(core.array(block), byref(identity))
        assert (bytes(identity.board_id), identity.wired) == (board_id, wired)

    @pytest.mark.parametrize("block", [b"\xff" * 11, b"\0" * 11], ids=["erased", "zeroed"])
    def test_an_empty_memory_is_nobody(self, block: bytes) -> None:
        identity = core.Identity()
        assert not core.library().identity_decode(core.array(block), byref(identity))
        core.library().identity_unknown(byref(identity))
        assert bytes(identity.board_id) == b"KG\0\0\0\0\0\0"
        assert identity.wired == 7


class Ring:
    """The EEPROM's ring of boots, and a board that boots."""

    def __init__(self) -> None:
        self.cells = bytearray(b"\xff" * core.BOOT_SLOTS * core.BOOT_SLOT_BYTES)
        self.writes = [0] * core.BOOT_SLOTS

    def next(self) -> tuple[int, int]:
        place = core.library().boots_next(core.ReadByte(lambda at: self.cells[at]))
        return place.boot, place.slot

    def boot(self, written: int = core.BOOT_RECORD_BYTES) -> int:
        """Boot, with the power gone after so many bytes are written; return the number."""
        number, slot = self.next()
        record = (c_uint8 * core.BOOT_RECORD_BYTES)()
        core.library().boots_record(number, record)
        start = slot * core.BOOT_SLOT_BYTES
        self.cells[start : start + written] = bytes(record[:written])
        self.writes[slot] += 1
        return number


class TestBoots:
    def test_each_boot_has_the_next_number_and_each_slot_its_turn(self) -> None:
        ring = Ring()
        assert [ring.boot() for _ in range(500)] == list(range(1, 501))
        assert max(ring.writes) - min(ring.writes) == 1

    @pytest.mark.parametrize("seed", [1, 2])
    def test_a_number_that_was_told_is_never_told_again(self, seed: int) -> None:
        chance = random.Random(seed)
        ring = Ring()
        told = 0
        for _ in range(400):
            whole = core.BOOT_RECORD_BYTES
            written = chance.choice([whole, whole, chance.randrange(whole)])
            number = ring.boot(written)
            if written == whole:
                assert number > told
                told = number

    def test_a_damaged_cell_costs_at_most_its_own_boot(self) -> None:
        ring = Ring()
        for _ in range(300):
            ring.boot()
        for slot in range(0, core.BOOT_SLOTS, 3):
            ring.cells[slot * core.BOOT_SLOT_BYTES + 1] ^= 0x40
        assert ring.next()[0] in {300, 301}

    def test_a_memory_of_zeros_is_no_boot(self) -> None:
        ring = Ring()
        ring.cells[:] = bytes(len(ring.cells))
        assert ring.boot() == 1
