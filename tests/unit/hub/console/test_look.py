"""How the console looks, as pictures that a person has accepted.

Written anew by `pytest --snapshot-update tests/unit/hub/console`; look at them before.
"""

from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from typing import Any

import pytest
from textual.pilot import Pilot

from hub.console.state import Away, Denied, Looked, News
from hub.console.words import Lang
from tests.unit.hub.console.telling import A_DAY, NOW, a_console

LOST = (*A_DAY, Away("no_answer", NOW + timedelta(seconds=12)))
NO_TOKEN = (*A_DAY, Looked(None, None))
NARROW, WIDE = (80, 24), (140, 30)

PICTURES: dict[str, tuple[Lang, Sequence[News], tuple[int, int], Sequence[str]]] = {
    "zh": ("zh", A_DAY, NARROW, ()),
    "en": ("en", A_DAY, NARROW, ()),
    "zh-wide": ("zh", A_DAY, WIDE, ()),
    "en-wide-night": ("en", A_DAY, WIDE, ("t",)),
    "zh-offline": ("zh", LOST, NARROW, ()),
    "en-offline": ("en", LOST, NARROW, ()),
    "zh-connecting": ("zh", (), NARROW, ()),
    "en-never-there": ("en", (Away("no_answer", NOW),), NARROW, ()),
    "en-denied": ("en", (Denied(NOW),), NARROW, ()),
    "zh-empty": ("zh", A_DAY[:1], NARROW, ()),
    "en-empty": ("en", A_DAY[:1], NARROW, ()),
    "en-no-token": ("en", NO_TOKEN, NARROW, ()),
    "zh-devices": ("zh", A_DAY, NARROW, ("d",)),
    "en-devices-wide": ("en", A_DAY, WIDE, ("d",)),
    "zh-device": ("zh", A_DAY, NARROW, ("d", "enter")),
    "en-device": ("en", A_DAY, NARROW, ("d", "enter")),
    "zh-items": ("zh", A_DAY, NARROW, ("a",)),
    "zh-alerts": ("zh", A_DAY, NARROW, ("g",)),
    "en-alerts-wide": ("en", A_DAY, WIDE, ("g", "down", "x")),
    "zh-alerts-reason": ("zh", A_DAY, NARROW, ("g", "c", *"false")),
    "zh-alerts-none": ("zh", A_DAY[:2], NARROW, ("g",)),
    "zh-help": ("zh", A_DAY, NARROW, ("question_mark",)),
    "en-help": ("en", A_DAY, NARROW, ("question_mark",)),
    "en-search": ("en", A_DAY, NARROW, ("slash", *"lib")),
}


@pytest.fixture
def compare(snap_compare: Any) -> Callable[[str], bool]:
    def compared(name: str) -> bool:
        lang, news, size, keys = PICTURES[name]
        same: bool = snap_compare(
            a_console(news, lang), terminal_size=size, run_before=drawn(len(news), keys)
        )
        return same

    return compared


def drawn(pieces: int, keys: Sequence[str]) -> Callable[[Pilot[None]], Awaitable[None]]:
    async def run(pilot: Pilot[None]) -> None:
        await pilot.pause()
        assert not pilot.app.feed.more.qsize(), pieces  # type: ignore[attr-defined]
        pilot.app.draw()  # type: ignore[attr-defined]
        await pilot.pause()
        for key in keys:
            await pilot.press(key)
            await pilot.pause()
        asking = [worker for worker in pilot.app.workers if worker.name == "ask"]
        if asking:
            await pilot.app.workers.wait_for_complete(asking)
        pilot.app.draw()  # type: ignore[attr-defined]
        await pilot.pause()

    return run


@pytest.mark.parametrize("name", PICTURES)
def test_it_looks_as_accepted(compare: Callable[[str], bool], name: str) -> None:
    assert compare(name)


def test_without_colour_the_same_is_told(
    compare: Callable[[str], bool], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every state has its shape and word: nothing is lost with the colours."""
    monkeypatch.setenv("NO_COLOR", "1")
    assert compare("en-offline")
