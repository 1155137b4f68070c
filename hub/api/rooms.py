"""Unstaffed rooms for programs: how each is and who is needed, orders, the journal."""

from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime
from typing import Annotated, Any, Final, Literal
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, Query
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, ConfigDict, Field

from contracts.ids import TOKEN_PATTERN, NodeId
from contracts.room import Verb
from hub.access import Permission, Who
from hub.api.deps import known_parameters
from hub.api.export import Cell, csv_stream
from hub.api.models import instant, maybe
from hub.api.problems import CONFLICT, PROBLEMS
from hub.compliance.localtime import LocalTime
from hub.live.now import DeviceState
from hub.rooms.desk import REASON_LENGTH, TEXT_LENGTH, Wish
from hub.rooms.journal import JournalLine, days_of, searched
from hub.rooms.needs import Grade, Need
from hub.rooms.room import RoomNow
from hub.rooms.words import why_not
from hub.runtime import Hub
from hub.store.room_order import OrderRecord, OrderState
from hub.web import RunningHub
from hub.web_access import Needs

router = APIRouter(
    prefix="/api/v1/rooms", responses=PROBLEMS, dependencies=[Depends(known_parameters)]
)

Reads = Annotated[Who, Depends(Needs(Permission.ROOMS))]
Orders = Annotated[Who, Depends(Needs(Permission.ROOMS_ORDER))]
ZONE: Final = ZoneInfo("Asia/Shanghai")
"""Days of the journal are the district's."""
COLUMNS: Final = ("at", "venue", "node", "group", "event", "zh", "en")
_CSV: Final[dict[int | str, dict[str, Any]]] = {
    200: {"content": {"text/csv": {}}, "description": "CSV, UTF-8 with a byte order mark"}
}


class NeedOut(BaseModel):
    """Why somebody is needed in a room, and what to do."""

    code: str
    grade: Grade
    zh: str
    en: str
    to_do_zh: str
    to_do_en: str
    since: Annotated[datetime | None, Field(description="null: nobody knows since when")]
    alert: Annotated[int | None, Field(description="the number of its open alert")]
    is_over: Annotated[bool, Field(description="it was, and nobody has seen it yet")]

    @classmethod
    def of(cls, need: Need) -> "NeedOut":
        """Return a need as the API tells it."""
        return cls(
            code=need.code,
            grade=need.grade,
            zh=need.what[0],
            en=need.what[1],
            to_do_zh=need.to_do[0],
            to_do_en=need.to_do[1],
            since=maybe(need.since_ms),
            alert=need.alert,
            is_over=need.is_over,
        )


class CaseOut(BaseModel):
    """Transactions of a kiosk that wait for the staff for one reason."""

    case: str
    count: int
    oldest: datetime | None
    items: Annotated[list[str], Field(description="the first few that want somebody's hand")]


class RoomOut(BaseModel):
    """A kiosk and the room that it looks after; what it said last, also while it is away."""

    venue: str
    node: str
    state: DeviceState
    heard: datetime | None
    mode: Annotated[
        str | None,
        Field(description="open, closed, cleaning, shut, unknown, fire; null: it has no room"),
    ]
    people: int | None
    people_limit: int | None
    door: Literal["open", "closed"] | None
    lock: Literal["free", "held"] | None
    commands: Annotated[list[str], Field(description="orders that it takes from afar")]
    needs: Annotated[list[NeedOut], Field(description="the gravest first")]
    unfinished: list[CaseOut]

    @classmethod
    def of(cls, now: RoomNow, needs: Iterable[Need]) -> "RoomOut":
        """Return a room as the API tells it."""
        room = now.room
        return cls(
            venue=now.venue,
            node=now.node,
            state=now.state,
            heard=maybe(now.heard_ms),
            mode=room.mode if room else None,
            people=room.people if room else None,
            people_limit=room.people_limit if room else None,
            door=room.door if room else None,
            lock=room.lock if room else None,
            commands=list(room.commands) if room else [],
            needs=[NeedOut.of(need) for need in needs],
            unfinished=[
                CaseOut(
                    case=one.case,
                    count=one.count,
                    oldest=maybe(one.oldest_ms),
                    items=list(one.items),
                )
                for one in now.status.unfinished
            ],
        )


class OrderIn(BaseModel):
    """An order to a room."""

    model_config = ConfigDict(extra="forbid")

    id: Annotated[
        str,
        Field(pattern=TOKEN_PATTERN, description="new for each order"),
    ]
    verb: Verb
    zh: Annotated[str, Field(max_length=TEXT_LENGTH)] = ""
    en: Annotated[str, Field(max_length=TEXT_LENGTH)] = ""
    reason: Annotated[
        str, Field(max_length=REASON_LENGTH, description="required by `unlock` and `reset`")
    ] = ""


class OrderOut(BaseModel):
    """An order, and what became of it."""

    id: str
    venue: str
    node: str
    verb: str
    zh: str
    en: str
    reason: str
    who: str
    at: datetime
    state: Annotated[OrderState, Field(description="sent: it waits for its answer, up to 35 s")]
    settled: datetime | None
    why: Annotated[str, Field(description="why it was not carried out")]

    @classmethod
    def of(cls, order: OrderRecord) -> "OrderOut":
        """Return an order as the API tells it."""
        return cls(
            id=order.id,
            venue=order.venue,
            node=order.node,
            verb=order.verb,
            zh=order.zh,
            en=order.en,
            reason=order.reason,
            who=order.who,
            at=instant(order.at_ms),
            state=order.state,
            settled=maybe(order.settled_ms),
            why=why_not(order.why)[1],
        )


