"""Judges one venue: reads what evidence a stretch of time needs, keeps the latest days of it."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Final

from hub.compliance.bounds import Status
from hub.compliance.evidence import Evidence, Override, Parameters, held_open, lock_states
from hub.compliance.explain import LEAST_COVERAGE, Finding, findings
from hub.compliance.intervals import Interval, Intervals, clipped, seconds, union
from hub.compliance.judge import FARTHEST, Judge, Unit, Verdict
from hub.compliance.localtime import ONE_DAY, LocalTime, Span, days, week_of
from hub.compliance.rules import KEPT, Policy, Rule
from hub.compliance.schedule import Schedule
from hub.compliance.titles import TITLES
from hub.lawbook import Law
from hub.venues import Venue
from hub.verdicts.facts import Facts, evidence_of, held_on, together
from hub.verdicts.periods import day_span, days_of, is_weekly, runs, weeks_of, years_of
from hub.verdicts.reading import Reading, devices_of, read_days, read_stretch

FARTHEST_DAYS: Final = FARTHEST // 86_400
LONGEST_RENEWED_S: Final = 3 * 3600
WIDER: Final = timedelta(days=7)
KEPT_DAYS: Final = 10
"""So many days of a venue's facts stay in memory: a week that goes on, and what reaches into it."""
OF_DAYS: Final = frozenset(
    {"late_opening", "early_closing", "unnotified_closure", "conflict", "insufficient_evidence"}
)
"""Findings that are about a day's hours; the others are about a period."""


@dataclass(frozen=True)
class Bench:
    """What all venues are judged with."""

    store: Reading
    law: Law
    parameters: Parameters = field(default_factory=Parameters)
    policy: Policy = field(default_factory=Policy)

    @property
    def margin_s(self) -> int:
        """Return how far evidence reaches beyond itself: a gap before, a hold after."""
        rules = self.parameters
        return max(rules.max_gap_seconds, rules.hold_seconds, rules.bridge_seconds)


@dataclass(slots=True)
class Judged:
    """What judging a stretch of time came to."""

    verdicts: list[Verdict] = field(default_factory=list)
    findings: dict[tuple[date, str], tuple[Finding, ...]] = field(default_factory=dict)
    """By the day that is told of, and what they are about: `day`, or the name of a period, which
    is told of with its last day."""


