"""The pages of unstaffed rooms: who is needed where and why, orders, the journal."""

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated, Any, Final
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import StreamingResponse
from starlette.concurrency import run_in_threadpool

from contracts.ids import NodeId
from hub.access import Permission, Who
from hub.access.complaints import Complained, Complaint
from hub.errors import NotFound
from hub.lease import leased
from hub.pages.asked import day_of, query_of
from hub.pages.frame import LangQuery, go, sentence, show
from hub.pages.render import DISTRICT_ZONE
from hub.pages.room_page import REFRESH_SECONDS, RoomPage, span_ms
from hub.pages.room_view import build_lines
from hub.pages.words import Words
from hub.rooms.desk import BY_VERB, Wish
from hub.rooms.journal import GROUPS, KINDS, MOST_DAYS, days_of, page_of, searched
from hub.rooms.words import ORDER_STATES, TEMPLATES, VERBS, why_not
from hub.runtime import Hub
from hub.web import RunningHub, event_stream, sse
from hub.web_access import Needs, form_of

router = APIRouter(prefix="/rooms", include_in_schema=False)
Reads = Annotated[Who, Depends(Needs(Permission.ROOMS))]
Orders = Annotated[Who, Depends(Needs(Permission.ROOMS_ORDER))]

PAGE_LINES: Final = 100
WAIT_SECONDS: Final = 5.0
"""So long a form waits for the room's answer; later ones come by the stream."""
LOOK_SECONDS: Final = 0.05
_EMPTY: Final = dict.fromkeys(("verb", "template", "zh", "en", "reason"), "")


async def room_pages(request: Request) -> RoomPage:
    """Return the pages of the hub that this application serves."""
    pages: RoomPage = request.app.state.room_page
    return pages


RoomPages = Annotated[RoomPage, Depends(room_pages)]


@dataclass(frozen=True, slots=True)
class Asked:
    """What the journal's filter says; days are of the district, both included."""

    room: str
    group: str
    kind: str
    text: str
    since: date | None
    until: date | None


async def _asked(
    room: Annotated[str, Query(max_length=100)] = "",
    group: Annotated[str, Query(max_length=20)] = "",
    kind: Annotated[str, Query(max_length=48)] = "",
    text: Annotated[str, Query(max_length=80)] = "",
    since: Annotated[str, Query(max_length=10)] = "",
    until: Annotated[str, Query(max_length=10)] = "",
) -> Asked:
    """Read the filter; a form sends empty fields, and what is none narrows nothing."""
    return Asked(
        room,
        group if group in GROUPS else "",
        kind if kind in KINDS else "",
        text.strip(),
        day_of(since),
        day_of(until),
    )


Filter = Annotated[Asked, Depends(_asked)]


@router.get("")
def show_rooms(
    request: Request, hub: RunningHub, who: Reads, pages: RoomPages, lang: LangQuery = "zh"
) -> Response:
    """Return all rooms that are theirs, those that want somebody first."""
    return show(
        request,
        hub,
        "rooms.html",
        lang,
        cards=pages.cards(who),
        key=pages.key("all"),
        at=pages.at(),
    )


@router.get("/stream", response_class=StreamingResponse)
async def stream_rooms(request: Request, hub: RunningHub, who: Reads, pages: RoomPages) -> Response:
    """Stream what is of now on the page of all rooms."""
    return await _stream(request, hub, pages, lambda: pages.news_of_all(who))


@router.get("/journal")
def show_journal(
    request: Request,
    hub: RunningHub,
    who: Reads,
    asked: Filter,
    *,
    after: Annotated[int, Query(ge=0, le=1_000_000)] = 0,
    lang: LangQuery = "zh",
) -> Response:
    """Return what happened in rooms that are theirs, the newest first."""
    venues = [venue for venue in hub.live.declared.values() if who.covers(venue.id)]
    names = {venue.id: Words(venue.name_zh, venue.name_en) for venue in venues}
    today = datetime.fromtimestamp(hub.live.at_ms / 1000, DISTRICT_ZONE).date()
    first, last = days_of(asked.since, asked.until, today)
    wanted = asked.room.split("/")[0]
    theirs = [venue for venue in names if wanted in {"", venue}]
    node = asked.room.partition("/")[2]
    lines = searched(
        hub.rooms.journal(theirs, *span_ms(DISTRICT_ZONE, first, last)),
        node=node,
        group=asked.group,
        name=asked.kind,
        text=asked.text,
    )
    shown, total = page_of(lines, after, PAGE_LINES)
    query = query_of(asked)
    rooms = [(str(room.id), Words(room.zh, room.en)) for room in hub.rooms.rooms(who)]
    table = {**query, "since": first.isoformat(), "until": last.isoformat()}
    return show(
        request,
        hub,
        "room_journal.html",
        lang,
        rows=build_lines(shown, names, DISTRICT_ZONE),
        total=total,
        first=after + 1,
        last=after + len(shown),
        days=(first.isoformat(), last.isoformat()),
        most_days=MOST_DAYS,
        asked=asked,
        rooms=rooms,
        groups=[(group, Words(*words)) for group, words in GROUPS.items()],
        kinds=[(name, Words(*words)) for name, (_, words) in KINDS.items()],
        newer=_place(query, lang, max(0, after - PAGE_LINES)) if after else "",
        older=_place(query, lang, after + PAGE_LINES) if after + len(shown) < total else "",
        table=f"/api/v1/rooms/journal.csv?{urlencode(table)}",
    )


