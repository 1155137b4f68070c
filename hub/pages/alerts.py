"""The alert desk: what somebody has to see to, and what was done about it."""

import re
from collections.abc import Callable
from typing import Annotated, Final, Literal
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Query, Request, Response
from starlette.concurrency import run_in_threadpool

from hub.access import Permission, Who
from hub.access.complaints import Complained, Complaint
from hub.alerts.alert import SEVERITIES, Alert
from hub.alerts.condition import AlertKind
from hub.alerts.words import KINDS
from hub.alerts.words import SEVERITIES as SEVERITY_WORDS
from hub.pages.alert_view import LATES, STATES, alert_row, lines
from hub.pages.frame import LangQuery, go, sentence, show
from hub.pages.render import DISTRICT_ZONE
from hub.pages.words import Words
from hub.runtime import Hub
from hub.store.records.alerts import State, WantedAlerts
from hub.web import NumberInPath, RunningHub
from hub.web_access import Needs, form_of, require_venue

router = APIRouter(prefix="/alerts", include_in_schema=False)
Reads = Annotated[Who, Depends(Needs(Permission.ALERTS))]
Acts = Annotated[Who, Depends(Needs(Permission.ALERTS_ACT))]

PAGE_ROWS: Final = 50
DONE: Final = {
    "acknowledged": Words("已确认。", "Acknowledged."),
    "assigned": Words("已指派。", "Assigned."),
    "commented": Words("已记录。", "Noted."),
    "cleared": Words("已解除并确认。", "Cleared and acknowledged."),
}


class Asked:
    """What the filter says."""

    def __init__(
        self,
        *,
        state: State = "open",
        severity: Annotated[str, Query(max_length=20)] = "",
        kind: Annotated[str, Query(max_length=40)] = "",
        venue: Annotated[str, Query(max_length=64)] = "",
        late: Literal["", "yes", "no"] = "",
        mine: Literal["", "yes"] = "",
    ) -> None:
        self.state: State = state
        self.severity = severity if severity in SEVERITIES else ""
        self.kind = kind if kind in set(AlertKind) else ""
        self.venue = venue
        self.late = late
        self.mine = mine

    def wanted(self, who: Who) -> WantedAlerts:
        """Return which alerts that means, of those that are theirs."""
        return WantedAlerts(
            state=self.state,
            severity=self.severity,
            kind=self.kind,
            venue=self.venue or None,
            is_late={"yes": True, "no": False}.get(self.late),
            assigned_to=who.name if self.mine else "",
            among=who.venues,
        )

    def query(self) -> dict[str, str]:
        """Return it as the query of an address."""
        state = "" if self.state == "open" else self.state
        parts = {"state": state, "severity": self.severity, "kind": self.kind}
        parts |= {"venue": self.venue, "late": self.late, "mine": self.mine}
        return {key: value for key, value in parts.items() if value}


Filter = Annotated[Asked, Depends(Asked)]


@router.get("")
def show_alerts(
    request: Request,
    hub: RunningHub,
    who: Reads,
    asked: Filter,
    *,
    after: Annotated[int, Query(ge=0, le=1_000_000)] = 0,
    done: str = "",
    lang: LangQuery = "zh",
) -> Response:
    """Return alerts, the most pressing first."""
    found, total = hub.alerts.page(asked.wanted(who), after=after, most=PAGE_ROWS)
    venues, now_ms = hub.live.declared, hub.live.at_ms
    query = asked.query()
    theirs = [v for v in venues.values() if who.covers(v.id)]
    return show(
        request,
        hub,
        "alerts.html",
        lang,
        rows=[alert_row(alert, venues, DISTRICT_ZONE, now_ms) for alert in found],
        total=total,
        first=after + 1,
        last=after + len(found),
        revision=hub.alerts.revision,
        asked=asked,
        is_narrowed=bool(query),
        states=STATES,
        lates=LATES,
        severities=[(s, Words(*SEVERITY_WORDS[s])) for s in reversed(SEVERITIES)],
        kinds=[(kind, Words(*KINDS[kind])) for kind in AlertKind],
        venues=[(v.id, Words(v.name_zh, v.name_en)) for v in theirs],
        newer=_place(query, lang, max(0, after - PAGE_ROWS)) if after else "",
        older=_place(query, lang, after + PAGE_ROWS) if after + len(found) < total else "",
        here=_place(query, lang, after),
        may_act=who.may(Permission.ALERTS_ACT),
        done=DONE.get(done),
    )


