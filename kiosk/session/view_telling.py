"""The screens on which a visitor tells the venue something, and the goodbye. Pure."""

from collections.abc import Mapping

from contracts.hours import Text
from kiosk.session import acts, words
from kiosk.session.moment import Moment
from kiosk.session.offers import put, why_not
from kiosk.session.parts import Shown, button
from kiosk.session.screen import Button, Field
from kiosk.session.settings import SessionSettings
from kiosk.session.state import State


def call(state: State, _moment: Moment, settings: SessionSettings) -> Shown:
    """Ask what for a person is called, and say when one was."""
    is_away = state.around.facts.hub_away_since_s is not None
    says = [state.visit.called or (words.HELP_LATER if is_away else words.HELP_SAYS)]
    if settings.telephone:
        says.append(put(words.TELEPHONE, number=settings.telephone))
    says.append(words.HELP_EMERGENCY)
    reasons = tuple(
        button(acts.CALL, label=label, icon=f"call-{choice}", choice=choice)
        for choice, label in words.CALLS.items()
    )
    way_back = (acts.HOME,) if state.visit.help_from is None else (acts.BACK, acts.HOME)
    return Shown(words.HELP_TITLE, says=tuple(says), buttons=reasons, way_back=way_back)


def rating(state: State, _moment: Moment, _settings: SessionSettings) -> Shown:
    """Ask for stars, then for what they are about: three taps with the one that came here."""
    if not state.visit.stars:
        stars = tuple(
            Button(acts.STARS, label, icon=f"stars-{n}", choice=str(n), weight="main")
            for n, label in enumerate(words.STARS, 1)
        )
        return Shown(words.RATE_ASK, says=(words.ANONYMOUS,), buttons=stars, way_back=_back(state))
    return Shown(
        words.RATE_ABOUT,
        says=(words.STARS[state.visit.stars - 1],),
        buttons=_abouts(words.ABOUTS),
        way_back=_back(state),
    )


def need(state: State, _moment: Moment, settings: SessionSettings) -> Shown:
    """Ask what somebody wishes for; words are optional."""
    about = state.visit.about
    if not about:
        return Shown(
            words.NEED_TITLE,
            says=(words.NEED_SAYS, words.ANONYMOUS),
            buttons=_abouts(words.NEEDS),
        )
    most = settings.need_characters
    text = Field(acts.NEED_TEXT, words.NEED_TEXT, "text", most, words.SEND, is_optional=True)
    return Shown(
        words.NEED_TITLE, says=(words.NEEDS[about], words.NEED_SAYS), field=text, is_private=True
    )


def farewell(state: State, moment: Moment, settings: SessionSettings) -> Shown:
    """Say goodbye."""
    is_told = state.visit.news is not None
    reason = why_not(state, acts.RATING, settings, moment.monotonic)
    ask = () if is_told or reason else (button(acts.RATING),)
    return Shown(
        words.FAREWELL, says=(words.FAREWELL_BOOKS,), buttons=ask, picture="farewell", sound="done"
    )


def _abouts(labels: Mapping[str, Text]) -> tuple[Button, ...]:
    return tuple(
        button(acts.ABOUT, label=label, icon=f"about-{choice}", choice=choice)
        for choice, label in labels.items()
    )


def _back(state: State) -> tuple[str, ...]:
    return (acts.BACK,) if state.visit.is_leaving else (acts.HOME,)
