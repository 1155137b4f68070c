"""The stage of a visit: a session, its desk, a clock that is told to go on, and a face."""

import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Protocol

from contracts.hours import Text
from kiosk.host import SessionHost
from kiosk.session import events as e
from kiosk.session import words
from kiosk.session.moment import Moment
from kiosk.session.screen import Button, Lang, Prefs, Screen, ScreenName
from kiosk.session.settings import SessionSettings
from tests.flows.desk import NOW_S, FakeDesk
from tests.flows.steps import (
    Asked,
    BadCard,
    Card,
    Expect,
    Flow,
    GoOn,
    Hold,
    Idle,
    Lay,
    Press,
    PressTwice,
    See,
    Step,
    Take,
    Told,
    Type,
    World,
)

LONGEST_SECONDS = 200
"""After so much silence every visit is over."""


@dataclass
class Clock:
    """Goes on when it is told to."""

    seconds: float = 1000.0
    began: float = 1000.0
    """When the clock on the wall showed the time at which visits begin."""

    def moment(self) -> Moment:
        """Return now."""
        return Moment(self.seconds, NOW_S + int(self.seconds - self.began))


class Stage:
    """One session that no device and no network is needed for."""

    def __init__(
        self, lang: Lang = "zh", prefs: Prefs | None = None, most_reports: int = 10
    ) -> None:
        self.clock = Clock()
        self.desk = FakeDesk(self._post)
        meets = dataclasses.replace(prefs or Prefs(), lang=lang)
        settings = SessionSettings(
            prefs=meets, telephone="021-5953 0000", most_reports=most_reports
        )
        self.host = SessionHost(self.desk.carry_out, self.clock.moment, settings)
        self.desk.begin()

    def _post(self, event: e.Event) -> None:
        self.host.post(event)

    def begin_anew(self) -> None:
        """Let the world be as at first, and the clock on the wall too, for a further visit."""
        self.clock.began = self.clock.seconds
        self.desk.mend()

    def wait(self, seconds: int) -> None:
        """Let seconds go by, one after the other."""
        for _ in range(seconds):
            self.clock.seconds += 1.0
            self.host.post(e.Ticked())
            self.desk.work()


@dataclass
class Seen:
    """What a face shows: all its text as one, its buttons, its field."""

    name: ScreenName
    serial: int
    text: str
    buttons: dict[str, bool] = field(default_factory=dict)
    """By act: whether all buttons of it do what they say."""
    field: str | None = None
    is_counting: bool = False


class Face(Protocol):
    """A face that somebody stands before."""

    async def press(self, act: str, choice: str | None, times: int = 1) -> None:
        """Press a button that is shown."""

    async def type(self, name: str, text: str) -> None:
        """Type into the field that is shown, and send it."""

    async def seen(self) -> Seen:
        """Return what is shown once it shows what the session says."""

    async def left_of(self, secrets: tuple[str, ...]) -> list[str]:
        """Return where something of a visitor is still to be found."""


async def play(flow: Flow, stage: Stage, face: Face) -> None:
    """Play a visit to its end, and leave: nothing of the visitor may be left anywhere."""
    lang = stage.host.settings.prefs.lang
    for number, step in enumerate(flow.steps, 1):
        try:
            await _do(step, stage, face, lang)
        except AssertionError as error:
            error.add_note(f"{flow.name}, step {number}: {step}")
            error.add_note(f"shown: {stage.host.screen}")
            raise
    stage.desk.is_held = False
    stage.desk.work()
    stage.wait(LONGEST_SECONDS)
    stage.desk.take(())
    seen = await face.seen()
    assert seen.name in {ScreenName.ATTRACT, ScreenName.OUT_OF_SERVICE}, seen
    assert [s for s in flow.secrets if s in seen.text] == []
    assert [s for s in flow.secrets if s in " ".join(texts_in(stage.host.state))] == []
    assert await face.left_of(flow.secrets) == []


async def _do(  # noqa: C901, PLR0912  a case each
    step: Step, stage: Stage, face: Face, lang: Lang
) -> None:
    desk = stage.desk
    match step:
        case Press(act, choice):
            await face.press(act, choice)
        case PressTwice(act, choice):
            await face.press(act, choice, 2)
        case Type(name, text):
            await face.type(name, text)
        case Lay(books):
            desk.lay(books)
        case Take(books):
            desk.take(books)
        case Card(number):
            stage.host.post(e.CardSeen(number))
        case BadCard(refusal):
            stage.host.post(e.CardTrouble(refusal))
        case Idle(seconds):
            stage.wait(seconds)
        case World(changes):
            desk.change(**changes)
        case See(exhibit):
            stage.host.post(e.ExhibitSeen(exhibit))
        case Hold():
            desk.is_held = True
        case GoOn():
            desk.is_held = False
        case Asked(kind, times):
            assert sum(isinstance(one, kind) for one in desk.asked) == times, desk.asked
        case Told(name, data, times):
            told = [one.data for one in desk.reports(name) if data.items() <= one.data.items()]
            assert len(told) == times, desk.reports(name)
        case Expect():
            check(step, await face.seen(), stage.host.screen.prefs.lang)
            return
    desk.work()


