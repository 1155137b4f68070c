"""Releases for nodes: handed in, fetched by hash, and rolled out by stages."""

from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Path, Request
from fastapi.responses import FileResponse, Response
from pydantic import BaseModel, ConfigDict, Field
from starlette.concurrency import run_in_threadpool

from contracts.ids import NAME_PATTERN, NodeId
from contracts.pack import SHA256_PATTERN
from contracts.update import MOST_UPDATE_BYTES
from hub.access import Permission, Who
from hub.access.complaints import Complained, Complaint
from hub.api.deps import known_parameters
from hub.api.models import instant, maybe
from hub.api.problems import PROBLEMS, Problem
from hub.api.zips import BODY, FETCHED, Sha256, fetched, received, too_large
from hub.store.records.updates import UpdateRecord
from hub.updates.rollout import Plan, Rollout
from hub.web import RunningHub
from hub.web_access import Needs, Visitor

router = APIRouter(
    prefix="/api/v1/updates", responses=PROBLEMS, dependencies=[Depends(known_parameters)]
)
rollouts = APIRouter(
    prefix="/api/v1/rollouts", responses=PROBLEMS, dependencies=[Depends(known_parameters)]
)

RollsOut = Annotated[Who, Depends(Needs(Permission.UPDATES))]
Name = Annotated[str, Field(pattern=NAME_PATTERN)]

_CONFLICT: dict[int | str, dict[str, Any]] = {
    409: {"model": Problem, "description": "It does not fit to how the rollouts stand now"}
}


class UpdateOut(BaseModel):
    """A release that can be rolled out."""

    sha256: Annotated[str, Field(description="of the zip; by it the zip is fetched")]
    bytes: int
    kind: Literal["edge", "kiosk"]
    version: str
    made: str
    python: list[str]
    machines: Annotated[list[str], Field(description="empty: any")]
    least_version: str
    config_form: int
    who: str
    added: datetime

    @classmethod
    def of(cls, one: UpdateRecord) -> "UpdateOut":
        """Return an update as the API tells it."""
        manifest = one.manifest
        return cls(
            sha256=one.sha256,
            bytes=one.bytes,
            kind=manifest.kind,
            version=manifest.version,
            made=manifest.made,
            python=list(manifest.python),
            machines=list(manifest.machines),
            least_version=manifest.least_version,
            config_form=manifest.config_form,
            who=one.who,
            added=instant(one.added_ms),
        )


class NodeName(BaseModel):
    """A node."""

    model_config = ConfigDict(extra="forbid")

    venue: Name
    node: Name


class PlanIn(BaseModel):
    """How a rollout goes."""

    model_config = ConfigDict(extra="forbid")

    shares: Annotated[
        list[int],
        Field(max_length=10, description="percent of the other nodes after each stage, up to 100"),
    ] = [10, 50, 100]
    most_failures: Annotated[int, Field(ge=0, le=1000, description="more pause it")] = 0
    soak_minutes: Annotated[
        int, Field(ge=0, le=20_160, description="before a next stage begins")
    ] = 60
    enough_percent: Annotated[
        int, Field(ge=1, le=100, description="of a stage have to be updated before the next one")
    ] = 90
    when: Annotated[
        Literal["closed", "night", "now"],
        Field(description="closed: outside of the venue's declared hours; night: as configured"),
    ] = "closed"
    allow_downgrade: bool = False


class NewRollout(BaseModel):
    """What is brought to which nodes."""

    model_config = ConfigDict(extra="forbid")

    sha256: Annotated[str, Field(pattern=SHA256_PATTERN)]
    first: Annotated[
        list[NodeName], Field(min_length=1, max_length=100, description="nodes that go first")
    ]
    plan: PlanIn = PlanIn()
    venues: Annotated[
        list[Name] | None, Field(max_length=1000, description="whose nodes; absent: all")
    ] = None


class TargetOut(BaseModel):
    """One node of a rollout."""

    venue: str
    node: str
    stage: Annotated[int, Field(description="0: it goes first")]
    state: Literal["waiting", "told", "updated", "rolled_back", "refused"]
    since: datetime | None
    reason: str
    attempt: int


