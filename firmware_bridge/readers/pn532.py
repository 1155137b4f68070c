"""Driver of the NXP PN532: patrons' cards at 13.56 MHz (ISO/IEC 14443 type A), on its UART."""

import asyncio
from collections.abc import AsyncIterator, Callable
from functools import partial

from firmware_bridge.errors import DeviceError, DeviceTimeout, FrameError
from firmware_bridge.framing.pn532 import (
    WAKE,
    Pn532Command,
    Target,
    decode_answer,
    decode_targets,
    encode_command,
    list_passive_targets,
    pn532_decoder,
)
from firmware_bridge.readers.held import AWAY_SECONDS, HeldCards
from firmware_bridge.readers.identities import CardSeen, Technology
from firmware_bridge.readers.line_reader import LineReader
from firmware_bridge.statistics import LineStatistics
from firmware_bridge.transport import Transport, open_transport

BAUDRATE = 115_200
_POLL_SECONDS = 0.15
# A look into an empty field takes some 30 ms with the retries set below.
_ANSWER_SECONDS = 0.5
_ATTEMPTS = 4
_NORMAL_MODE_NO_IRQ = b"\x01\x14\x00"
# Item 5: retries of ATR, of PSL, and of looking for a card, which by default go on for ever.
_FEW_RETRIES = b"\x05\xff\x01\x02"


class Pn532Reader(LineReader):
    """A PN532 on its UART: cards of ISO/IEC 14443 type A, told once while they are held.

    Of two that are held at once both are told: whose turn it is, the caller has to decide.

    A UID that is made up at each meeting (phones, passports) is no patron's and is counted in
    `random_uids`. A card is told again after `away_seconds` without a read of it.
    """

    def __init__(
        self,
        url: str,
        *,
        away_seconds: float = AWAY_SECONDS,
        answer_seconds: float = _ANSWER_SECONDS,
        statistics: LineStatistics | None = None,
        connect: Callable[..., Transport] = open_transport,
    ) -> None:
        open_line = partial(connect, url, baudrate=BAUDRATE)
        super().__init__(url, pn532_decoder(), open_line, statistics=statistics)
        self._answer_seconds = answer_seconds
        self._held = HeldCards(away_seconds)
        self.random_uids = 0
        self.firmware = ""

    def __aiter__(self) -> AsyncIterator[CardSeen]:
        """Yield cards until the reader is closed; see the port."""
        return self._cards()

    async def _cards(self) -> AsyncIterator[CardSeen]:
        self._check_open()
        loop = asyncio.get_running_loop()
        while True:
            try:
                targets = await self._look()
            except DeviceError:
                if self._is_open and not self._line.is_ended:
                    raise
                return  # closed while somebody waited, or a recording's end: that is no failure
            for target in targets:
                if target.has_random_uid:
                    self.random_uids += 1
                    continue
                card_id = target.uid.hex().upper()
                if self._held.read(card_id, loop.time()):
                    yield CardSeen(card_id, Technology.ISO14443A)
            await asyncio.sleep(_POLL_SECONDS)

    async def _set_up(self) -> None:
        await self._ask(
            Pn532Command.SAM_CONFIGURATION,
            WAKE + encode_command(Pn532Command.SAM_CONFIGURATION, _NORMAL_MODE_NO_IRQ),
        )
        # IC, version, revision, and what the chip supports.
        said = await self._ask(
            Pn532Command.GET_FIRMWARE_VERSION, encode_command(Pn532Command.GET_FIRMWARE_VERSION)
        )
        if len(said) < 3:
            raise DeviceError(f"{self._url} is no PN532: its version is {said.hex() or 'empty'}")
        self.firmware = f"{said[1]}.{said[2]}"
        await self._ask(
            Pn532Command.RF_CONFIGURATION,
            encode_command(Pn532Command.RF_CONFIGURATION, _FEW_RETRIES),
        )

    async def _look(self) -> tuple[Target, ...]:
        data = await self._ask(Pn532Command.IN_LIST_PASSIVE_TARGET, list_passive_targets())
        try:
            return decode_targets(data)
        except FrameError:
            self._refused += 1
            return ()

    async def _ask(self, command: Pn532Command, frame: bytes) -> bytes:
        """Return the data of the answer. Asks again when it does not come; then DeviceTimeout."""
        data = await self._line.ask(
            frame,
            partial(decode_answer, command=command),
            seconds=self._answer_seconds,
            attempts=_ATTEMPTS,
        )
        if data is None:
            raise DeviceTimeout(
                f"{self._url} does not answer as a PN532: check its power, that its switches say "
                "HSU (UART), and that RX and TX are crossed"
            )
        return data
