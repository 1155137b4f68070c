"""The audit log, for supervisors and admins: who, when, what, before, after; also as CSV."""

import csv
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Annotated, Any, Final
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import StreamingResponse

from hub.access import Permission, Role, Who
from hub.pages.asked import day_of, query_of
from hub.pages.frame import HEADERS, LangQuery, minute_of, show
from hub.pages.render import DISTRICT_ZONE
from hub.pages.staff_words import FIELDS, NO, NOTHING, ROLES, WAYS, YES, action_words
from hub.pages.words import Words
from hub.spreadsheet import harmless
from hub.store.records import AuditLog, Wanted
from hub.store.records.audit import Numbered
from hub.web import MOST_NUMBER, RunningHub
from hub.web_access import Needs

router = APIRouter(include_in_schema=False)
Auditor = Annotated[Who, Depends(Needs(Permission.AUDIT))]

PAGE_ENTRIES: Final = 50
_COLUMNS: Final = ("id", "at", "who", "via", "action", "subject", "before", "after")


@dataclass(frozen=True, slots=True)
class Asked:
    """What the filter says, as it was written."""

    who: str = ""
    action: str = ""
    subject: str = ""
    since: date | None = None
    until: date | None = None

    def wanted(self) -> Wanted:
        """Return which entries that means; both days are whole ones, and included."""
        return Wanted(
            who=self.who.strip(),
            action=self.action,
            subject=self.subject.strip(),
            since_ms=_midnight_ms(self.since),
            until_ms=_midnight_ms(self.until + timedelta(days=1)) if self.until else None,
        )


async def _asked(
    who: Annotated[str, Query(max_length=100)] = "",
    action: Annotated[str, Query(max_length=60)] = "",
    subject: Annotated[str, Query(max_length=120)] = "",
    since: Annotated[str, Query(max_length=10)] = "",
    until: Annotated[str, Query(max_length=10)] = "",
) -> Asked:
    """Read the filter; a form sends empty fields, and a day that is none narrows nothing."""
    return Asked(who, action, subject, day_of(since), day_of(until))


Filter = Annotated[Asked, Depends(_asked)]


@router.get("/audit")
def show_audit(
    request: Request,
    hub: RunningHub,
    _who: Auditor,
    asked: Filter,
    before: Annotated[int | None, Query(ge=1, le=MOST_NUMBER)] = None,
    lang: LangQuery = "zh",
) -> Response:
    """Return one page of the log, the newest entries first."""
    log: AuditLog = hub.office.audit
    found = log.page(asked.wanted(), before_id=before, most=PAGE_ENTRIES + 1)
    shown, query = found[:PAGE_ENTRIES], query_of(asked)
    older = {**query, "before": str(shown[-1].id), "lang": lang} if len(found) > len(shown) else {}
    return show(
        request,
        hub,
        "audit.html",
        lang,
        rows=[_row(numbered) for numbered in shown],
        count=log.count(asked.wanted()),
        asked=asked,
        actions=[(action, action_words(action)) for action in log.actions()],
        older=f"/audit?{urlencode(older)}" if older else "",
        newest=f"/audit?{urlencode({**query, 'lang': lang})}" if before else "",
        table=f"/audit.csv?{urlencode(query)}",
    )


@router.get("/audit.csv")
def download_audit(hub: RunningHub, _who: Auditor, asked: Filter) -> StreamingResponse:
    """Return the whole log, as far as the filter lets it, as CSV."""
    return StreamingResponse(
        _lines(hub.office.audit, asked.wanted()),
        media_type="text/csv; charset=utf-8",
        headers={
            **HEADERS,
            "Content-Disposition": 'attachment; filename="kaiguan-audit.csv"',
        },
    )


def _lines(log: AuditLog, wanted: Wanted) -> Iterator[str]:
    # A spreadsheet tells UTF-8 by this mark only.
    yield "\ufeff" + _line(_COLUMNS)
    for numbered in log.all(wanted):
        told = numbered.entry
        at = datetime.fromtimestamp(told.at_ms / 1000, DISTRICT_ZONE).isoformat()
        facts = [
            "" if part is None else json.dumps(part, ensure_ascii=False, sort_keys=True)
            for part in (told.before, told.after)
        ]
        yield _line((str(numbered.id), at, told.who, told.via, told.action, told.subject, *facts))


def _line(cells: tuple[str, ...]) -> str:
    text = io.StringIO()
    csv.writer(text).writerow([harmless(cell) for cell in cells])
    return text.getvalue()


def _row(numbered: Numbered) -> dict[str, Any]:
    told = numbered.entry
    before, after = told.before or {}, told.after or {}
    return {
        "at": minute_of(told.at_ms),
        "who": told.who,
        "via": WAYS.get(told.via) or Words(told.via, told.via),
        "action": action_words(told.action),
        "subject": told.subject,
        "changes": [
            (
                FIELDS.get(key) or Words(key, key),
                _value(key, before[key]) if key in before else None,
                _value(key, after[key]) if key in after else None,
            )
            for key in dict.fromkeys((*before, *after))
        ],
    }


def _value(key: str, value: object) -> Words:
    if isinstance(value, bool):
        return YES if value else NO
    if key == "role" and value in set(Role):
        return ROLES[Role(str(value))]
    if key.endswith("_ms") and isinstance(value, int):
        return Words(minute_of(value), minute_of(value))
    if isinstance(value, list):
        return Words("、".join(map(str, value)), ", ".join(map(str, value))) if value else NOTHING
    return NOTHING if value is None else Words(str(value), str(value))


def _midnight_ms(day: date | None) -> int | None:
    if day is None:
        return None
    midnight = datetime(day.year, day.month, day.day, tzinfo=DISTRICT_ZONE)
    return int(midnight.timestamp() * 1000)
