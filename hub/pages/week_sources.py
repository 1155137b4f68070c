"""What locks, counters and people told of a day: the evidence behind its strip. No I/O."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from zoneinfo import ZoneInfo

from hub.compliance.evidence import EventKind, Events, Lock
from hub.compliance.explain import State
from hub.compliance.intervals import Intervals, clipped, difference, union
from hub.compliance.localtime import LocalTime
from hub.pages.words import Words
from hub.store.records.overrides import OverrideRecord
from hub.verdicts.facts import Corrected, Facts

STATES: Final[Mapping[State, Words]] = {
    "open": Words("开放", "open"),
    "closed": Words("闭馆", "closed"),
    "unknown": Words("不明", "unknown"),
}
_KINDS: Final[Mapping[EventKind, Words]] = {
    "entry": Words("有人进入的分钟", "minutes with entries"),
    "loan": Words("借还", "loans and returns"),
    "session": Words("自助机使用", "kiosk sessions"),
    "door": Words("开门", "openings of a door"),
}


MOST_NOTED: Final = 6
"""Stretches of one kind that are told of one source and day."""


@dataclass(frozen=True, slots=True)
class Source:
    """What one source told of a day."""

    name: str
    words: Words


def sources_of(
    facts: Facts, declared: Intervals, clock: LocalTime, day: date, now_s: int
) -> tuple[Source, ...]:
    """Return what locks and counters told of a day, and when they told nothing while it was due."""
    midnight, end = clock.day(day)
    due = clipped(declared, midnight, min(end, now_s))
    found = [_lock(lock, due, facts.corrected, clock.zone) for lock in facts.locks]
    found += [_events(events, due, facts.corrected, clock.zone) for events in facts.events]
    for at, is_open in facts.words:
        when = clock_text(at, clock.zone)
        told = (
            Words(f"{when} 登记开放", f"{when} declared open")
            if is_open
            else Words(f"{when} 登记闭馆", f"{when} declared closed")
        )
        found.append(Source("", told))
    return tuple(found)


def corrections_of(
    made: Iterable[OverrideRecord], midnight: int, end: int, zone: ZoneInfo
) -> Iterable[Source]:
    """Return what people said of a day, with who and why; what was withdrawn says so."""
    for one in made:
        start_s, end_s = max(one.start_ms // 1000, midnight), min(one.end_ms // 1000, end)
        if start_s >= end_s:
            continue
        when, state = stretch(start_s, end_s, zone), STATES["open" if one.is_open else "closed"]
        zh, en = f"{when} 更正为{state.zh}：{one.why}", f"{when} corrected to {state.en}: {one.why}"
        if one.document:
            zh, en = f"{zh}（凭据 {one.document}）", f"{en} (document {one.document})"
        if one.withdrawn_ms is not None:
            zh, en = f"{zh}；已由 {one.withdrawn_by} 撤回", f"{en}; withdrawn by {one.withdrawn_by}"
        yield Source(one.who, Words(zh, en))


def stretch(start: int, end: int, zone: ZoneInfo) -> str:
    """Return a stretch of a day as clocks show it; its end may be 24:00."""
    return f"{clock_text(start, zone)}–{clock_text(end, zone, is_end=True)}"


def clock_text(at_s: int, zone: ZoneInfo, *, is_end: bool = False) -> str:
    """Return a time of day."""
    local = datetime.fromtimestamp(at_s, zone)
    if is_end and (local.hour, local.minute, local.second) == (0, 0, 0):
        return "24:00"
    return local.strftime("%H:%M:%S" if local.second else "%H:%M")


def _lock(lock: Lock, due: Intervals, corrected: Sequence[Corrected], zone: ZoneInfo) -> Source:
    said = [(start, end, Words("开锁", "unlocked")) for start, end in lock.unlocked]
    said += [(start, end, Words("锁闭", "locked")) for start, end in lock.locked]
    texts = [(words, stretch(start, end, zone)) for start, end, words in sorted(said)]
    zh = [f"{words.zh} {when}" for words, when in texts]
    en = [f"{words.en} {when}" for words, when in texts]
    _note_silence(zh, en, difference(due, union(lock.unlocked, lock.locked)), zone)
    _note_corrected(zh, en, lock.source, corrected, zone)
    return Source(lock.source, _joined(zh, en))


def _events(
    events: Events, due: Intervals, corrected: Sequence[Corrected], zone: ZoneInfo
) -> Source:
    kind, zh, en = _KINDS[events.kind], [], []
    if events.at_s:
        first, last = clock_text(events.at_s[0], zone), clock_text(events.at_s[-1], zone)
        number = len(events.at_s)
        zh.append(f"{number} 个{kind.zh}，{first} 至 {last}")
        en.append(f"{number} {kind.en}, {first} to {last}")
    else:
        zh.append(f"没有{kind.zh}")
        en.append(f"no {kind.en}")
    _note_silence(zh, en, difference(due, events.heard), zone)
    _note_corrected(zh, en, events.source, corrected, zone)
    return Source(events.source, _joined(zh, en))


def _note_silence(zh: list[str], en: list[str], silent: Intervals, zone: ZoneInfo) -> None:
    for start, end in [span for span in silent if span[1] - span[0] >= 60][:MOST_NOTED]:
        when = stretch(start, end, zone)
        zh.append(f"{when} 没有数据")
        en.append(f"no data {when}")


def _note_corrected(
    zh: list[str], en: list[str], source: str, corrected: Sequence[Corrected], zone: ZoneInfo
) -> None:
    for told in corrected:
        if told.source != source:
            continue
        # Tenths of a second, rounded up.
        error = f"{-(-told.error_ms // 100) / 10:.1f}"
        for start, end in told.stretches[:MOST_NOTED]:
            when = stretch(start, end, zone)
            zh.append(f"{when} 的时间经事后校正，±{error} 秒")
            en.append(f"times of {when} were corrected later, ± {error} s")


def _joined(zh: Iterable[str], en: Iterable[str]) -> Words:
    return Words("；".join(zh) or "没有读数", "; ".join(en) or "told nothing")
