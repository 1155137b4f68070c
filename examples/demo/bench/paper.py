"""What a person reads on a receipt: ESC/POS bytes into lines of text. Source: Epson, ESC/POS."""

import re
from typing import Final

# Commands with their parameters; a QR code brings its text in a command of its own (`1P0`).
_COMMAND: Final = re.compile(
    rb"\x1d\(k(?P<low>.)(?P<high>.)|\x1b@|\x1c[&.]|\x1b[tadEGMJ!\-{V23RSr].?|\x1d[!BbLWHhwfV].",
    re.DOTALL,
)
_QR_STORE: Final = b"1P0"
_ONE_BYTE: Final = {b"\x1b@", b"\x1b2"}


def text_of(receipt: bytes) -> str:
    """Return the text of a receipt as lines, a QR code as `▦` and what it says."""
    out, at = b"", 0
    while at < len(receipt):
        found = _COMMAND.match(receipt, at)
        if found is None:
            out += receipt[at : at + 1]
            at += 1
            continue
        at = found.end()
        if found["low"] is not None:
            size = found["low"][0] + 256 * found["high"][0]
            body, at = receipt[at : at + size], at + size
            if body.startswith(_QR_STORE):
                said = body[len(_QR_STORE) :].decode("utf-8", "replace")
                out += f"\n▦ {said}\n".encode("gb18030")
        elif found[0][:2] in _ONE_BYTE:
            at = found.start() + 2
    lines = out.decode("gb18030", "replace").splitlines()
    return "\n".join(line.rstrip() for line in lines).strip()
