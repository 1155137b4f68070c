"""Rendering the board: whole for a request, in fragments for the stream; each fragment once."""

import hashlib
import json
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from hub.live.attention import Attention, attention
from hub.live.now import VenueNow
from hub.pages.view import build_card, build_summary, group_by_level, since_words
from hub.pages.words import Words
from hub.runtime import Hub

FOLDER: Final = Path(__file__).parent
MOST_ITEMS: Final = 12
"""Lines of the attention strip; of more than these, only the number is told."""
CARDS_AT_ONCE: Final = 20
"""Cards in one message of the stream, some 100 kB."""
DISTRICT_ZONE: Final = ZoneInfo("Asia/Shanghai")
"""For times that belong to no venue."""


class Board:
    """The board of one hub."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._environment = environment()
        self._form = form()
        macros = self._environment.get_template("macros.html").module
        self._card = macros.card  # type: ignore[attr-defined]  # macros are found at run time
        self._summary = macros.summary  # type: ignore[attr-defined]
        self._attention = macros.attention  # type: ignore[attr-defined]
        self._cards: dict[str, tuple[VenueNow, int, str]] = {}

    def page(self, lang: str, me: object = None, *, wall: bool = False) -> str:
        """Return the whole page for `me`, who is signed in; with `wall` for a screen afar."""
        live, config = self._hub.live, self._hub.config
        groups = [
            (words, [build_card(now, live.at_ms) for now in nows])
            for words, nows in group_by_level(live.venues)
        ]
        return self._environment.get_template("board.html").render(
            lang=lang,
            wall=wall,
            me=me,
            title=Words(config.title_zh, config.title_en),
            at=self._at(),
            key=self._key(),
            groups=groups,
            overview=self._overview(),
            strip=self._strip(),
        )

    def news(self, venues: Iterable[str] | None) -> Iterator[str]:
        """Yield what a page has to replace, as JSON: all cards for None, else these venues'.

        In pieces, each made when the one before is on its way: many pages that read slowly, of a
        district of a thousand venues, would otherwise hold the whole board each.
        """
        told = self._hub.live.venues
        chosen = list(told) if venues is None else sorted(venues)
        fragments = [self._attention(*self._strip())]
        if told:
            fragments.append(self._summary(self._overview()))
        for first in range(0, max(1, len(chosen)), CARDS_AT_ONCE):
            piece = chosen[first : first + CARDS_AT_ONCE]
            fragments += [self._card_of(id_) for id_ in piece if id_ in self._hub.live.venues]
            yield json.dumps(
                {"key": self._key(), "at": self._at(), "fragments": [str(f) for f in fragments]},
                ensure_ascii=False,
            )
            fragments = []

    def _card_of(self, id_: str) -> str:
        now, at_ms = self._hub.live.venues[id_], self._hub.live.at_ms
        minute = at_ms // 60_000
        kept = self._cards.get(id_)
        # All subscribers get the same fragment; the minute moves the end of the day's course.
        if kept is None or kept[0] is not now or kept[1] != minute:
            kept = self._cards[id_] = (now, minute, str(self._card(build_card(now, at_ms))))
        return kept[2]

    def _overview(self) -> object:
        live, intake = self._hub.live, self._hub.intake.counts
        # Copied whole first: other threads go on counting.
        counted = (dict(intake.refusals), dict(self._hub.refusals))
        refused = sum(sum(codes.values()) for codes in counted) + intake.quarantined
        return build_summary(live.venues.values(), live.devices, refused)

    def _strip(self) -> tuple[list[tuple[Attention, Words]], int]:
        """Return the most pressing items, and how many more there are."""
        live = self._hub.live
        found = attention(live.venues, live.devices, live.troubles)
        shown = found[:MOST_ITEMS]
        items = [(item, since_words(item, self._zone(item), live.at_ms)) for item in shown]
        return items, len(found) - len(shown)

    def _zone(self, item: Attention) -> ZoneInfo:
        now = self._hub.live.venues.get(item.venue or "")
        return ZoneInfo(now.venue.timezone) if now else DISTRICT_ZONE

    def _at(self) -> str:
        at = datetime.fromtimestamp(self._hub.live.at_ms / 1000, DISTRICT_ZONE)
        return at.strftime("%H:%M:%S")

    def _key(self) -> str:
        """Return what changes with the declared venues, and with the files of these pages."""
        declared = repr([now.venue for now in self._hub.live.venues.values()])
        return hashlib.sha256(self._form + declared.encode()).hexdigest()[:16]


def form() -> bytes:
    """Return a digest of templates and static files.

    A wall display stays open across releases; its old script would place new fragments.
    """
    digest = hashlib.sha256()
    for path in sorted(FOLDER.glob("templates/*")) + sorted(FOLDER.glob("static/**/*")):
        if path.is_file():
            digest.update(path.read_bytes())
    return digest.digest()


def environment() -> Environment:
    """Return the templates; everything that they place is escaped, a missing name is an error."""
    return Environment(
        loader=FileSystemLoader(FOLDER / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
