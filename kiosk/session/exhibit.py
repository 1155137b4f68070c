"""What is told of a picture that the camera has seen: a caption, a story, places to touch. Pure."""

from dataclasses import dataclass
from typing import Final

from contracts.hours import Text

STORY: Final = ""
"""The spot that every exhibit with a story has: the exhibit as a whole."""


@dataclass(frozen=True, slots=True)
class Spot:
    """A hotspot: a place on the exhibit that tells more; a face finds its picture at `picture`."""

    name: str
    title: Text
    text: Text
    picture: str = ""


@dataclass(frozen=True, slots=True)
class Exhibit:
    """What stands on one target. `key` is `{pack}/{target}`.

    `venue` is the id of the venue that it shows, empty where it shows none of the district's.
    """

    key: str
    title: Text
    caption: Text
    story: Text | None = None
    place: Text | None = None
    venue: str = ""
    spots: tuple[Spot, ...] = ()
    picture: str = ""
    """Where a face finds a picture that goes with its story."""

    def spot(self, name: str) -> Spot | None:
        """Return what a name opens, None where there is nothing of that name."""
        if name == STORY:
            return None if self.story is None else Spot(STORY, self.title, self.story, self.picture)
        return next((spot for spot in self.spots if spot.name == name), None)
