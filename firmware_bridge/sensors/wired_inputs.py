"""What digital inputs mean: beams, locks and doors, alarms. Pure: times are arguments.

Somebody looks at the inputs, at least 20 times a second when beams hang on them. A look that comes
too late is told: who passed meanwhile nobody knows.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from firmware_bridge.sensors.readings import (
    AlarmKind,
    AlarmReading,
    ContactReading,
    Continuity,
    CounterReading,
    DoorState,
    InputReading,
    LockState,
    Reading,
)
from firmware_bridge.sensors.two_beams import PAIR_SECONDS, TwoBeams

_UNWIRED_INPUTS: Final = 8
BLIND_SECONDS: Final = 0.2
"""An adult in a hurry (0.3 m, 1.5 m/s) breaks a beam for so long; a later look may miss one."""
UNWATCHED_SECONDS: Final = 2.0
"""A lock or door that was not looked at for so long may have been opened and closed again."""
_STEADY_SECONDS: Final = 5.0
_COUNTER_REPEATS_SECONDS: Final = 1.0
_STATE_REPEATS_SECONDS: Final = 5.0


@dataclass(frozen=True, slots=True)
class Wiring:
    """What hangs on which input. A channel is the number of its first input, from 0.

    `beams`: (outer, inner). `locks`: bolt and door contact, None where there is none. `inverted`
    inputs are off when a beam is broken, a bolt locked, a door closed, an alarm active.
    """

    beams: tuple[tuple[int, int], ...] = ()
    locks: tuple[tuple[int | None, int | None], ...] = ()
    alarms: tuple[tuple[int, AlarmKind], ...] = ()
    inverted: frozenset[int] = frozenset()

    def inputs(self) -> list[int]:
        """Return every input that something hangs on."""
        pairs = [*self.beams, *self.locks]
        found = [number for pair in pairs for number in pair if number is not None]
        return sorted([*found, *(number for number, _ in self.alarms)])

    @property
    def count(self) -> int:
        """Return how many inputs have to be looked at."""
        return max(self.inputs(), default=_UNWIRED_INPUTS - 1) + 1


@dataclass(slots=True)
class _Contact:
    bolt: int | None
    door: int | None
    changes: int = 0
    told: tuple[bool | None, bool | None] | None = None

    @property
    def channel(self) -> int:
        return next(number for number in (self.bolt, self.door) if number is not None)


@dataclass(slots=True)
class _Pair:
    channel: int
    inputs: tuple[int, int]
    beams: TwoBeams = field(default_factory=TwoBeams)
    told: tuple[int, int] = (0, 0)
    continuity: Continuity = Continuity.FIRST


class WiredInputs:
    """Turns looks at the inputs of one module into readings.

    Without anything wired, its first eight inputs are told as they are.
    """

    def __init__(self, wiring: Wiring) -> None:
        self._inverted = wiring.inverted
        self._pairs = [_Pair(pair[0], pair) for pair in wiring.beams]
        self._contacts = [_Contact(*lock) for lock in wiring.locks]
        self._kinds = dict(wiring.alarms)
        self._alarms: dict[int, bool | None] = dict.fromkeys(self._kinds)
        unwired = () if wiring.inputs() else range(wiring.count)
        self._inputs: dict[int, bool | None] = dict.fromkeys(unwired)
        self._looked_at: float | None = None
        self._steady_since = -math.inf
        self._counters_due = self._states_due = -math.inf
        self._latest: list[bool] | None = None

    def look(self, bits: Sequence[int], now: float) -> list[Reading]:
        """Return what a look at the inputs tells; `now` in seconds of any steady clock."""
        states = [bool(bit) != (number in self._inverted) for number, bit in enumerate(bits)]
        gap = 0.0 if self._looked_at is None else now - self._looked_at
        self._looked_at = now
        if gap > BLIND_SECONDS:
            self._steady_since = now
            for pair in self._pairs:
                pair.continuity = Continuity.UNSEEN
                if gap > PAIR_SECONDS:
                    pair.beams.forget()
        if gap > UNWATCHED_SECONDS:
            for contact in self._contacts:
                contact.changes += 2  # it may have changed and changed back: one is not enough
        readings = [*self._look_at_beams(states, now), *self._look_at_states(states, now)]
        self._latest = states
        return readings

    def _look_at_beams(self, states: list[bool], now: float) -> Iterator[Reading]:
        is_due = now >= self._counters_due
        if is_due:
            self._counters_due = now + _COUNTER_REPEATS_SECONDS
        # After a gap there is no vouching until it has been quiet for a while: on a line that
        # stutters, each stretch of coverage would be a row.
        is_due = is_due and now - self._steady_since >= _STEADY_SECONDS
        for pair in self._pairs:
            outer, inner = pair.inputs
            pair.beams.feed(states[outer], states[inner], now)
            totals = (pair.beams.entered, pair.beams.left)
            is_first = pair.continuity is Continuity.FIRST
            if is_due or is_first or totals != pair.told:
                yield self._counted(pair, totals)

    def _counted(self, pair: _Pair, totals: tuple[int, int]) -> CounterReading:
        before, pair.told = pair.told, totals
        continuity, pair.continuity = pair.continuity, Continuity.SAME_BOOT
        return CounterReading(
            channel=pair.channel,
            entered_total=totals[0],
            left_total=totals[1],
            entered=totals[0] - before[0],
            left=totals[1] - before[1],
            continuity=continuity,
            is_blocked=pair.beams.is_blocked,
            undecided_total=pair.beams.undecided,
            breaks_total=tuple(pair.beams.breaks),
        )

    def _look_at_states(self, states: list[bool], now: float) -> Iterator[Reading]:
        is_due = now >= self._states_due
        if self._latest is None:
            return  # a contact bounces: what two looks agree on is taken
        if is_due:
            self._states_due = now + _STATE_REPEATS_SECONDS
        for contact in self._contacts:
            bolt = self._steady(contact.bolt, states, 0, contact.told)
            door = self._steady(contact.door, states, 1, contact.told)
            if contact.told not in (None, (bolt, door)):
                contact.changes += 1
            if is_due or contact.told != (bolt, door):
                contact.told = (bolt, door)
                yield _contact_reading(contact)
        for number, was in self._alarms.items():
            is_on = self._settled(number, states, was)
            if is_on is not None and (is_due or is_on is not was):
                self._alarms[number] = is_on
                yield AlarmReading(number, self._kinds[number], is_active=is_on)
        for number, was in self._inputs.items():
            is_on = self._settled(number, states, was)
            if is_on is not None and (is_due or is_on is not was):
                self._inputs[number] = is_on
                yield InputReading(number, is_on=is_on)

    def _steady(
        self,
        number: int | None,
        states: list[bool],
        place: int,
        told: tuple[bool | None, bool | None] | None,
    ) -> bool | None:
        if number is None:
            return None
        return self._settled(number, states, told[place] if told else None)

    def _settled(self, number: int, states: list[bool], was: bool | None) -> bool | None:
        """Return an input's state when two looks agree on it, else what it was."""
        if self._latest is not None and self._latest[number] == states[number]:
            return states[number]
        return was


def _contact_reading(contact: _Contact) -> ContactReading:
    bolt, door = contact.told or (None, None)
    lock_states = {None: LockState.UNKNOWN, True: LockState.LOCKED, False: LockState.UNLOCKED}
    door_states = {None: DoorState.UNKNOWN, True: DoorState.CLOSED, False: DoorState.OPEN}
    return ContactReading(
        channel=contact.channel,
        lock=lock_states[bolt],
        door=door_states[door],
        is_tampered=False,
        changes_total=contact.changes,
    )
