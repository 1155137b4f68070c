"""Settings and new starts of nodes over the API: what is in force, what was ordered, orders."""

from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Path
from pydantic import BaseModel, ConfigDict, Field

from contracts.ids import NAME_PATTERN, NodeId
from contracts.remote import MOST_SETTINGS_BYTES, Part
from hub.access import Permission, Who
from hub.access.complaints import Complained, Complaint
from hub.api.deps import known_parameters
from hub.api.models import instant, maybe
from hub.api.problems import PROBLEMS, Problem
from hub.errors import NotFound
from hub.remote.desk import MOST_REASON, NodeRemote
from hub.runtime import Hub
from hub.store.records.remote import OrderRecord
from hub.web import RunningHub
from hub.web_access import Needs

router = APIRouter(
    prefix="/api/v1/devices/{venue}/{node}",
    responses=PROBLEMS,
    dependencies=[Depends(known_parameters)],
)

ANSWER_SECONDS = 10.0
SetsSettings = Annotated[Who, Depends(Needs(Permission.SETTINGS))]
Restarts = Annotated[Who, Depends(Needs(Permission.RESTART))]
Name = Annotated[str, Path(pattern=NAME_PATTERN)]
Reason = Annotated[str, Field(min_length=1, max_length=MOST_REASON, description="why")]
Text = Annotated[
    str, Field(max_length=MOST_SETTINGS_BYTES, description="settings, TOML; empty: none from afar")
]
_CONFLICT: dict[int | str, dict[str, Any]] = {
    409: {"model": Problem, "description": "The node is away, or nothing may be ordered of it"}
}


class SettingOut(BaseModel):
    """A setting that may be set from afar."""

    key: str
    value: Annotated[str, Field(description="JSON")]
    remote: Annotated[bool, Field(description="it is set from afar")]


class ChangeOut(BaseModel):
    """What would change of a setting; JSON, empty: not there."""

    key: str
    before: str
    after: str


class OrderOut(BaseModel):
    """An order to a node, and what became of it."""

    id: str
    verb: Literal["apply", "rollback", "restart"]
    part: Annotated[str, Field(description="of a restart: app, browser or machine")]
    text: str
    reason: str
    who: str
    at: datetime
    stage: Annotated[
        str,
        Field(
            description="sent, waiting (somebody uses the node), begun, done, rolled_back, refused"
            " or no_answer"
        ),
    ]
    why: Annotated[str, Field(description="the node's own sentence")]
    changed: datetime | None

    @classmethod
    def of(cls, one: OrderRecord) -> "OrderOut":
        """Return an order as the API tells it."""
        return cls(
            id=one.id,
            verb=one.verb,
            part=one.part,
            text=one.text,
            reason=one.reason,
            who=one.who,
            at=instant(one.at_ms),
            stage=one.stage,
            why=one.why,
            changed=maybe(one.changed_ms),
        )


class SettingsOut(BaseModel):
    """What is known of a node's settings, and what was ordered of it."""

    takes_settings: bool
    restarts: Annotated[list[str], Field(description="parts that may be started anew")]
    sha256: Annotated[str, Field(description="of the settings in force; empty: none from afar")]
    can_roll_back: bool
    trial: Annotated[bool, Field(description="the settings in force are being tried")]
    trouble: Annotated[str, Field(description="why settings from afar are not in force")]
    text: Annotated[str, Field(description="settings from afar, TOML, as told last")]
    told: datetime | None
    settings: list[SettingOut]
    orders: Annotated[list[OrderOut], Field(description="the newest first")]

    @classmethod
    def of(cls, one: NodeRemote, orders: list[OrderRecord]) -> "SettingsOut":
        """Return a node's settings as the API tells them."""
        told = one.told
        return cls(
            takes_settings=one.status.settings,
            restarts=list(one.status.restart),
            sha256=one.status.sha256,
            can_roll_back=one.status.previous is not None,
            trial=one.status.trial,
            trouble=one.status.trouble,
            text=told.text if told is not None else "",
            told=maybe(told.told_ms) if told is not None else None,
            settings=[
                SettingOut(key=s.key, value=s.value, remote=s.is_remote)
                for s in (told.settings if told is not None else ())
            ],
            orders=[OrderOut.of(order) for order in orders],
        )


