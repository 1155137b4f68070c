"""Verdicts over the API: the newest ones, every version, and why."""

from typing import Annotated, Final

from fastapi import APIRouter, Depends, Path, Query

from contracts.ids import NAME_PATTERN
from hub.access import Permission, Who
from hub.api.deps import known_parameters
from hub.api.problems import PROBLEMS, Unusable
from hub.api.verdict_models import ExplanationOut, VerdictOut, VerdictsOut
from hub.compliance.bounds import Status
from hub.errors import NotFound
from hub.store.records.verdicts import Key
from hub.verdicts import WantedVerdicts
from hub.web import RunningHub, VenueInPath
from hub.web_access import Needs, require_venue

router = APIRouter(prefix="/api/v1", responses=PROBLEMS, dependencies=[Depends(known_parameters)])
of_venue = APIRouter(
    prefix="/api/v1/venues/{venue}/verdicts",
    responses=PROBLEMS,
    dependencies=[Depends(known_parameters)],
)

MOST: Final = 5000
ReadsEvidence = Annotated[Who, Depends(Needs(Permission.EVIDENCE))]
Rule = Annotated[str | None, Query(max_length=80, description="the id of a rule")]
Period = Annotated[str | None, Query(max_length=40, description="2026, 2026-W10")]
RuleInPath = Annotated[str, Path(max_length=80)]
PeriodInPath = Annotated[str, Path(max_length=40)]


@router.get("/verdicts", summary="The newest version of each verdict")
def list_verdicts(
    hub: RunningHub,
    who: ReadsEvidence,
    venue: Annotated[str | None, Query(pattern=NAME_PATTERN, max_length=48)] = None,
    rule: Rule = None,
    period: Period = None,
    status: Status | None = None,
    limit: Annotated[int, Query(ge=1, le=MOST)] = 1000,
    after: Annotated[
        str | None, Query(max_length=200, description="`next` of the answer before")
    ] = None,
) -> VerdictsOut:
    """Return verdicts of the venues that one may see, by venue, rule and period."""
    if venue is not None:
        require_venue(who, Permission.EVIDENCE, venue)
    venues = None if venue is None and who.venues is None else [venue] if venue else who.venues
    wanted = WantedVerdicts(
        venues, rule or "", period or "", str(status or ""), most=limit + 1, after=_key(after)
    )
    return VerdictsOut.of(hub.duties.verdicts.newest(wanted), limit)


@of_venue.get("", summary="The newest version of each verdict on a venue")
def list_verdicts_of_venue(
    hub: RunningHub,
    _who: ReadsEvidence,
    now: VenueInPath,
    rule: Rule = None,
    period: Period = None,
) -> VerdictsOut:
    """Return a venue's verdicts by rule and period; of a venue of three years some 1 500."""
    wanted = WantedVerdicts((now.venue.id,), rule or "", period or "", most=MOST + 1)
    return VerdictsOut.of(hub.duties.verdicts.newest(wanted), MOST)


@of_venue.get("/{rule}/{period}", summary="Every version of one verdict")
def list_versions(
    hub: RunningHub, _who: ReadsEvidence, now: VenueInPath, rule: RuleInPath, period: PeriodInPath
) -> list[VerdictOut]:
    """Return all that was ever said of it, the first version first; none is ever removed."""
    rows = hub.duties.verdicts.versions(now.venue.id, rule, period)
    if not rows:
        raise NotFound(f"{now.venue.id} has no verdict of {rule!r} for {period!r}")
    return [VerdictOut.of(row) for row in rows]


@of_venue.get("/{rule}/{period}/explanation", summary="Why a verdict is what it is")
def explain_verdict(
    hub: RunningHub, _who: ReadsEvidence, now: VenueInPath, rule: RuleInPath, period: PeriodInPath
) -> ExplanationOut:
    """Work it out anew: which evidence made which minutes open, closed, unknown; what is missing.

    Of a year that takes a tenth of a second, and an answer of some hundred kilobytes.
    """
    desk = hub.duties.verdicts
    verdict = desk.explain(now.venue.id, rule, period)
    is_kept = desk.has_evidence(now.venue.id, period)
    return ExplanationOut.of(verdict, desk.clock(now.venue.id), is_kept=is_kept)


def _key(after: str | None) -> Key | None:
    if after is None:
        return None
    parts = after.split(",")
    if len(parts) != 3:
        raise Unusable("after: is `next` of the answer before, as it came")
    return parts[0], parts[1], parts[2]
