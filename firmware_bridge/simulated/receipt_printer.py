"""An ESC/POS printer without hardware: answers what it is asked, and keeps what it printed."""

from typing import Final

from firmware_bridge.simulated.pty_port import PtyPort

_ASK_AT_END: Final = b"\x1d\x72\x01"
_CLEAR: Final = b"\x10\x14\x08"
_CUT: Final = b"\x1dV\x00"


class SimulatedEscpos:
    """A printer with a cover and `paper_lines`, None for a full roll; out of paper it stands still.

    `printed` holds the bytes of each receipt that was cut off.
    """

    def __init__(self, paper_lines: int | None = None) -> None:
        self.paper_lines = paper_lines
        self.is_cover_open = False
        self.has_fault = False
        self.is_paper_low = False
        self.printed: list[bytes] = []
        self._page = b""
        self._waiting = b""

    @property
    def is_stopped(self) -> bool:
        """Whether it prints nothing until a person has come."""
        return self.is_cover_open or self.has_fault or self.paper_lines == 0

    def receive(self, chunk: bytes) -> bytes:
        """Take bytes of the host and return the answers."""
        answers = b""
        while chunk:
            if chunk.startswith(b"\x10\x04") and len(chunk) > 2:
                answers += bytes([self._status(chunk[2])])
                chunk = chunk[3:]
            elif chunk.startswith(_CLEAR):
                self._page = self._waiting = b""
                chunk = chunk[10:]
            else:
                self._waiting += chunk[:1]
                chunk = chunk[1:]
        return answers + self._print()

    def _status(self, question: int) -> int:
        if question == 2:
            return 0x12 | 0x04 * self.is_cover_open | 0x20 * (self.paper_lines == 0)
        if question == 3:
            return 0x12 | 0x08 * self.has_fault
        if question == 4:
            return 0x12 | 0x0C * self.is_paper_low | 0x60 * (self.paper_lines == 0)
        return 0x12 | 0x08 * self.is_stopped

    def _print(self) -> bytes:
        answers = b""
        while self._waiting and not self.is_stopped:
            if self._waiting.startswith(_ASK_AT_END):
                self._waiting = self._waiting[3:]
                answers += bytes([0x03 * self.is_paper_low])
            elif self._waiting.startswith(_CUT):
                self.printed.append(self._page)
                self._page, self._waiting = b"", self._waiting[3:]
            else:
                if self._waiting.startswith(b"\n") and self.paper_lines is not None:
                    self.paper_lines -= 1
                self._page += self._waiting[:1]
                self._waiting = self._waiting[1:]
        return answers


async def serve(port: PtyPort, printer: SimulatedEscpos) -> None:
    """Answer until the port is unplugged; `port` is entered by the caller."""
    while request := await port.read():
        answer = printer.receive(request)
        if answer:
            await port.write(answer)


async def run(port: PtyPort, seed: int) -> None:  # noqa: ARG001  nothing happens by itself
    """Run a printer with a full roll until the port is unplugged."""
    await serve(port, SimulatedEscpos())
