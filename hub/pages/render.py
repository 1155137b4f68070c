"""Rendering the board: whole for a request, in pieces for its stream; each piece once for all."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Final
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from hub.live.attention import Attention, attention
from hub.live.now import VenueNow
from hub.pages.changes import Look, look_at
from hub.pages.duties_html import write_rows
from hub.pages.facets import Facet, build_facets
from hub.pages.filters import Choice, sort_key
from hub.pages.links import Links
from hub.pages.view import (
    Card,
    build_card,
    build_summary,
    group_by_level,
    peak_of,
    since_words,
    top_of,
)
from hub.pages.words import SORTS, Words
from hub.runtime import Hub
from hub.venues import Venue

FOLDER: Final = Path(__file__).parent
MOST_ITEMS: Final = 12
"""Lines of the attention strip; of more than these, only the number is told."""
WALL_SIZES: Final = (6, 12, 16, 20, 30)
"""So many cards fill a wall, in five sizes; of more than the last, groups take turns."""
DISTRICT_ZONE: Final = ZoneInfo("Asia/Shanghai")
"""For times that belong to no venue."""

Groups = list[tuple[Words, list[Card]]]


class Board:
    """The board of one hub."""

    def __init__(self, hub: Hub, links: Links | None = None) -> None:
        self._hub = hub
        self._links = links or Links()
        self._environment = environment()
        self._form = form()
        self._declared: list[Venue] | None = None
        self._key = ""
        self._tops: dict[str, tuple[int, int]] = {}
        macros = self._environment.get_template("macros.html").module
        self._card = macros.card  # type: ignore[attr-defined]  # macros are found at run time
        self._summary = macros.summary  # type: ignore[attr-defined]
        self._attention = macros.attention  # type: ignore[attr-defined]

    def page(
        self,
        lang: str,
        me: object = None,
        choice: Choice | None = None,
        *,
        wall: bool = False,
        night: str = "",
        revision: str = "",
    ) -> str:
        """Return the whole page for `me`, who is signed in; with `wall` for a screen afar."""
        chosen, config = choice or Choice(), self._hub.config
        items = self.items()
        groups = self._groups(needing(items), chosen, wall=wall)
        everyone = [card for _, cards in groups for card in cards]
        said = {**({"wall": "1"} if wall else {}), **({"night": night} if night else {})}
        return self._environment.get_template("board.html").render(
            lang=lang,
            me=me,
            wall=_wall_size(len(everyone)) if wall else 0,
            night=night,
            title=Words(config.title_zh, config.title_en),
            at=self.at(),
            key=self.key(),
            revision=revision,
            groups=groups,
            links=self._links,
            overview=self._overview(),
            strip=self._strip(items),
            chosen=chosen,
            shown={card.id for card in everyone if chosen.takes(card.facts)},
            facets=self._facets(everyone, chosen),
            sorts=SORTS,
            said={**said, **chosen.parameters()},
            switch={
                tongue: f"?{_address({**said, **chosen.parameters()}, lang=tongue)}"
                for tongue in ("zh", "en")
            },
        )

    def venue_ids(self) -> list[str]:
        """Return all venues."""
        return list(self._hub.live.venues)

    def looks(self, venues: Iterable[str], needs: frozenset[str]) -> dict[str, Look]:
        """Return what a page shows of these venues."""
        told, at_ms = self._hub.live.venues, self._hub.live.at_ms
        return {
            id_: look_at(told[id_], at_ms, self._top(told[id_]), needs=id_ in needs)
            for id_ in venues
            if id_ in told
        }

    def cards(self, venues: Iterable[str], needs: frozenset[str]) -> list[str]:
        """Return the cards of these venues."""
        told = self._hub.live.venues
        return [
            str(self._card(self._build(told[id_], needs), self._links))
            for id_ in venues
            if id_ in told
        ]

    def summary(self) -> str:
        """Return the numbers on top; nothing without a venue."""
        return str(self._summary(self._overview())) if self._hub.live.venues else ""

    def items(self) -> tuple[Attention, ...]:
        """Return everything that needs a person."""
        live = self._hub.live
        return attention(live.venues, live.devices, live.troubles)

    def attention(self, items: Sequence[Attention]) -> str:
        """Return the attention strip."""
        return str(self._attention(*self._strip(items)))

    def at(self) -> str:
        """Return of when the numbers are."""
        at = datetime.fromtimestamp(self._hub.live.at_ms / 1000, DISTRICT_ZONE)
        return at.strftime("%H:%M:%S")

    def minute(self) -> int:
        """Return of which minute the numbers are: lengths of time are told in these."""
        return self._hub.live.at_ms // 60_000

    def key(self) -> str:
        """Return what changes with the declared venues, and with the files of these pages."""
        declared = [now.venue for now in self._hub.live.venues.values()]
        if self._declared != declared:
            digest = hashlib.sha256(self._form + repr(declared).encode())
            self._declared, self._key = declared, digest.hexdigest()[:16]
        return self._key

    def _groups(self, needs: frozenset[str], chosen: Choice, *, wall: bool) -> Groups:
        groups = [
            (words, [self._build(now, needs) for now in nows])
            for words, nows in group_by_level(self._hub.live.venues)
        ]
        if not groups or not (wall or chosen.sort != "board"):
            return groups
        everyone = [card for _, cards in groups for card in cards]
        if chosen.sort != "board":
            everyone.sort(key=lambda card: sort_key(card.facts, chosen.sort))
        return [(SORTS[chosen.sort], everyone)]

    def _build(self, now: VenueNow, needs: frozenset[str]) -> Card:
        card = build_card(now, self._hub.live.at_ms, self._top(now))
        if now.venue.id in needs:
            return replace(card, facts=replace(card.facts, attention="yes"))
        return card

    def _top(self, now: VenueNow) -> int:
        """Return up to where a course is drawn: over a day that grows and never shrinks.

        A number that goes to and fro at a border would otherwise have its card drawn each time.
        """
        day = now.curve[0].at_s if now.curve else 0
        known = self._tops.get(now.venue.id)
        top = max(top_of(peak_of(now)), known[1] if known and known[0] == day else 0)
        self._tops[now.venue.id] = (day, top)
        return top

    def _facets(self, cards: Sequence[Card], chosen: Choice) -> list[Facet]:
        return build_facets([card.facts for card in cards], chosen)

    def _overview(self) -> object:
        live, intake = self._hub.live, self._hub.intake.counts
        # Copied whole first: other threads go on counting.
        counted = (dict(intake.refusals), dict(self._hub.refusals))
        refused = sum(sum(codes.values()) for codes in counted) + intake.quarantined
        return build_summary(live.venues.values(), live.devices, refused)

    def _strip(
        self, found: Sequence[Attention]
    ) -> tuple[list[tuple[Attention, Words, str | None]], int]:
        """Return the most pressing items, and how many more there are."""
        at_ms = self._hub.live.at_ms
        items = [
            (item, since_words(item, self._zone(item), at_ms), self._link(item))
            for item in found[:MOST_ITEMS]
        ]
        return items, len(found) - len(items)

    def _link(self, item: Attention) -> str | None:
        known = item.venue in self._hub.live.venues
        return self._links.about(item.venue, item.node) if known else None

    def _zone(self, item: Attention) -> ZoneInfo:
        now = self._hub.live.venues.get(item.venue or "")
        return ZoneInfo(now.venue.timezone) if now else DISTRICT_ZONE


def needing(items: Iterable[Attention]) -> frozenset[str]:
    """Return the venues that need a person."""
    return frozenset(item.venue for item in items if item.venue)


def _wall_size(cards: int) -> int:
    turns = max(1, -(-cards // WALL_SIZES[-1]))
    at_once = -(-cards // turns)
    return next(size for size in WALL_SIZES if at_once <= size)


def form() -> bytes:
    """Return a digest of templates and static files.

    A wall display stays open across releases; its old script would place new fragments.
    """
    digest = hashlib.sha256()
    for path in sorted(FOLDER.glob("templates/*")) + sorted(FOLDER.glob("static/**/*")):
        if path.is_file():
            digest.update(path.read_bytes())
    return digest.digest()


@cache
def environment() -> Environment:
    """Return the templates, compiled once in a process.

    Everything that they place is escaped, a missing name is an error.
    """
    made = Environment(
        loader=FileSystemLoader(FOLDER / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters["address"] = _address
    made.filters["duty_rows"] = write_rows
    return made


def _address(said: Mapping[str, str], **more: str) -> str:
    """Return the parameters of this page's address, some of them others."""
    return urlencode({**said, **more})
