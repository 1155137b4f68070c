"""What routes ask for."""

from typing import Annotated

from fastapi import Depends, Request

from hub.api.problems import Unusable
from hub.errors import NotFound
from hub.live import VenueNow
from hub.web import RunningHub


async def venue_now(venue: str, hub: RunningHub) -> VenueNow:
    """Return the venue that a path names. Raises NotFound."""
    now = hub.live.venues.get(venue)
    if now is None:
        raise NotFound(f"there is no venue {venue!r}")
    return now


VenueInPath = Annotated[VenueNow, Depends(venue_now)]
"""The venue named by the path's `venue`."""


async def known_parameters(request: Request) -> None:
    """Refuse a parameter that the route does not have: unheard, the answer would be another one.

    Raises Unusable.
    """
    known = sorted(field.alias for field in request.scope["route"].dependant.query_params)
    for name in request.query_params:
        if name not in known:
            told = f"; there are {', '.join(known)}" if known else ""
            raise Unusable(f"{name[:100]}: there is no such parameter{told}")
