"""Overrides over the API: a person's word above the sensors, with a reason and a document."""

from typing import Annotated

from fastapi import APIRouter, Depends
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from hub.access import Permission, Who
from hub.api.deps import known_parameters
from hub.api.problems import PROBLEMS
from hub.api.verdict_models import OverrideOut
from hub.verdicts.overrides import DOCUMENT_LENGTH, REASON_LENGTH
from hub.web import NumberInPath, RunningHub, VenueInPath
from hub.web_access import Needs

router = APIRouter(
    prefix="/api/v1/venues/{venue}/overrides",
    responses=PROBLEMS,
    dependencies=[Depends(known_parameters)],
)

ReadsEvidence = Annotated[Who, Depends(Needs(Permission.EVIDENCE))]
MakesOverrides = Annotated[Who, Depends(Needs(Permission.OVERRIDES))]


class NewOverride(BaseModel):
    """That a venue was open, or closed, whatever its sensors told."""

    model_config = ConfigDict(extra="forbid")

    start: AwareDatetime
    end: Annotated[AwareDatetime, Field(description="not included; over, at most 31 days later")]
    open: bool
    why: Annotated[str, Field(min_length=1, max_length=REASON_LENGTH)]
    document: Annotated[
        str,
        Field(min_length=1, max_length=DOCUMENT_LENGTH, description="what proves it: a number"),
    ]


@router.get("", summary="What people said against the sensors")
def list_overrides(hub: RunningHub, _who: ReadsEvidence, now: VenueInPath) -> list[OverrideOut]:
    """Return overrides of a venue by the time that they are about, withdrawn ones too."""
    return [OverrideOut.of(made) for made in hub.duties.overrides.of_venue(now.venue.id)]


@router.post("", summary="Say that it was open or closed", status_code=201)
def add_override(
    told: NewOverride, hub: RunningHub, who: MakesOverrides, now: VenueInPath
) -> OverrideOut:
    """Let a venue count as open or closed; what sensors told stays as it is, beside it.

    The verdicts that it touches are judged anew, and get a new version.
    """
    made = hub.duties.overrides.add(
        who,
        now.venue,
        int(told.start.timestamp() * 1000),
        int(told.end.timestamp() * 1000),
        is_open=told.open,
        why=told.why,
        document=told.document,
    )
    return OverrideOut.of(made)


@router.delete("/{number}", summary="Withdraw an override", status_code=204)
def withdraw_override(
    number: NumberInPath, hub: RunningHub, who: MakesOverrides, now: VenueInPath
) -> None:
    """Let the sensors speak again; the override stays on record as withdrawn."""
    hub.duties.overrides.withdraw(who, now.venue.id, number)
