"""`view(state, moment) -> Screen`: what a face shows now. Pure."""

from collections.abc import Callable
from math import ceil
from typing import Final

from contracts.hours import Text, hours_sentence
from kiosk.lending.services import Mode
from kiosk.session import (
    acts,
    offers,
    view_ar,
    view_info,
    view_lending,
    view_staff,
    view_telling,
    words,
)
from kiosk.session.moment import Moment
from kiosk.session.parts import Shown, button, foot
from kiosk.session.reducer import idle_seconds
from kiosk.session.screen import Button, Countdown, Mark, Screen, ScreenName
from kiosk.session.settings import SessionSettings
from kiosk.session.state import Around, State

Maker = Callable[[State, Moment, SessionSettings], Shown]
_MOST_SAID: Final = 99
_OPEN_WHEN_OUT: Final = frozenset({ScreenName.ATTRACT, ScreenName.HOME})


def view(state: State, moment: Moment, settings: SessionSettings) -> Screen:
    """Return the screen of a state at an instant; the same for every face."""
    visit = state.visit
    name = visit.name
    if visit.is_hidden:
        hidden = Shown(words.HIDDEN, says=(words.HIDDEN_SAYS,), is_waiting=True)
        return _screen(state, name, hidden, moment, settings)
    if state.around.out.is_out and name in _OPEN_WHEN_OUT:
        return _screen(
            state, ScreenName.OUT_OF_SERVICE, _out(state, moment, settings), moment, settings
        )
    return _screen(state, name, _MAKERS[name](state, moment, settings), moment, settings)


def _screen(
    state: State, name: ScreenName, shown: Shown, moment: Moment, settings: SessionSettings
) -> Screen:
    visit = state.visit
    return Screen(
        name=name,
        serial=visit.serial,
        prefs=visit.prefs,
        title=shown.title,
        says=shown.says,
        alert=_danger(state.around) or (None if visit.is_hidden else shown.alert or visit.alert),
        news=visit.news,
        status=status(state.around, moment),
        rows=shown.rows,
        bars=shown.bars,
        field=shown.field,
        buttons=shown.buttons,
        foot=() if visit.is_hidden else _foot(state, shown),
        countdown=_countdown(state, moment, settings),
        is_private=shown.is_private,
        is_waiting=shown.is_waiting or visit.waiting is not None,
        qr=shown.qr,
        picture=shown.picture,
        sound=shown.sound,
        sections=shown.sections,
        exhibit=shown.exhibit,
        medium=shown.medium,
    )


def _danger(around: Around) -> Text | None:
    """Return what stands above all else on every screen, also a hidden one: a fire."""
    notices = () if around.room is None else around.room.notices
    return next((text for mark, text in notices if mark == "bad"), None)


def _foot(state: State, shown: Shown) -> tuple[Button, ...]:
    has_finish = any(one.act == acts.FINISH for one in shown.buttons)
    return foot(state.visit, shown.way_back, has_finish=has_finish)


def status(around: Around, moment: Moment) -> tuple[tuple[Mark, Text], ...]:
    """Return what stands on every screen: is it open, how full is it, what works."""
    notices = () if around.room is None else around.room.notices
    said: list[tuple[Mark, Text]] = [notice for notice in notices if notice[0] != "bad"]
    facts = around.facts.facts
    if facts is not None:
        told = hours_sentence(facts.hours, moment.wall_s)
        said.append((view_info.hours_mark(facts.hours, moment.wall_s), told))
        if around.facts.hub_away_since_s is None:
            said.append(("none", view_info.busy(facts)))
    if around.facts.hub_away_since_s is not None:
        said.append(("unknown", words.HUB_AWAY))
    mode = around.services.services.mode
    if mode is Mode.OFFLINE:
        may_borrow = around.services.services.may_borrow
        said.append(("warning", words.LENDING_ALONE if may_borrow else words.RETURNING_ALONE))
    elif mode is Mode.CLOSED or around.out.is_out:
        said.append(("bad", words.LENDING_CLOSED))
    return tuple(said)


