"""A cable that misbehaves, seeded: between a simulated device and its port."""

import random
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Faults:
    """Chances, each of one chunk that is sent."""

    drop: float = 0.0
    corrupt: float = 0.0
    noise: float = 0.0
    delay: float = 0.0  # held back and sent together with a later chunk
    one_byte: bool = False


@dataclass
class BadLine:
    """Carries chunks in their order; `flush` lets out what was held back."""

    faults: Faults
    seed: int
    held: bytes = b""
    counts: dict[str, int] = field(default_factory=lambda: dict.fromkeys(("drop", "corrupt"), 0))

    def __post_init__(self) -> None:
        self._random = random.Random(self.seed)

    def carry(self, chunk: bytes) -> list[bytes]:
        """Return the chunks that come out at the other end for this one."""
        chance = self._random.random
        if chance() < self.faults.drop:
            self.counts["drop"] += 1
            chunk = b""
        if chunk and chance() < self.faults.corrupt:
            self.counts["corrupt"] += 1
            damaged = bytearray(chunk)
            damaged[self._random.randrange(len(chunk))] ^= self._random.randrange(1, 256)
            chunk = bytes(damaged)
        if chance() < self.faults.noise:
            chunk = self._random.randbytes(self._random.randrange(1, 40)) + chunk
        self.held += chunk
        if chance() < self.faults.delay:
            return []
        return self.flush()

    def flush(self) -> list[bytes]:
        """Return what was held back."""
        sent, self.held = self.held, b""
        if self.faults.one_byte:
            return [bytes([byte]) for byte in sent]
        if not sent:
            return []
        cut = self._random.randrange(len(sent))
        return [part for part in (sent[:cut], sent[cut:]) if part]
