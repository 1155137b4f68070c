"""Laying UHF tags on a pad by what a person types. Pure."""

from firmware_bridge.errors import FrameError
from firmware_bridge.simulated.pad import SimulatedPad, SimulatedUhfTag

_MOST_EPC_BYTES = 62


def put_tag(pad: SimulatedPad, what: str) -> None:
    """Lay a tag with this EPC, hexadecimal, on the pad. Raises FrameError when it is none."""
    try:
        epc = bytes.fromhex(what)
    except ValueError:
        epc = b""
    if not 2 <= len(epc) <= _MOST_EPC_BYTES or len(epc) % 2:
        raise FrameError(f"{what!r} is not an EPC of 4 to 124 hexadecimal digits, in whole words")
    if pad.uhf_tag(epc.hex().upper()) is None:
        pad.put(SimulatedUhfTag(epc))
