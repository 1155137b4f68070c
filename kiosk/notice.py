"""The notice that hangs at the door of an unstaffed room: one sheet, Chinese and English.

What the configuration and the last facts of the venue say is on it; the rest is left blank, to be
written by hand. docs/room-law.md has what stands behind each line.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Final, Literal
from zoneinfo import ZoneInfo

from jinja2 import Environment, PackageLoader, StrictUndefined

from contracts.errors import DecodeError
from contracts.hours import PublicHours, Text, sessions_text
from contracts.venue_facts import VenueFacts, decode_facts
from kiosk.config import KioskConfig
from kiosk.config_file import load
from kiosk.errors import KeepingError
from kiosk.kept_files import read_kept, write_shared
from kiosk.room_config import RoomSection, read_cleaning
from link.errors import ConfigError

Paper = Literal["a4", "a3"]

SIDES_MM: Final[dict[Paper, tuple[float, float]]] = {"a4": (210.0, 297.0), "a3": (297.0, 420.0)}
_WEEK: Final = 7
_DAYS: Final = ("一", "二", "三", "四", "五", "六", "日")
_DAYS_EN: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


@dataclass(frozen=True, slots=True)
class Written:
    """What whoever prints it adds; None is a line to be filled in by hand.

    `filmed_days`: surveillance cameras of the venue look into the room, and their pictures are kept
    for so many days; None: nothing is said of any.
    """

    name_zh: str | None = None
    name_en: str | None = None
    telephone: str | None = None
    filmed_days: int | None = None


def notice_page(
    config: KioskConfig,
    facts: VenueFacts | None,
    written: Written,
    *,
    paper: Paper,
    today: date,
) -> str:
    """Return the notice as a page. Raises ConfigError where the configuration has no room."""
    room = config.room
    if room is None:
        raise ConfigError("there is no [room] in this configuration, so there is nothing to notify")
    sides = SIDES_MM[paper]
    return (
        _environment()
        .get_template("notice.html")
        .render(
            width=sides[0],
            # A hair less than the sheet: what a browser rounds up would begin a second one.
            height=round(sides[1] - 0.5, 1),
            scale=sides[0] / SIDES_MM["a4"][0],
            paper=paper.upper(),
            name_zh=written.name_zh or (facts.name_zh if facts else ""),
            name_en=written.name_en or (facts.name_en if facts else ""),
            hours=() if facts is None else week_of(facts.hours, today),
            limit=room.people_limit or (facts.capacity if facts else None),
            room=room,
            cleaning=[cleaning_text(one) for one in room.cleaning],
            minutes=sorted(room.closing_minutes, reverse=True),
            has_call=room.inputs is not None and room.inputs.call is not None,
            pin_days=pin_days(room),
            filmed_days=written.filmed_days,
            has_camera=config.ar is not None,
            telephone=written.telephone or config.session.telephone,
            venue=config.node.venue,
            today=today.isoformat(),
        )
    )


def write_notice(path: Path, output: Path, written: Written, paper: Paper) -> bool:
    """Write the notice of a configuration file; return whether something was left blank.

    Raises ConfigError, KeepingError.
    """
    config = load(path)
    facts = kept_facts(config)
    today = datetime.now(ZoneInfo(config.zone)).date()
    write_shared(
        output, notice_page(config, facts, written, paper=paper, today=today).encode("utf-8")
    )
    is_named = written.name_zh is not None or facts is not None
    has_telephone = bool(written.telephone or config.session.telephone)
    return not (is_named and has_telephone and facts is not None and facts.hours.is_declared)


def kept_facts(config: KioskConfig) -> VenueFacts | None:
    """Return what the hub last told this kiosk of its venue; None: nothing, or of another."""
    try:
        content = read_kept(config.hub.facts)
        facts = None if content is None else decode_facts(content)
    except (KeepingError, DecodeError):
        return None
    return facts if facts is not None and facts.venue == config.node.venue else None


def week_of(hours: PublicHours, today: date) -> tuple[tuple[Text, Text], ...]:
    """Return the hours of the seven days from today, days that are alike in one line.

    Nothing where no hours are declared, or not for the whole week.
    """
    zone = ZoneInfo(hours.timezone)
    midnights = [
        int(datetime(day.year, day.month, day.day, tzinfo=zone).timestamp())
        for day in (today + timedelta(days=n) for n in range(_WEEK + 1))
    ]
    is_known = hours.from_s <= midnights[0] and midnights[-1] <= hours.until_s
    if not hours.is_declared or not is_known:
        return ()
    of_day = {}
    for number in range(_WEEK):
        start, end = midnights[number], midnights[number + 1]
        cut = [(max(a, start) - start, min(b, end) - start) for a, b in hours.sessions]
        of_day[(today.weekday() + number) % _WEEK] = tuple((a, b) for a, b in cut if a < b)
    lines: list[tuple[list[int], tuple[tuple[int, int], ...]]] = []
    for weekday in range(_WEEK):
        if lines and lines[-1][1] == of_day[weekday]:
            lines[-1][0].append(weekday)
        else:
            lines.append(([weekday], of_day[weekday]))
    return tuple((days_text(days), sessions_text(open_at)) for days, open_at in lines)


def days_text(days: list[int]) -> Text:
    """Return weekdays in a row, 0 Monday."""
    first, last = days[0], days[-1]
    if len(days) == _WEEK:
        return Text("每天", "Every day")
    if first == last:
        return Text(f"周{_DAYS[first]}", _DAYS_EN[first])
    return Text(f"周{_DAYS[first]}至周{_DAYS[last]}", f"{_DAYS_EN[first]} to {_DAYS_EN[last]}")


def cleaning_text(text: str) -> Text:
    """Return when it is cleaned, as it is configured."""
    one = read_cleaning(text)
    days = list(range(_WEEK)) if one.weekday is None else [one.weekday]
    day, at = days_text(days), f"{_clock(one.start_s)}–{_clock(one.end_s)}"
    return Text(f"{day.zh} {at}", f"{day.en} {at}")


def pin_days(room: RoomSection) -> int | None:
    """Return for how many days a PIN that was right is remembered at the door; None: never."""
    return room.pin_days if room.offline and room.offline_pin == "remembered" else None


def _clock(second: int) -> str:
    return f"{second // 3600:02}:{second % 3600 // 60:02}"


@cache
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("kiosk", "web/templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
