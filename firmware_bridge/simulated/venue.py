"""What happens around a simulated board: visitors, lock, air. Seeded; time is an argument."""

import heapq
import math
import random

from firmware_bridge.board.messages import ChannelKind, DoorCode, LockCode
from firmware_bridge.simulated.board import SimulatedBoard

MEAN_STAY_SECONDS = 40 * 60.0
_DOOR_OPEN_SECONDS = 4.0


class SimulatedVenue:
    """Visitors come at random moments, stay a while and leave; closed, nobody enters.

    `people_per_hour` is the mean of entries while open, `mean_stay_seconds` that of their stays.
    `advance` moves the board's world on and returns the bytes that the board sends.
    """

    def __init__(
        self,
        board: SimulatedBoard,
        *,
        seed: int,
        people_per_hour: float,
        mean_stay_seconds: float = MEAN_STAY_SECONDS,
        started_at: float,
    ) -> None:
        self._board = board
        # Two sources: what is drawn at each tick must not change who comes and when.
        self._visitors = random.Random(seed)  # noqa: S311  a believable day, not a secret
        self._rest = random.Random(seed)  # noqa: S311
        self._people_per_hour = people_per_hour
        self._mean_stay_seconds = mean_stay_seconds
        self._beams = [n for n, kind in enumerate(board.channels) if kind is ChannelKind.BEAM]
        self._contacts = [n for n, kind in enumerate(board.channels) if kind is ChannelKind.CONTACT]
        self._climates = [n for n, kind in enumerate(board.channels) if kind is ChannelKind.CLIMATE]
        self._leaving_at: list[float] = []
        self._door_closes_at = started_at
        self._started_at = started_at
        self._arrives_at = self._next_arrival(started_at)

    @property
    def inside(self) -> int:
        """How many visitors are inside."""
        return len(self._leaving_at)

    def advance(self, now: float, *, is_open: bool) -> bytes:
        """Let everything happen up to `now` (seconds, monotonic) and return the board's bytes."""
        sent = b""
        if is_open:
            while self._arrives_at <= now:
                sent += self._enter(self._arrives_at)
                self._arrives_at = self._next_arrival(self._arrives_at)
        elif self._arrives_at <= now:
            self._arrives_at = self._next_arrival(now)
        while self._leaving_at and (self._leaving_at[0] <= now or not is_open):
            left_at = min(heapq.heappop(self._leaving_at), now)
            sent += self._pass_door(left_at, left=1)
        sent += self._move_lock(now, is_open=is_open)
        self._breathe(now)
        return sent + self._board.tick(now)

    def _next_arrival(self, after: float) -> float:
        if self._people_per_hour <= 0:
            return math.inf
        return after + self._visitors.expovariate(self._people_per_hour / 3600)

    def _enter(self, now: float) -> bytes:
        stay = self._visitors.expovariate(1 / self._mean_stay_seconds)
        heapq.heappush(self._leaving_at, now + 5 + stay)
        return self._pass_door(now, entered=1)

    def _pass_door(self, now: float, *, entered: int = 0, left: int = 0) -> bytes:
        self._door_closes_at = now + _DOOR_OPEN_SECONDS
        if not self._beams:
            return b""
        channel = self._rest.choice(self._beams)
        return self._board.cross(channel, entered=entered, left=left)

    def _move_lock(self, now: float, *, is_open: bool) -> bytes:
        lock = LockCode.UNLOCKED if is_open else LockCode.LOCKED
        is_door_open = is_open and now < self._door_closes_at
        door = DoorCode.OPEN if is_door_open else DoorCode.CLOSED
        return b"".join(self._board.set_contact(n, lock, door) for n in self._contacts)

    def _breathe(self, now: float) -> None:
        # A slow daily wave, and people: each adds warmth, damp and CO2.
        wave = math.sin((now - self._started_at) * 2 * math.pi / 86_400)
        for channel in self._climates:
            self._board.set_climate(
                channel,
                21.5 + 1.5 * wave + 0.03 * self.inside + self._rest.gauss(0, 0.02),
                48.0 - 4.0 * wave + 0.1 * self.inside + self._rest.gauss(0, 0.1),
                round(430 + 18 * self.inside + self._rest.gauss(0, 4)),
            )
