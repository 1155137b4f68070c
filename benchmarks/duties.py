"""The board of duties of a thousand venues: made, rendered, compressed; and a venue's demand."""

import gzip
import random
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from fractions import Fraction
from pathlib import Path

from benchmarks.report import Result
from hub import interpreter
from hub.compliance.bounds import Status
from hub.compliance.localtime import week_of, year_of
from hub.demand import Observations, Shape, propose
from hub.district import read_district
from hub.lawbook import read_catalogue
from hub.pages.duties import BOARD_WORDS
from hub.pages.duties_view import Chosen, build_board, week_words
from hub.pages.render import environment
from hub.pages.words import Words
from hub.store.records.verdicts import ReadingRow, VerdictRow
from hub.venues import Venue
from tests.integration.hub.running import JIADING

VENUES, TIMES = 1000, 15
WEEK = week_of(date(2026, 11, 25))


def measure(_folder: Path) -> list[Result]:
    venues = _venues()
    rows = _verdicts(venues)
    # As the hub does: with Python's defaults, collections take a third of the time.
    interpreter.tune()
    template = environment().get_template("duties.html")

    def build() -> str:
        board = build_board(venues, rows, WEEK, Chosen(), "zh")
        return template.render(
            lang="zh", title=Words("", ""), b=board, week=week_words(WEEK), name=WEEK.name,
            before="", this="", after="", table="", csv="", switch={"zh": "", "en": ""},
            chosen={"mark": "", "kind": "", "level": "", "q": "", "sort": "trouble"},
            **BOARD_WORDS,
        )  # fmt: skip

    html = build().encode()
    (made, clock), (packed, _) = _median(build), _median(lambda: gzip.compress(html, 5))
    plain, _ = _median(lambda: [(row.venue, row.status) for row in rows])
    demand, _ = _median(_demand)
    return [
        Result(
            f"board of duties, {VENUES} venues",
            1000 * (made + packed),
            "ms",
            at_most=150,
            floor=1000 * plain,
            note=f"{len(rows):,} verdicts from memory; median of {TIMES}, worked out, rendered"
            f" ({len(html) // 1024} KiB) and compressed ({1000 * packed:.0f} ms), processor time;"
            f" by the clock {1000 * clock:.0f} ms before compression;"
            " floor: the rows looked at once",
        ),
        Result(
            "demand of a book room: a profile of eight weeks, proposals, tried on four parts",
            1000 * demand,
            "ms",
            note="processor time; two sessions a day allowed; without reading the store",
        ),
    ]


def _demand() -> object:
    rng = random.Random(1)
    weeks = [date(2026, 9, 28) + timedelta(days=7 * i) for i in range(8)]
    seen = {
        (monday, day * 48 + step): (sum(rng.random() < 0.3 for _ in range(10)), 1.0)
        for monday in weeks
        for day in range(7)
        for step in range(18, 44)
    }
    shape = Shape(16, 44, 8, 2, 2, (True,) * 7)
    return propose(Observations(seen), (((20, 40),),) * 7, shape, cut=8)


def _median(work: Callable[[], object]) -> tuple[float, float]:
    """Return how long the processor works, and how long it takes by the clock, seconds."""
    worked, taken = [], []
    for _ in range(TIMES):
        began, clock = time.process_time(), time.perf_counter()
        work()
        worked.append(time.process_time() - began)
        taken.append(time.perf_counter() - clock)
    return sorted(worked)[TIMES // 2], sorted(taken)[TIMES // 2]


def _venues() -> list[Venue]:
    base = read_district(JIADING)
    return [
        replace(base[i % len(base)], id=f"venue-{i}", name_zh=f"{base[i % len(base)].name_zh}{i}")
        for i in range(VENUES)
    ]


def _verdicts(venues: list[Venue]) -> list[VerdictRow]:
    rng, rules, year = random.Random(1), read_catalogue().values(), year_of(2026)
    statuses = [*[Status.COMPLIANT] * 6, *Status]
    reading = ReadingRow(Status.COMPLIANT, Fraction(74), Fraction(76))
    found = []
    for venue in venues:
        for rule in rules:
            if not rule.applies_to(frozenset({venue.kind})):
                continue
            span, known = WEEK if rule.period == "week" else year, rng.randrange(200_000, 270_000)
            found.append(
                VerdictRow(
                    venue.id, rule.id, rule.metric, rule.op, span.name, span.first, span.last, 1,
                    rng.choice(statuses), reading, reading, reading, reading, reading,
                    rule.threshold(2026), rng.random() < 0.5, "reachable", 273_600, known, 0,
                    273_600 - known, known, 273_600, "A", "official", ("district",), "d1" * 16, 0,
                )
            )  # fmt: skip
    return found
