"""How the Textual face looks, as pictures that a person has accepted.

Written anew by `pytest --snapshot-update tests/unit/kiosk/tui`; look at them before.
"""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

import pytest
from textual.pilot import Pilot

from kiosk.host import SessionHost
from kiosk.session.moment import Moment
from kiosk.session.screen import Prefs
from kiosk.session.state import State
from kiosk.tui.app import KioskApp
from tests.integration.kiosk.screens import AROUND, SCREENS
from tests.integration.kiosk.served import NOW_S

SMALL, ROOMY = (80, 24), (120, 40)
ZH, EN = Prefs(), Prefs(lang="en")
ELDER, CONTRAST = Prefs(is_elder=True), Prefs(lang="en", is_contrast=True)

PICTURES: dict[str, tuple[str, Prefs, tuple[int, int], float]] = {
    "attract-zh": ("attract", ZH, SMALL, 0),
    "home-zh": ("home", ZH, SMALL, 0),
    "home-en": ("home", EN, SMALL, 0),
    "home-elder": ("home", ELDER, SMALL, 0),
    "home-contrast": ("home", CONTRAST, SMALL, 0),
    "home-wide": ("home", ZH, ROOMY, 0),
    "home-narrow": ("home", EN, (50, 30), 0),
    "alone-en": ("home with books, library away", EN, SMALL, 0),
    "closed-zh": ("home, nothing works", ZH, SMALL, 0),
    "pin-zh": ("pin, wrong", ZH, SMALL, 0),
    "pad-zh": ("pad", ZH, SMALL, 0),
    "pad-under-way-en": ("pad, under way", EN, SMALL, 0),
    "pad-done-zh": ("pad, done", ZH, SMALL, 0),
    "account-zh": ("account", ZH, SMALL, 0),
    "account-elder": ("account", ELDER, ROOMY, 0),
    "account-countdown": ("account", ZH, SMALL, 35),
    "code-zh": ("receipt as code", ZH, (90, 60), 0),
    "code-without-room": ("receipt as code", ZH, SMALL, 0),
    "hours-en": ("hours", EN, ROOMY, 0),
    "staff-zh": ("staff", ZH, SMALL, 0),
    "out-en": ("out of service", EN, SMALL, 0),
}


def face(name: str, prefs: Prefs, silent_seconds: float) -> KioskApp:
    """Return the face of a session that is at a screen of the gallery."""
    visit, around = SCREENS[name]
    host = SessionHost(lambda _: None, lambda: Moment(1000.0, NOW_S))
    there = replace(host.state.around, **{**AROUND, **around})  # type: ignore[arg-type]
    host.state = State(there, replace(visit, prefs=prefs, touched_at=1000.0 - silent_seconds))
    return KioskApp(host)


@pytest.fixture
def compare(snap_compare: Any) -> Callable[[str], bool]:
    def compared(name: str) -> bool:
        screen, prefs, size, silent = PICTURES[name]
        same: bool = snap_compare(
            face(screen, prefs, silent), terminal_size=size, run_before=settled
        )
        return same

    return compared


def settled(pilot: Pilot[None]) -> Awaitable[None]:
    return pilot.pause()


@pytest.mark.parametrize("name", PICTURES)
def test_it_looks_as_accepted(compare: Callable[[str], bool], name: str) -> None:
    assert compare(name)


def test_without_colour_the_same_is_told(
    compare: Callable[[str], bool], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every state has its shape and words: nothing is lost with the colours."""
    monkeypatch.setenv("NO_COLOR", "1")
    assert compare("pad-done-zh")
