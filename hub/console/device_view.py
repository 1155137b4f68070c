"""What the console shows of nodes, and of what needs a person; plain strings. Pure."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from hub.console import words
from hub.console.answers import Device, DeviceDetail, Item
from hub.console.state import State
from hub.console.view import Mark, name_of, when, zone_of
from hub.console.words import Lang, Words

_When = Callable[[datetime | None], str]
_DEVICE_MARKS: Final[dict[str, Mark]] = {
    "online": "known",
    "offline": "unknown",
    "silent": "degraded",
    "expected": "unknown",
}


@dataclass(frozen=True, slots=True)
class DeviceRow:
    """One node of the list."""

    venue: str
    node: str
    mark: Mark
    state: str
    name: str
    software: str
    heard: str
    fault: str


@dataclass(frozen=True, slots=True)
class ItemRow:
    """Something that needs a person."""

    mark: Mark
    title: str
    where: str
    text: str
    since: str


def device_rows(
    state: State, lang: Lang, now: datetime, venue: str | None = None
) -> list[DeviceRow]:
    """Return nodes, those that need a person first; of one venue if one is named."""
    found = [d for d in state.devices or () if venue in {None, d.venue}]
    found.sort(key=lambda d: (not d.faults, d.state == "online", d.venue, d.node))
    return [_device_row(device, state, lang, now) for device in found]


def item_rows(state: State, lang: Lang, now: datetime) -> list[ItemRow]:
    """Return what needs a person, in the hub's order."""
    return [_item_row(item, state, lang, now) for item in state.items or ()]


def detail_lines(
    detail: DeviceDetail, zone: ZoneInfo, lang: Lang, now: datetime
) -> list[tuple[Mark | None, str, str]]:
    """Return one node as lines of mark, name and value; what it did not tell is said so."""
    say = {name: told.to(lang) for name, told in words.DETAIL.items()}

    def told_when(at: datetime | None) -> str:
        return when(at, zone, now) if at else words.NEVER.to(lang)

    mark, told = _device_state(detail)
    lines: list[tuple[Mark | None, str, str]] = [
        (mark, say["state"], told.to(lang)),
        (None, say["last_seen"], told_when(detail.last_seen)),
        (None, say["first_seen"], told_when(detail.first_seen)),
        (None, say["software"], detail.software or say["not_told"]),
    ]
    clock, spool = detail.clock, detail.spool
    if clock is None:
        lines.append(("unknown", say["clock"], say["not_told"]))
    else:
        is_set = clock.state != "unset"
        known = words.CLOCKS.get(clock.state, Words(clock.state, clock.state)).to(lang)
        lines.append(("known" if is_set else "breach", say["clock"], known))
        if clock.held:
            lines.append(("degraded", say["held"], f"{clock.held:,}"))
    if spool is None:
        lines.append(("unknown", say["spool"], say["not_told"]))
    else:
        can = say["writable"] if spool.writable else say["refuses"]
        spool_mark: Mark = "known" if spool.writable else "breach"
        lines.append((spool_mark, say["spool"], f"{spool.pending:,} · {can}"))
        lines.append((None, say["bytes"], _size(spool.bytes)))
        dropped_mark: Mark | None = "breach" if spool.dropped else None
        lines.append((dropped_mark, say["dropped"], f"{spool.dropped:,}"))
        if spool.set_aside:
            lines.append(("degraded", say["set_aside"], spool.set_aside))
    lines += _source_lines(detail, told_when, lang)
    for fault in detail.faults:
        what = " ".join(part for part in (fault.code, fault.name, fault.detail) if part)
        lines.append(("breach", say["faults"], f"{what}  {told_when(fault.since)}"))
    return lines


def _device_state(device: Device) -> tuple[Mark, Words]:
    mark: Mark = "breach" if device.faults else _DEVICE_MARKS[device.state]
    return mark, words.DEVICES[device.state]


def _device_row(device: Device, state: State, lang: Lang, now: datetime) -> DeviceRow:
    mark, told = _device_state(device)
    faults = ", ".join(fault.name or fault.code for fault in device.faults)
    zone = zone_of(state, device.venue)
    return DeviceRow(
        venue=device.venue,
        node=device.node,
        mark="still" if state.is_stale else mark,
        state=told.to(lang),
        name=name_of(state, device.venue, lang),
        software=device.software or "",
        heard=when(device.last_seen, zone, now) if device.last_seen else words.NEVER.to(lang),
        fault=faults,
    )


def _item_row(item: Item, state: State, lang: Lang, now: datetime) -> ItemRow:
    zone = zone_of(state, item.venue or "")
    return ItemRow(
        mark="breach" if item.mark == "breach" else "unknown",
        title=item.title_zh if lang == "zh" else item.title_en,
        where=name_of(state, item.venue, lang),
        text=item.text_zh if lang == "zh" else item.text_en,
        since=when(item.since, zone, now) if item.since else words.NEVER.to(lang),
    )


def _source_lines(
    detail: DeviceDetail, when: _When, lang: Lang
) -> Sequence[tuple[Mark | None, str, str]]:
    title = words.DETAIL["sources"].to(lang)
    if not detail.sources:
        return [(None, title, words.DETAIL["none"].to(lang))]
    lines: list[tuple[Mark | None, str, str]] = []
    for source in detail.sources:
        told = words.SOURCES.get(source.state, Words(source.state, source.state)).to(lang)
        parts = [f"{source.name} ({source.kind})", told, when(source.since) if source.since else ""]
        parts += [source.detail]
        if source.corrupt_frames:
            parts.append(words.DETAIL["corrupt"].to(lang).format(n=source.corrupt_frames))
        mark: Mark = "known" if source.state == "watching" else "degraded"
        if source.state == "failed":
            mark = "breach"
        lines.append((mark, title, "  ".join(part for part in parts if part)))
        title = ""
    return lines


def _size(count: int) -> str:
    return f"{count / 1024:,.0f} KiB" if count < 1024 * 1024 else f"{count / 1024 / 1024:,.1f} MiB"
