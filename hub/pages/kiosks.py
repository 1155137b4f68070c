"""How kiosks are used and what visitors say at them, as a page of the staff."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Annotated, Final
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import Response
from starlette.concurrency import run_in_threadpool

from hub.access import Permission, Who
from hub.access.complaints import Complained, Complaint
from hub.compliance.localtime import LocalTime
from hub.pages.frame import LangQuery, go, sentence, show
from hub.pages.kiosk_view import TOLD, KioskView, build_view, kiosks_now
from hub.pages.render import DISTRICT_ZONE
from hub.pages.words import Words
from hub.runtime import Hub
from hub.store.port import HappenedEvent
from hub.venues import Venue
from hub.verdicts.table import in_sight
from hub.web import RunningHub, VenueInPath
from hub.web_access import Needs, form_of

router = APIRouter(include_in_schema=False)
of_venue = APIRouter(prefix="/venues/{venue}/wishes", include_in_schema=False)

Hides = Annotated[Who, Depends(Needs(Permission.FEEDBACK_HIDE))]
Reads = Annotated[Who, Depends(Needs(Permission.FEEDBACK))]
Days = Annotated[int, Query(ge=1, le=366, description="so many days until today")]
USUAL_DAYS: Final = 28
DONE: Final = {
    "hidden": Words("这条意见已隐藏。", "The wish is hidden."),
    "shown": Words("这条意见恢复显示。", "The wish is shown again."),
}
SPANS: Final = (7, 28, 91, 366)


@router.get("/kiosks")
def show_kiosks(
    request: Request,
    hub: RunningHub,
    who: Reads,
    days: Days = USUAL_DAYS,
    lang: LangQuery = "zh",
    *,
    done: str = "",
) -> Response:
    """Return kiosks as of now, their use, ratings and wishes of the venues that one may see."""
    return _page(request, hub, who, days, lang, done=DONE.get(done))


@of_venue.post("/{wish}/hidden")
async def hide(
    wish: str,
    request: Request,
    hub: RunningHub,
    who: Hides,
    now: VenueInPath,
    lang: LangQuery = "zh",
) -> Response:
    """Let nobody read the words of a wish any more."""
    reason = (await form_of(request)).get("reason", [""])[0]

    def write() -> Response:
        try:
            hub.feedback.hide(who, now.venue.id, wish, reason)
        except Complained as error:
            return _page(request, hub, who, USUAL_DAYS, lang, complaint=error.complaint)
        return go("/kiosks", lang, done="hidden")

    return await run_in_threadpool(write)


@of_venue.post("/{wish}/shown")
async def show_again(
    wish: str, hub: RunningHub, who: Hides, now: VenueInPath, lang: LangQuery = "zh"
) -> Response:
    """Let a wish be read again."""
    await run_in_threadpool(lambda: hub.feedback.show(who, now.venue.id, wish))
    return go("/kiosks", lang, done="shown")


def _page(
    request: Request,
    hub: Hub,
    who: Who,
    days: int,
    lang: LangQuery,
    *,
    done: Words | None = None,
    complaint: Complaint | None = None,
) -> Response:
    first, last = _span(hub, days)
    return show(
        request,
        hub,
        "kiosks.html",
        lang,
        status=200 if complaint is None else 422,
        k=_view(hub, who, first, last),
        now=kiosks_now(in_sight(hub.live.declared.values(), who), hub.live.devices),
        may_hide=who.may(Permission.FEEDBACK_HIDE),
        days=days,
        spans=[(n, f"/kiosks?{urlencode({'days': n, 'lang': lang})}") for n in SPANS],
        done=done,
        error=sentence(complaint),
    )


router.include_router(of_venue)


def _span(hub: Hub, days: int) -> tuple[date, date]:
    last = datetime.fromtimestamp(hub.live.at_ms / 1000, DISTRICT_ZONE).date()
    return last - timedelta(days=days - 1), last


def _view(hub: Hub, who: Who, first: date, last: date) -> KioskView:
    venues = in_sight(hub.live.declared.values(), who)
    events, hidden = _events(hub, venues, first, last), hub.feedback.hidden(venues)
    return build_view(venues, events, first, last, DISTRICT_ZONE, hidden)


def _events(
    hub: Hub, venues: Sequence[Venue], first: date, last: date
) -> Mapping[str, Sequence[HappenedEvent]]:
    start_s, end_s = LocalTime(DISTRICT_ZONE).span(first, last)
    start_ms, end_ms = start_s * 1000, end_s * 1000
    return {venue.id: hub.store.events(venue.id, start_ms, end_ms, TOLD) for venue in venues}
