"""Readers of cards and codes: opened again while they fail, and what they tell made into events."""

import asyncio
import random
import time
from collections.abc import Callable
from typing import Final

from firmware_bridge.errors import BridgeError
from firmware_bridge.readers.identities import CardReader, CodeReader
from kiosk.lending.card_numbers import CardRule
from kiosk.session.events import CardSeen, CardTrouble
from kiosk.session.patron import IdentifyRefusal

FIRST_WAIT_SECONDS: Final = 0.5
LONGEST_WAIT_SECONDS: Final = 10.0
STEADY_SECONDS: Final = 5.0
TOGETHER_SECONDS: Final = 0.25
"""A card is told after so long in which no other one showed: of two, nobody knows whose it is."""
APART_SECONDS: Final = 1.0
"""Two cards that lie there together are told as trouble once in so long."""

Tell = Callable[[CardSeen | CardTrouble], None]


class CardWatch:
    """Makes of single reads what a session takes: one card, two at once, or one that is no card."""

    def __init__(self, tell: Tell, rule: CardRule, together_seconds: float) -> None:
        self._tell = tell
        self._rule = rule
        self._together = together_seconds
        self._waiting: str | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._trouble_until = 0.0

    def take(self, text: str) -> None:
        """Take what was read; on the event loop's thread."""
        loop = asyncio.get_running_loop()
        if loop.time() < self._trouble_until:
            return
        if self._waiting is not None and self._waiting != text:
            self.drop()
            self._trouble_until = loop.time() + APART_SECONDS
            self._tell(CardTrouble(IdentifyRefusal.TWO_CARDS))
            return
        self.drop()
        self._waiting = text
        self._timer = loop.call_later(self._together, self._settled)

    def drop(self) -> None:
        """Forget what was not told yet."""
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self._waiting = None

    def _settled(self) -> None:
        text, self._waiting, self._timer = self._waiting, None, None
        number = self._rule.number_of(text or "")
        if number is None:
            self._tell(CardTrouble(IdentifyRefusal.UNREADABLE))
        else:
            self._tell(CardSeen(number))


async def listen(
    build: Callable[[], CardReader | CodeReader],
    watch: CardWatch,
    trouble: Callable[[str], None],
    rng: random.Random,
    *,
    wait_seconds: float = FIRST_WAIT_SECONDS,
) -> None:
    """Listen until cancelled, through every outage.

    `build` makes a reader, not yet entered; `trouble` gets a sentence when it fails, and an empty
    one when it listens again.
    """
    wait = wait_seconds
    while True:
        opened = time.monotonic()
        try:
            async with build() as reader:
                trouble("")
                async for told in reader:
                    watch.take(getattr(told, "card_id", "") or getattr(told, "text", ""))
            reason = "the reader closed by itself"
        except BridgeError as error:
            reason = str(error)
        watch.drop()
        trouble(reason)
        if time.monotonic() - opened >= STEADY_SECONDS:
            wait = wait_seconds
        await asyncio.sleep(wait * rng.uniform(0.8, 1.2))
        wait = min(2 * wait, LONGEST_WAIT_SECONDS)
