"""Which targets are before the camera, since when, and which of them is told about. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

GRACE_SECONDS: Final = 1.0
"""A target that is away for no longer was held all the time: a hand shakes, a finger covers."""


@dataclass(slots=True)
class Holding:
    """Fed with what each frame shows. Times are seconds of a clock that never jumps."""

    told: str = ""
    """The target that is told about: the largest, and then as long as it is seen."""
    _seen: dict[str, tuple[float, float]] = field(default_factory=dict)

    def look(self, areas: Mapping[str, float], at: float) -> list[tuple[str, float]]:
        """Take the targets of a frame with their areas; return who left, with seconds held."""
        for key in areas:
            first, _ = self._seen.get(key, (at, at))
            self._seen[key] = first, at
        left = self._leave(at - GRACE_SECONDS)
        if self.told not in self._seen:
            self.told = ""
        if areas and not self.told:
            self.told = max(areas, key=lambda key: areas[key])
        return left

    def end(self) -> list[tuple[str, float]]:
        """Let all leave: the camera is closed."""
        self.told = ""
        return self._leave(float("inf"))

    def _leave(self, before: float) -> list[tuple[str, float]]:
        left = [(key, last - first) for key, (first, last) in self._seen.items() if last < before]
        for key, _ in left:
            del self._seen[key]
        return left
