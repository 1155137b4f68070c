"""Two questions of whoever runs the process: does it live, and can it do its work.

Both are open to everybody and name no address, path or venue. `/api/v1/health` says more.
"""

from collections.abc import Iterator
from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Response
from pydantic import BaseModel, Field

from hub.live.board import wall_ms
from hub.runtime import Hub
from hub.web import RunningHub
from hub.web_access import Visitor

router = APIRouter()

STALE_SECONDS: Final = 60
"""The board is judged every 2 s; a replayed backlog may stretch that, a broken board stops it."""


class AliveOut(BaseModel):
    """The process lives, and its event loop answers."""

    alive: Literal[True] = True


class NotReadyOut(BaseModel):
    """One part that is not ready."""

    what: Literal["store", "broker", "live"]
    why: str


class ReadyOut(BaseModel):
    """Whether the hub can do its work now."""

    ready: bool
    not_ready: Annotated[list[NotReadyOut], Field(description="empty while it is ready")]


_NOT_READY: Final[dict[int | str, dict[str, Any]]] = {
    503: {"model": ReadyOut, "description": "Something is not ready; the body names it"}
}


@router.get("/healthz", summary="Whether the process lives")
async def show_alive(_who: Visitor) -> AliveOut:
    """Answer: that is all that is asked."""
    return AliveOut()


@router.get("/readyz", summary="Whether the hub can do its work", responses=_NOT_READY)
async def show_ready(hub: RunningHub, response: Response, _who: Visitor) -> ReadyOut:
    """Return what is not ready, with 503 if there is anything."""
    found = list(not_ready(hub, wall_ms()))
    response.status_code = 503 if found else 200
    return ReadyOut(ready=not found, not_ready=found)


def not_ready(hub: Hub, now_ms: int) -> Iterator[NotReadyOut]:
    """Return every part that is not ready."""
    if hub.intake.trouble is not None:
        yield NotReadyOut(what="store", why="the store refused the last commit")
    if hub.config.broker.enabled and not hub.broker_connected:
        yield NotReadyOut(what="broker", why="there is no connection to the broker")
    if any(trouble.code == "live" for trouble in hub.live.troubles):
        yield NotReadyOut(what="live", why="the store cannot be read")
    elif is_stale(hub, now_ms):
        yield NotReadyOut(what="live", why=f"not judged for more than {STALE_SECONDS} s")


def is_stale(hub: Hub, now_ms: int) -> bool:
    """Tell whether the live board stands still: its numbers are not of now."""
    return abs(now_ms - hub.live.at_ms) > STALE_SECONDS * 1000