class RolloutOut(BaseModel):
    """A rollout and its nodes."""

    id: int
    sha256: str
    kind: Literal["edge", "kiosk"]
    version: str
    plan: PlanIn
    who: str
    started: datetime
    state: Literal["running", "paused", "done", "stopped"]
    stage: int
    soaking_since: datetime | None
    reason: Annotated[str, Field(description="why it was paused")]
    ended: datetime | None
    targets: list[TargetOut]

    @classmethod
    def of(cls, one: Rollout) -> "RolloutOut":
        """Return a rollout as the API tells it."""
        plan = one.plan
        targets = [
            TargetOut(
                venue=t.node.venue,
                node=t.node.node,
                stage=t.stage,
                state=t.state.value,
                since=maybe(t.since_ms),
                reason=t.reason,
                attempt=t.attempt,
            )
            for t in one.targets
        ]
        return cls(
            id=one.id,
            sha256=one.sha256,
            kind=one.kind,
            version=one.version,
            plan=PlanIn(
                shares=list(plan.shares),
                most_failures=plan.most_failures,
                soak_minutes=plan.soak_minutes,
                enough_percent=plan.enough_percent,
                when=plan.when,
                allow_downgrade=plan.allow_downgrade,
            ),
            who=one.who,
            started=instant(one.started_ms),
            state=one.state.value,
            stage=one.stage,
            soaking_since=maybe(one.soaking_ms),
            reason=one.reason,
            ended=maybe(one.ended_ms),
            targets=targets,
        )


@router.get("", summary="Releases that can be rolled out")
def list_updates(hub: RunningHub, _who: RollsOut) -> list[UpdateOut]:
    """Return the updates that were handed in, the newest first."""
    return [UpdateOut.of(one) for one in hub.updates.updates()]


@router.post(
    "",
    summary="Hand a release in",
    status_code=201,
    openapi_extra=BODY,
    responses=too_large("an update"),
)
async def add_update(request: Request, hub: RunningHub, who: RollsOut) -> UpdateOut:
    """Take a zip as the body and look it through. It has to bear the district's signature."""
    async with received(request, hub.updates.folder, MOST_UPDATE_BYTES, "an update") as incoming:
        return UpdateOut.of(await run_in_threadpool(hub.updates.add, who, incoming))


@router.get(
    "/{sha256}", summary="The zip of a release", response_class=FileResponse, responses=FETCHED
)
def fetch_update(hub: RunningHub, _who: Visitor, sha256: Sha256) -> FileResponse:
    """Return a zip, or the part of it that `Range` names, so that a fetch can go on."""
    return fetched(hub.updates.folder, sha256)


@router.delete("/{sha256}", summary="Forget a release", status_code=204, responses=_CONFLICT)
def withdraw_update(hub: RunningHub, who: RollsOut, sha256: Sha256) -> Response:
    """Keep an update no more; nodes that run it go on running it."""
    hub.updates.withdraw(who, sha256)
    return Response(status_code=204)


@rollouts.get("", summary="Rollouts, the newest first")
def list_rollouts(hub: RunningHub, _who: RollsOut) -> list[RolloutOut]:
    """Return the newest rollouts with their nodes."""
    return [RolloutOut.of(one) for one in hub.updates.rollouts()]


@rollouts.post("", summary="Begin a rollout", status_code=201, responses=_CONFLICT)
def start_rollout(told: NewRollout, hub: RunningHub, who: RollsOut) -> RolloutOut:
    """Bring a release to nodes of its kind: to a few first, then by shares."""
    plan = plan_of(told.plan.model_dump())
    first = [NodeId(one.venue, one.node) for one in told.first]
    return RolloutOut.of(hub.updates.start(who, told.sha256, first, plan, told.venues))


@rollouts.get("/{number}", summary="A rollout")
def show_rollout(number: int, hub: RunningHub, _who: RollsOut) -> RolloutOut:
    """Return a rollout with its nodes."""
    return RolloutOut.of(hub.updates.rollout(number))


@rollouts.post(
    "/{number}/{action}", summary="Pause a rollout, let it go on, end it", responses=_CONFLICT
)
def change_rollout(
    number: int, action: Literal["pause", "resume", "stop"], hub: RunningHub, who: RollsOut
) -> RolloutOut:
    """Pause: no further node switches. Resume: what failed so far is forgiven."""
    return RolloutOut.of(hub.updates.change(who, number, action))


@rollouts.post(
    "/{number}/nodes/{venue}/{node}/retry", summary="Ask a node again", responses=_CONFLICT
)
def retry_node(
    number: int,
    venue: Annotated[str, Path(pattern=NAME_PATTERN)],
    node: Annotated[str, Path(pattern=NAME_PATTERN)],
    hub: RunningHub,
    who: RollsOut,
) -> RolloutOut:
    """Let a node that failed try the release once more."""
    return RolloutOut.of(hub.updates.try_again(who, number, NodeId(venue, node)))


def plan_of(values: dict[str, Any]) -> Plan:
    """Return a plan. Raises Complained: it cannot be one."""
    try:
        return Plan(**values | {"shares": tuple(values["shares"])})
    except ValueError as error:
        raise Complained(Complaint.ROLLOUT_PLAN) from error
