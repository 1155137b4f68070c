"""Schedules over the API: what was declared, what a change would mean, declaring, withdrawing."""

from typing import Annotated

from fastapi import APIRouter, Depends

from hub.access import Permission, Who
from hub.api.deps import known_parameters
from hub.api.problems import CONFLICT, PROBLEMS
from hub.api.schedule_models import (
    DeclarationOut,
    NewDeclaration,
    PreviewOut,
    Proposal,
    ScheduleOut,
    WithdrawalIn,
)
from hub.web import NumberInPath, RunningHub, VenueInPath
from hub.web_access import Needs

router = APIRouter(
    prefix="/api/v1/venues/{venue}/schedule",
    responses=PROBLEMS,
    dependencies=[Depends(known_parameters)],
)

Declares = Annotated[Who, Depends(Needs(Permission.SCHEDULES))]


@router.get("", summary="All that a venue ever declared, and the week in force")
def list_declarations(hub: RunningHub, _who: Declares, now: VenueInPath) -> ScheduleOut:
    """Return declarations in the order in which they came, withdrawn ones too."""
    schedule = hub.schedules.of(now.venue)
    told = hub.schedules.declarations(now.venue.id)
    return ScheduleOut.of(schedule, told, hub.live.at_ms // 1000)


@router.post(
    "",
    summary="Declare a timetable, holiday rule, exception or notice",
    status_code=201,
    responses=CONFLICT,
)
def declare(
    told: NewDeclaration, hub: RunningHub, who: Declares, now: VenueInPath
) -> DeclarationOut:
    """Let terms hold; 409 where they break a duty or come too late and that is not `confirmed`."""
    made = hub.schedule_desk.declare(
        who,
        now.venue,
        told.terms.read(),
        told.why,
        published_ms=told.published_ms(),
        document=told.document,
        confirmed=told.confirmed,
    )
    return DeclarationOut.of(made)


@router.post("/what-if", summary="What a change would mean, before it is saved")
def what_if(told: Proposal, hub: RunningHub, _who: Declares, now: VenueInPath) -> PreviewOut:
    """Return the duties before and after, exact, and how far ahead the public is told."""
    terms, published_ms = told.terms.read(), told.published_ms()
    return PreviewOut.of(hub.schedule_desk.preview(now.venue, terms, published_ms))


@router.post(
    "/{number}/withdrawal", summary="Withdraw a declaration", status_code=204, responses=CONFLICT
)
def withdraw(
    number: NumberInPath, told: WithdrawalIn, hub: RunningHub, who: Declares, now: VenueInPath
) -> None:
    """Let a declaration hold no more from now on; until now it did, and stays on record."""
    hub.schedule_desk.withdraw(who, now.venue, number, told.why, confirmed=told.confirmed)
