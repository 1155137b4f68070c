"""The form of a venue's page with which the staff say how many are inside."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Request, Response
from starlette.concurrency import run_in_threadpool

from hub.access import Permission, Who
from hub.access.complaints import Complained, Complaint
from hub.live.now import VenueNow
from hub.pages.frame import LangQuery, go, minute_of, sentence, show
from hub.pages.words import Words
from hub.runtime import Hub
from hub.store.records.head_counts import HeadCountRecord
from hub.venues import OUTSIDE
from hub.web import NumberInPath, RunningHub, VenueInPath
from hub.web_access import Needs, form_of

router = APIRouter(prefix="/venues/{venue}/head-counts", include_in_schema=False)
CountsHeads = Annotated[Who, Depends(Needs(Permission.HEADS))]

SHOWN_MS: Final = 7 * 86_400_000
MOST_ROWS: Final = 20
DONE: Final = {
    "counted": Words("已采用清点人数。", "The head count holds from now on."),
    "withdrawn": Words("已撤回清点，恢复按进出累计。", "Withdrawn: the running sum holds again."),
}


@dataclass(frozen=True, slots=True)
class Row:
    """One head count as the page lists it."""

    id: int
    at: str
    place: Words
    occupancy: int
    reason: str
    who: str
    withdrawn: Words | None


@router.get("")
def show_form(
    request: Request,
    hub: RunningHub,
    _who: CountsHeads,
    now: VenueInPath,
    *,
    done: str = "",
    lang: LangQuery = "zh",
) -> Response:
    """Return the form, and what was counted in the last seven days."""
    return _page(request, hub, now, lang, done=DONE.get(done))


@router.post("")
async def count(
    request: Request, hub: RunningHub, who: CountsHeads, now: VenueInPath, lang: LangQuery = "zh"
) -> Response:
    """Take a head count."""
    form = await form_of(request)

    def write() -> Response:
        told = {key: values[0] for key, values in form.items()}
        try:
            occupancy = _whole(told.get("occupancy", ""))
            zone = told.get("zone") or OUTSIDE
            hub.heads.add(who, now.venue, occupancy, told.get("reason", ""), zone=zone)
        except Complained as error:
            return _page(request, hub, now, lang, complaint=error.complaint, filled=told)
        return go(request.url.path, lang, done="counted")

    return await run_in_threadpool(write)


@router.post("/{number}/withdrawn")
async def withdraw(
    number: NumberInPath,
    hub: RunningHub,
    who: CountsHeads,
    now: VenueInPath,
    lang: LangQuery = "zh",
) -> Response:
    """Withdraw a head count."""
    await run_in_threadpool(lambda: hub.heads.withdraw(who, now.venue.id, number))
    return go(f"/venues/{now.venue.id}/head-counts", lang, done="withdrawn")


def _page(
    request: Request,
    hub: Hub,
    now: VenueNow,
    lang: LangQuery,
    *,
    done: Words | None = None,
    complaint: Complaint | None = None,
    filled: Mapping[str, str] | None = None,
) -> Response:
    venue = now.venue
    told = hub.heads.of_venue(venue.id, hub.live.at_ms - SHOWN_MS)
    names = {zone.id: Words(zone.name_zh, zone.name_en) for zone in venue.zones}
    names[OUTSIDE] = Words("全馆", "whole venue")
    return show(
        request,
        hub,
        "head_counts.html",
        lang,
        status=200 if complaint is None else 422,
        venue=venue,
        name=Words(venue.name_zh, venue.name_en),
        inside="—" if now.occupancy is None else str(now.occupancy),
        places=[(zone, words) for zone, words in reversed(names.items())],
        filled=filled or {},
        rows=[_row(counted, names) for counted in reversed(told[-MOST_ROWS:])],
        done=done,
        error=sentence(complaint),
    )


def _row(counted: HeadCountRecord, names: Mapping[str, Words]) -> Row:
    withdrawn = None
    if counted.withdrawn_ms is not None:
        when = minute_of(counted.withdrawn_ms)
        withdrawn = Words(
            f"{counted.withdrawn_by} 于 {when} 撤回",
            f"withdrawn by {counted.withdrawn_by}, {when}",
        )
    return Row(
        counted.id,
        minute_of(counted.at_ms),
        names.get(counted.zone, Words(counted.zone, counted.zone)),
        counted.occupancy,
        counted.reason,
        counted.who,
        withdrawn,
    )


def _whole(text: str) -> int:
    """Return a whole number as somebody typed it. Raises Complained."""
    text = text.strip()
    if not (text.isascii() and text.isdecimal() and len(text) < 9):
        raise Complained(Complaint.HEADS_FORM)
    return int(text)
