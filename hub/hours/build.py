"""From the texts of a scenario file to what the judge takes."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from pathlib import Path
from zoneinfo import ZoneInfo

from hub.compliance.calendar import Calendar
from hub.compliance.clocktext import clock_seconds, read_instant, read_sessions, read_week
from hub.compliance.evidence import Events, Evidence, Lock, Override, Parameters
from hub.compliance.intervals import EVER, Intervals, difference, intersection, union
from hub.compliance.judge import Unit
from hub.compliance.localtime import LocalTime, Span, days, parse_period
from hub.compliance.rules import METRICS, Policy, Rule, Usage
from hub.compliance.schedule import (
    ClosureNotice,
    DatedException,
    HolidayRule,
    Schedule,
    Timetable,
)
from hub.config import read_toml, validated
from hub.errors import ConfigError
from hub.hours.scenario import (
    EvidenceSection,
    Scenario,
    Stretch,
    Stretches,
    UnitSection,
    When,
)
from link.toml_text import shown

MARGIN = timedelta(days=2)
"""How far around its periods a scenario's `always` and `declared` reach."""


@dataclass(frozen=True)
class Built:
    """A scenario that is ready to be judged."""

    scenario: Scenario
    clock: LocalTime
    units: tuple[Unit, ...]
    rules: tuple[Rule, ...]
    spans: tuple[Span, ...]
    parameters: Parameters
    policy: Policy
    as_of_s: int | None


def read_scenario(path: Path) -> Scenario:
    """Read a scenario file. Raises ConfigError with file, key and reason."""
    return validated(Scenario, read_toml(path), path)


def build(scenario: Scenario, path: Path, calendar: Calendar, rules: Mapping[str, Rule]) -> Built:
    """Return a scenario's units, rules and periods. Raises ConfigError that names the key."""
    return _Builder(scenario, path, calendar).built(rules)


