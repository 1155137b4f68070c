"""Who a board is, for its EEPROM: `python -m tools.board_identity >identity.hex`.

Written once in a board's life, by `make -C firmware/board identity`; docs/firmware.md tells how.
"""

import argparse
import secrets
import sys

from firmware_bridge.board.messages import BOARD_ID_BYTES
from firmware_bridge.framing import crc16

EEPROM_BYTES = 1024
IDENTITY_PLACES = (0x020, 0x040)
"""Where the firmware looks for the two copies (firmware/board/avr/store.h)."""
CONTACTS = {"lock": 1, "door": 2, "tamper": 4}
_MAKER = b"KG"
_RECORD_BYTES = 16


def identity_block(board_id: bytes, wired: int) -> bytes:
    """Return one copy: id, which contacts are wired, and the check of both."""
    content = board_id + bytes([wired])
    return content + crc16(content).to_bytes(2, "big")


def intel_hex(places: dict[int, bytes]) -> str:
    """Return bytes at their addresses as Intel HEX, which avrdude writes."""
    lines = []
    for place, content in places.items():
        for start in range(0, len(content), _RECORD_BYTES):
            part = content[start : start + _RECORD_BYTES]
            record = bytes([len(part), *(place + start).to_bytes(2, "big"), 0]) + part
            lines.append(f":{(record + bytes([-sum(record) % 256])).hex().upper()}")
    return "\n".join([*lines, ":00000001FF", ""])


def main(arguments: list[str]) -> str:
    """Return the Intel HEX of an identity; tells what is wrong with an argument, exit code 2."""
    parser = argparse.ArgumentParser(prog="python -m tools.board_identity", description=__doc__)
    parser.add_argument("--id", help="16 hexadecimal digits; without it a random one")
    parser.add_argument(
        "--wired",
        default=",".join(CONTACTS),
        help="which contacts are wired, of lock, door and tamper, parted by commas (default: all)",
    )
    asked = parser.parse_args(arguments)
    try:
        board_id = _board_id(asked.id)
        wired = sum({CONTACTS[name] for name in asked.wired.split(",") if name})
    except ValueError as error:
        parser.error(str(error))
    except KeyError as error:
        parser.error(f"--wired names {error}: it takes lock, door and tamper")
    sys.stderr.write(f"board {board_id.hex()}\n")
    return intel_hex(dict.fromkeys(IDENTITY_PLACES, identity_block(board_id, wired)))


def _board_id(asked: str | None) -> bytes:
    if asked is None:
        return _MAKER + secrets.token_bytes(BOARD_ID_BYTES - len(_MAKER))
    try:
        board_id = bytes.fromhex(asked)
    except ValueError:
        board_id = b""
    if len(board_id) != BOARD_ID_BYTES:
        raise ValueError(f"--id {asked} is not {2 * BOARD_ID_BYTES} hexadecimal digits")
    return board_id


if __name__ == "__main__":
    sys.stdout.write(main(sys.argv[1:]))
