"""What can be done now, and of what cannot: why, and when to return. Pure."""

from datetime import datetime
from zoneinfo import ZoneInfo

from contracts.hours import Text
from kiosk.lending.services import Mode, Services
from kiosk.lending.slip import Ending
from kiosk.lending.stack import PadItem
from kiosk.lending.transaction import Action
from kiosk.session import acts, words, words_ar
from kiosk.session.settings import SessionSettings
from kiosk.session.state import Around, State, Visit

HOUR_SECONDS = 3600.0


def why_not(
    state: State, act: str, settings: SessionSettings, now: float, choice: str = ""
) -> Text | None:
    """Return why a button does not do what it says, None where it does.

    `now` is of the clock that never jumps, `choice` the button's.
    """
    around = state.around
    services = around.services.services
    match act:
        case acts.CONFIRM if state.visit.wanted is not None:
            return why_not(state, state.visit.wanted.value, settings, now)
        case acts.ACCEPT_FEE if choice in state.visit.handled:
            return why_not(state, state.visit.handled[choice].row.action.value, settings, now)
        case acts.BORROW:
            return _lending(around, services, settings, words.ILS_NO_BORROW, services.may_borrow)
        case acts.RETURN:
            return _lending(around, services, settings, words.ILS_NO_RETURN, services.may_return)
        case acts.ACCOUNT:
            return _account(around, services, settings)
        case acts.RENEW | acts.RENEW_ALL:
            if services.may_renew:
                return None
            is_there = services.mode is Mode.ONLINE
            return words.LIBRARY_NO_RENEW if is_there else words.ILS_NO_RENEW
        case acts.AR:
            return words_ar.CAMERA_AWAY if around.ar.trouble else None
        case acts.RATING | acts.NEED:
            lately = sum(now - at < HOUR_SECONDS for at in around.reports)
            return words.TOO_MANY_REPORTS if lately >= settings.most_reports else None
    return None


def confirmable(state: State) -> tuple[PadItem, ...]:
    """Return the items on the pad with which what is wanted has not been done yet."""
    visit = state.visit
    return tuple(item for item in state.around.pad.on_pad.items if not _is_done(visit, item))


def clock(at_s: int, settings: SessionSettings) -> str:
    """Return the local time of an instant, as it stands on a wall."""
    return datetime.fromtimestamp(at_s, ZoneInfo(settings.zone)).strftime("%H:%M")


def put(text: Text, **values: object) -> Text:
    """Return a sentence with values in both languages; `Text` values give each its own."""
    zh = {key: value.zh if isinstance(value, Text) else value for key, value in values.items()}
    en = {key: value.en if isinstance(value, Text) else value for key, value in values.items()}
    return Text(text.zh.format(**zh), text.en.format(**en))


def _is_done(visit: Visit, item: PadItem) -> bool:
    handled = visit.handled.get(item.item_id)
    if handled is None or handled.row.action is not visit.wanted:
        return False
    return handled.row.ending is not Ending.REFUSED


def _lending(
    around: Around, services: Services, settings: SessionSettings, refused: Text, is_taken: bool
) -> Text | None:
    if around.out.is_out:
        return words.OUT_WHY.get(around.out.why, words.OUT_WHY[""])
    if services.mode is Mode.CLOSED:
        return _closed(around, settings)
    return None if is_taken else refused


def _account(around: Around, services: Services, settings: SessionSettings) -> Text | None:
    if around.out.is_out:
        return words.OUT_WHY.get(around.out.why, words.OUT_WHY[""])
    if services.mode is Mode.ONLINE:
        return None
    return words.ACCOUNT_NEEDS_ILS if services.mode is Mode.OFFLINE else _closed(around, settings)


def _closed(around: Around, settings: SessionSettings) -> Text:
    since_s = around.services.ils_away_since_s
    if since_s is None:
        return words.PAD_AWAY
    return put(words.ILS_AWAY, at=clock(since_s, settings))


def needs_card(visit: Visit, action: Action | None) -> bool:
    """Tell whether somebody has to say who they are first: not for a return."""
    return visit.patron is None and action is not Action.RETURN
