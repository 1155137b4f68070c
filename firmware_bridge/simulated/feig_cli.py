"""`simulate feig`: a pad with books on it."""

import asyncio
from collections.abc import AsyncIterator
from typing import Annotated

import typer

from firmware_bridge.errors import FrameError
from firmware_bridge.feig.commands import UID_BYTES
from firmware_bridge.simulated.feig import SimulatedFeigPad
from firmware_bridge.simulated.pad import AnyTag, SimulatedPad, SimulatedTag
from firmware_bridge.simulated.pty_port import PtyPort
from firmware_bridge.simulated.serve import serve
from firmware_bridge.simulated.terminal import Link, Script, Seconds, handling, run_on_pty
from firmware_bridge.tags import LIBRARY_AFIS, TagContent, TagFormat, Usage, encode_objects

_MOST_TAGS = 100
_MOST_ON_PAD = 2 * _MOST_TAGS
_MOST_IN_HAND = 2 * _MOST_TAGS


def feig(
    *,
    link: Link,
    books: Annotated[int, typer.Option(min=0, max=_MOST_TAGS, help="Books on the pad.")] = 2,
    blanks: Annotated[int, typer.Option(min=0, max=_MOST_TAGS, help="Blank tags on it.")] = 0,
    script: Script = None,
    seconds: Seconds = None,
) -> None:
    """Run a FEIG pad at the pace of 38 400 baud, with books on it; prints its port when ready.

    Takes lines `put UID` and `take UID` from standard input, or from a script: a tag that was
    taken comes back as it was, any other UID is a blank tag.
    """
    pad = SimulatedPad()
    for number in range(1, books + 1):
        pad.put(_book(number))
    for number in range(1, blanks + 1):
        pad.put(SimulatedTag(f"E0040150FF{number:06X}"))
    device = SimulatedFeigPad(pad)
    actions = handling(_Hands(pad), script)

    async def live(port: PtyPort) -> None:
        async with asyncio.TaskGroup() as tasks:
            acting = tasks.create_task(_follow(actions), name="simulated-pad-actions")
            await serve(
                port,
                device.receive,
                baudrate=38_400,
                bits_a_byte=11,
                air_seconds=lambda: device.air_seconds,
                gap=device.gap,
            )
            acting.cancel()

    run_on_pty(link, seconds, live)


class _Hands:
    """Lays tags on a pad and takes them off; keeps those in hand."""

    def __init__(self, pad: SimulatedPad) -> None:
        self._pad = pad
        self._taken: dict[str, AnyTag] = {}

    def put(self, what: str) -> bytes:
        uid = _uid(what)
        if self._pad.hf_tag(uid) is None:
            if len(self._pad.hf_tags) >= _MOST_ON_PAD:
                raise FrameError(f"{_MOST_ON_PAD} tags lie on the pad: take one off first")
            self._pad.put(self._taken.pop(uid, SimulatedTag(uid)))
        return b""

    def take(self, what: str) -> bytes:
        tag = self._pad.take(_uid(what))
        if tag is not None:
            self._taken[tag.uid] = tag
            while len(self._taken) > _MOST_IN_HAND:
                del self._taken[next(iter(self._taken))]
        return b""


async def _follow(actions: AsyncIterator[bytes]) -> None:
    async for _ in actions:
        pass  # a pad says nothing by itself


def _uid(text: str) -> str:
    try:
        uid = bytes.fromhex(text)
    except ValueError:
        uid = b""
    if len(uid) != UID_BYTES:
        raise FrameError(f"{text!r} is no UID of {2 * UID_BYTES} hexadecimal digits")
    return uid.hex().upper()


def _book(number: int) -> SimulatedTag:
    content = TagContent(
        TagFormat.OBJECTS,
        f"3100000{number:04}",
        owner="CN-110108-1-NLC",
        usage=Usage.CIRCULATING,
        parts=1,
        part=1,
    )
    memory, _ = encode_objects(content, 112)
    return SimulatedTag(
        f"E004015000{number:06X}", bytearray(memory), afi=LIBRARY_AFIS.on, dsfid=0x06
    )