class PreviewIn(BaseModel):
    """Settings that a node shall look at."""

    model_config = ConfigDict(extra="forbid")

    text: Text


class PreviewOut(BaseModel):
    """What settings would change, or why they cannot be taken."""

    refused: Annotated[str, Field(description="empty: they can")]
    changes: list[ChangeOut]


class ApplyIn(BaseModel):
    """Settings that a node shall take."""

    model_config = ConfigDict(extra="forbid")

    text: Text
    reason: Reason
    base: Annotated[
        str,
        Field(
            pattern="^([0-9a-f]{64})?$", description="`sha256` of those that they were made from"
        ),
    ]


class RollbackIn(BaseModel):
    """That a node shall take the settings before."""

    model_config = ConfigDict(extra="forbid")

    reason: Reason


class RestartIn(BaseModel):
    """That a part of a node shall start anew."""

    model_config = ConfigDict(extra="forbid")

    part: Part
    reason: Reason


@router.get(
    "/settings", summary="Settings of a node that may be set from afar", responses=_CONFLICT
)
def show_settings(hub: RunningHub, _who: SetsSettings, venue: Name, node: Name) -> SettingsOut:
    """Return what the node told last, and what was ordered of it."""
    id_ = NodeId(venue, node)
    return SettingsOut.of(_found(hub, id_), hub.remote.orders(id_))


@router.post("/settings/preview", summary="What settings would change", responses=_CONFLICT)
async def preview_settings(
    told: PreviewIn, hub: RunningHub, who: SetsSettings, venue: Name, node: Name
) -> PreviewOut:
    """Let the node look at settings; nothing changes there."""
    id_ = NodeId(venue, node)
    asked = hub.remote.preview(who, [id_], told.text)
    reply = (await hub.remote.answers(asked, ANSWER_SECONDS))[id_]
    if reply is None:
        raise Complained(Complaint.NODE_AWAY)
    changes = [ChangeOut(key=c.key, before=c.before, after=c.after) for c in reply.changes]
    return PreviewOut(refused=reply.why if reply.stage == "refused" else "", changes=changes)


@router.post(
    "/settings/apply", summary="Set settings of a node", status_code=202, responses=_CONFLICT
)
def apply_settings(
    told: ApplyIn, hub: RunningHub, who: SetsSettings, venue: Name, node: Name
) -> OrderOut:
    """Order settings in place of all that were set from afar before; the node starts anew."""
    id_ = hub.remote.apply(who, NodeId(venue, node), told.text, told.reason, told.base)
    return _order(hub, id_)


@router.post(
    "/settings/rollback", summary="Take the settings before", status_code=202, responses=_CONFLICT
)
def roll_back_settings(
    told: RollbackIn, hub: RunningHub, who: SetsSettings, venue: Name, node: Name
) -> OrderOut:
    """Order the settings that were in force before these; the node starts anew."""
    id_ = NodeId(venue, node)
    base = _found(hub, id_).status.sha256
    return _order(hub, hub.remote.roll_back(who, id_, told.reason, base))


@router.post(
    "/restart", summary="Start a part of a node anew", status_code=202, responses=_CONFLICT
)
def restart_node(
    told: RestartIn, hub: RunningHub, who: Restarts, venue: Name, node: Name
) -> OrderOut:
    """Order a new start; a node that somebody uses begins it when they have gone."""
    return _order(hub, hub.remote.restart(who, NodeId(venue, node), told.part, told.reason))


@router.get("/orders/{id}", summary="An order to a node, and what became of it")
def show_order(
    hub: RunningHub,
    _who: SetsSettings,
    venue: Name,
    node: Name,
    id: Annotated[str, Path(pattern="^[0-9a-f]{8,32}$")],  # noqa: A002  as the path names it
) -> OrderOut:
    """Return one order."""
    found = hub.remote.order(id)
    if found is None or found.node != NodeId(venue, node):
        raise NotFound("there is no such order to this node")
    return OrderOut.of(found)


def _found(hub: Hub, node: NodeId) -> NodeRemote:
    found = hub.remote.node(node)
    if found is None:
        raise Complained(Complaint.NODE_TAKES_NO_ORDERS)
    return found


def _order(hub: Hub, id_: str) -> OrderOut:
    found = hub.remote.order(id_)
    assert found is not None  # noqa: S101  it was kept just now
    return OrderOut.of(found)
