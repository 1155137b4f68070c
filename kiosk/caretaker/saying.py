"""Announcements aloud: spoken by espeak-ng, played by a program that takes a WAV on its input."""

import asyncio
import shlex
import shutil
from collections import deque
from collections.abc import Callable, Sequence
from typing import Final

import structlog

from contracts.hours import Text
from kiosk.session.screen import Lang
from kiosk.speech import Speaker

log = structlog.get_logger(__name__)

LANGS: Final[tuple[Lang, ...]] = ("zh", "en")
MOST_WAITING: Final = 6
PLAY_SECONDS: Final = 30.0
"""No announcement is longer; a player that hangs is ended."""


class Loudspeaker:
    """One after the other, in both languages. `command` empty: nothing is said.

    `trouble` gets a sentence when nothing can be heard, and an empty one when it can again.
    """

    def __init__(
        self,
        speaker: Speaker,
        command: str,
        trouble: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._speaker = speaker
        self._command = shlex.split(command)
        self._trouble = trouble
        self._waiting: deque[Text] = deque(maxlen=MOST_WAITING)
        self._wake = asyncio.Event()
        self._player: asyncio.subprocess.Process | None = None

    def say(self, text: Text, *, at_once: bool = False) -> None:
        """Say it after what waits; `at_once`: in place of all that."""
        if not self._command:
            return
        if at_once:
            self._waiting.clear()
            if self._player is not None and self._player.returncode is None:
                self._player.terminate()
        self._waiting.append(text)
        self._wake.set()

    async def run(self, beforehand: Sequence[Text] = ()) -> None:
        """Say what comes until cancelled; what is known `beforehand` is spoken without delay."""
        if not self._command:
            return
        if not self._speaker.can_speak:
            self._trouble("espeak-ng is not installed: nothing can be announced")
            return
        if shutil.which(self._command[0]) is None:
            self._trouble(f"the player {self._command[0]} is not installed")
            return
        self._trouble("")
        for text in beforehand:
            for lang in LANGS:
                await self._speaker.wav(text.to(lang), lang)
        while True:
            await self._wake.wait()
            self._wake.clear()
            while self._waiting:
                await self._say(self._waiting.popleft())

    async def _say(self, text: Text) -> None:
        said: set[str] = set()
        for lang in LANGS:
            if text.to(lang) in said:
                continue
            said.add(text.to(lang))
            spoken = await self._speaker.wav(text.to(lang), lang)
            if not spoken or not await self._play(spoken):
                return

    async def _play(self, wav: bytes) -> bool:
        """Play; False when it was ended before its end."""
        self._player = await asyncio.create_subprocess_exec(
            *self._command,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
        )
        try:
            async with asyncio.timeout(PLAY_SECONDS):
                await self._player.communicate(wav)
        except (TimeoutError, asyncio.CancelledError) as error:
            if self._player.returncode is None:
                self._player.kill()
            await self._player.wait()
            if isinstance(error, asyncio.CancelledError):
                raise
            self._trouble(f"the player {self._command[0]} did not end")
            return False
        code = self._player.returncode
        if code not in {0, -15}:
            self._trouble(f"the player {self._command[0]} failed with {code}")
        elif code == 0:
            self._trouble("")
        return code == 0
