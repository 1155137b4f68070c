"""The ring between an interrupt and the program: in order, bounded, and never beyond its bytes."""

import ctypes
from collections import deque
from ctypes import POINTER, Structure, byref, c_bool, c_uint8
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests import firmware_build

GUARD = 0xA5


class Ring(Structure):
    """struct ring."""

    _fields_ = [
        ("bytes", POINTER(c_uint8)),
        ("mask", c_uint8),
        ("head", c_uint8),
        ("tail", c_uint8),
    ]


@cache
def library() -> ctypes.CDLL:
    rings = ctypes.CDLL(str(firmware_build.rings()))
    rings.put.restype = rings.take.restype = c_bool
    rings.waiting.restype = rings.room.restype = c_uint8
    return rings


@pytest.mark.parametrize("size", [2, 64, 256])
@settings(deadline=None)
@given(steps=st.lists(st.integers(-300, 300), max_size=30))
def test_it_is_a_queue_that_refuses_what_it_cannot_hold(size: int, steps: list[int]) -> None:
    memory = (c_uint8 * (size + 1))(*[GUARD] * (size + 1))
    ring = Ring(ctypes.cast(memory, POINTER(c_uint8)), size - 1, 0, 0)
    rings, model, number = library(), deque[int](), 0
    for step in steps:
        for _ in range(abs(step)):
            if step > 0:
                number = (number + 1) % 256
                fits = len(model) < size - 1
                assert rings.put(byref(ring), c_uint8(number)) == fits
                if fits:
                    model.append(number)
            else:
                byte = c_uint8()
                assert rings.take(byref(ring), byref(byte)) == bool(model)
                if model:
                    assert byte.value == model.popleft()
        assert rings.waiting(byref(ring)) == len(model)
        assert rings.room(byref(ring)) == size - 1 - len(model)
    assert memory[size] == GUARD
