"""What is on the screen, spoken: by espeak-ng, on this machine, in both languages."""

import asyncio
import shutil
from collections import OrderedDict
from typing import Final

import structlog

from kiosk.session.screen import Lang, Screen

log = structlog.get_logger(__name__)

MOST_CHARACTERS: Final = 600
MOST_KEPT: Final = 32
SECONDS: Final = 10.0
_VOICES: Final[dict[Lang, str]] = {"zh": "cmn", "en": "en-gb"}
_WORDS_A_MINUTE: Final = "150"


class Speaker:
    """Gives sound for text. `program` is looked for when not given; empty, there is no sound.

    What was spoken of a private screen is not kept.
    """

    def __init__(self, program: str | None = None) -> None:
        if program is None:
            program = shutil.which("espeak-ng") or ""
        self._program = program
        self._kept: OrderedDict[tuple[str, Lang], bytes] = OrderedDict()

    @property
    def can_speak(self) -> bool:
        """Tell whether there is a voice."""
        return bool(self._program)

    async def wav(self, text: str, lang: Lang, *, is_private: bool = False) -> bytes:
        """Return a WAV of a text, empty where there is no voice or it failed."""
        text = text[:MOST_CHARACTERS].strip()
        if not self._program or not text:
            return b""
        key = (text, lang)
        if key in self._kept:
            self._kept.move_to_end(key)
            return self._kept[key]
        spoken = await self._speak(text, lang)
        if spoken and not is_private:
            self._kept[key] = spoken
            if len(self._kept) > MOST_KEPT:
                self._kept.popitem(last=False)
        return spoken

    async def _speak(self, text: str, lang: Lang) -> bytes:
        # The text goes by standard input: a command line can be read by every process.
        process = await asyncio.create_subprocess_exec(
            self._program,
            *("-v", _VOICES[lang], "-s", _WORDS_A_MINUTE, "--stdin", "--stdout"),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
        )
        try:
            async with asyncio.timeout(SECONDS):
                spoken, _ = await process.communicate(text.encode())
        except TimeoutError:
            process.kill()
            await process.wait()
            log.warning("speech_too_slow", characters=len(text))
            return b""
        return spoken if process.returncode == 0 else b""


def spoken_text(screen: Screen) -> str:
    """Return what is said of a screen: title, what went wrong, sentences, rows, choices."""
    lang = screen.prefs.lang
    parts = [screen.title]
    if screen.alert is not None:
        parts.append(screen.alert)
    parts += screen.says
    said = [part.to(lang) for part in parts]
    for row in screen.rows[:9]:
        note = row.note.to(lang) if row.note else ""
        said.append(f"{row.name} {note}".strip())
    said += [one.label.to(lang) for one in screen.buttons[:9]]
    return ("。" if lang == "zh" else ". ").join(said)