class VenueJudge:
    """Judges one venue as it was declared. Not thread-safe."""

    def __init__(
        self, bench: Bench, venue: Venue, schedule: Schedule, overrides: Iterable[Override] = ()
    ) -> None:
        self.venue = venue
        self.basis = ""
        """Of what it is judged by, once somebody worked it out."""
        self.schedule = schedule
        self._bench = bench
        self.overrides = tuple(overrides)
        self._subjects = bench.law.subjects.of(venue)
        rules = bench.law.rules_of(venue)
        self._weekly = tuple(rule for rule in rules if is_weekly(rule))
        self._yearly = tuple(rule for rule in rules if not is_weekly(rule))
        self._devices = devices_of(venue)
        self._days: dict[date, Facts] = {}
        self._past: tuple[tuple[date, date], Facts, Intervals] | None = None
        self._read: dict[date, Facts] = {}
        """Of the last long stretch, until `put_away`."""
        self._planned: date | None = None

    @property
    def clock(self) -> LocalTime:
        """Return the venue's clock."""
        return self.schedule.clock

    @property
    def rules(self) -> tuple[Rule, ...]:
        """Return what the venue is judged by."""
        return self._weekly + self._yearly

    @property
    def has_years(self) -> bool:
        """Tell whether some of its rules are judged year by year."""
        return bool(self._yearly)

    def forget(self, touched: Intervals) -> None:
        """Forget the facts of days that something new is known of; read short stretches again."""
        self.put_away()
        for start, end in touched:
            if self._renew(start, end):
                continue
            first, last = self.clock.day_of(start), self.clock.day_of(max(start, end - 1))
            for day in [day for day in self._days if first <= day <= last]:
                del self._days[day]
            if self._past and self._past[0][0] <= last and first <= self._past[0][1]:
                self._past = None

    def put_away(self) -> None:
        """Forget what only a long stretch was read for."""
        self._read = {}

    def _renew(self, start_s: int, end_s: int) -> bool:
        """Read a short stretch of a day that is in memory again, in whole minutes.

        What is new of an event or a gap may be heard as far as the margin after it.
        """
        start, end = start_s - start_s % 60, end_s + self._bench.margin_s
        end += -end % 60
        day = self.clock.day_of(start)
        since, until = self.clock.day(day)
        is_inside = since <= start and end_s <= until and end - start <= LONGEST_RENEWED_S
        if not is_inside or day not in self._days:
            return False
        if end > until and day + ONE_DAY in self._days:
            return False
        end, known = min(end, until), self._days[day]
        newest = read_stretch(self._bench.store, self.venue, start, end, self._bench.parameters)
        self._days[day] = together((known.within(since, start), newest, known.within(end, until)))
        if self._past and self._past[0][0] <= day <= self._past[0][1]:
            self._past = None
        return True

    def near(self, touched: Intervals, now_s: int) -> Judged:
        """Judge anew the days and weeks into which evidence of `touched` reaches.

        A locked stretch that it touches is judged whole, as far as the judge looks. A period of
        which evidence was deleted already keeps the verdict that it has. Raises StoreError.
        """
        result, margin = Judged(), self._bench.margin_s
        today = self.clock.day_of(now_s)
        reached = union((start - margin, end + margin) for start, end in touched)
        some = {day for day in self._days_of(reached) if day <= today}
        for run in [*runs(weeks_of(some), FARTHEST_DAYS)]:
            near = clipped(
                touched,
                self.clock.midnight(run[0].first) - FARTHEST,
                self.clock.midnight(run[-1].last) + FARTHEST,
            )
            inside = {day for day in some if run[0].first <= day <= run[-1].last}
            evidence = self._evidence(run[0].first, run[-1].last, today)
            wide = inside | self._locked_with(near, evidence, today)
            weeks = [w for w in weeks_of(wide) if self.is_whole(w)]
            if not {week.name for week in weeks} <= {week.name for week in run}:
                evidence = self._evidence(weeks[0].first, weeks[-1].last, today)
            self._judge(result, evidence, weeks, wide, self._weekly, now_s)
        return result

    def far(self, some: Iterable[date], now_s: int) -> Judged:
        """Judge anew the years of some days. Raises StoreError."""
        result = Judged()
        today = self.clock.day_of(now_s)
        for span in years_of(day for day in some if day <= today) if self._yearly else ():
            if not self.is_whole(span):
                continue
            evidence = self._evidence(span.first, span.last, today)
            self._judge(result, evidence, [span], (), self._yearly, now_s)
        return result

    def plan(self, now_s: int) -> Judged:
        """Judge what is declared for next week, once a day: no evidence has a say."""
        result, today = Judged(), self.clock.day_of(now_s)
        if today == self._planned:
            return result
        self._planned = today
        span = week_of(today + timedelta(days=7))
        judge = Judge(self._unit(Evidence()), self._bench.parameters, self._bench.policy, now_s)
        told = [self._of_period(judge.judge(rule, span), rule) for rule in self._weekly]
        result.findings[span.last, span.name] = tuple(f for some in told for f in some)
        return result

    def one(self, rule: Rule, span: Span, now_s: int) -> Verdict:
        """Judge one rule over one period, from the store. Raises StoreError."""
        evidence = self._evidence(span.first, span.last, self.clock.day_of(now_s), keep=False)
        return self._judge_of(evidence, span, now_s).judge(rule, span)

    def is_settled(self, span: Span, now_s: int) -> bool:
        """Tell whether no evidence of the present can reach into a period any more."""
        return now_s >= self._end(span) + self._bench.margin_s

    def is_whole(self, span: Span) -> bool:
        """Tell whether nothing was deleted of what a period is judged by. Raises StoreError."""
        horizon_s = self._bench.store.evidence_from_s()
        # A lock is looked at as far back as a stretch may reach into the period.
        first = self.clock.midnight(span.first - (FARTHEST_DAYS + 1) * ONE_DAY)
        return horizon_s == 0 or first - self._bench.margin_s >= horizon_s

    def _judge(
        self,
        result: Judged,
        evidence: Evidence,
        spans: Sequence[Span],
        some: Iterable[date],
        rules: Sequence[Rule],
        now_s: int,
    ) -> None:
        over = [span for span in spans if self._end(span) <= now_s]
        told = frozenset(some)
        for judge, these in (
            (self._judging(evidence, None), over),
            (self._judging(evidence, now_s), [span for span in spans if span not in over]),
        ):
            if len(these) > 1:
                # What all of them share is worked out once.
                first, last = these[0].first, these[-1].last
                judge.parts(Span(f"{first}..{last}", first, last))
            for span in these:
                found: list[Finding] = []
                for rule in rules:
                    verdict = judge.judge(rule, span)
                    result.verdicts.append(verdict)
                    if not verdict.is_final:
                        found += self._of_period(verdict, rule)
                result.findings[span.last, span.name] = tuple(found)
                for day in days_of(span):
                    if day in told:
                        result.findings[day, "day"] = self._of_day(judge, day)

    def _of_period(self, verdict: Verdict, rule: Rule) -> list[Finding]:
        """Return what of a period that is not over a person should be told."""
        if rule.id == KEPT.id or rule.period not in {"week", "year"}:
            return []
        told = findings(verdict, (), self.clock, self._bench.parameters)
        # What fails as it is declared cannot be reached either: one of them says it.
        kinds = {"plan_breach"} & {f.kind for f in told} or {"trend"}
        zh, en = TITLES[rule.metric]
        return [
            replace(
                finding,
                rule=rule.id,
                period=verdict.span.name,
                zh=f"{zh}：{finding.zh}",
                en=f"{en}: {finding.en}",
            )
            for finding in told
            if finding.kind in kinds
        ]

    def _of_day(self, judge: Judge, day: date) -> tuple[Finding, ...]:
        verdict = judge.judge(KEPT, day_span(day))
        if verdict.status is Status.NOT_APPLICABLE:
            return ()
        sessions = self.schedule.declared(day, day)
        found = findings(verdict, sessions, self.clock, self._bench.parameters)
        whole, lost = seconds(sessions), verdict.declared_seconds - verdict.known_seconds
        is_thin = lost > (1 - LEAST_COVERAGE) * whole
        return tuple(
            finding
            for finding in found
            # Of a day that goes on as much is always unknown as its devices tell late.
            if finding.kind in OF_DAYS and (finding.kind != "insufficient_evidence" or is_thin)
        )

    def _judge_of(self, evidence: Evidence, span: Span, now_s: int) -> Judge:
        return self._judging(evidence, None if self._end(span) <= now_s else now_s)

    def _judging(self, evidence: Evidence, as_of_s: int | None) -> Judge:
        return Judge(self._unit(evidence), self._bench.parameters, self._bench.policy, as_of_s)

    def _unit(self, evidence: Evidence) -> Unit:
        return Unit(self.venue.id, self._subjects, self.schedule, evidence)

    def _end(self, span: Span) -> int:
        end: int = self.clock.span(span.first, span.last)[1]
        return end + self._bench.policy.day_cut_seconds

    def _evidence(self, first: date, last: date, today: date, *, keep: bool = True) -> Evidence:
        """Return the evidence of some days, and of those around them that a lock stays locked."""
        start, end = first - ONE_DAY, min(last + ONE_DAY, today)
        facts, held = self._facts(start, end, keep=keep)
        while True:
            locked = lock_states(facts.locks, self._bench.parameters.bridge_seconds)[1]
            before, after = start, end
            # A stretch that reaches over an edge of the period, and may go on beyond what was read.
            edges = self.clock.span(first, last)
            read = self.clock.span(start, end)
            for since, until in locked:
                if since <= read[0] and until > edges[0]:
                    start = max(start - WIDER, first - FARTHEST_DAYS * ONE_DAY)
                if until >= read[1] and since < edges[1]:
                    end = min(max(end, end + WIDER), last + FARTHEST_DAYS * ONE_DAY, today)
            if (before, after) == (start, end):
                break
            facts, held = self._facts(start, end, keep=keep)
        evidence = evidence_of(facts, self.clock, self.overrides, self._devices)
        return replace(evidence, held=held)

    def _facts(self, first: date, last: date, *, keep: bool) -> tuple[Facts, Intervals]:
        """Return the facts of some days, and when their events show the venue to be open."""
        some = [*days(first, last)]
        # What was read for the weeks of a replay serves its year too.
        read = {day: self._read[day] for day in some if day in self._read}
        missing = [day for day in some if day not in self._days and day not in read]
        for run in _consecutive(missing):
            read |= read_days(
                self._bench.store, self.venue, self.clock, run[0], run[-1], self._bench.parameters
            )
        known = self._days | read
        if len(read) > KEPT_DAYS:
            self._read = read
        if keep:
            self._days = {day: known[day] for day in sorted(known)[-KEPT_DAYS:]}
        rules = self._bench.parameters
        if len(some) < 2:
            whole = together(known[day] for day in some)
            return whole, held_open(whole.events, rules)
        # What is over is put together once; only the last day grows.
        past = self._past if self._past and self._past[0] == (first, some[-2]) else None
        if past is None:
            before = together(known[day] for day in some[:-1])
            past = ((first, some[-2]), before, held_open(before.events, rules))
        if keep:
            self._past = past
        _, before, held = past
        newest = known[last]
        return together((before, newest)), held_on(before.events, held, newest.events, rules)

    def _locked_with(self, touched: Intervals, evidence: Evidence, today: date) -> set[date]:
        """Return the days of every locked stretch that what is new lies in or touches."""
        locked = lock_states(evidence.locks, self._bench.parameters.bridge_seconds)[1]
        wide: list[Interval] = []
        for start, end in touched:
            for since, until in locked:
                if since <= end and start <= until:
                    wide.append((max(since, start - FARTHEST), min(until, end + FARTHEST)))
        return {day for day in self._days_of(union(wide)) if day <= today}

    def _days_of(self, intervals: Intervals) -> Iterator[date]:
        for start, end in intervals:
            yield from days(self.clock.day_of(start), self.clock.day_of(max(start, end - 1)))


def _consecutive(some: Sequence[date]) -> Iterator[list[date]]:
    run: list[date] = []
    for day in some:
        if run and day - run[-1] != ONE_DAY:
            yield run
            run = []
        run.append(day)
    if run:
        yield run
