"""The screen of the camera: what to hold up, then what stands on it and where it is. Pure."""

from dataclasses import replace

from contracts.hours import Text, hours_sentence
from kiosk.session import acts, view_info, words, words_ar
from kiosk.session.exhibit import STORY, Exhibit
from kiosk.session.moment import Moment
from kiosk.session.parts import Shown, button
from kiosk.session.screen import Button, Row, Section
from kiosk.session.settings import SessionSettings
from kiosk.session.state import Around, State, Visit


def ar(state: State, moment: Moment, _settings: SessionSettings) -> Shown:
    """Show what the camera saw last: its caption, or the hotspot that is open."""
    visit, around = state.visit, state.around
    exhibit = visit.exhibit
    alert = words_ar.CAMERA_AWAY if around.ar.trouble else None
    if exhibit is None:
        first = (words_ar.SEARCH, words_ar.CAMERA_ON)
        return Shown(words.LABELS[acts.AR], says=first, alert=alert)
    spot = None if visit.spot is None else exhibit.spot(visit.spot)
    says: tuple[Text, ...] = (exhibit.caption,)
    if spot is not None:
        says = (spot.text,) if spot.name == STORY else (spot.title, spot.text)
    return Shown(
        exhibit.title,
        says=says,
        alert=alert,
        sections=_where(exhibit, around, moment.wall_s),
        buttons=_buttons(visit, exhibit),
        exhibit=exhibit.key,
        medium=spot.picture if spot is not None else "",
    )


def _buttons(visit: Visit, exhibit: Exhibit) -> tuple[Button, ...]:
    found = [(spot.name, spot.title) for spot in exhibit.spots]
    if exhibit.story is not None:
        found.insert(0, (STORY, words_ar.STORY))
    return tuple(
        button(acts.SPOT, choice=name, label=_closing(title) if visit.spot == name else title)
        for name, title in found
    )


def _closing(title: Text) -> Text:
    close = words_ar.CLOSE
    return Text(f"{close.zh}：{title.zh}", f"{close.en}: {title.en}")


def _where(exhibit: Exhibit, around: Around, at_s: int) -> tuple[Section, ...]:
    """Return where it is, and of a venue whether it is open and how busy."""
    row = _venue(exhibit.venue, around, at_s)
    place = exhibit.place
    if row is None and place is not None:
        row = Row(exhibit.venue or exhibit.key, place.zh, place)
    elif row is not None and place is not None:
        detail = row.detail or place
        row = replace(row, detail=Text(f"{place.zh}；{detail.zh}", f"{place.en}; {detail.en}"))
    return () if row is None else (Section(words_ar.WHERE, (row,)),)


def _venue(venue: str, around: Around, at_s: int) -> Row | None:
    facts = around.facts.facts
    if not venue or facts is None:
        return None
    is_fresh = around.facts.hub_away_since_s is None
    if venue == facts.venue:
        told = [words_ar.HERE, hours_sentence(facts.hours, at_s)]
        if is_fresh and facts.occupancy is not None and facts.quality == "known":
            told.append(view_info.busy(facts))
        mark = view_info.hours_mark(facts.hours, at_s)
        return Row(
            venue,
            facts.name_zh,
            Text(
                "，".join(t.zh for t in told),
                f"{facts.name_en}: {', '.join(t.en for t in told)}",
            ),
            mark,
            words.OPEN if mark == "good" else words.CLOSED,
        )
    near = next((one for one in facts.nearby if one.venue == venue), None)
    return None if near is None else view_info.nearby_row(near, at_s, is_fresh=is_fresh)
