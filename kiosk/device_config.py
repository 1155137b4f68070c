"""What the configuration says of a device at a port."""

import re
from typing import Any, Literal

from pydantic import Field, field_validator

from firmware_bridge.registry import CARD_READERS
from link.node_config import Section

Options = dict[str, str | int | float | bool]


class DeviceSection(Section):
    """A device at a port."""

    driver: str = Field(description="its driver; `python -m firmware_bridge drivers` lists them")
    port: str = Field(min_length=1, description="its port, best by /dev/serial/by-id/…")
    options: Options = Field({}, description="further options of the driver, as docs/drivers.md")


class CardReaderSection(DeviceSection):
    """The reader of patrons' cards."""

    driver: str = Field("pn532", description=f"its driver: {', '.join(sorted(CARD_READERS))}")
    number: Literal["as_read", "decimal", "decimal_reversed"] = Field(
        "as_read",
        description="how a card's number comes of what was read: as it is; as ten decimal digits of"
        " the hexadecimal UID; the same, last byte first",
    )
    pattern: str = Field(
        "", description="what a number has to look like, a regular expression; empty: anything"
    )

    @field_validator("driver")
    @classmethod
    def _is_known(cls, name: str) -> str:
        return among(name, CARD_READERS)

    @field_validator("pattern")
    @classmethod
    def _is_a_pattern(cls, pattern: str) -> str:
        return compiled(pattern)


def among(name: str, drivers: dict[str, Any]) -> str:
    """Return the name of a driver that there is. Raises ValueError."""
    if name not in drivers:
        raise ValueError(
            f"there is no such driver {name!r}; there are {', '.join(sorted(drivers))}"
        )
    return name


def compiled(pattern: str) -> str:
    """Return a regular expression that is one. Raises ValueError."""
    try:
        re.compile(pattern)
    except re.error as error:
        raise ValueError(f"{pattern!r} is no regular expression: {error}") from error
    return pattern
