"""`simulate feig`: a pad with books on it."""

import asyncio
import signal
from pathlib import Path
from typing import Annotated

import typer

from firmware_bridge.errors import BridgeError
from firmware_bridge.simulated.feig import SimulatedFeigPad
from firmware_bridge.simulated.pad import SimulatedPad, SimulatedTag
from firmware_bridge.simulated.pty_port import PtyPort
from firmware_bridge.simulated.serve import serve
from firmware_bridge.tags import LIBRARY_AFIS, TagContent, TagFormat, Usage, encode_objects

_MOST_TAGS = 100


def feig(
    *,
    link: Annotated[Path, typer.Option(help="Where to put the link to the pty.")],
    books: Annotated[int, typer.Option(min=0, max=_MOST_TAGS, help="Books on the pad.")] = 2,
    blanks: Annotated[int, typer.Option(min=0, max=_MOST_TAGS, help="Blank tags on it.")] = 0,
    seconds: Annotated[
        float | None, typer.Option(min=0, help="Stop after this many seconds; else on Ctrl-C.")
    ] = None,
) -> None:
    """Run a FEIG pad at the pace of 38 400 baud, with books on it; prints its port when ready."""
    pad = SimulatedPad()
    for number in range(1, books + 1):
        pad.put(_book(number))
    for number in range(1, blanks + 1):
        pad.put(SimulatedTag(f"E0040150FF{number:06X}"))
    device = SimulatedFeigPad(pad)

    async def run() -> None:
        task = asyncio.current_task()
        if task is not None:  # a supervisor ends it so, and the link must go with it
            asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
        async with PtyPort(link.absolute()) as port:
            typer.echo(port.path)
            async with asyncio.timeout(seconds):
                await serve(
                    port,
                    device.receive,
                    baudrate=38_400,
                    bits_a_byte=11,
                    air_seconds=lambda: device.air_seconds,
                    gap=device.gap,
                )

    try:
        asyncio.run(run())
    except (KeyboardInterrupt, TimeoutError, asyncio.CancelledError):
        pass
    except BridgeError as error:
        typer.echo(f"error: {error}", err=True)
        raise typer.Exit(2) from None


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
