"""What the staff's console asks for beside the numbers: what needs a person, and one node whole."""

from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Depends
from pydantic import BaseModel, Field

from contracts.errors import DecodeError
from contracts.messages import (
    ClockStatus,
    LineStatus,
    PictureStatus,
    SourceStatus,
    SpoolStatus,
    Status,
    decode_status,
)
from hub.access import Permission, Who
from hub.api.deps import known_parameters
from hub.api.models import DeviceOut, maybe
from hub.api.problems import PROBLEMS
from hub.errors import NotFound
from hub.live.attention import Attention, Mark, attention
from hub.live.now import DeviceNow
from hub.web import RunningHub
from hub.web_access import Needs

router = APIRouter(prefix="/api/v1", responses=PROBLEMS, dependencies=[Depends(known_parameters)])


class AttentionOut(BaseModel):
    """Something that needs a person; the list begins with the most pressing."""

    code: str
    mark: Mark
    title_zh: str
    title_en: str
    text_zh: str
    text_en: str
    since: Annotated[datetime | None, Field(description="null: never heard")]
    venue: Annotated[str | None, Field(description="null: the hub itself")]

    @classmethod
    def of(cls, item: Attention) -> "AttentionOut":
        """Return an item as the API tells it."""
        return cls(
            code=item.code,
            mark=item.mark,
            title_zh=item.title_zh,
            title_en=item.title_en,
            text_zh=item.text_zh,
            text_en=item.text_en,
            since=maybe(item.since_ms),
            venue=item.venue,
        )


class LineOut(BaseModel):
    """The talk on the line to a serial device, since its node started."""

    requests: int
    replies: Annotated[int, Field(description="of a device that tells by itself: its messages")]
    timeouts: int
    reopenings: int
    latency_ms: Annotated[float | None, Field(description="mean of the latest replies")]
    longest_latency_ms: float

    @classmethod
    def of(cls, line: LineStatus) -> "LineOut":
        """Return a line as the API tells it."""
        return cls(
            requests=line.requests,
            replies=line.replies,
            timeouts=line.timeouts,
            reopenings=line.reopenings,
            latency_ms=line.latency_ms,
            longest_latency_ms=line.longest_latency_ms,
        )


class PictureOut(BaseModel):
    """Whether a camera's pictures can be counted in."""

    health: Annotated[
        str, Field(description="well, dark, covered, frozen, defocused, moved or flood")
    ]
    since: datetime | None
    view_changed: Annotated[
        datetime | None, Field(description="since when it shows another view than at first")
    ]

    @classmethod
    def of(cls, picture: PictureStatus) -> "PictureOut":
        """Return how pictures are as the API tells it."""
        return cls(
            health=picture.health,
            since=maybe(picture.since_ms),
            view_changed=maybe(picture.view_changed_ms),
        )


class SourceOut(BaseModel):
    """A camera or serial device of a node, as the node sees it."""

    name: str
    kind: str
    state: Literal["starting", "watching", "failed", "stopped"]
    since: datetime | None
    detail: str
    corrupt_frames: int
    line: LineOut | None
    picture: PictureOut | None

    @classmethod
    def of(cls, source: SourceStatus) -> "SourceOut":
        """Return a source as the API tells it."""
        return cls(
            name=source.name,
            kind=source.kind,
            state=source.state,
            since=maybe(source.since_ms),
            detail=source.detail,
            corrupt_frames=source.corrupt_frames,
            line=None if source.line is None else LineOut.of(source.line),
            picture=PictureOut.of(source.picture) if source.picture else None,
        )


class SpoolOut(BaseModel):
    """How full a node's spool is: rows that wait, its size, rows that are lost."""

    pending: int
    bytes: int
    dropped: int
    set_aside: Annotated[str | None, Field(description="why a damaged spool was put aside")]
    writable: bool

    @classmethod
    def of(cls, spool: SpoolStatus) -> "SpoolOut":
        """Return a spool as the API tells it."""
        return cls(
            pending=spool.pending,
            bytes=spool.bytes,
            dropped=spool.dropped,
            set_aside=spool.set_aside,
            writable=spool.writable,
        )


class ClockOut(BaseModel):
    """Whether a node's time is set, and how many of its rows wait for that."""

    state: str
    held: int

    @classmethod
    def of(cls, clock: ClockStatus) -> "ClockOut":
        """Return a clock as the API tells it."""
        return cls(state=clock.state, held=clock.held)


class DeviceDetailOut(DeviceOut):
    """A node with what it said last of itself; null: it said nothing of it."""

    told_at: Annotated[datetime | None, Field(description="when it told this, by its own clock")]
    clock: ClockOut | None
    spool: SpoolOut | None
    sources: list[SourceOut]

    @classmethod
    def of(cls, now: DeviceNow) -> "DeviceDetailOut":
        """Return a node as the API tells it."""
        told = _told(now)
        return cls(
            **DeviceOut.of(now).model_dump(),
            told_at=maybe(told.at_ms) if told else None,
            clock=ClockOut.of(told.clock) if told and told.clock else None,
            spool=SpoolOut.of(told.spool) if told and told.spool else None,
            sources=[SourceOut.of(source) for source in told.sources] if told else [],
        )


@router.get("/attention", summary="What needs a person now, most pressing first")
async def list_attention(
    hub: RunningHub, who: Annotated[Who, Depends(Needs(Permission.DEVICES))]
) -> list[AttentionOut]:
    """Return what the board's attention strip begins with, all of it that is theirs."""
    live = hub.live
    found = attention(live.venues, live.devices, live.troubles)
    return [AttentionOut.of(i) for i in found if i.venue is None or who.covers(i.venue)]


@router.get("/devices/{venue}/{node}", summary="One node: software, spool, clock, sources")
async def show_device(
    venue: str,
    node: str,
    hub: RunningHub,
    _who: Annotated[Who, Depends(Needs(Permission.DEVICES))],
) -> DeviceDetailOut:
    """Return one node, heard or expected."""
    for now in hub.live.devices:
        if (now.venue, now.node) == (venue, node):
            return DeviceDetailOut.of(now)
    raise NotFound(f"there is no device {venue}/{node}")


def _told(now: DeviceNow) -> Status | None:
    """Return what a node said last of itself; None: nothing, or what no release can read."""
    if now.device is None or not now.device.status:
        return None
    try:
        return decode_status(now.device.status.encode())
    except DecodeError:
        return None
