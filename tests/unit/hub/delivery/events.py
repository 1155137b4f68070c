"""Events of alerts, and books of channels and routes, as tests need them."""

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from hub.delivery.book import Book
from hub.delivery.told import Step, Told

SHANGHAI = ZoneInfo("Asia/Shanghai")


def at(text: str) -> int:
    """Return local time in Shanghai as Unix ms: `2026-11-24 09:11`."""
    local = datetime.strptime(text, "%Y-%m-%d %H:%M").replace(tzinfo=UTC)
    return int(local.replace(tzinfo=SHANGHAI).timestamp()) * 1000


def weekday(day: date) -> bool:
    """Stand in for the calendar: Monday to Friday."""
    return day.weekday() < 5


TUESDAY = at("2026-11-24 09:11")

LATE = Told(
    event="17:raised:1",
    alert="17",
    step="raised",
    kind="late_opening",
    severity="warning",
    audience="venue",
    venue="museum",
    place_zh="嘉定博物馆",
    place_en="Jiading Museum",
    timezone="Asia/Shanghai",
    since_ms=at("2026-11-24 09:00"),
    until_ms=None,
    at_ms=TUESDAY,
    zh="应于 09:00 开门，门锁仍闭",
    en="should have opened at 09:00; the lock is still closed",
    certainty="known",
    link="/venues/museum/week/2026-W48",
)


def told(step: Step = "raised", **changes: Any) -> Told:
    """Return an event of an alert; each step of an alert is an event of its own."""
    number = changes.pop("alert", "17")
    event = f"{number}:{step}:{changes.pop('n', 1)}"
    return replace(LATE, step=step, alert=number, event=event, **changes)


def channel(id_: str = "duty", **more: Any) -> dict[str, Any]:
    return {
        "id": id_,
        "name_zh": "值班群",
        "name_en": "Duty group",
        "url": "json://127.0.0.1:9/hook",
        **more,
    }


def book(
    *routes: dict[str, Any], channels: list[dict[str, Any]] | None = None, **more: Any
) -> Book:
    """Return a book; without a route, one that leads all to `duty`."""
    return Book.model_validate(
        {
            "channel": channels or [channel()],
            "route": [*routes] or [{"channels": ["duty"]}],
            **more,
        }
    )
