"""Who stands at the door of the book room: cards, a keypad, the leaf, and what goes wrong there."""

import asyncio
import contextlib
from datetime import datetime
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

import httpx

from examples.demo.bench.counter import Counter
from examples.demo.bench.door import (
    CALL,
    FIRE,
    GATE,
    LAMP,
    LEAF,
    LIGHTS,
    SIREN,
    STRIKE,
    TAMPER,
    VENTILATION,
    Door,
)
from examples.demo.bench.door_tour import DoorStep, DoorTour
from examples.demo.bench.heads import HeadCounter
from examples.demo.bench.things import card_uid
from firmware_bridge.readers.held import AWAY_SECONDS

SAID: Final = "said.wav"
"""What the kiosk's loudspeaker said last, in the folder of the ptys."""
CROWD: Final = 40
"""As many as the room takes."""
GOOD_AIR_PPM, BAD_AIR_PPM = 430, 1600
OUTPUTS: Final = {
    "strike": STRIKE,
    "lights": LIGHTS,
    "ventilation": VENTILATION,
    "siren": SIREN,
    "lamp": LAMP,
}
_CONTACTS: Final = {"fire": FIRE, "gate_alarm": GATE, "tamper": TAMPER, "emergency": CALL}
_ZONE: Final = ZoneInfo("Asia/Shanghai")
_TRIED: Final = {
    "locked": ("门锁着，拉不开。", "It is locked: pulling does nothing."),
    "in": ("进来了，门在身后关上。", "You are inside, and the door has closed."),
    "out": ("推开门，出来了。", "You pushed the door and are outside."),
}


class Doorway:
    """Everything that a person at the door can do, and see; the ptys lie in `folder`."""

    def __init__(
        self, folder: Path, counter: Counter | None = None, heads: HeadCounter | None = None
    ) -> None:
        self.door = Door(folder)
        self.tour = DoorTour()
        self._counter = counter
        self._heads = heads
        self.said = folder / SAID
        self._hand = asyncio.Lock()
        self._tried = ""

    async def run(self) -> None:
        """Be there until cancelled."""
        async with self.door.running(), asyncio.TaskGroup() as tasks:
            if self._counter is not None:
                tasks.create_task(self._counter.run(), name="counter")
            await asyncio.Event().wait()

    async def show(self, card: str) -> None:
        """Hold a reader's card to the door; after it the reader has seen that it is gone."""
        self.tour.show_card()
        async with self._hand:
            await self.door.show(f"00{card_uid(card)}")
            await asyncio.sleep(AWAY_SECONDS)

    async def type(self, pin: str) -> None:
        """Type a PIN on the keypad."""
        self.tour.type_pin()
        await self.door.type(pin)

    async def walk_in(self) -> None:
        """Pull the door, and go in if it opens; who goes in is counted."""
        is_in = await self.door.walk_in()
        self._tried = "in" if is_in else "locked"
        if is_in:
            self.tour.come_in()
            await self._count(entered=1)

    async def walk_out(self) -> None:
        """Push the door from inside, which no lock prevents."""
        await self.door.swing()
        self._tried = "out"
        self.tour.go_out()
        await self._count(left=1)

    async def fault(self, name: str, *, on: bool) -> None:
        """Bring a fault of the door about, or end it."""
        door = self.door
        if name in _CONTACTS:
            door.inputs.inputs[_CONTACTS[name]] = on
        elif name == "modules_out":
            door.lose_power() if on else door.modules.plug()
        elif name == "door_reader_out":
            door.reader.pull() if on else door.reader.plug()
        elif name == "pin_pad_out":
            door.pad.pull() if on else door.pad.plug()
        elif name == "strike_stuck":
            (door.relays.stuck.add if on else door.relays.stuck.discard)(STRIKE)
        elif name == "held_open":
            door.inputs.inputs[LEAF] = not on
        elif name == "bad_air":
            door.air.co2_ppm = BAD_AIR_PPM if on else GOOD_AIR_PPM
        elif self._heads is not None:
            with contextlib.suppress(httpx.HTTPError):  # the page shows that it did not happen
                await (self._heads.say(CROWD) if on else self._heads.withdraw())

    def is_on(self, name: str) -> bool:
        """Tell whether a fault of the door is on."""
        door = self.door
        if name in _CONTACTS:
            return door.inputs.inputs[_CONTACTS[name]]
        return {
            "modules_out": not door.modules.is_in,
            "door_reader_out": not door.reader.is_in,
            "pin_pad_out": not door.pad.is_in,
            "strike_stuck": STRIKE in door.relays.stuck,
            "held_open": not door.inputs.inputs[LEAF],
            "bad_air": door.air.co2_ppm >= BAD_AIR_PPM,
            "room_full": self._heads is not None and self._heads.made is not None,
        }[name]

    def view(self, lang: str) -> dict[str, Any]:
        """Return how the door is, in one language."""
        self.tour.look(is_free=self.door.is_free, is_closed=self.door.inputs.inputs[LEAF])
        tried = _TRIED.get(self._tried, ("", ""))
        return {
            "free": self.door.is_free,
            "open": not self.door.inputs.inputs[LEAF],
            "outputs": {name: self.door.is_on(relay) for name, relay in OUTPUTS.items()},
            "tried": tried[0 if lang == "zh" else 1],
            "said": self._said_at(),
            "tour": [step in self.tour.done for step in DoorStep],
        }

    def _said_at(self) -> str:
        """Return when the loudspeaker spoke last; empty: not yet."""
        with contextlib.suppress(OSError):
            at = datetime.fromtimestamp(self.said.stat().st_mtime, _ZONE)
            return f"{at:%H:%M:%S}"
        return ""

    async def _count(self, *, entered: int = 0, left: int = 0) -> None:
        if self._counter is not None:
            await self._counter.passed(entered=entered, left=left)
