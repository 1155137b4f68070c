"""What visitors wrote and rated at kiosks, anonymous as it was given: as JSON and as a file."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Depends, Path, Query
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, ConfigDict, Field

from contracts.events import EventName
from contracts.ids import NAME_PATTERN, TOKEN_PATTERN
from hub.access import Permission, Who
from hub.api.deps import known_parameters
from hub.api.export import Cell, csv_stream
from hub.api.models import instant
from hub.api.problems import PROBLEMS
from hub.feedback.desk import REASON_LENGTH
from hub.feedback.said import Feedback
from hub.runtime import Hub
from hub.verdicts.table import in_sight
from hub.web import RunningHub, VenueInPath
from hub.web_access import Needs, require_venue

router = APIRouter(prefix="/api/v1", responses=PROBLEMS, dependencies=[Depends(known_parameters)])
of_venue = APIRouter(
    prefix="/api/v1/venues/{venue}/feedback",
    responses=PROBLEMS,
    dependencies=[Depends(known_parameters)],
)

COLUMNS: Final = ("at", "venue", "node", "kind", "stars", "about", "text", "hidden")
_CSV: Final[dict[int | str, dict[str, Any]]] = {
    200: {"content": {"text/csv": {}}, "description": "CSV, UTF-8 with a byte order mark"}
}
MOST: Final = 1000

Days = Annotated[int, Query(ge=1, le=366, description="so many days until now")]
Reads = Annotated[Who, Depends(Needs(Permission.FEEDBACK))]
Hides = Annotated[Who, Depends(Needs(Permission.FEEDBACK_HIDE))]
WishInPath = Annotated[str, Path(alias="wish", pattern=TOKEN_PATTERN)]


class FeedbackOut(BaseModel):
    """A rating or a wish of a visitor."""

    id: str
    at: datetime
    venue: str
    node: str
    kind: Literal["rating", "need"]
    stars: int | None
    about: str
    text: str
    hidden: bool

    @classmethod
    def of(cls, told: Feedback) -> "FeedbackOut":
        """Return feedback as the API tells it."""
        return cls(
            id=told.event,
            at=instant(told.at_ms),
            venue=told.venue,
            node=told.node,
            kind="rating" if told.kind == EventName.RATING else "need",
            stars=told.stars,
            about=told.about,
            text=told.text,
            hidden=told.hidden is not None,
        )


class Hiding(BaseModel):
    """Why nobody is to read a wish."""

    model_config = ConfigDict(extra="forbid")

    reason: Annotated[str, Field(min_length=1, max_length=REASON_LENGTH)]


@router.get("/feedback", summary="Ratings and wishes of visitors")
def list_feedback(
    hub: RunningHub,
    who: Reads,
    days: Days = 28,
    venue: Annotated[str | None, Query(pattern=NAME_PATTERN)] = None,
    limit: Annotated[int, Query(ge=1, le=MOST)] = 100,
) -> list[FeedbackOut]:
    """Return what was said at kiosks of venues that one may see, newest first."""
    if venue is not None:
        require_venue(who, Permission.FEEDBACK, venue)
    told = [one for one in _told(hub, who, days) if venue in {None, one.venue}]
    told.sort(key=lambda one: (one.at_ms, one.event), reverse=True)
    return [FeedbackOut.of(one) for one in told[:limit]]


@router.get(
    "/feedback.csv",
    summary="Ratings and wishes as CSV",
    response_class=StreamingResponse,
    responses=_CSV,
)
def export_feedback(hub: RunningHub, who: Reads, days: Days = 28) -> StreamingResponse:
    """Return what was said at kiosks of venues that one may see, oldest first in each."""

    def rows() -> Iterator[tuple[Cell, ...]]:
        yield COLUMNS
        for told in _told(hub, who, days):
            yield (
                datetime.fromtimestamp(told.at_ms / 1000, UTC),
                told.venue,
                told.node,
                told.kind,
                "" if told.stars is None else told.stars,
                told.about,
                told.text,
                "hidden" if told.hidden else "",
            )

    return csv_stream("kaiguan-feedback.csv", rows())


@of_venue.put("/{wish}/hidden", summary="Hide a wish", status_code=204)
def hide_wish(
    wish: WishInPath, told: Hiding, hub: RunningHub, who: Hides, now: VenueInPath
) -> None:
    """Let nobody read the words of a wish any more; the audit log says who decided it and why."""
    hub.feedback.hide(who, now.venue.id, wish, told.reason)


@of_venue.delete("/{wish}/hidden", summary="Show it again", status_code=204)
def show_wish(wish: WishInPath, hub: RunningHub, who: Hides, now: VenueInPath) -> None:
    """Let a wish be read again."""
    hub.feedback.show(who, now.venue.id, wish)


def _told(hub: Hub, who: Who, days: int) -> Iterator[Feedback]:
    end = datetime.fromtimestamp(hub.live.at_ms / 1000, UTC)
    start_ms = int((end - timedelta(days=days)).timestamp() * 1000)
    venues = in_sight(hub.live.declared.values(), who)
    hidden = hub.feedback.hidden(venues)
    for venue in venues:
        yield from hub.feedback.of_venue(venue.id, start_ms, hub.live.at_ms + 1, hidden)
