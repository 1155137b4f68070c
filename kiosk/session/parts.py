"""The parts that screens are put together from. Pure."""

from dataclasses import dataclass
from typing import cast

from contracts.hours import Text
from kiosk.session import acts, words
from kiosk.session.screen import (
    Bar,
    Button,
    Field,
    Row,
    ScreenName,
    Section,
    Weight,
)
from kiosk.session.state import Visit

BACK_HOME = (acts.HOME,)
"""How most screens are left: to the first one."""


@dataclass(frozen=True, slots=True)
class Shown:
    """What is a screen's own; the rest is the same on all of them."""

    title: Text
    says: tuple[Text, ...] = ()
    alert: Text | None = None
    rows: tuple[Row, ...] = ()
    bars: tuple[Bar, ...] = ()
    field: Field | None = None
    buttons: tuple[Button, ...] = ()
    is_private: bool = False
    is_waiting: bool = False
    qr: str | None = None
    picture: str = ""
    sound: str = ""
    sections: tuple[Section, ...] = ()
    exhibit: str = ""
    medium: str = ""
    way_back: tuple[str, ...] = BACK_HOME


def button(
    act: str,
    *,
    weight: str = "plain",
    icon: str = "",
    choice: str = "",
    label: Text | None = None,
    why_not: Text | None = None,
) -> Button:
    """Return the button of an act under its usual words."""
    return Button(
        act,
        label or words.LABELS[act],
        hint=words.HINTS.get(act) if label is None else None,
        weight=cast("Weight", weight),
        icon=icon or act,
        choice=choice,
        why_not=why_not,
    )


def lang_label(visit: Visit) -> Text:
    """Return the word on the key of the other language: it is in that language."""
    other = "English" if visit.prefs.lang == "zh" else "中文"
    return Text(other, other)


def foot(
    visit: Visit, way_back: tuple[str, ...], *, has_finish: bool = False
) -> tuple[Button, ...]:
    """Return the band at the foot: manners, the way back, and the end on the right.

    `has_finish`: the end stands among the main buttons already.
    """
    prefs = visit.prefs
    found = [
        Button(acts.LANGUAGE, lang_label(visit), weight="quiet", icon="language"),
        button(acts.ELDER, weight="quiet", label=words.NORMAL_TEXT if prefs.is_elder else None),
    ]
    if prefs.is_elder:
        found.append(button(acts.SMALLER, weight="quiet"))
        found.append(button(acts.LARGER, weight="quiet"))
    found.append(button(acts.CONTRAST, weight="quiet"))
    speak = words.SILENT if prefs.is_speaking else None
    found.append(button(acts.SPEAK, weight="quiet", label=speak))
    short = {acts.HELP: words.HELP_SHORT}
    found.extend(button(act, weight="quiet", label=short.get(act)) for act in way_back)
    if visit.name is not ScreenName.ATTRACT and not has_finish:
        found.append(button(acts.FINISH, weight="quiet"))
    return tuple(found)
