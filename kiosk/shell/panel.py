"""The panel before visitors: which outputs there are, and whether they are lit."""

import asyncio
import re
from dataclasses import dataclass
from typing import Final, Protocol

from kiosk.errors import PanelError

ASK_SECONDS: Final = 5.0
_MODE: Final = re.compile(r"^ {4}(\d+)x(\d+) px.*\bcurrent\b")


@dataclass(frozen=True, slots=True)
class Output:
    """A plug with a panel on it; `size` in pixels as it is turned now, (0, 0) where it is off."""

    name: str
    is_on: bool
    size: tuple[int, int]


class Panel(Protocol):
    """What a compositor tells and does. Both raise PanelError when it cannot be asked."""

    async def outputs(self) -> tuple[Output, ...]:
        """Return every output that something is plugged into."""

    async def light(self, name: str, is_on: bool) -> None:
        """Switch an output on or off."""


class WlrPanel:
    """The outputs of a compositor of the wlroots family, by its program wlr-randr."""

    def __init__(self, program: str = "wlr-randr") -> None:
        self._program = program

    async def outputs(self) -> tuple[Output, ...]:
        """Return every output. Raises PanelError."""
        return parse_outputs(await self._run())

    async def light(self, name: str, is_on: bool) -> None:
        """Switch an output. Raises PanelError."""
        await self._run("--output", name, "--on" if is_on else "--off")

    async def _run(self, *arguments: str) -> str:
        pipe = asyncio.subprocess.PIPE
        try:
            process = await asyncio.create_subprocess_exec(
                self._program, *arguments, stdout=pipe, stderr=pipe
            )
        except OSError as error:
            raise PanelError(f"{self._program} cannot be started: {error.strerror}") from error
        try:
            async with asyncio.timeout(ASK_SECONDS):
                out, said = await process.communicate()
        except TimeoutError:
            raise PanelError(f"{self._program} gave no answer in {ASK_SECONDS:.0f} s") from None
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
        if process.returncode:
            why = said.decode(errors="replace").strip() or f"exit {process.returncode}"
            raise PanelError(f"{self._program}: {why}")
        return out.decode(errors="replace")


def parse_outputs(text: str) -> tuple[Output, ...]:
    """Return the outputs of wlr-randr's list: a name at the margin, what is known of it below."""
    found: list[Output] = []
    is_turned = False
    for line in text.splitlines():
        if line and not line[0].isspace():
            found.append(Output(line.split()[0], False, (0, 0)))
            is_turned = False
            continue
        if not found:
            continue
        last = found[-1]
        key, _, value = line.strip().partition(": ")
        if key == "Enabled":
            found[-1] = Output(last.name, value == "yes", last.size)
        elif key == "Transform":
            is_turned = value.removeprefix("flipped-") in {"90", "270"}
            if is_turned:
                found[-1] = Output(last.name, last.is_on, (last.size[1], last.size[0]))
        elif mode := _MODE.match(line):
            width, height = int(mode[1]), int(mode[2])
            found[-1] = Output(last.name, last.is_on, (width, height))
    return tuple(one if one.is_on else Output(one.name, False, (0, 0)) for one in found)
