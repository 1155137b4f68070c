"""The pad under the desk: opened again while its reader fails, told once an outage."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Final, Protocol

import structlog

from firmware_bridge.errors import DeviceError, DeviceTimeout
from firmware_bridge.readers.inventory import Inventory
from firmware_bridge.readers.port import Reader, SecurityState, TagChange, TagSeen
from firmware_bridge.readers.tag_access import (
    USUAL_HABITS,
    TagHabits,
    TagRead,
    read_security,
    read_tag,
    write_security,
)

log = structlog.get_logger(__name__)

FIRST_WAIT_SECONDS: Final = 0.5
LONGEST_WAIT_SECONDS: Final = 10.0
_PAUSE_SECONDS: Final = 0.05
_MOST_SILENT_ROUNDS: Final = 2
_STEADY: Final = 10
"""A reader that worked for so many first waits has its next failure met with the first again."""


class TagField(Protocol):
    """Tags in reach. What is awaited raises DeviceError when the tag or the reader is away."""

    def is_present(self, uid: str) -> bool:
        """Tell whether the last rounds saw a tag."""
        ...

    async def read(self, uid: str) -> TagRead:
        """Return what a tag says."""
        ...

    async def security(self, uid: str) -> SecurityState:
        """Return a tag's security bit."""
        ...

    async def write(self, uid: str, *, is_on: bool) -> str:
        """Write a tag's security bit, read it back, return the uid that it has now."""
        ...


class Pad:
    """One reader, whose tags are told as they come and go.

    `build` makes a reader, not yet entered. `on_tag` gets a uid and whether it arrived.
    `on_trouble` gets a sentence at the beginning of an outage and an empty one at its end.
    """

    def __init__(
        self,
        build: Callable[[], Reader],
        *,
        habits: TagHabits = USUAL_HABITS,
        on_tag: Callable[[str, bool], None] = lambda _uid, _arrived: None,
        on_trouble: Callable[[str], None] = lambda _: None,
        wait_seconds: float = FIRST_WAIT_SECONDS,
    ) -> None:
        self._build = build
        self._habits = habits
        self._on_tag = on_tag
        self._on_trouble = on_trouble
        self._first_wait = wait_seconds
        self._reader: Reader | None = None
        self.present: dict[str, None] = {}
        """The uids that lie there, in the order in which they came."""
        self.trouble = "not opened yet"
        self._turn = asyncio.Lock()
        self._waiting = 0

    async def run(self) -> None:
        """Follow the tags until cancelled, through every outage of the reader."""
        wait = self._first_wait
        while True:
            opened = time.monotonic()
            try:
                await self._follow()
            except DeviceError as error:
                reason = str(error)
            finally:
                self._reader = None
                self._leave()
            if time.monotonic() - opened > _STEADY * self._first_wait:
                wait = self._first_wait
            self._set_trouble(reason)
            await asyncio.sleep(wait)
            wait = min(wait * 2, LONGEST_WAIT_SECONDS)

    def is_present(self, uid: str) -> bool:
        """Tell whether the last rounds saw a tag."""
        return uid in self.present

    async def read(self, uid: str) -> TagRead:
        """Return what a tag says."""
        async with self._alone():
            return await read_tag(self._open_reader(), uid, self._habits)

    async def security(self, uid: str) -> SecurityState:
        """Return a tag's security bit."""
        async with self._alone():
            return await read_security(self._open_reader(), uid, self._habits)

    async def write(self, uid: str, *, is_on: bool) -> str:
        """Write a tag's security bit, addressed, and read it back."""
        async with self._alone():
            return await write_security(self._open_reader(), uid, is_on=is_on, habits=self._habits)

    async def _follow(self) -> None:
        """Look round after round; a single round without an answer is no outage.

        The reader's own following would go on looking between the commands of a write, and twice
        as long is what a stack of books would take.
        """
        inventory, failures = Inventory(), 0
        async with self._build() as reader:
            self._reader = reader
            while True:
                try:
                    async with self._turn:
                        uids = await reader.inventory()
                    failures = 0
                except DeviceTimeout:
                    failures += 1
                    if failures >= _MOST_SILENT_ROUNDS:
                        raise
                    continue
                self._set_trouble("")
                for seen in inventory.take_round(uids):
                    self._take_change(seen)
                if inventory.is_settled or self._waiting:
                    await asyncio.sleep(_PAUSE_SECONDS)

    def _take_change(self, seen: TagSeen) -> None:
        if seen.change is TagChange.ARRIVED:
            self.present[seen.uid] = None
        else:
            self.present.pop(seen.uid, None)
        self._on_tag(seen.uid, seen.change is TagChange.ARRIVED)

    @asynccontextmanager
    async def _alone(self) -> AsyncIterator[None]:
        """Have the reader without rounds in between."""
        self._waiting += 1
        try:
            async with self._turn:
                yield
        finally:
            self._waiting -= 1

    def _leave(self) -> None:
        gone, self.present = tuple(self.present), {}
        for uid in gone:
            self._on_tag(uid, False)

    def _set_trouble(self, sentence: str) -> None:
        """Tell an outage when it begins and when it ends, and no attempt in between."""
        before, self.trouble = self.trouble, sentence
        if bool(before) == bool(sentence) and before != "not opened yet":
            return
        if sentence:
            log.error("pad_failed", reason=sentence)
        elif before != "not opened yet":
            log.info("pad_back")
        if sentence or before != "not opened yet":
            self._on_trouble(sentence)

    def _open_reader(self) -> Reader:
        if self._reader is None:
            raise DeviceError(f"the pad is out of service: {self.trouble}")
        return self._reader
