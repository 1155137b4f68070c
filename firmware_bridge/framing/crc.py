"""The 16-bit checks of wires and tags, by their names in the reveng catalogue of CRC algorithms.

All begin with 0xFFFF. The check value is that of b"123456789".

      name      polynomial  reflected  final XOR  check   where
      IBM-3740  0x1021      no         no         0x29B1  the board protocol, ISO 28560-3 tags
      GENIBUS   0x1021      no         yes        0xD64E  PC and UII of UHF tags (ISO/IEC 18000-63)
      MCRF4XX   0x1021      yes        no         0x6F91  FEIG OBID i-scan, UHFReader18
      IBM-SDLC  0x1021      yes        yes        0x906E  the air of HF tags (ISO/IEC 15693-3)

IBM-3740 is also known as CCITT-FALSE, IBM-SDLC as X-25. Reflected, the polynomial is 0x8408.
"""

import binascii

_INITIAL = 0xFFFF
_REFLECTED = 0x8408


def crc16(content: bytes) -> int:
    """Return CRC-16/IBM-3740 of the content, 0 to 0xFFFF."""
    # crc_hqx is this polynomial in C; only the initial value differs from XMODEM's.
    return binascii.crc_hqx(content, _INITIAL)


def crc16_genibus(content: bytes) -> int:
    """Return CRC-16/GENIBUS of the content: crc16 with all bits turned."""
    return crc16(content) ^ 0xFFFF


def crc16_mcrf4xx(content: bytes) -> int:
    """Return CRC-16/MCRF4XX of the content; on wires its low byte goes first."""
    register = _INITIAL
    for byte in content:
        register = (register >> 8) ^ _TABLE[(register ^ byte) & 0xFF]
    return register


def crc16_ibm_sdlc(content: bytes) -> int:
    """Return CRC-16/IBM-SDLC of the content: crc16_mcrf4xx with all bits turned."""
    return crc16_mcrf4xx(content) ^ 0xFFFF


def _entry(index: int) -> int:
    for _ in range(8):
        index = (index >> 1) ^ (_REFLECTED if index & 1 else 0)
    return index


_TABLE = tuple(map(_entry, range(256)))
