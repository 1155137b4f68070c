"""Which pages a card or an item of the strip can lead to: those that this application has."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

_VENUE = re.compile(r"/venues/\{\w+\}")
_DEVICE = re.compile(r"/devices/\{\w+\}/\{\w+\}")


@dataclass(frozen=True, slots=True)
class Links:
    """Paths of venues and devices; None where there is no such page."""

    has_venues: bool = False
    has_devices: bool = False

    @classmethod
    def among(cls, paths: Iterable[str]) -> "Links":
        """Return the links that lead somewhere, given the paths of all pages."""
        known = tuple(paths)
        return cls(
            any(_VENUE.fullmatch(path) for path in known),
            any(_DEVICE.fullmatch(path) for path in known),
        )

    def venue(self, venue: str) -> str | None:
        """Return where a venue's page is."""
        return f"/venues/{venue}" if self.has_venues else None

    def about(self, venue: str | None, node: str | None) -> str | None:
        """Return where to look into an item: at its device, else at its venue."""
        if venue and node and self.has_devices:
            return f"/devices/{venue}/{node}"
        return self.venue(venue) if venue else None
