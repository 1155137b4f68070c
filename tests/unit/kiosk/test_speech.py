"""What is spoken of a screen, and the voice that speaks it: espeak-ng, where it is installed."""

import shutil
import stat
import wave
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import pytest

from contracts.hours import Text
from kiosk import speech
from kiosk.session.screen import Button, Lang, Prefs, Row, Screen, ScreenName
from kiosk.speech import MOST_CHARACTERS, MOST_KEPT, Speaker, spoken_text

SCREEN = Screen(
    ScreenName.PAD,
    1,
    Prefs(),
    Text("借书", "Borrow"),
    says=(Text("看到 2 本书", "2 books seen"),),
    alert=Text("读者证读不出来", "The card cannot be read"),
    rows=(Row("1", "红楼梦", note=Text("可以办理", "Ready")), Row("2", "水浒传")),
    buttons=(Button("confirm", Text("借这 2 本", "Borrow these 2")),),
)
needs_a_voice = pytest.mark.skipif(
    shutil.which("espeak-ng") is None, reason="there is no espeak-ng on this machine"
)


def test_title_alert_sentences_rows_and_choices_are_said_in_this_order() -> None:
    assert (
        spoken_text(SCREEN)
        == "借书。读者证读不出来。看到 2 本书。红楼梦 可以办理。水浒传。借这 2 本"
    )
    assert spoken_text(replace(SCREEN, prefs=Prefs(lang="en"))) == (
        "Borrow. The card cannot be read. 2 books seen. 红楼梦 Ready. 水浒传. Borrow these 2"
    )


@needs_a_voice
@pytest.mark.parametrize("lang", ["zh", "en"])
async def test_more_text_is_more_sound(lang: Lang) -> None:
    speaker = Speaker()
    assert speaker.can_speak
    text = {"zh": "请把书放到台面上", "en": "Please lay the books on the shelf"}[lang]
    short, long = await speaker.wav(text, lang), await speaker.wav(f"{text}。{text}", lang)
    assert seconds(short) > 0.5
    assert seconds(long) > 1.5 * seconds(short)


@needs_a_voice
async def test_each_language_has_its_voice() -> None:
    speaker = Speaker()
    assert await speaker.wav("借书", "zh") != await speaker.wav("借书", "en")


def seconds(sound: bytes) -> float:
    """Return the seconds of a WAV, whose head written to a pipe does not say how long it is."""
    with wave.open(BytesIO(sound)) as one:
        assert one.getnchannels() == 1
        bytes_a_second: int = one.getsampwidth() * one.getframerate()
    return (len(sound) - 44) / bytes_a_second


async def test_no_program_and_no_text_are_no_sound() -> None:
    assert not Speaker("").can_speak
    assert await Speaker("").wav("借书", "zh") == b""
    assert await Speaker("/bin/false").wav("  ", "zh") == b""


async def test_a_voice_that_fails_is_no_sound(tmp_path: Path) -> None:
    assert await Speaker(a_voice(tmp_path, "printf half; exit 1")).wav("借书", "zh") == b""


async def test_a_voice_that_hangs_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(speech, "SECONDS", 0.2)
    assert await Speaker(a_voice(tmp_path, "exec sleep 60")).wav("借书", "zh") == b""


async def test_the_text_is_in_no_command_line_and_is_cut(tmp_path: Path) -> None:
    voice = a_voice(tmp_path, f'echo "$@" > {tmp_path}/arguments; cat')
    spoken = await Speaker(voice).wav("书" * 2 * MOST_CHARACTERS, "zh")
    assert spoken.decode() == "书" * MOST_CHARACTERS
    assert "书" not in (tmp_path / "arguments").read_text()


async def test_what_is_private_is_spoken_anew_each_time(tmp_path: Path) -> None:
    voice = a_voice(tmp_path, f"echo x >> {tmp_path}/times; cat")
    speaker = Speaker(voice)
    for _ in range(2):
        assert await speaker.wav("借书", "zh") == "借书".encode()
        assert await speaker.wav("陈*，您好", "zh", is_private=True)
    assert (tmp_path / "times").read_text().count("x") == 3


async def test_no_more_is_kept_than_there_is_room_for(tmp_path: Path) -> None:
    voice = a_voice(tmp_path, f"echo x >> {tmp_path}/times; cat")
    speaker = Speaker(voice)
    for number in range(MOST_KEPT + 1):
        await speaker.wav(str(number), "en")
        await speaker.wav("0", "en")  # asked for again and again: it stays
    times = (tmp_path / "times").read_text().count("x")
    assert times == MOST_KEPT + 1
    await speaker.wav("1", "en")
    assert (tmp_path / "times").read_text().count("x") == times + 1


def a_voice(folder: Path, script: str) -> str:
    """Write a program in place of the voice."""
    path = folder / "voice"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return str(path)
