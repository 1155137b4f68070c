"""TOML as text: read, and quoted in a sentence about it. Pure."""

import tomllib
from typing import Any, Final

MOST_SHOWN: Final = 400
"""Characters of a file's own text in a sentence about it."""


class NotToml(ValueError):
    """A text that is no TOML, or none that can be read."""


def parsed(text: str) -> dict[str, Any]:
    """Return what a TOML text holds. Raises NotToml."""
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise NotToml(f"is not TOML: {error}") from error
    except RecursionError as error:
        raise NotToml("is not TOML that can be read: it is nested too deep") from error
    except ValueError as error:
        # Python refuses whole numbers of thousands of digits: to read one takes their square.
        raise NotToml("is not TOML that can be read: a number in it is too long") from error


def shown(value: object) -> str:
    """Return a text of a file as it may stand in a sentence: short, on one line, no controls."""
    text = str(value)
    if len(text) > MOST_SHOWN:
        text = f"{text[:MOST_SHOWN]}…"
    return text if text.isprintable() else repr(text)
