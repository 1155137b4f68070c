"""Demand of a venue as JSON: its usual week, and hours that would serve more visits."""

from datetime import date
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, Field

from hub.access import Permission, Who
from hub.api.deps import known_parameters
from hub.api.problems import PROBLEMS
from hub.demand import Gain, Plan, Proposal, Rate
from hub.demand.profile import STEPS_A_DAY
from hub.demand.read import WEEKS, VenueDemand
from hub.web import RunningHub, VenueInPath
from hub.web_access import Needs

router = APIRouter(prefix="/api/v1", responses=PROBLEMS, dependencies=[Depends(known_parameters)])

Weeks = Annotated[int, Query(ge=4, le=52, description="how far it looks back")]
Why = Literal[
    "", "always_open", "no_hours", "few_weeks", "unknown", "no_fit", "nothing_better", "unlawful"
]


class RateOut(BaseModel):
    """Visits in one half hour of the usual week."""

    visits: Annotated[float, Field(description="expected")]
    deviation: Annotated[float, Field(description="standard deviation of what is expected")]
    weeks: Annotated[float, Field(description="in which it was open and watched")]
    basis: Annotated[
        Literal["watched", "borrowed"],
        Field(description="`borrowed`: never open and watched itself, only on like days"),
    ]


class GainOut(BaseModel):
    """Visits a week: expected, and the band in which they lie four times of five."""

    mean: float
    low: float
    high: float

    @classmethod
    def of(cls, gain: Gain) -> "GainOut":
        """Return visits as the API tells them."""
        return cls(mean=round(gain.mean, 2), low=round(gain.low, 2), high=round(gain.high, 2))


class ProposalOut(BaseModel):
    """Other hours, as many as now."""

    week: Annotated[list[list[str]], Field(description="seven days from Monday; 18:00-26:00: late")]
    moved_hours: float
    gain: Annotated[GainOut, Field(description="in weeks by which it was not chosen")]
    promise: Annotated[GainOut, Field(description="in those by which it was: too much")]
    borrowed_share: Annotated[float, Field(description="of what is added, known of like days only")]


class DemandOut(BaseModel):
    """A venue's usual week and what could be better."""

    venue: str
    first: date
    last: date
    left_out: Annotated[list[date], Field(description="holidays and make-up days")]
    weeks: Annotated[int, Field(description="of which something was open and watched")]
    dispersion: Annotated[float, Field(description="how much more weeks differ than by chance")]
    week: Annotated[
        list[list[RateOut | None]],
        Field(description="7 days from Monday x 48 half hours; null: nobody knows"),
    ]
    present: list[list[str]]
    least_hours: Annotated[float, Field(description="what the rules ask of a week")]
    served: GainOut
    proposals: list[ProposalOut]
    why_none: Annotated[Why, Field(description="why nothing is proposed")]

    @classmethod
    def of(cls, told: VenueDemand) -> "DemandOut":
        """Return demand as the API tells it."""
        demand = told.demand
        rates = [_rate(rate) for rate in demand.profile.rates]
        return cls(
            venue=told.venue.id,
            first=told.first,
            last=told.last,
            left_out=list(told.left_out),
            weeks=demand.profile.weeks,
            dispersion=round(demand.profile.dispersion, 3),
            week=[rates[day * STEPS_A_DAY : (day + 1) * STEPS_A_DAY] for day in range(7)],
            present=_week(demand.present),
            least_hours=told.least_hours,
            served=GainOut.of(demand.served),
            proposals=[_proposal(proposal) for proposal in demand.proposals],
            why_none=demand.why_none,
        )


@router.get(
    "/venues/{venue}/demand",
    summary="A venue's usual week, and hours that would serve more visits",
)
def show_demand(
    _who: Annotated[Who, Depends(Needs(Permission.SERIES))],
    now: VenueInPath,
    hub: RunningHub,
    weeks: Weeks = WEEKS,
) -> DemandOut:
    """Return visits of each half hour, and proposals of as many hours with what they gain."""
    return DemandOut.of(hub.demand.of(now.venue, weeks=weeks))


def _rate(rate: Rate | None) -> RateOut | None:
    if rate is None:
        return None
    return RateOut(
        visits=round(rate.mean, 3),
        deviation=round(rate.variance**0.5, 3),
        weeks=round(rate.weeks, 2),
        basis=rate.basis,
    )


def _proposal(proposal: Proposal) -> ProposalOut:
    return ProposalOut(
        week=_week(proposal.plan),
        moved_hours=proposal.moved_steps / 2,
        gain=GainOut.of(proposal.gain),
        promise=GainOut.of(proposal.promise),
        borrowed_share=round(proposal.borrowed, 3),
    )


def _week(plan: Plan) -> list[list[str]]:
    return [[f"{_clock(opens)}-{_clock(closes)}" for opens, closes in day] for day in plan]


def _clock(step: int) -> str:
    return f"{step // 2:02}:{step % 2 * 30:02}"
