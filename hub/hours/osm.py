"""An OpenStreetMap expression as hours and exceptions of a scenario."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from hub.compliance.clocktext import write_sessions, write_week
from hub.compliance.localtime import ONE_DAY
from hub.compliance.osm import Imported
from hub.compliance.schedule import DatedException, Sessions


def as_plain(imported: Imported) -> dict[str, Any]:
    """Return an expression's week and exceptions as plain values."""
    return {
        "hours": write_week(imported.week),
        "exception": [
            {"date": str(first), "until": str(last), "hours": write_sessions(sessions)}
            for first, last, sessions in _runs(imported.exceptions)
        ],
    }


def as_toml(imported: Imported) -> str:
    """Return them as they stand in a scenario file."""
    plain = as_plain(imported)
    lines = ["[venue.hours]", *(f'{key} = "{text}"' for key, text in plain["hours"].items())]
    for told in plain["exception"]:
        lines += ["", "[[venue.exception]]", f"date = {told['date']}"]
        if told["until"] != told["date"]:
            lines.append(f"until = {told['until']}")
        lines.append(f'hours = "{told["hours"]}"')
    return "\n".join(lines)


def _runs(exceptions: Sequence[DatedException]) -> list[tuple[date, date, Sessions]]:
    runs: list[tuple[date, date, Sessions]] = []
    for told in exceptions:
        if runs and runs[-1][1] + ONE_DAY == told.day and runs[-1][2] == told.sessions:
            runs[-1] = (runs[-1][0], told.day, told.sessions)
        else:
            runs.append((told.day, told.day, told.sessions))
    return runs