class _Builder:
    def __init__(self, scenario: Scenario, path: Path, calendar: Calendar) -> None:
        self._scenario = scenario
        self._path = path
        self._calendar = calendar
        self._clock = LocalTime(ZoneInfo(scenario.timezone))
        self._spans = tuple(parse_period(text) for text in scenario.period)
        self._first = min(span.first for span in self._spans) - MARGIN
        self._last = max(span.last for span in self._spans) + MARGIN

    def built(self, known: Mapping[str, Rule]) -> Built:
        scenario = self._scenario
        sections = [("venue", scenario.venue)]
        if scenario.unit:
            sections = [
                (f"unit.{number}", _inherits(unit, scenario.venue))
                for number, unit in enumerate(scenario.unit)
            ]
        units = [unit for where, section in sections for unit in self._units(section, where)]
        as_of = scenario.as_of
        return Built(
            scenario,
            self._clock,
            tuple(units),
            self._rules(known, units),
            self._spans,
            self._parameters(),
            self._policy(),
            None if as_of is None else self._instant(as_of, "as_of"),
        )

    def _units(self, section: UnitSection, where: str) -> list[Unit]:
        schedule = self._schedule(section, where)
        evidence = self._evidence(section.evidence or EvidenceSection(), schedule, where)
        unit = Unit(
            section.id,
            frozenset(section.subject),
            schedule,
            evidence,
            (section.in_service_from, section.in_service_until),
            {span.name: Usage(section.usage) for span in self._spans},
            section.registered,
        )
        if section.count == 1:
            return [unit]
        return [
            Unit(f"{unit.id}-{number}", unit.subjects, schedule, evidence, unit.in_service,
                 unit.usage, unit.register)
            for number in range(1, section.count + 1)
        ]  # fmt: skip

    def _rules(self, known: Mapping[str, Rule], units: Sequence[Unit]) -> tuple[Rule, ...]:
        scenario = self._scenario
        chosen = []
        for id_ in scenario.rules:
            if id_ not in known:
                raise self._error(
                    "rules", f"no rule is named {id_!r}; there are {', '.join(known)}"
                )
            chosen.append(known[id_])
        for number, section in enumerate(scenario.rule):
            if section.metric not in METRICS:
                raise self._error(
                    f"rule.{number}.metric",
                    f"{section.metric!r} cannot be measured; there are {', '.join(METRICS)}",
                )
            threshold = Fraction(str(section.threshold))
            chosen.append(
                Rule(section.id, frozenset(section.subject), section.metric, section.op,
                     section.period, {1: threshold})
            )  # fmt: skip
        if chosen:
            return tuple(chosen)
        kinds = frozenset().union(*(unit.subjects for unit in units))
        return tuple(rule for rule in known.values() if rule.applies_to(kinds))

    def _schedule(self, section: UnitSection, where: str) -> Schedule:
        timetables = []
        if section.hours is not None:
            with self._naming(f"{where}.hours"):
                timetables.append(Timetable("1", read_week(section.hours)))
        for number, told in enumerate(section.timetable):
            key = f"{where}.timetable.{number}"
            with self._naming(f"{key}.hours"):
                week = read_week(told.hours)
            published = self._maybe(told.published_at, f"{key}.published_at")
            timetables.append(Timetable(told.version, week, told.effective_from, published))
        return Schedule(
            self._clock,
            self._calendar,
            tuple(timetables),
            tuple(self._holidays(section, where)),
            tuple(self._exceptions(section, where)),
            tuple(self._notices(section, where)),
        )

    def _holidays(self, section: UnitSection, where: str) -> Iterator[HolidayRule]:
        for number, told in enumerate(section.holiday):
            key = f"{where}.holiday.{number}"
            with self._naming(f"{key}.hours"):
                sessions = read_sessions(told.hours)
            published = self._maybe(told.published_at, f"{key}.published_at")
            yield HolidayRule(frozenset(told.days), sessions, told.effective_from, published)

    def _exceptions(self, section: UnitSection, where: str) -> Iterator[DatedException]:
        seen: dict[tuple[date, int | None], str] = {}
        for number, told in enumerate(section.exception):
            key = f"{where}.exception.{number}"
            with self._naming(f"{key}.hours"):
                sessions = read_sessions(told.hours)
            published = self._maybe(told.published_at, f"{key}.published_at")
            last = told.until or told.date
            if last < told.date:
                raise self._error(f"{key}.until", f"{last} lies before {told.date}")
            for day in days(told.date, last):
                if (day, published) in seen:
                    raise self._error(
                        key, f"{day} has hours already, by {seen[day, published]}, published at the"
                        " same time",
                    )  # fmt: skip
                seen[day, published] = key
                yield DatedException(day, sessions, published)

    def _notices(self, section: UnitSection, where: str) -> Iterator[ClosureNotice]:
        for number, told in enumerate(section.notice):
            key = f"{where}.notice.{number}"
            start, end = self._stretch((told.start, told.end), key, "from", "to")
            published = self._maybe(told.published_at, f"{key}.published_at")
            yield ClosureNotice(start, end, told.reason, published, told.text)

    def _evidence(self, told: EvidenceSection, schedule: Schedule, where: str) -> Evidence:
        key = f"{where}.evidence"
        declared = schedule.declared(self._first, self._last)
        offline = self._stretches(told.offline, declared, f"{key}.offline")

        def heard(stretches: Stretches, name: str) -> Intervals:
            return difference(self._stretches(stretches, declared, f"{key}.{name}"), offline)

        locks, events, overrides = [], [], []
        for number, lock in enumerate(told.lock):
            name = f"lock.{number}"
            unlocked = heard(lock.unlocked, f"{name}.unlocked")
            locked = heard(lock.locked, f"{name}.locked")
            if intersection(unlocked, locked):
                raise self._error(f"{key}.{name}", "it is said to be unlocked and locked at once")
            locks.append(Lock(lock.source, unlocked, locked))
        for number, source in enumerate(told.events):
            name = f"{key}.events.{number}.at"
            at = sorted(
                {self._instant(when, f"{name}.{index}") for index, when in enumerate(source.at)}
            )
            within = heard(source.heard, f"events.{number}.heard")
            events.append(Events(source.source, source.kind, tuple(at), within))
        for number, override in enumerate(told.override):
            name = f"{key}.override.{number}"
            start, end = self._stretch((override.start, override.end), name, "from", "to")
            at_s = end if override.at is None else self._instant(override.at, f"{name}.at")
            overrides.append(
                Override(start, end, override.state == "open", override.who, at_s, override.why,
                         override.document)
            )  # fmt: skip
        return Evidence(
            tuple(locks),
            heard(told.staff, "staff"),
            tuple(events),
            tuple(overrides),
            devices=frozenset(told.devices),
        )

    def _stretches(self, told: Stretches, declared: Intervals, key: str) -> Intervals:
        if told == "declared":
            return declared
        if told == "always":
            return EVER
        return union(
            self._stretch(stretch, f"{key}.{number}", "0", "1")
            for number, stretch in enumerate(told)
        )

    def _stretch(self, told: Stretch, key: str, first: str, last: str) -> tuple[int, int]:
        start = self._instant(told[0], f"{key}.{first}")
        end = self._instant(told[1], f"{key}.{last}")
        if end <= start:
            raise self._error(
                f"{key}.{last}", f"{told[1]} ends at or before its beginning {told[0]}"
            )
        return start, end

    def _instant(self, told: When, key: str) -> int:
        with self._naming(key):
            return read_instant(told, self._clock)

    def _maybe(self, told: When | None, key: str) -> int | None:
        return None if told is None else self._instant(told, key)

    def _parameters(self) -> Parameters:
        told = self._scenario.parameters
        return Parameters(
            round(told.max_gap_minutes * 60),
            round(told.hold_minutes * 60),
            told.bridge_seconds,
            told.min_independent_events,
            told.tolerance_seconds,
            round(told.grace_minutes * 60),
        )

    def _policy(self) -> Policy:
        told = self._scenario.policy

        def window(text: str, key: str) -> tuple[int, int]:
            with self._naming(f"policy.{key}"):
                [session] = read_sessions(text) or [(0, 0)]
            return session

        with self._naming("policy.day_cut"):
            cut = clock_seconds(told.day_cut)
        return Policy(
            window(told.window, "window"),
            tuple(window(text, "sensitivity") for text in told.sensitivity),
            told.min_open_minutes,
            cut,
            told.relief,
            told.notice_lead_days,
            partial=told.partial,
            count_outside_declared=told.count_outside_declared,
        )

    @contextmanager
    def _naming(self, key: str) -> Iterator[None]:
        try:
            yield
        except ValueError as error:
            raise self._error(key, str(error)) from error

    def _error(self, key: str, reason: str) -> ConfigError:
        return ConfigError(f"{self._path}: {key}: {shown(reason)}")


def _inherits(unit: UnitSection, venue: UnitSection) -> UnitSection:
    """Return a unit with what it leaves out taken from the venue."""
    told = {name: getattr(unit, name) for name in unit.model_fields_set}
    return venue.model_copy(update=told)
