"""What is worth telling, how pressing it is, whom it is for, as `alerts.toml` says. Pure.

Without a file the defaults below hold. A file says only what it wants otherwise: a rule changes
the keys that it names, and leaves the rest of that kind as it is.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated, Any, Final

from pydantic import BaseModel, ConfigDict, Field, PrivateAttr, ValidationError, model_validator

from hub.alerts.alert import SEVERITIES, Audience, Severity
from hub.alerts.condition import AlertKind

DAY_MINUTES: Final = 1440
OTHERS: Final = frozenset({"channel", "route", "delivery"})
"""Sections of the same file that say how alerts reach people; read elsewhere."""


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Escalation(_Section):
    """What becomes of an alert that nobody has acknowledged in time."""

    after_minutes: Annotated[int, Field(ge=1, le=30 * DAY_MINUTES)]
    severity: Annotated[Severity | None, Field(description="absent: as before")] = None
    audience: Annotated[Audience | None, Field(description="absent: as before")] = None


class Rule(_Section):
    """What holds for one kind of condition."""

    enabled: Annotated[bool, Field(description="false: never raised")] = True
    severity: Severity = "warning"
    audience: Annotated[
        Audience, Field(description="venue: who runs it; district: supervisors; admin")
    ] = "venue"
    raise_at: Annotated[
        float | None, Field(description="smaller amounts are not worth telling; unit by kind")
    ] = None
    clear_below: Annotated[
        float | None,
        Field(description="once raised it holds until the amount is smaller than this"),
    ] = None
    raise_after_seconds: Annotated[
        int, Field(ge=0, le=86_400, description="the grace: what lasts shorter is not raised")
    ] = 0
    settle_seconds: Annotated[
        int,
        Field(
            ge=0,
            le=86_400,
            description="how long the hub has to know of it: data that come late may undo it",
        ),
    ] = 0
    clear_after_seconds: Annotated[
        int, Field(ge=0, le=86_400, description="what comes back within this time never went")
    ] = 60
    late_after_minutes: Annotated[
        int, Field(ge=1, le=30 * DAY_MINUTES, description="first seen later: nobody is called")
    ] = 60
    escalation: Annotated[
        tuple[Escalation, ...], Field(max_length=5, description="in order of time")
    ] = ()

    @model_validator(mode="after")
    def _fits(self) -> "Rule":
        minutes = [step.after_minutes for step in self.escalation]
        if minutes != sorted(set(minutes)):
            raise ValueError("escalation: each step comes later than the one before it")
        severity = self.severity
        for step in self.escalation:
            later = step.severity or severity
            if SEVERITIES.index(later) < SEVERITIES.index(severity):
                raise ValueError(f"escalation: {later} is less than the {severity} before it")
            severity = later
        if self.clear_below is not None and (
            self.raise_at is None or self.clear_below > self.raise_at
        ):
            raise ValueError("clear_below goes with a raise_at that is not smaller")
        return self

    @property
    def late_ms(self) -> int:
        """Return after how long something that happened is history."""
        return self.late_after_minutes * 60_000


class RuleOf(_Section):
    """One `[[rule]]` of the file: a kind, venues if it is not for all, what is otherwise there."""

    kind: AlertKind
    venues: Annotated[
        tuple[str, ...], Field(description="ids; absent: all that no other rule names")
    ] = ()
    enabled: bool | None = None
    severity: Severity | None = None
    audience: Audience | None = None
    raise_at: float | None = None
    clear_below: float | None = None
    raise_after_seconds: int | None = None
    settle_seconds: int | None = None
    clear_after_seconds: int | None = None
    late_after_minutes: int | None = None
    escalation: tuple[Escalation, ...] | None = None


class ClimateLimit(_Section):
    """Between which values a quantity of a climate sensor is as it should be."""

    quantity: Annotated[str, Field(min_length=1, description="as the sensor names it, with unit")]
    venues: tuple[str, ...] = ()
    least: float | None = None
    most: float | None = None
    margin: Annotated[
        float, Field(ge=0, description="it is well again only so far inside of the limit")
    ] = 0.0

    @model_validator(mode="after")
    def _fits(self) -> "ClimateLimit":
        if self.least is None and self.most is None:
            raise ValueError(f"{self.quantity}: give least, most or both")
        if self.least is None or self.most is None:
            return self
        if self.most - self.least <= 2 * self.margin:
            raise ValueError(f"{self.quantity}: nothing lies between least and most")
        return self


class UseLimit(_Section):
    """How much a venue has to be used while it is open."""

    least_visits_per_hour: Annotated[
        float,
        Field(gt=0, le=10_000, allow_inf_nan=False, description="of time known to be open"),
    ]
    days: Annotated[
        int, Field(ge=14, le=366, description="whole days that are looked at, up to yesterday")
    ] = 28
    venues: Annotated[
        tuple[str, ...], Field(description="ids; absent: all that no other one names")
    ] = ()


class DiskLimit(_Section):
    """When a disk, the hub's or a node's, is told to be filling."""

    least_days: Annotated[
        int, Field(ge=1, le=3650, description="full sooner at the rate of the last weeks")
    ] = 30
    least_free_percent: Annotated[
        float,
        Field(ge=0, lt=100, allow_inf_nan=False, description="or less free than this; 0: never"),
    ] = 5.0


_DISTRICT_IN_A_DAY: Final = (Escalation(after_minutes=DAY_MINUTES, audience="district"),)
_DISTRICT_IN_TWO_HOURS: Final = (Escalation(after_minutes=120, audience="district"),)

DEFAULTS: Final[Mapping[AlertKind, Rule]] = MappingProxyType(
    {
        AlertKind.PLAN_BREACH: Rule(late_after_minutes=7 * DAY_MINUTES),
        # The judge's own grace (ten minutes) has passed before it is found.
        AlertKind.LATE_OPENING: Rule(
            escalation=(Escalation(after_minutes=30, severity="critical", audience="district"),),
        ),
        AlertKind.EARLY_CLOSING: Rule(escalation=_DISTRICT_IN_A_DAY),
        AlertKind.UNNOTIFIED_CLOSURE: Rule(
            severity="critical", audience="district", late_after_minutes=DAY_MINUTES
        ),
        AlertKind.INSUFFICIENT_EVIDENCE: Rule(
            # A day that has just begun has few minutes, and one gap is much of them.
            severity="notice",
            raise_after_seconds=7200,
            # A hub or a node that comes back fills the past within minutes.
            settle_seconds=1800,
            late_after_minutes=2 * DAY_MINUTES,
        ),
        AlertKind.CONFLICT: Rule(raise_after_seconds=120),
        AlertKind.TREND: Rule(audience="district", late_after_minutes=7 * DAY_MINUTES),
        AlertKind.LOW_USE: Rule(
            severity="notice",
            audience="district",
            # 1: below what is asked; 0.5: above it by less than the margin.
            raise_at=1,
            clear_below=0.5,
            late_after_minutes=7 * DAY_MINUTES,
        ),
        # Percent of what the venue may hold.
        AlertKind.OVER_CAPACITY: Rule(
            severity="critical",
            raise_at=100,
            raise_after_seconds=30,
            clear_after_seconds=120,
            escalation=(Escalation(after_minutes=15, audience="district"),),
        ),
        # A node that starts again after an update is back sooner.
        AlertKind.DEVICE_OFFLINE: Rule(
            raise_after_seconds=180, clear_after_seconds=30, escalation=_DISTRICT_IN_A_DAY
        ),
        AlertKind.DEVICE_FAULT: Rule(
            raise_after_seconds=60, clear_after_seconds=120, escalation=_DISTRICT_IN_A_DAY
        ),
        AlertKind.CAMERA_HEALTH: Rule(
            raise_after_seconds=60, clear_after_seconds=120, escalation=_DISTRICT_IN_A_DAY
        ),
        AlertKind.COUNTER_RESIDUAL: Rule(severity="notice", late_after_minutes=12 * 60),
        AlertKind.UNWATCHED: Rule(severity="notice", raise_after_seconds=600),
        # 1: at the limit; 0: inside of it by the margin.
        AlertKind.CLIMATE: Rule(
            raise_at=1, clear_below=0, raise_after_seconds=600, clear_after_seconds=300
        ),
        AlertKind.GATE_ALARM: Rule(severity="notice", late_after_minutes=15),
        AlertKind.FIRE_ALARM: Rule(
            severity="critical", escalation=(Escalation(after_minutes=2, audience="district"),)
        ),
        AlertKind.TAMPER: Rule(audience="district", escalation=_DISTRICT_IN_TWO_HOURS),
        # Somebody stands at a kiosk and waits: after a quarter of an hour they have gone.
        AlertKind.STAFF_CALL: Rule(
            late_after_minutes=15,
            escalation=(Escalation(after_minutes=5, audience="district"),),
        ),
        AlertKind.ROOM_TROUBLE: Rule(
            escalation=(Escalation(after_minutes=15, audience="district"),),
        ),
        AlertKind.NODE_IDENTITY: Rule(severity="critical", audience="admin"),
        # The release that ran before runs again: nobody has to get up for it.
        AlertKind.UPDATE_FAILED: Rule(audience="admin", late_after_minutes=7 * DAY_MINUTES),
        AlertKind.UNDECLARED_VENUE: Rule(severity="notice", audience="admin"),
        AlertKind.HUB_TROUBLE: Rule(
            severity="critical", audience="admin", raise_after_seconds=10, clear_after_seconds=10
        ),
        # 1: full within the days of its limit; 0.8: a quarter later.
        AlertKind.DISK_FILLING: Rule(audience="admin", raise_at=1, clear_below=0.8),
    }
)
"""What holds for each kind where no file says otherwise."""

CLIMATE: Final[tuple[ClimateLimit, ...]] = (
    # Reading rooms: comfortable for people; stores of old paper are set in the file.
    ClimateLimit(quantity="temperature_celsius", least=14, most=32, margin=0.5),
    ClimateLimit(quantity="humidity_percent", least=20, most=80, margin=2),
    ClimateLimit(quantity="co2_ppm", most=1500, margin=100),
)


USE: Final[tuple[UseLimit, ...]] = (
    # One visitor in two hours, four in a day of eight: less is next to nobody, in any room.
    # Four weeks have each day of the week four times, so that no single one decides.
    UseLimit(least_visits_per_hour=0.5),
)


class Rules(_Section):
    """Everything that decides about alerts, checked; `rule` as in the file."""

    rule: tuple[RuleOf, ...] = ()
    climate: tuple[ClimateLimit, ...] = CLIMATE
    use: tuple[UseLimit, ...] = USE
    disk: DiskLimit = DiskLimit()
    unseen_days: Annotated[
        int, Field(ge=1, le=3650, description="what is over and nobody acknowledges, closes")
    ] = 90
    _merged: dict[tuple[AlertKind, str], Rule] = PrivateAttr(default_factory=dict)

    @model_validator(mode="after")
    def _is_clear(self) -> "Rules":
        seen: set[tuple[AlertKind, str]] = set()
        named = [venue for limit in self.use for venue in limit.venues or ("",)]
        for venue in named:
            if named.count(venue) > 1:
                raise ValueError("use: two limits" + (f" for {venue}" if venue else ""))
        for place, told in enumerate(self.rule):
            for venue in told.venues or ("",):
                if (told.kind, venue) in seen:
                    where = f" for {venue}" if venue else ""
                    raise ValueError(f"{told.kind} has two rules{where}")
                seen.add((told.kind, venue))
            try:
                _merged(self.rule, told.kind, told.venues[0] if told.venues else "")
            except ValidationError as error:
                first = error.errors(include_url=False, include_input=False)[0]
                key = ".".join(str(part) for part in ("rule", place, *first["loc"]))
                reason = first["msg"].removeprefix("Value error, ")
                raise ValueError(f"{key} ({told.kind}): {reason}") from error
        return self

    def of(self, kind: AlertKind, venue: str) -> Rule:
        """Return what holds for a kind in a venue: its own rule, else the kind's, else ours."""
        known = self._merged.get((kind, venue))
        if known is None:
            named = any(told.kind is kind and venue in told.venues for told in self.rule)
            known = _merged(self.rule, kind, venue) if named else self._of_kind(kind)
            self._merged[kind, venue] = known
        return known

    def limits(self, venue: str) -> Mapping[str, ClimateLimit]:
        """Return the limits of a venue's climate by quantity; those that name it come first."""
        general = {limit.quantity: limit for limit in self.climate if not limit.venues}
        own = {limit.quantity: limit for limit in self.climate if venue in limit.venues}
        return {**general, **own}

    def least_use(self, venue: str) -> UseLimit | None:
        """Return how much a venue has to be used: its own limit, else the general one, if any."""
        named = [limit for limit in self.use if venue in limit.venues]
        return next(iter((*named, *(limit for limit in self.use if not limit.venues))), None)

    def _of_kind(self, kind: AlertKind) -> Rule:
        if (kind, "") not in self._merged:
            self._merged[kind, ""] = _merged(self.rule, kind, "")
        return self._merged[kind, ""]


def _merged(rules: tuple[RuleOf, ...], kind: AlertKind, venue: str) -> Rule:
    """Return our rule of a kind under the file's general one under the venue's own."""
    values: dict[str, Any] = DEFAULTS[kind].model_dump()
    for wanted in ("", venue) if venue else ("",):
        for told in rules:
            if told.kind is kind and (wanted in told.venues or not (wanted or told.venues)):
                given = told.model_dump(exclude={"kind", "venues"}, exclude_unset=True)
                values |= {key: value for key, value in given.items() if value is not None}
    return Rule.model_validate(values)
