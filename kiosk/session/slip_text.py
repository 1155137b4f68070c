"""A slip as text: on paper, in a mail, in a code to photograph. No name, no card. Pure."""

from datetime import datetime
from zoneinfo import ZoneInfo

from kiosk.lending.slip import Ending, SlipRow
from kiosk.lending.transaction import Action
from kiosk.session.aside import aside_text
from kiosk.session.screen import Lang
from kiosk.session.settings import SessionSettings
from kiosk.session.state import Around

_DID = {
    "zh": {Action.BORROW: "借", Action.RETURN: "还", Action.RENEW: "续借"},
    "en": {Action.BORROW: "Borrowed", Action.RETURN: "Returned", Action.RENEW: "Renewed"},
}
_ENDED = {
    "zh": {Ending.REFUSED: "没有办成", Ending.SEE_STAFF: "请找工作人员"},
    "en": {Ending.REFUSED: "not done", Ending.SEE_STAFF: "please see the staff"},
}
_DUE = {"zh": "应还", "en": "due"}


def slip_text(
    rows: tuple[SlipRow, ...],
    at_s: int,
    settings: SessionSettings,
    around: Around,
    lang: Lang,
) -> str:
    """Return the lines of a slip: place and time, then each item and how it ended."""
    return "\n".join(slip_lines(rows, at_s, settings.zone, around, lang))


def slip_lines(
    rows: tuple[SlipRow, ...], at_s: int, zone: str, around: Around, lang: Lang
) -> list[str]:
    """Return the lines of a slip; `at_s` is Unix time."""
    place = _place(around, lang)
    when = datetime.fromtimestamp(at_s, ZoneInfo(zone)).strftime("%Y-%m-%d %H:%M")
    lines = [place, when] if place else [when]
    for row in rows:
        did = _DID[lang][row.action]
        ended = _ENDED[lang].get(row.ending, "")
        due = f"{_DUE[lang]} {row.due}" if row.due and row.ending is Ending.DONE else ""
        aside = aside_text(row.aside, around).to(lang) if row.aside else ""
        told = [part for part in (ended, due, aside) if part]
        lines.append(
            f"{did} {row.title or row.item_id}" + (f" ({', '.join(told)})" if told else "")
        )
    return lines


def _place(around: Around, lang: Lang) -> str:
    """Return what the venue is called, empty while it is not known."""
    facts = around.facts.facts
    if facts is None:
        return ""
    return facts.name_zh if lang == "zh" else facts.name_en