def _countdown(state: State, moment: Moment, settings: SessionSettings) -> Countdown | None:
    visit = state.visit
    if visit.name in {ScreenName.ATTRACT, ScreenName.FAREWELL} or visit.is_hidden:
        return None
    silent = moment.monotonic - visit.touched_at
    left = idle_seconds(visit, settings) + settings.countdown_seconds - silent
    if left > settings.countdown_seconds:
        return None
    more = Button(acts.MORE_TIME, words.LABELS[acts.MORE_TIME], weight="main")
    return Countdown(max(0, ceil(left)), more)


def _attract(state: State, _moment: Moment, _settings: SessionSettings) -> Shown:
    return Shown(
        _welcome(state.around),
        says=(words.TOUCH,),
        buttons=(Button(acts.HOME, words.START, weight="main", icon="touch"),),
        picture="attract",
        way_back=(),
    )


def _welcome(around: Around) -> Text:
    facts = around.facts.facts
    zh, en = (facts.name_zh, facts.name_en) if facts else words.THE_ROOM
    return Text(words.WELCOME.zh.format(zh=zh), words.WELCOME.en.format(en=en))


def _home(state: State, moment: Moment, settings: SessionSettings) -> Shown:
    visit, seen = state.visit, len(state.around.pad.on_pad.items)
    says = words.HOME_SAYS
    if seen:
        says = offers.put(words.BOOKS_SEEN_ASK, n=min(seen, _MOST_SAID))
        says = words.BOOK_SEEN_ASK if seen == 1 else says
    hello: tuple[Text, ...] = ()
    if visit.patron is not None:
        hello = (offers.put(words.HELLO, who=visit.patron.shown),)

    def offered(act: str, weight: str = "plain", icon: str = "") -> Button:
        reason = offers.why_not(state, act, settings, moment.monotonic)
        return button(act, weight=weight, icon=icon or act, why_not=reason)

    return Shown(
        _welcome(state.around),
        says=(*hello, says),
        buttons=(
            offered(acts.BORROW, "main"),
            offered(acts.RETURN, "main"),
            *((offered(acts.AR),) if state.around.ar.is_offered else ()),
            offered(acts.ACCOUNT),
            offered(acts.HOURS),
            offered(acts.NEARBY),
            offered(acts.HELP),
            offered(acts.RATING, "quiet"),
            offered(acts.NEED, "quiet"),
            offered(acts.PRIVACY, "quiet"),
            offered(acts.STAFF, "quiet"),
        ),
        is_private=visit.patron is not None,
        way_back=(),
    )


def _out(state: State, _moment: Moment, settings: SessionSettings) -> Shown:
    why = words.OUT_WHY.get(state.around.out.why, words.OUT_WHY[""])
    says = [why, words.OUT_STILL]
    if settings.telephone:
        says.append(offers.put(words.TELEPHONE, number=settings.telephone))
    return Shown(
        words.OUT,
        says=tuple(says),
        buttons=(
            button(acts.HOURS),
            button(acts.NEARBY),
            button(acts.HELP),
            button(acts.STAFF, weight="quiet"),
        ),
        way_back=(),
        picture="out",
    )


_MAKERS: Final[dict[ScreenName, Maker]] = {
    ScreenName.ATTRACT: _attract,
    ScreenName.HOME: _home,
    ScreenName.IDENTIFY: view_lending.identify,
    ScreenName.PIN: view_lending.pin,
    ScreenName.PAD: view_lending.pad,
    ScreenName.ACCOUNT: view_lending.account,
    ScreenName.RECEIPT: view_lending.receipt,
    ScreenName.EMAIL: view_lending.email,
    ScreenName.FAREWELL: view_telling.farewell,
    ScreenName.HOURS: view_info.hours,
    ScreenName.NEARBY: view_info.nearby,
    ScreenName.PRIVACY: view_info.privacy,
    ScreenName.AR: view_ar.ar,
    ScreenName.HELP: view_telling.call,
    ScreenName.RATING: view_telling.rating,
    ScreenName.NEED: view_telling.need,
    ScreenName.STAFF: view_staff.staff,
    ScreenName.STAFF_UNFINISHED: view_staff.unfinished,
    ScreenName.STAFF_DEVICES: view_staff.devices,
    ScreenName.STAFF_ROOM: view_staff.room,
    ScreenName.OUT_OF_SERVICE: _out,
}
