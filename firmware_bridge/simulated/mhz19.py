"""An MH-Z19 without hardware."""

import random
from typing import Final

from firmware_bridge.simulated.pty_port import PtyPort

_REQUEST: Final = bytes.fromhex("ff0186000000000079")


class SimulatedMhZ19:
    """Answers requests for the gas concentration."""

    def __init__(self, co2_ppm: int = 600) -> None:
        self.co2_ppm = co2_ppm
        self._received = b""

    def receive(self, chunk: bytes) -> bytes:
        """Take bytes of the host and return the answer."""
        self._received = (self._received + chunk)[-64:]
        answers = b""
        while (found := self._received.find(_REQUEST)) >= 0:
            self._received = self._received[found + len(_REQUEST) :]
            body = bytes([0x86, *divmod(self.co2_ppm, 256), 64, 0, 0, 0])
            answers += b"\xff" + body + bytes([-sum(body) % 256])
        return answers


async def run(port: PtyPort, seed: int) -> None:
    """Run a sensor whose air moves, until the port is unplugged."""
    rng = random.Random(seed)  # noqa: S311  believable air, not a secret
    sensor = SimulatedMhZ19()
    while request := await port.read():
        sensor.co2_ppm = round(600 + rng.gauss(0, 5))
        answer = sensor.receive(request)
        if answer:
            await port.write(answer)
