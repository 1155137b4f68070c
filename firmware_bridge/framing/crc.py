"""CRC-16/IBM-3740, the check of the board protocol.

Polynomial 0x1021, initial value 0xFFFF, not reflected, no final XOR; check value (of b"123456789")
0x29B1. Also known as CRC-16/CCITT-FALSE. Source: the reveng catalogue of CRC algorithms.
"""

import binascii

_INITIAL = 0xFFFF


def crc16(content: bytes) -> int:
    """Return CRC-16/IBM-3740 of the content, 0 to 0xFFFF."""
    # crc_hqx is this polynomial in C; only the initial value differs from XMODEM's.
    return binascii.crc_hqx(content, _INITIAL)