@router.get("/{venue}/{node}")
def show_room(
    request: Request,
    hub: RunningHub,
    who: Reads,
    pages: RoomPages,
    venue: str,
    node: str,
    *,
    order: Annotated[str, Query(max_length=32)] = "",
    lang: LangQuery = "zh",
) -> Response:
    """Return one room: its state, today, orders, what waits, the journal."""
    done, error = _outcome(hub, NodeId(venue, node), order)
    return _page(request, hub, pages, who, NodeId(venue, node), lang, done=done, error=error)


@router.get("/{venue}/{node}/stream", response_class=StreamingResponse)
async def stream_room(
    request: Request, hub: RunningHub, _who: Reads, pages: RoomPages, venue: str, node: str
) -> Response:
    """Stream what is of now on a room's page."""
    wanted = NodeId(venue, node)
    hub.rooms.room(wanted)
    return await _stream(request, hub, pages, lambda: pages.news_of_one(wanted))


@router.post("/{venue}/{node}/orders")
async def order_room(
    request: Request,
    hub: RunningHub,
    who: Orders,
    pages: RoomPages,
    venue: str,
    node: str,
    lang: LangQuery = "zh",
) -> Response:
    """Order something, wait a little for the answer, and go back to the room's page."""
    told = {key: values[0] for key, values in (await form_of(request)).items()}
    wanted = NodeId(venue, node)
    try:
        sent = await run_in_threadpool(hub.rooms.order, who, wanted, _wish(told))
    except Complained as error:
        complaint = error.complaint
        return await run_in_threadpool(
            lambda: _page(request, hub, pages, who, wanted, lang, complaint=complaint, filled=told)
        )
    await answered(hub, sent.id, WAIT_SECONDS)
    return go(f"/rooms/{venue}/{node}", lang, order=sent.id)


async def answered(hub: Hub, id_: str, seconds: float) -> None:
    """Wait until a room has answered an order, at most for so long."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + seconds
    # The answer is written down on another thread, and wakes nobody here.
    while hub.rooms.is_waiting(id_) and loop.time() < deadline:  # noqa: ASYNC110
        await asyncio.sleep(LOOK_SECONDS)


def _wish(told: dict[str, str]) -> Wish:
    """Return what a form asks for. Raises Complained."""
    verb = next((verb for verb in BY_VERB if verb == told.get("verb")), None)
    if verb is None:
        raise Complained(Complaint.ROOM_TAKES_NOT)
    zh, en = told.get("zh", "").strip(), told.get("en", "").strip()
    if verb == "announce" and not (zh or en):
        zh, en = TEMPLATES.get(told.get("template", ""), ("", ""))
    return Wish(told.get("id", ""), verb, zh, en, told.get("reason", ""))


def _outcome(hub: Hub, node: NodeId, id_: str) -> tuple[Words | None, Words | None]:
    """Return what to say of an order that was just given: well, or wrong."""
    if not id_:
        return None, None
    try:
        order = hub.rooms.find(node, id_)
    except NotFound:
        return None, None
    verb, state = VERBS.get(order.verb, (order.verb,) * 2), ORDER_STATES[order.state]
    zh, en = why_not(order.why)
    why = f"：{zh}" if zh else "", f": {en}" if en else ""
    said = Words(f"{verb[0]}：{state[0]}{why[0]}", f"{verb[1]}: {state[1]}{why[1]}")
    return (said, None) if order.state in {"done", "sent"} else (None, said)


def _page(
    request: Request,
    hub: Hub,
    pages: RoomPage,
    who: Who,
    node: NodeId,
    lang: LangQuery,
    *,
    done: Words | None = None,
    error: Words | None = None,
    complaint: Complaint | None = None,
    filled: dict[str, str] | None = None,
) -> Response:
    parts: dict[str, Any] = pages.whole(who, node)
    return show(
        request,
        hub,
        "room.html",
        lang,
        status=200 if complaint is None else 422,
        **parts,
        venue=node.venue,
        node=node.node,
        key=pages.key(str(node)),
        at=pages.at(),
        refresh=REFRESH_SECONDS,
        templates=[(id_, Words(*words)) for id_, words in TEMPLATES.items()],
        filled={**_EMPTY, **(filled or {})},
        done=done,
        error=error or sentence(complaint),
    )


async def _stream(request: Request, hub: Hub, pages: RoomPage, news: Callable[[], str]) -> Response:
    told: list[object] = []

    def tell(_changed: frozenset[str] | None) -> Iterable[str]:
        state = pages.state()
        if told and told[0] == state:
            return ()
        told[:] = [state]
        return (sse("fragments", news()),)

    return await leased(event_stream(hub.live.feed, tell), request, hub)


def _place(query: dict[str, str], lang: str, after: int) -> str:
    more = {"after": str(after)} if after else {}
    return f"/rooms/journal?{urlencode({**query, **more, 'lang': lang})}"
