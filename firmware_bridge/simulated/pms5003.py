"""A PMS5003 without hardware."""

import asyncio
import random
import struct

from firmware_bridge.simulated.pty_port import PtyPort


class SimulatedPms5003:
    """Tells a frame when it is asked to by the program."""

    def __init__(self, pm2_5: int = 12, pm10: int = 18) -> None:
        self.pm2_5 = pm2_5
        self.pm10 = pm10

    def frame(self) -> bytes:
        """Return the bytes that the sensor sends once a second."""
        words = [self.pm2_5 // 2, self.pm2_5, self.pm10] * 2 + [0] * 6 + [0x9700]
        body = struct.pack(">4s13H", b"\x42\x4d\x00\x1c", *words)
        return body + sum(body).to_bytes(2, "big")


async def run(port: PtyPort, seed: int) -> None:
    """Run a sensor whose air moves, until the port is unplugged."""
    rng = random.Random(seed)  # noqa: S311  believable air, not a secret
    sensor = SimulatedPms5003()
    listening = asyncio.ensure_future(port.read())
    while not listening.done():
        sensor.pm2_5 = max(0, round(12 + rng.gauss(0, 1)))
        await port.write(sensor.frame())
        await asyncio.wait({listening}, timeout=1.0)
        if listening.done() and listening.result():
            listening = asyncio.ensure_future(port.read())
