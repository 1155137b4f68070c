"""The status byte of a FEIG reader, in sentences. Source: the manuals' index of status bytes."""

from typing import Final

OK, NO_TAG, MORE_DATA, TAG_ERROR = 0x00, 0x01, 0x94, 0x95
RF_WARNING = 0x84
"""Something is wrong with the field (noise, a detuned antenna); the answer holds all the same."""

_SENTENCES: Final[dict[int, str]] = {
    0x00: "done",
    0x01: "no such tag answers: lay it flat on the pad and try again",
    0x02: "the tag's answer was garbled: move it away from others and from metal",
    0x03: "the tag was not written: it is locked there, or lies too far away",
    0x04: "the tag has no such block",
    0x05: "this kind of tag does not know the command",
    0x08: "the tag refuses the password",
    0x0B: "the field is off, or the tag was lost",
    0x10: "the reader's own memory failed: replace it if this stays",
    0x11: "the reader does not take a value of its configuration",
    0x15: "the reader asks for a password: set none in its configuration",
    0x16: "the reader's configuration is write-protected",
    0x17: "the reader's firmware is being loaded",
    0x18: "the reader's parameters are locked",
    0x19: "the reader's firmware lacks this function",
    0x80: "the reader does not know the command: its firmware is too old, or it is another type",
    0x81: "the reader takes no frame of this length",
    0x82: "the reader is in scan mode: switch it to host mode in its configuration",
    0x83: "the tag does not answer clearly: move it, or check the antenna",
    0x84: "the reader warns of its field: check the antenna and what stands near it",
    0x91: "the reader has not sent all data",
    0x92: "data were lost: the reader's buffer overflowed",
    0x93: "the reader asks for another request before this one",
    0x94: "the reader has more data",
    0x95: "the tag refused it",
    0xF1: "the reader's hardware warns: check its power and temperature",
}
# The error codes of ISO/IEC 15693-3, behind status 95.
_TAG_SENTENCES: Final[dict[int, str]] = {
    0x01: "it does not know the command",
    0x02: "it does not recognise the command",
    0x03: "it does not support the option",
    0x0F: "it gives no reason",
    0x10: "it has no such block",
    0x11: "the block is locked already",
    0x12: "the block is locked and cannot be written",
    0x13: "the block could not be written",
    0x14: "the block could not be locked",
}


def sentence_of(status: int, data: bytes = b"") -> str:
    """Return what a status means, with the tag's own reason behind status 95."""
    sentence = _SENTENCES.get(status, f"the reader answers with the unknown status {status:02X}")
    if status == TAG_ERROR and data:
        reason = _TAG_SENTENCES.get(data[0], f"its error is {data[0]:02X}")
        return f"{sentence}: {reason}"
    return sentence
