"""`tag`: read, watch, write and secure the tags on a reader."""

import asyncio
import dataclasses
import json
from collections.abc import Callable, Coroutine
from contextlib import suppress
from enum import StrEnum
from typing import Annotated, Any

import typer

from firmware_bridge.errors import BridgeError, DeviceError
from firmware_bridge.outcome import BAD_INPUT, finish, opened, refuse
from firmware_bridge.readers.port import Reader
from firmware_bridge.readers.tag_access import (
    TagHabits,
    TagRead,
    read_tag,
    write_security,
    write_tag,
)
from firmware_bridge.registry import open_reader
from firmware_bridge.tags import (
    AfiPair,
    Completeness,
    PartOrder,
    SecurityMechanism,
    TagContent,
    TagFormat,
    Unreadable,
    UnreadableReason,
    Usage,
    group_parts,
)

tag = typer.Typer(
    help="Read, watch, write and secure the tags that lie on a reader.", no_args_is_help=True
)


class Switch(StrEnum):
    """What to do with the security bit."""

    ON = "on"
    OFF = "off"
    SHOW = "show"


class UsageName(StrEnum):
    """The types of usage that a bench writes."""

    ACQUISITION = "acquisition"
    CIRCULATING = "circulating"
    NOT_FOR_CIRCULATION = "not-for-circulation"
    NO_INFORMATION = "no-information"
    DISCARDED = "discarded"
    PATRON_CARD = "patron-card"
    LIBRARY_EQUIPMENT = "library-equipment"


Port = Annotated[str, typer.Argument(help="Where the reader is, as for `watch`.")]
Driver = Annotated[str, typer.Option(help="A driver of readers; `drivers` lists them.")]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON object a tag.")]
Uid = Annotated[str | None, typer.Option(help="Of which tag, when several lie there.")]
Mechanism = Annotated[SecurityMechanism, typer.Option(help="What the gates look at, on HF tags.")]
AfiOn = Annotated[str, typer.Option(help="AFI of an item in the library, hexadecimal.")]
AfiOff = Annotated[str, typer.Option(help="AFI of a lent item, hexadecimal.")]
Order = Annotated[PartOrder, typer.Option(help="Of the two part numbers of the Danish model.")]


@tag.callback()
def describe() -> None:
    """Read, watch, write and secure the tags that lie on a reader."""


@tag.command()
def read(
    port: Port,
    *,
    driver: Driver = "feig",
    as_json: AsJson = False,
    mechanism: Mechanism = SecurityMechanism.AFI,
    afi_on: AfiOn = "07",
    afi_off: AfiOff = "C2",
    order: Order = PartOrder.PARTS_FIRST,
) -> None:
    """Show what every tag in the field says, and which parts of an item are missing."""
    habits = _habits(mechanism, afi_on, afi_off, order)

    async def work(reader: Reader) -> None:
        reads = [await read_tag(reader, uid, habits) for uid in sorted(await _field(reader))]
        for found in reads:
            typer.echo(_as_json(found) if as_json else _as_line(found))
        contents = [found.content for found in reads]
        _tell_parts([content for content in contents if isinstance(content, TagContent)])

    _with_reader(driver, port, work)


@tag.command()
def watch(
    port: Port,
    *,
    driver: Driver = "feig",
    as_json: AsJson = False,
    seconds: Annotated[
        float | None, typer.Option(min=0, help="Stop after this many seconds; else on Ctrl-C.")
    ] = None,
) -> None:
    """Show tags as they arrive and leave."""

    async def work(reader: Reader) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                async for seen in reader:
                    fields = dataclasses.asdict(seen)
                    typer.echo(json.dumps(fields) if as_json else f"{seen.uid}  {seen.change}")

    _with_reader(driver, port, work)


@tag.command()
def write(
    port: Port,
    *,
    item: Annotated[str, typer.Option(help="The item id: its barcode.")],
    owner: Annotated[str, typer.Option(help="ISIL of the owner, as CN-110108.")] = "",
    usage: Annotated[UsageName, typer.Option(help="Type of usage.")] = UsageName.CIRCULATING,
    parts: Annotated[int, typer.Option(min=0, help="Of how many tags the item has.")] = 1,
    part: Annotated[int, typer.Option(min=0, help="Which one this is.")] = 1,
    shelf: Annotated[str, typer.Option(help="Shelf location.")] = "",
    title: Annotated[str, typer.Option(help="Title.")] = "",
    tag_format: Annotated[
        TagFormat, typer.Option("--format", help="How it is coded.")
    ] = TagFormat.OBJECTS,
    uid: Uid = None,
    overwrite: Annotated[bool, typer.Option(help="Also over what is no blank tag.")] = False,
    driver: Driver = "feig",
    as_json: AsJson = False,
    order: Order = PartOrder.PARTS_FIRST,
) -> None:
    """Write one tag, read it back, and show what it now says. The security bit stays as it is."""
    habits = TagHabits(order=order)
    content = TagContent(
        tag_format,
        item,
        owner=owner,
        usage=Usage[usage.name],
        parts=parts,
        part=part,
        shelf=shelf,
        title=title,
    )

    async def work(reader: Reader) -> None:
        chosen = await _choose(reader, uid)
        before = (await read_tag(reader, chosen, habits)).content
        is_blank = isinstance(before, Unreadable) and before.reason is UnreadableReason.BLANK
        if not (is_blank or overwrite):
            told = before.sentence if isinstance(before, Unreadable) else f"it is {before.item_id}"
            refuse(f"tag {chosen} is not blank ({told}): add --overwrite", BAD_INPUT)
        await write_tag(reader, chosen, content, habits)
        field = await _field(reader)
        after = chosen if chosen in field else await _choose(reader, None)
        found = await read_tag(reader, after, habits)
        if not isinstance(found.content, TagContent) or found.content.item_id != item:
            raise DeviceError(f"tag {after} does not say what was written: write it again")
        typer.echo(_as_json(found) if as_json else _as_line(found))

    _with_reader(driver, port, work)


