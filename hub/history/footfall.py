"""Who came and left, by hour, day or week, and how far that is known."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby
from zoneinfo import ZoneInfo

from hub.history.calendar import StepName
from hub.history.watching import Quality, quality


@dataclass(frozen=True, slots=True)
class Slot:
    """An hour, a day or a week; `entered` and `left` are None where nobody watched.

    While the quality is `partial` both are the least that they can be.
    """

    at_s: int
    until_s: int
    day: date
    """The local day on which it begins."""
    entered: int | None
    left: int | None
    watched_s: float
    """Seconds of it during which every line that touches outside was watched."""
    elapsed_s: float
    """Seconds of it that have passed; all of them once it is over."""
    due_watched_s: float
    due_s: float
    """The same, of the declared opening hours in it alone."""
    quality: Quality

    @property
    def share(self) -> float | None:
        """Return which share was watched of the opening hours in it, or of all of it without any.

        None before it begins.
        """
        part, whole = (
            (self.due_watched_s, self.due_s) if self.due_s else (self.watched_s, self.elapsed_s)
        )
        return min(1.0, part / whole) if whole > 0 else None


@dataclass(frozen=True, slots=True)
class Watching:
    """Of each hour: seconds watched, seconds declared open, seconds watched of those."""

    watched: Sequence[float]
    due: Sequence[float]
    due_watched: Sequence[float]


def hour_slots(
    zone: ZoneInfo,
    stretches: Sequence[tuple[int, int]],
    counts: dict[int, tuple[int, int]],
    watching: Watching,
    now_s: int,
) -> list[Slot]:
    """Return one slot an hour from what was counted (by first second) and watched in each."""
    result = []
    columns = zip(stretches, watching.watched, watching.due, watching.due_watched, strict=True)
    for (at, until), watched_s, due_s, due_watched_s in columns:
        elapsed = max(0, min(until, now_s) - at)
        entered, left = counts.get(at, (0, 0))
        judged = quality(watched_s, elapsed, counted=bool(entered or left))
        is_told = judged in {"known", "partial"}
        result.append(
            Slot(
                at,
                until,
                datetime.fromtimestamp(at, zone).date(),
                entered if is_told else None,
                left if is_told else None,
                watched_s,
                elapsed,
                due_watched_s,
                due_s,
                judged,
            )
        )
    return result


def grouped(hours: Sequence[Slot], step: StepName) -> list[Slot]:
    """Return the hours as they are, or one slot for all hours of a day or of a week from Monday."""
    if step == "hour":
        return list(hours)

    def begins(slot: Slot) -> date:
        return slot.day if step == "day" else slot.day - timedelta(days=slot.day.weekday())

    return [_sum(list(group)) for _, group in groupby(hours, begins)]


def total(slots: Iterable[Slot]) -> tuple[int | None, bool]:
    """Return how many entered in all, and whether that is the least that it can be."""
    told = [slot for slot in slots if slot.quality != "future"]
    known = [slot.entered for slot in told if slot.entered is not None]
    return (sum(known) if known else None), any(slot.quality != "known" for slot in told)


def _sum(hours: Sequence[Slot]) -> Slot:
    told = [hour for hour in hours if hour.entered is not None]
    watched, elapsed = sum(h.watched_s for h in hours), sum(h.elapsed_s for h in hours)
    due_watched, due = sum(h.due_watched_s for h in hours), sum(h.due_s for h in hours)
    # A house that lies dark at night is known all the same: who is closed counts nobody.
    judged = quality(*((due_watched, due) if due else (watched, elapsed)), counted=bool(told))
    return Slot(
        hours[0].at_s,
        hours[-1].until_s,
        hours[0].day,
        sum(hour.entered or 0 for hour in told) if told else None,
        sum(hour.left or 0 for hour in told) if told else None,
        watched,
        elapsed,
        due_watched,
        due,
        judged,
    )