@router.get("/{number}")
def show_alert(
    request: Request,
    hub: RunningHub,
    who: Reads,
    number: NumberInPath,
    *,
    done: str = "",
    lang: LangQuery = "zh",
) -> Response:
    """Return one alert with its history and what can be done."""
    return _page(request, hub, who, _theirs(hub, who, number, Permission.ALERTS), lang, done=done)


@router.post("/acknowledged")
async def acknowledge_some(
    request: Request, hub: RunningHub, who: Acts, lang: LangQuery = "zh"
) -> Response:
    """Acknowledge the alerts that a list showed, and go back to it."""
    form = await form_of(request)
    numbers = [int(n) for n in form.get("number", ()) if re.fullmatch("[0-9]{1,9}", n)]

    def write() -> Response:
        for number in numbers[:PAGE_ROWS]:
            if _theirs(hub, who, number, Permission.ALERTS_ACT).is_open:
                hub.alerts.acknowledge(who, number)
        back = form.get("back", [""])[0]
        # Of our own list only: a form leads nowhere else.
        return go(back if back.startswith("/alerts?") else "/alerts", lang, done="acknowledged")

    return await run_in_threadpool(write)


@router.post("/{number}/{action}")
async def act(
    request: Request,
    hub: RunningHub,
    who: Acts,
    number: NumberInPath,
    action: Literal["acknowledged", "assigned", "commented", "cleared"],
    lang: LangQuery = "zh",
) -> Response:
    """Let a person do something about an alert."""
    told = {key: values[0] for key, values in (await form_of(request)).items()}
    desk = hub.alerts
    actions: dict[str, Callable[[], Alert]] = {
        "acknowledged": lambda: desk.acknowledge(who, number),
        "assigned": lambda: desk.assign(who, number, told.get("to", "")),
        "commented": lambda: desk.comment(who, number, told.get("text", "")),
        "cleared": lambda: desk.clear(who, number, told.get("reason", "")),
    }

    def write() -> Response:
        alert = _theirs(hub, who, number, Permission.ALERTS_ACT)
        try:
            actions[action]()
        except Complained as error:
            return _page(request, hub, who, alert, lang, complaint=error.complaint, filled=told)
        return go(f"/alerts/{number}", lang, done=action)

    return await run_in_threadpool(write)


def _page(
    request: Request,
    hub: Hub,
    who: Who,
    alert: Alert,
    lang: LangQuery,
    *,
    done: str = "",
    complaint: Complaint | None = None,
    filled: dict[str, str] | None = None,
) -> Response:
    now_ms = hub.live.at_ms
    return show(
        request,
        hub,
        "alert.html",
        lang,
        status=200 if complaint is None else 422,
        row=alert_row(alert, hub.live.declared, DISTRICT_ZONE, now_ms),
        lines=lines(hub.alerts.history(alert.number), DISTRICT_ZONE),
        assignees=hub.alerts.assignees(alert.venue),
        is_open=alert.is_open,
        may_act=who.may(Permission.ALERTS_ACT, alert.venue),
        evidence=f"{alert.link}?lang={lang}" if alert.link else "",
        filled=filled or {},
        done=DONE.get(done),
        error=sentence(complaint),
    )


def _theirs(hub: Hub, who: Who, number: int, permission: Permission) -> Alert:
    """Return an alert of a venue that is theirs. Raises NotFound, NotAllowed."""
    alert = hub.alerts.get(number)
    require_venue(who, permission, alert.venue)
    return alert


def _place(query: dict[str, str], lang: str, after: int) -> str:
    more = {"after": str(after)} if after else {}
    return f"/alerts?{urlencode({**query, **more, 'lang': lang})}"
