"""Texts in files that spreadsheets open: none of them is reckoned with. Pure."""

import re
from typing import Final

_FORMULA: Final = re.compile(r"[\s\x00-\x20\ufeff\u200b]*[=+\-@＝＋－＠]|[\t\r\n]")
"""What a spreadsheet begins a formula with, also in full width and behind blanks; and what ends a
cell or begins another one."""


def harmless(text: str) -> str:
    """Return a text with a `'` before it if a spreadsheet might take it for a formula.

    Of OWASP's page on CSV injection. Numbers are no texts: a negative one stays as it is.
    """
    return f"'{text}" if _FORMULA.match(text) else text
