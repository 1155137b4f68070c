"""How a verb of the bench tool ends: an exit code, and one sentence on stderr if it is not 0."""

import asyncio
import errno
from collections.abc import AsyncIterator, Coroutine
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from typing import Any, NoReturn, TypeVar

import typer

from firmware_bridge.errors import BridgeError, FrameError

FAILED = 1
"""The device failed while in use."""
BAD_INPUT = 2
"""What was asked for cannot be done."""
_Resource = TypeVar("_Resource", bound=AbstractAsyncContextManager[Any])


def finish(work: Coroutine[Any, Any, None]) -> None:
    """Run the work of a verb, and end with its exit code."""
    try:
        asyncio.run(work)
    except KeyboardInterrupt:
        pass
    except BridgeError as error:
        refuse(str(error), BAD_INPUT if isinstance(error, FrameError) else FAILED)
    except OSError as error:
        if error.errno == errno.EPIPE:
            raise  # whoever read our output has seen enough: typer ends in silence
        refuse(f"what was read cannot be written: {error.strerror}", FAILED)


def refuse(sentence: str, code: int) -> NoReturn:
    """End with a sentence and an exit code."""
    typer.echo(f"error: {sentence}", err=True)
    raise typer.Exit(code)


@asynccontextmanager
async def opened(resource: _Resource) -> AsyncIterator[_Resource]:
    """Enter a device; one that cannot be opened is bad input, one that fails later is not."""
    async with AsyncExitStack() as stack:
        try:
            await stack.enter_async_context(resource)
        except BridgeError as error:
            refuse(str(error), BAD_INPUT)
        yield resource
