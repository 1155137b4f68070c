"""Which venues a board shows, and in what order: the same for the page and, in its script, later.

The address carries a choice: `?kind=book_room&state=open&q=南翔&sort=use`. Pure.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, replace
from typing import Final, Literal

Sort = Literal["board", "name", "occupancy", "use"]

FACETS: Final = ("state", "kind", "level", "quality", "use", "attention")
"""What can be chosen; each narrows the others down."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What one venue is filtered and sorted by."""

    kind: str
    level: str
    state: str
    quality: str
    use: str
    """`near` or `over` its capacity, else empty."""
    occupancy: int | None
    share: float | None
    names: str
    """Names in both languages and the id, in small letters."""
    attention: str = ""
    """`yes` while it needs a person."""


@dataclass(frozen=True, slots=True)
class Choice:
    """What was asked for; empty: everything."""

    state: str = ""
    kind: str = ""
    level: str = ""
    quality: str = ""
    use: str = ""
    attention: str = ""
    q: str = ""
    sort: Sort = "board"

    @property
    def is_narrow(self) -> bool:
        """Tell whether some venue may be left out."""
        return any(getattr(self, facet) for facet in (*FACETS, "q"))

    def parameters(self) -> dict[str, str]:
        """Return the parameters of an address that asks for this."""
        said = {field.name: getattr(self, field.name) for field in fields(self)}
        return {name: value for name, value in said.items() if value and value != "board"}

    def takes(self, venue: Facts) -> bool:
        """Tell whether a venue is shown; every word of a search has to be in its names."""
        return all(word in venue.names for word in self.q.lower().split()) and all(
            not (wanted := getattr(self, facet)) or _has(venue, facet, wanted) for facet in FACETS
        )


def _has(venue: Facts, facet: str, wanted: str) -> bool:
    value: str = getattr(venue, facet)
    # Who is over is near, too: it is one threshold further.
    return value == wanted or (facet == "use" and wanted == "near" and value == "over")


def counts(venues: Iterable[Facts], choice: Choice) -> Mapping[str, Counter[str]]:
    """Return how many venues each option would leave, with everything else chosen as it is."""
    venues = tuple(venues)
    result: dict[str, Counter[str]] = {}
    for facet in FACETS:
        others = replace(choice, **{facet: ""})  # type: ignore[arg-type]  # no facet is the order
        left = [venue for venue in venues if others.takes(venue)]
        counted = Counter(getattr(venue, facet) for venue in left)
        counted[""] = len(left)
        if facet == "use":
            counted["near"] += counted["over"]
        result[facet] = counted
    return result


def sort_key(venue: Facts, sort: Sort) -> tuple[float, str]:
    """Return by what a venue is sorted; what is not known comes last."""
    if sort == "occupancy":
        return (-1.0 * (-1 if venue.occupancy is None else venue.occupancy), venue.names)
    if sort == "use":
        return (-1.0 * (-1 if venue.share is None else venue.share), venue.names)
    return (0.0, venue.names)
