"""What routes ask for."""

from typing import Annotated

from fastapi import Depends, Request

from hub.errors import NotFound
from hub.live import VenueNow
from hub.runtime import Hub


async def running_hub(request: Request) -> Hub:
    """Return the hub that this application serves."""
    hub: Hub = request.app.state.hub
    return hub


RunningHub = Annotated[Hub, Depends(running_hub)]


async def venue_now(venue: str, hub: RunningHub) -> VenueNow:
    """Return the venue that a path names. Raises NotFound."""
    now = hub.live.venues.get(venue)
    if now is None:
        raise NotFound(f"there is no venue {venue!r}")
    return now


VenueInPath = Annotated[VenueNow, Depends(venue_now)]
"""The venue named by the path's `venue`."""
