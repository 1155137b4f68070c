"""Bytes <-> frames. Pure: no I/O, no clock."""

from firmware_bridge.framing.cobs import CobsDecoder, cobs_decode, cobs_encode
from firmware_bridge.framing.crc import crc16, crc16_genibus, crc16_ibm_sdlc, crc16_mcrf4xx
from firmware_bridge.framing.frame import MAX_CONTENT, FrameDecoder, encode_frame

__all__ = [
    "MAX_CONTENT",
    "CobsDecoder",
    "FrameDecoder",
    "cobs_decode",
    "cobs_encode",
    "crc16",
    "crc16_genibus",
    "crc16_ibm_sdlc",
    "crc16_mcrf4xx",
    "encode_frame",
]
