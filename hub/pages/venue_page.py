"""Rendering a venue's page: whole for a request, what is of now in fragments for its stream."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from hub.history import History
from hub.history.calendar import today
from hub.live.attention import attention
from hub.live.now import VenueNow
from hub.pages.render import FOLDER, environment, form
from hub.pages.venue_view import (
    HoursRow,
    build_devices,
    build_hours,
    build_past,
    build_zones,
    entered_today,
)
from hub.pages.view import build_card, since_words
from hub.pages.words import Words
from hub.runtime import Hub
from hub.schedules.public import public_days

CHARTS: Final = FOLDER / "static" / "charts" / "charts.js"
"""The bundle that makes charts answer to a pointer; built where npm is."""
REFRESH_SECONDS: Final = 60


class VenuePage:
    """The pages of all venues of one hub."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._environment = environment()
        self._form = form()
        macros = self._environment.get_template("venue_macros.html").module
        self._now = macros.now_section  # type: ignore[attr-defined]  # macros are found at run time
        self._devices = macros.devices_section  # type: ignore[attr-defined]

    def page(
        self,
        now: VenueNow,
        history: History,
        lang: str,
        *,
        me: object = None,
        switch: Mapping[str, str],
        sees_devices: bool = False,
        counts_heads: bool = False,
        declares: bool = False,
    ) -> str:
        """Return the whole page."""
        live, config = self._hub.live, self._hub.config
        zone = ZoneInfo(now.venue.timezone)
        day = today(zone, history.now_s)
        past = build_past(history, now, lang)
        return self._environment.get_template("venue.html").render(
            lang=lang,
            me=me,
            switch=switch,
            title=Words(config.title_zh, config.title_en),
            at=self._at(zone),
            key=self._key(now),
            card=build_card(now, live.at_ms),
            items=self._items(now),
            entered=entered_today(now),
            past=past,
            zones=build_zones(history, now),
            devices=build_devices(live.devices, now) if sees_devices else None,
            counts_heads=counts_heads,
            hours=self._hours(now, day),
            declares=declares,
            refresh=REFRESH_SECONDS if history.period.last >= day else None,
            enhances=CHARTS.exists(),
            range_of_hours=range(24),
        )

    def news(
        self, venue: str, changed: Iterable[str] | None, *, sees_devices: bool = False
    ) -> str | None:
        """Return what the page of a venue has to replace, as JSON; None when nothing changed.

        An announcement that names no venue is of the hub itself or of a node.
        """
        now = self._hub.live.venues.get(venue)
        if now is None:
            # It was taken out of the records: the page asks again and is told so.
            return json.dumps({"key": "", "at": "", "fragments": []})
        names = None if changed is None else tuple(changed)
        if names and venue not in names:
            return None
        card = build_card(now, self._hub.live.at_ms)
        zone = ZoneInfo(now.venue.timezone)
        fragments = [self._now(card, self._items(now), entered_today(now))]
        if sees_devices:
            fragments.append(self._devices(build_devices(self._hub.live.devices, now), venue))
        return json.dumps(
            {
                "key": self._key(now),
                "at": self._at(zone),
                "fragments": [str(fragment) for fragment in fragments],
            },
            ensure_ascii=False,
        )

    def _hours(self, now: VenueNow, day: date) -> tuple[HoursRow, ...]:
        """Return this week's hours, from Monday."""
        schedule, at_s = self._hub.schedules.of(now.venue), self._hub.live.at_ms // 1000
        monday = day - timedelta(days=day.weekday())
        days = public_days(schedule, monday, monday + timedelta(days=6), at_s)
        return build_hours(days, day, is_declared=self._hub.schedules.dated(now.venue) is not None)

    def _items(self, now: VenueNow) -> list[tuple[object, Words, None]]:
        """Return what of the venue needs a person."""
        live = self._hub.live
        id_, zone = now.venue.id, ZoneInfo(now.venue.timezone)
        nodes = [device for device in live.devices if device.venue == id_]
        found = attention({id_: now}, nodes, live.troubles)
        return [(item, since_words(item, zone, live.at_ms), None) for item in found]

    def _key(self, now: VenueNow) -> str:
        """Return what changes with the declared venue, and with the files of these pages."""
        return hashlib.sha256(self._form + repr(now.venue).encode()).hexdigest()[:16]

    def _at(self, zone: ZoneInfo) -> str:
        return datetime.fromtimestamp(self._hub.live.at_ms / 1000, zone).strftime("%H:%M:%S")