def check(expected: Expect, seen: Seen, lang: Lang) -> None:
    """Compare what is shown with what has to be."""
    assert seen.name is expected.screen, seen
    text = plain(seen.text)
    said = [one.zh if lang == "zh" else one.en for one in expected.says]
    assert [one for one in said if plain(one) not in text] == [], seen.text
    assert [one for one in expected.silent if plain(one) in text] == [], seen.text
    assert [act for act in expected.buttons if not seen.buttons.get(act)] == [], seen.buttons
    assert [act for act in expected.without if act in seen.buttons] == [], seen.buttons
    assert [act for act in expected.off if seen.buttons.get(act, True)] == [], seen.buttons
    assert seen.is_counting == expected.countdown, seen
    if expected.field is not None:
        assert seen.field == expected.field, seen


def plain(text: str) -> str:
    """Return a text without what lines and faces may set otherwise: spaces and kinds of quotes."""
    kinds = str.maketrans({"“": '"', "”": '"', "’": "'", "—": "-", "–": "-"})
    return "".join(text.translate(kinds).split())


def buttons_of(screen: Screen) -> list[Button]:
    """Return every button of a screen."""
    rows = [*screen.rows, *(row for section in screen.sections for row in section.rows)]
    more = [screen.countdown.more] if screen.countdown else []
    return [*screen.buttons, *screen.foot, *(b for row in rows for b in row.buttons), *more]


def seen_of(screen: Screen) -> Seen:
    """Return what a face that shows everything shows of a screen."""
    lang = screen.prefs.lang
    buttons: dict[str, bool] = {}
    for one in buttons_of(screen):
        buttons[one.act] = buttons.get(one.act, True) and one.is_enabled
    told = list(_in_lang(screen, lang))
    # Faces say these themselves.
    told += _in_lang((words.COUNTDOWN,) if screen.countdown else (), lang)
    return Seen(
        screen.name,
        screen.serial,
        "\n".join(told),
        buttons,
        screen.field.name if screen.field else None,
        screen.countdown is not None,
    )


def _in_lang(thing: Any, lang: Lang) -> Iterator[str]:
    if isinstance(thing, Text):
        yield thing.zh if lang == "zh" else thing.en
    elif isinstance(thing, str):
        yield thing
    elif isinstance(thing, list | tuple):
        for part in thing:
            yield from _in_lang(part, lang)
    elif dataclasses.is_dataclass(thing) and not isinstance(thing, type):
        for part in dataclasses.fields(thing):
            yield from _in_lang(getattr(thing, part.name), lang)


def texts_in(thing: Any) -> Iterator[str]:
    """Yield every text that is reachable from a value."""
    if isinstance(thing, str):
        yield thing
    elif dataclasses.is_dataclass(thing) and not isinstance(thing, type):
        for part in dataclasses.fields(thing):
            yield from texts_in(getattr(thing, part.name))
    elif isinstance(thing, dict):
        for key, value in thing.items():
            yield from texts_in(key)
            yield from texts_in(value)
    elif isinstance(thing, list | tuple | set | frozenset):
        for part in thing:
            yield from texts_in(part)


class NoFace:
    """The session alone, as a face sees it."""

    def __init__(self, stage: Stage) -> None:
        self.host = stage.host

    async def press(self, act: str, choice: str | None, times: int = 1) -> None:
        """Press a button that is shown; a second time with the serial of the first."""
        screen = self.host.screen
        button = found(screen, act, choice)
        for _ in range(times):
            self.host.post(e.Pressed(button.act, screen.serial, button.choice))

    async def type(self, name: str, text: str) -> None:
        """Send a field that is shown."""
        screen = self.host.screen
        assert screen.field is not None, screen.name
        assert screen.field.name == name
        self.host.post(e.Entered(name, text, screen.serial))

    async def seen(self) -> Seen:
        """Return what is to be shown."""
        return seen_of(self.host.screen)

    async def left_of(self, secrets: tuple[str, ...]) -> list[str]:
        """Return what is left: nothing, there is no face."""
        del secrets
        return []


def found(screen: Screen, act: str, choice: str | None) -> Button:
    """Return the button of an act. Raises AssertionError where there is none."""
    for one in buttons_of(screen):
        if one.act == act and choice in {None, one.choice}:
            return one
    raise AssertionError(f"no button {act} {choice or ''} on {screen.name}")
