"""What a change of hours changes: declared verdicts before and after it, rule by rule."""

from collections.abc import Iterable
from dataclasses import dataclass

from hub.compliance.bounds import Status, shown_number
from hub.compliance.judge import Verdict, combined
from hub.compliance.rules import METRICS

GOOD = frozenset({Status.COMPLIANT, Status.WITH_EXCEPTION})


@dataclass(frozen=True)
class Compared:
    """One rule of one unit over one period, by the timetable that stands and by the planned one."""

    before: Verdict
    after: Verdict

    @property
    def statuses(self) -> tuple[Status, Status]:
        """Return what is declared comes to, before and after."""
        return declared_status(self.before), declared_status(self.after)

    @property
    def changes(self) -> bool:
        """Tell whether the plan changes the verdict or its number."""
        return self.statuses != (self.statuses[0],) * 2 or (
            self.before.declared_raw.bounds != self.after.declared_raw.bounds
            or failing(self.before) != failing(self.after)
        )

    @property
    def breaks(self) -> bool:
        """Tell whether the duty is not kept after the change, and was kept better before it."""
        before, after = self.statuses
        if after is not Status.NON_COMPLIANT:
            return False
        return before is not Status.NON_COMPLIANT or self._is_worse

    @property
    def _is_worse(self) -> bool:
        before, after = self.before.declared_raw.bounds, self.after.declared_raw.bounds
        if before is None or after is None:
            return sum(failing(self.after)) > sum(failing(self.before))
        if self.before.rule.op in {">=", ">"}:
            return after.low < before.low
        return before.low < after.low


def compared(before: Iterable[Verdict], after: Iterable[Verdict]) -> list[Compared]:
    """Return verdicts side by side, in their order; what applies to neither side is left out."""
    return [
        Compared(one, other)
        for one, other in zip(before, after, strict=True)
        if {declared_status(one), declared_status(other)} != {Status.NOT_APPLICABLE}
    ]


def declared_status(verdict: Verdict) -> Status:
    """Return what is declared comes to, raw and adjusted."""
    return combined(verdict.declared_raw.status, verdict.declared_adjusted.status)


def declared_number(verdict: Verdict) -> str:
    """Return the number of what is declared with its unit; what fails where there is none."""
    bounds = verdict.declared_raw.bounds
    if bounds is not None:
        unit = METRICS[verdict.rule.metric]
        return f"{shown_number(bounds.low, unit)} {unit}".strip()
    weeks, days = failing(verdict)
    if weeks:
        return f"{weeks} weeks fail"
    return f"{days} days fail" if days else "–"


def failing(verdict: Verdict) -> tuple[int, int]:
    """Return how many weeks, and how many days, of what is declared fail a duty of each."""
    details = verdict.declared_raw.details
    return (
        len(details.get("weeks", {})),
        len(details.get("days", {}).get(str(Status.NON_COMPLIANT), ())),
    )
