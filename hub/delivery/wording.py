"""What a message says: what, where, since when, how sure, where the evidence is. Pure.

Made of one event only, so that a delivery that is sent twice says the same under the same number.
No name of a person comes into it: the event has none.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal
from zoneinfo import ZoneInfo

from hub.access.texts import one_line
from hub.delivery.told import SEVERITIES, Lang, Told
from hub.delivery.words import CERTAINTY, SEVERITY, STEPS, Both, kind_words

Tone = Literal["info", "warning", "failure", "success"]
"""As apprise calls it: colours and marks of some channels."""

MOST_BYTES: Final = 1900
"""A WeCom robot takes 2048 bytes of text, title included; the others take more."""
MOST_LINES: Final = 12
"""Events that a summary lists; of more, only the number is told."""
_TITLE_CHARACTERS: Final = 80
_TEXT_CHARACTERS: Final = 200
_PLACE_CHARACTERS: Final = 60
_TONES: Final[dict[str, Tone]] = {"notice": "info", "warning": "warning", "critical": "failure"}


@dataclass(frozen=True, slots=True)
class Message:
    """What a channel sends."""

    title: str
    body: str
    tone: Tone


def number_of(delivery: int) -> str:
    """Return how a message calls its delivery: who sees a number twice has seen a double."""
    return f"KG-{delivery}"


def title_of(told: Told, lang: Lang) -> str:
    """Return an event in one line: how pressing, where, what."""
    marks = [STEPS[told.step].in_(lang), SEVERITY[told.severity].in_(lang)]
    if told.step in {"cleared", "test"}:
        marks = marks[:1]
    marks = [mark for mark in marks if mark]
    what, where = kind_words(told.kind).in_(lang), _place(told).in_(lang)
    if lang == "zh":
        title = f"【{'·'.join(marks)}】{where}：{what}"
    else:
        title = f"[{', '.join(marks)}] {where}: {what}"
    return _short(title, _TITLE_CHARACTERS)


def compose(told: Told, lang: Lang, delivery: int, base_url: str) -> Message:
    """Return the message of one delivery; `base_url` is where people reach the hub, or empty."""
    rows = [
        (Both("地点", "Where"), _place(told).in_(lang)),
        (Both("时间", "When"), _span(told, lang)),
        (Both("可靠程度", "How sure"), CERTAINTY[told.certainty].in_(lang)),
    ]
    if base_url and told.link:
        rows.append((Both("依据", "Evidence"), _link(base_url, told.link)))
    rows.append((Both("编号", "Number"), number_of(delivery)))
    colon = "：" if lang == "zh" else ": "
    lines = [_short(one_line(told.zh if lang == "zh" else told.en), _TEXT_CHARACTERS)]
    if told.step == "escalated":
        lines.append(
            Both("无人在期限内确认，现升级通知。", "Nobody acknowledged it in time.").in_(lang)
        )
    lines += [f"{name.in_(lang)}{colon}{text}" for name, text in rows]
    return Message(title_of(told, lang), "\n".join(lines), _tone(told))


def gather(
    told: Sequence[tuple[int, Told]], lang: Lang, base_url: str, page: str = "/alerts"
) -> Message:
    """Return one message for several deliveries, the most pressing first; none is left unsaid."""
    ordered = sorted(told, key=lambda each: (-SEVERITIES.index(each[1].severity), each[0]))
    worst = max((each for _, each in told), key=lambda each: SEVERITIES.index(each.severity))
    numbers = [id_ for id_, _ in told]
    title = Both(f"【汇总】{len(told)} 条告警", f"[Summary] {len(told)} alerts").in_(lang)
    kinds = Counter(each.kind for _, each in told)
    counted = (Both("，", ", ").in_(lang)).join(
        f"{kind_words(kind).in_(lang)} {count}" for kind, count in kinds.most_common()
    )
    tail = [f"{Both('编号：', 'Numbers: ').in_(lang)}{_numbers(numbers)}"]
    if base_url:
        tail.insert(0, f"{Both('详情：', 'More: ').in_(lang)}{_link(base_url, page)}")
    left = MOST_BYTES - len("\n".join([title, counted, *tail]).encode()) - 60
    lines = [counted]
    for shown, (_, each) in enumerate(ordered):
        line = f"{_moment(each.at_ms, each.timezone)[-5:]} {title_of(each, lang)}"
        left -= len(line.encode()) + 1
        if shown == MOST_LINES or left < 0:
            more = len(ordered) - shown
            lines.append(Both(f"……另有 {more} 条", f"… and {more} more").in_(lang))
            break
        lines.append(line)
    return Message(title, "\n".join([*lines, *tail]), _tone(worst))


def _tone(told: Told) -> Tone:
    return "success" if told.step == "cleared" else _TONES[told.severity]


def _place(told: Told) -> Both:
    if not told.venue:
        return Both("开馆中枢", "Kaiguan hub")
    zh, en = (_short(one_line(name), _PLACE_CHARACTERS) for name in (told.place_zh, told.place_en))
    return Both(zh or told.venue, en or told.venue)


def _span(told: Told, lang: Lang) -> str:
    since = _moment(told.since_ms, told.timezone)
    if told.until_ms is None:
        return Both(f"{since} 起", f"since {since}").in_(lang)
    until = _moment(told.until_ms, told.timezone)
    if until[:10] == since[:10]:
        until = until[11:]
    lasted = _lasted(max(0, told.until_ms - told.since_ms), lang)
    return Both(f"{since} 至 {until}（{lasted}）", f"{since} to {until} ({lasted})").in_(lang)


def _lasted(span_ms: int, lang: Lang) -> str:
    minutes = span_ms // 60_000
    days, hours, minutes = minutes // 1440, minutes // 60 % 24, minutes % 60
    parts = [
        Both(f"{days} 天", f"{days} d").in_(lang) if days else "",
        Both(f"{hours} 小时", f"{hours} h").in_(lang) if hours else "",
        Both(f"{minutes} 分钟", f"{minutes} min").in_(lang)
        if minutes or not (days or hours)
        else "",
    ]
    return " ".join(part for part in parts if part)


def _moment(at_ms: int, timezone: str) -> str:
    return datetime.fromtimestamp(at_ms / 1000, ZoneInfo(timezone)).strftime("%Y-%m-%d %H:%M")


def _link(base_url: str, path: str) -> str:
    return base_url.rstrip("/") + "/" + path.lstrip("/")


def _numbers(numbers: Sequence[int]) -> str:
    """Return numbers as runs: KG-3…KG-9, KG-12."""
    runs: list[list[int]] = []
    for number in sorted(numbers):
        if runs and number == runs[-1][-1] + 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    told = [
        number_of(run[0]) if len(run) == 1 else f"{number_of(run[0])}…{number_of(run[-1])}"
        for run in runs
    ]
    if len(told) > 8:
        told = [*told[:7], f"… {told[-1]}"]
    return ", ".join(told)


def _short(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"
