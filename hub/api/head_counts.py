"""Head counts: what the staff counted stands in for the running sum, until it is withdrawn."""

from datetime import datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Depends
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from contracts.ids import NAME_PATTERN
from hub.access import Permission, Who
from hub.api.deps import known_parameters
from hub.api.models import instant, maybe
from hub.api.problems import PROBLEMS
from hub.headcount import MOST_HEADS, REASON_LENGTH
from hub.store.records.head_counts import HeadCountRecord
from hub.venues import OUTSIDE
from hub.web import NumberInPath, RunningHub, VenueInPath
from hub.web_access import Needs

router = APIRouter(
    prefix="/api/v1/venues/{venue}/head-counts",
    responses=PROBLEMS,
    dependencies=[Depends(known_parameters)],
)

CountsHeads = Annotated[Who, Depends(Needs(Permission.HEADS))]
SHOWN = timedelta(days=7)


class NewHeadCount(BaseModel):
    """How many were counted inside."""

    model_config = ConfigDict(extra="forbid")

    occupancy: Annotated[int, Field(ge=0, le=MOST_HEADS)]
    reason: Annotated[str, Field(min_length=1, max_length=REASON_LENGTH)]
    zone: Annotated[
        str | None, Field(pattern=NAME_PATTERN, description="absent: the whole venue")
    ] = None
    at: Annotated[
        AwareDatetime | None,
        Field(description="when they were counted, within the last 24 hours; absent: now"),
    ] = None


class HeadCountOut(BaseModel):
    """A head count: who, when, how many, why, and whether it still holds."""

    id: int
    venue: str
    zone: str | None
    at: datetime
    occupancy: int
    reason: str
    who: str
    made: datetime
    withdrawn: datetime | None
    withdrawn_by: str | None

    @classmethod
    def of(cls, counted: HeadCountRecord) -> "HeadCountOut":
        """Return a head count as the API tells it."""
        return cls(
            id=counted.id,
            venue=counted.venue,
            zone=None if counted.zone == OUTSIDE else counted.zone,
            at=instant(counted.at_ms),
            occupancy=counted.occupancy,
            reason=counted.reason,
            who=counted.who,
            made=instant(counted.made_ms),
            withdrawn=maybe(counted.withdrawn_ms or 0),
            withdrawn_by=counted.withdrawn_by,
        )


@router.get("", summary="What was counted by eye in the last seven days")
def list_head_counts(hub: RunningHub, _who: CountsHeads, now: VenueInPath) -> list[HeadCountOut]:
    """Return head counts of a venue by time, withdrawn ones too."""
    since_ms = hub.live.at_ms - int(SHOWN.total_seconds()) * 1000
    return [HeadCountOut.of(counted) for counted in hub.heads.of_venue(now.venue.id, since_ms)]


@router.post("", summary="Say how many are inside", status_code=201)
def add_head_count(
    told: NewHeadCount, hub: RunningHub, who: CountsHeads, now: VenueInPath
) -> HeadCountOut:
    """Let a number hold from an instant on; what sensors told stays as it is, beside it."""
    counted = hub.heads.add(
        who,
        now.venue,
        told.occupancy,
        told.reason,
        zone=told.zone or OUTSIDE,
        at_ms=None if told.at is None else int(told.at.timestamp() * 1000),
    )
    return HeadCountOut.of(counted)


@router.delete("/{number}", summary="Withdraw a head count", status_code=204)
def withdraw_head_count(
    number: NumberInPath, hub: RunningHub, who: CountsHeads, now: VenueInPath
) -> None:
    """Let the running sum hold again; the head count stays on record as withdrawn."""
    hub.heads.withdraw(who, now.venue.id, number)
