"""What a scanned text says of itself. Pure."""

from typing import Final

from firmware_bridge.errors import FrameError
from firmware_bridge.readers.identities import CodeScanned, Symbology

# ISO/IEC 15424: "]", a letter for the kind of code, a digit for its variant.
_SYMBOLOGIES: Final = {
    "A": Symbology.CODE39,
    "C": Symbology.CODE128,
    "d": Symbology.DATA_MATRIX,
    "E": Symbology.EAN,
    "F": Symbology.CODABAR,
    "I": Symbology.INTERLEAVED_2_OF_5,
    "L": Symbology.PDF417,
    "Q": Symbology.QR,
}
_IDENTIFIER_CHARACTERS: Final = 3


def read_code(
    content: bytes, *, encoding: str = "utf-8", has_identifier: bool = False
) -> CodeScanned:
    """Return the code that a scanner told.

    With `has_identifier` a text begins with its AIM identifier, such as `]C0`, which is taken off
    and names the symbology. Raises FrameError for a text that is not in this encoding, or lacks it.
    """
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError as error:
        raise FrameError(f"a scanned text is not {encoding}: {error.reason}") from error
    if not has_identifier:
        return CodeScanned(text)
    if len(text) <= _IDENTIFIER_CHARACTERS or text[0] != "]" or not text[2].isalnum():
        raise FrameError("a scanned text lacks the identifier that the scanner is set to send")
    symbology = _SYMBOLOGIES.get(text[1], Symbology.UNKNOWN)
    return CodeScanned(text[_IDENTIFIER_CHARACTERS:], symbology)
