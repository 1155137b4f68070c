"""What the page of a venue's demand shows, as plain strings and numbers. Pure."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from hub.demand import Gain, Plan, Proposal, Rate
from hub.demand.plan import DayPlan
from hub.demand.profile import PRIOR_WEEKS, STEPS_A_DAY, hour_map
from hub.demand.proposals import SURE
from hub.demand.read import VenueDemand
from hub.pages.charts import Band, number
from hub.pages.venue_words import WEEKDAYS, day_words
from hub.pages.words import Words

SHADES: Final = 6
CLOSED: Final = Words("闭馆", "closed")

WHY_NONE: Final[Mapping[str, Words]] = {
    "always_open": Words(
        "全天候开放，没有可以调整的时段。", "It is open around the clock: there is nothing to move."
    ),
    "no_hours": Words("没有公示开放时间。", "No hours are declared."),
    "few_weeks": Words(
        "开放且有看守的不足四周，还说不出一周的规律。",
        "Fewer than four weeks were open and watched: too few to know a usual week.",
    ),
    "unknown": Words("没有任何时段有计数。", "Nothing was counted at any time."),
    "no_fit": Words(
        "现有的时长放不进允许的时段。", "As many hours do not fit into the times that are allowed."
    ),
    "nothing_better": Words(
        "没有把握说别的时段会更好：按现有数据，现在的开放时间合适。",
        "No other hours are surely better: as far as is known, these suit people.",
    ),
    "unlawful": Words(
        "能多接待的时段会使某项规定不再达标，因此不建议。",
        "Hours that would serve more would fail a duty that is kept now: none is proposed.",
    ),
}


@dataclass(frozen=True, slots=True)
class Hour:
    """One hour of the map; `kind` is a class of the style sheet."""

    text: str
    kind: str
    words: Words


@dataclass(frozen=True, slots=True)
class Bar:
    """A stretch of one day: `kept`, `added` or `dropped`."""

    band: Band
    kind: str


@dataclass(frozen=True, slots=True)
class DayRow:
    """One weekday of a proposal."""

    day: Words
    now: Words
    then: Words
    changes: Words | None
    bars: tuple[Bar, ...]


@dataclass(frozen=True, slots=True)
class ProposalView:
    """One proposal."""

    title: Words
    gain: str
    band: Words
    share: Words | None
    doubt: Words | None
    days: tuple[DayRow, ...]


@dataclass(frozen=True, slots=True)
class DemandView:
    """The page."""

    hours: str
    served: str
    served_band: Words
    basis: Words
    left_out: Words | None
    heat: tuple[tuple[Words, tuple[Hour, ...]], ...]
    proposals: tuple[ProposalView, ...]
    why_none: Words | None
    notes: tuple[Words, ...]
    axis: tuple[str, ...]


def build_demand(told: VenueDemand) -> DemandView:
    """Return what a venue's demand looks like."""
    demand = told.demand
    steps = sum(closes - opens for day in demand.present for opens, closes in day)
    weeks = demand.profile.weeks
    first, last = day_words(told.first), day_words(told.last)
    notes = [
        Words(
            "颜色为每小时预计的入馆人次，已向同类日子（工作日、周末）的同一时段靠拢，"
            f"相当于 {PRIOR_WEEKS:.0f} 周的分量；闭馆或无人看守的时段不作零计。",
            "Shades: visits expected in each hour, drawn towards the same time of like days"
            f" (working days, weekend) with the weight of {PRIOR_WEEKS:.0f} weeks; what was closed"
            " or not watched is not taken for zero.",
        ),
        Words(
            "增益由未参与挑选的那几周检验得出，范围为八成可能；不假定被取消时段的人会改时来。",
            "Gains are those of weeks by which the hours were not chosen; the range holds four"
            " times of five. Nobody is counted on to come at another time instead.",
        ),
    ]
    if demand.profile.dispersion > 1:
        times = f"{demand.profile.dispersion:.1f}"
        notes.append(
            Words(
                f"各周之间的起伏是随机起伏的 {times} 倍，范围已相应放宽。",
                f"Weeks differ {times} times as much as chance alone: ranges are wider by that.",
            )
        )
    if told.is_rounded:
        notes.append(
            Words("现有时间按半小时取整。", "The present hours are taken to the nearest half hour.")
        )
    if told.least_hours:
        asked = number(told.least_hours)
        notes.append(
            Words(f"规定每周不少于 {asked} 小时。", f"A rule asks for at least {asked} h a week.")
        )
    return DemandView(
        hours=number(steps / 2),
        served=_visits(demand.served.mean),
        served_band=_band(demand.served),
        basis=Words(
            f"{first.zh}至{last.zh}，其中 {weeks} 周有开放且有看守的时段",
            f"{first.en} to {last.en}; {weeks} of these weeks were open and watched at times",
        ),
        left_out=_left_out(told),
        heat=_heat(told),
        proposals=tuple(
            _proposal(number_, proposal, told)
            for number_, proposal in enumerate(demand.proposals, start=1)
        ),
        why_none=WHY_NONE.get(demand.why_none),
        notes=tuple(notes),
        axis=tuple(f"{(demand.cut // 2 + 4 * i) % 24:02}:00" for i in range(6)),
    )


def _left_out(told: VenueDemand) -> Words | None:
    days = len(told.left_out)
    if not days:
        return None
    return Words(
        f"{days} 个节假日、调休日不计入",
        f"{days} holidays and make-up days are left out"
        if days > 1
        else "one holiday or make-up day is left out",
    )