@tag.command()
def security(
    port: Port,
    switch: Annotated[Switch, typer.Argument(help="In the library, lent, or only look.")],
    *,
    uid: Uid = None,
    driver: Driver = "feig",
    as_json: AsJson = False,
    mechanism: Mechanism = SecurityMechanism.AFI,
    afi_on: AfiOn = "07",
    afi_off: AfiOff = "C2",
) -> None:
    """Switch the security bit of an item and read it back, or show it."""
    habits = _habits(mechanism, afi_on, afi_off, PartOrder.PARTS_FIRST)

    async def work(reader: Reader) -> None:
        chosen = await _choose(reader, uid)
        found = await read_tag(reader, chosen, habits)
        if switch is not Switch.SHOW:
            if isinstance(found.content, Unreadable):
                refuse(f"tag {chosen} is no item: {found.content.sentence}", BAD_INPUT)
            if found.content.is_patron_card:
                refuse(f"tag {chosen} is a patron card, which no gate looks at", BAD_INPUT)
            is_on = switch is Switch.ON
            chosen = await write_security(reader, chosen, is_on=is_on, habits=habits)
            found = await read_tag(reader, chosen, habits)
        typer.echo(_as_json(found) if as_json else _as_line(found))

    _with_reader(driver, port, work)


def _with_reader(
    driver: str, port: str, work: Callable[[Reader], Coroutine[Any, Any, None]]
) -> None:
    try:
        built = open_reader(driver, port)
    except BridgeError as error:
        refuse(str(error), BAD_INPUT)

    async def run() -> None:
        async with opened(built) as reader:
            await work(reader)

    finish(run())


async def _field(reader: Reader) -> frozenset[str]:
    uids = await reader.inventory()
    if not uids:
        raise DeviceError("no tag lies on the reader: lay one on it and try again")
    return uids


async def _choose(reader: Reader, uid: str | None) -> str:
    uids = await _field(reader)
    if uid is not None:
        if uid.upper() not in uids:
            raise DeviceError(f"tag {uid} does not lie on the reader: {', '.join(sorted(uids))} do")
        return uid.upper()
    if len(uids) > 1:
        refuse(
            f"{len(uids)} tags lie on the reader: take all but one off, or say --uid with one of "
            f"{', '.join(sorted(uids))}",
            BAD_INPUT,
        )
    return next(iter(uids))


def _habits(mechanism: SecurityMechanism, afi_on: str, afi_off: str, order: PartOrder) -> TagHabits:
    try:
        pair = AfiPair(int(afi_on, 16), int(afi_off, 16))
    except (ValueError, BridgeError):
        refuse(
            f"--afi-on {afi_on} and --afi-off {afi_off} are no pair: give two different bytes in "
            "hexadecimal, as 07 and C2",
            BAD_INPUT,
        )
    return TagHabits(pair, mechanism, order)


def _tell_parts(contents: list[TagContent]) -> None:
    for item in group_parts(contents):
        if item.completeness is Completeness.INCOMPLETE:
            missing = ", ".join(map(str, item.missing))
            typer.echo(
                f"item {item.item_id} is incomplete: part {missing} of {item.parts} is missing",
                err=True,
            )
        elif item.completeness is Completeness.CHECK:
            typer.echo(f"item {item.item_id}: its tags do not agree, look at it", err=True)


def _as_json(found: TagRead) -> str:
    fields = dataclasses.asdict(found)
    if isinstance(found.content, TagContent):
        usage = found.content.usage
        fields["content"]["usage"] = None if usage is None else usage.name.lower()
    return json.dumps(fields, ensure_ascii=False)


def _as_line(found: TagRead) -> str:
    content = found.content
    if isinstance(content, Unreadable):
        return f"{found.uid}  {content.reason}: {content.sentence}"
    words = [found.uid, content.item_id, content.owner or "no owner"]
    words.append("usage not told" if content.usage is None else _name(content.usage))
    if content.parts:
        words.append(f"part {content.part} of {content.parts}")
    words += [text for text in (content.shelf, content.title) if text]
    words += [f"security {found.security}", content.format, *content.faults]
    return "  ".join(words)


def _name(usage: Usage) -> str:
    return usage.name.lower().replace("_", " ")