class LineOut(BaseModel):
    """Something that happened in a room; no patron, no item."""

    id: str
    at: datetime
    venue: str
    node: str
    group: Literal["entry", "alarm", "order", "lending"]
    event: str
    zh: str
    en: str

    @classmethod
    def of(cls, line: JournalLine) -> "LineOut":
        """Return a line as the API tells it."""
        return cls(
            id=line.id,
            at=instant(line.at_ms),
            venue=line.venue,
            node=line.node,
            group=line.group,
            event=line.name,
            zh=line.zh,
            en=line.en,
        )


Room = Annotated[str, Query(max_length=100, description="`venue` or `venue/node`")]
GroupName = Literal["", "entry", "alarm", "order", "lending"]
Kind = Annotated[str, Query(max_length=48, description="an event's name")]
Words = Annotated[str, Query(max_length=80, description="words, each of them")]
Since = Annotated[date | None, Query(description="a week before `until`")]
Until = Annotated[date | None, Query(description="included; today")]


@router.get("", summary="Unstaffed rooms and kiosks, those that want somebody first")
def list_rooms(hub: RunningHub, who: Reads) -> list[RoomOut]:
    """Return the kiosks that are theirs, the most pressing first."""
    return [RoomOut.of(room, needs) for room, needs in hub.rooms.seen(who)]


@router.get("/journal", summary="What happened in rooms, the newest first")
def list_journal(
    hub: RunningHub,
    who: Reads,
    *,
    room: Room = "",
    group: GroupName = "",
    kind: Kind = "",
    text: Words = "",
    since: Since = None,
    until: Until = None,
    after: Annotated[int, Query(ge=0, le=1_000_000)] = 0,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> list[LineOut]:
    """Return lines of the journal, of at most 92 days."""
    lines = _lines(hub, who, room, since, until, group=group, name=kind, text=text)
    return [LineOut.of(line) for line in lines[after : after + limit]]


@router.get(
    "/journal.csv",
    summary="What happened in rooms as CSV",
    response_class=StreamingResponse,
    responses=_CSV,
)
def export_journal(
    hub: RunningHub,
    who: Reads,
    *,
    room: Room = "",
    group: GroupName = "",
    kind: Kind = "",
    text: Words = "",
    since: Since = None,
    until: Until = None,
) -> StreamingResponse:
    """Return lines of the journal, of at most 92 days, the newest first."""
    lines = _lines(hub, who, room, since, until, group=group, name=kind, text=text)

    def rows() -> Iterator[tuple[Cell, ...]]:
        yield COLUMNS
        for line in lines:
            at = datetime.fromtimestamp(line.at_ms / 1000, UTC)
            yield (at, line.venue, line.node, line.group, line.name, line.zh, line.en)

    return csv_stream("kaiguan-rooms.csv", rows())


@router.get("/{venue}/{node}", summary="One room")
def show_room(venue: str, node: str, hub: RunningHub, _who: Reads) -> RoomOut:
    """Return how a room is and what it wants."""
    room = hub.rooms.room(NodeId(venue, node))
    return RoomOut.of(room, hub.rooms.needs(room))


@router.get("/{venue}/{node}/orders", summary="The newest orders to a room")
def list_orders(
    venue: str,
    node: str,
    hub: RunningHub,
    _who: Reads,
    limit: Annotated[int, Query(ge=1, le=200)] = 20,
) -> list[OrderOut]:
    """Return orders and what became of them, the newest first."""
    return [OrderOut.of(order) for order in hub.rooms.orders(NodeId(venue, node), limit)]


@router.post(
    "/{venue}/{node}/orders",
    summary="Order something of a room",
    status_code=202,
    responses=CONFLICT,
)
def order_room(venue: str, node: str, wanted: OrderIn, hub: RunningHub, who: Orders) -> OrderOut:
    """Send an order, once for each id; ask for it again to hear what became of it.

    `unlock` and `reset` take `rooms.unlock` and a reason.
    """
    wish = Wish(wanted.id, wanted.verb, wanted.zh, wanted.en, wanted.reason)
    return OrderOut.of(hub.rooms.order(who, NodeId(venue, node), wish))


@router.get("/{venue}/{node}/orders/{order}", summary="What became of an order")
def show_order(venue: str, node: str, order: str, hub: RunningHub, _who: Reads) -> OrderOut:
    """Return an order as it stands."""
    return OrderOut.of(hub.rooms.find(NodeId(venue, node), order))


def _lines(
    hub: Hub,
    who: Who,
    room: str,
    since: date | None,
    until: date | None,
    *,
    group: str,
    name: str,
    text: str,
) -> list[JournalLine]:
    """Return the lines of rooms that are theirs, the newest first. Raises StoreError."""
    today = datetime.fromtimestamp(hub.live.at_ms / 1000, ZONE).date()
    start_s, end_s = LocalTime(ZONE).span(*days_of(since, until, today))
    venue, _, node = room.partition("/")
    venues = [id_ for id_ in hub.live.declared if who.covers(id_) and venue in {"", id_}]
    lines = hub.rooms.journal(venues, start_s * 1000, end_s * 1000)
    return searched(lines, node=node, group=group, name=name, text=text)