def _heat(told: VenueDemand) -> tuple[tuple[Words, tuple[Hour, ...]], ...]:
    rows = hour_map(told.demand.profile)
    peak = max((rate.mean for row in rows for rate in row if rate is not None), default=0.0)
    is_open = _open_steps(told.demand.present)
    return tuple(
        (
            WEEKDAYS[day],
            tuple(
                _hour(
                    rate, peak, {day * STEPS_A_DAY + 2 * hour + half in is_open for half in (0, 1)}
                )
                for hour, rate in enumerate(row)
            ),
        )
        for day, row in enumerate(rows)
    )


def _hour(rate: Rate | None, peak: float, halves: set[bool]) -> Hour:
    is_open = True in halves
    declared = Words("开放", "open") if is_open else CLOSED
    if len(halves) > 1:
        declared = Words("开放半小时", "open for half of it")
    on = " on" if is_open else ""
    if rate is None:
        words = Words(f"{declared.zh}，不详", f"{declared.en}, not known")
        return Hour("?", f"unknown{on}", words)
    shade = 0 if not rate.mean else 1 + int((SHADES - 1) * rate.mean / max(peak, 1e-9))
    text = _visits(rate.mean)
    half = SURE * math.sqrt(rate.variance)
    around = f"{_visits(max(0.0, rate.mean - half))}–{_visits(rate.mean + half)}"
    words = Words(
        f"{declared.zh}，{text} 人次（{around}），{rate.weeks:.0f} 周",
        f"{declared.en}, {text} visits ({around}), {rate.weeks:.0f} weeks",
    )
    if rate.basis == "borrowed":
        words = Words(f"{words.zh}，按相似日期推算", f"{words.en}, by like days")
    return Hour(text, f"h{min(shade, SHADES)} {rate.basis}{on}", words)


def _proposal(number_: int, proposal: Proposal, told: VenueDemand) -> ProposalView:
    demand = told.demand
    hours = number(proposal.moved_steps / 2)
    percent = None
    if demand.served.mean > 0:
        share = number(round(100 * proposal.gain.mean / demand.served.mean))
        percent = Words(f"比现在多 {share} %", f"{share} % more than now")
    doubt = None
    if proposal.borrowed > 0:
        part = number(round(100 * proposal.borrowed))
        doubt = Words(
            f"新增时段里 {part} % 的人次按相似日期推算：那些时段从未开放过，请先试行。",
            f"{part} % of what is added is known of like days only: these hours were never open."
            " Try them first.",
        )
    return ProposalView(
        Words(f"建议 {number_}：调整 {hours} 小时", f"Proposal {number_}: {hours} h are moved"),
        _visits(proposal.gain.mean),
        _band(proposal.gain),
        percent,
        doubt,
        tuple(
            DayRow(
                WEEKDAYS[day],
                sessions_words(demand.present[day]),
                sessions_words(proposal.plan[day]),
                _changes(proposal.added[day], proposal.given_up[day]),
                _bars(demand.present[day], proposal, day, demand.cut),
            )
            for day in range(7)
        ),
    )


def sessions_words(day: DayPlan) -> Words:
    """Return the sessions of a day, in half hours from midnight, as they are read."""
    if not day:
        return CLOSED
    texts = [f"{_clock(opens)}–{_clock(closes)}" for opens, closes in day]
    return Words("，".join(texts), ", ".join(texts))


def _clock(step: int) -> str:
    text = f"{step // 2 % 24:02}:{step % 2 * 30:02}"
    # Midnight at the end of a day is said as twenty-four.
    return "24:00" if step == STEPS_A_DAY else f"+{text}" if step > STEPS_A_DAY else text


def _changes(added: DayPlan, given_up: DayPlan) -> Words | None:
    said_zh, said_en = [], []
    for pieces, zh, en in ((added, "增开", "open"), (given_up, "不再开", "no longer")):
        if pieces:
            told = sessions_words(pieces)
            said_zh.append(f"{zh} {told.zh}")
            said_en.append(f"{en} {told.en}")
    return Words("；".join(said_zh), "; ".join(said_en)) if said_zh else None


def _bars(present: DayPlan, proposal: Proposal, day: int, cut: int) -> tuple[Bar, ...]:
    added, dropped = proposal.added[day], proposal.given_up[day]
    kept = _without(present, dropped)
    return tuple(
        Bar(_on_axis(opens, closes, cut), kind)
        for kind, pieces in (("kept", kept), ("added", added), ("dropped", dropped))
        for opens, closes in pieces
    )


def _without(day: DayPlan, other: DayPlan) -> list[tuple[int, int]]:
    gone = {step for opens, closes in other for step in range(opens, closes)}
    pieces: list[tuple[int, int]] = []
    for opens, closes in day:
        for step in range(opens, closes):
            if step in gone:
                continue
            if pieces and pieces[-1][1] == step:
                pieces[-1] = (pieces[-1][0], step + 1)
            else:
                pieces.append((step, step + 1))
    return pieces


def _on_axis(opens: int, closes: int, cut: int) -> Band:
    left = (opens - cut) / STEPS_A_DAY * 100
    return Band(round(left, 2), round((closes - opens) / STEPS_A_DAY * 100, 2))


def _open_steps(plan: Plan) -> frozenset[int]:
    week = 7 * STEPS_A_DAY
    return frozenset(
        (day * STEPS_A_DAY + step) % week
        for day, sessions in enumerate(plan)
        for opens, closes in sessions
        for step in range(opens, closes)
    )


def _band(gain: Gain) -> Words:
    low, high = _visits(gain.low), _visits(gain.high)
    return Words(f"{low} 至 {high}", f"{low} to {high}")


def _visits(mean: float) -> str:
    """Return so many visits: whole ones from ten on, below that with a decimal."""
    return number(round(mean)) if abs(mean) >= 10 else number(round(mean, 1))
