"""Rendering the pages of unstaffed rooms: whole for a request, what is of now for its stream."""

import hashlib
import json
import secrets
from collections.abc import Iterable
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from contracts.ids import NodeId
from hub.access import Permission, Who
from hub.compliance.localtime import LocalTime
from hub.pages.render import DISTRICT_ZONE, environment, form
from hub.pages.room_view import build_lines, build_orders, build_room, build_strip
from hub.pages.words import Words
from hub.rooms.desk import BY_VERB
from hub.rooms.journal import searched
from hub.rooms.room import KIOSK_SOFTWARE
from hub.runtime import Hub

MOST_ORDERS = 10
MOST_LINES = 30
REFRESH_SECONDS = 60
_MINUTE_MS = 60_000


class RoomPage:
    """The pages of all rooms of one hub."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._form = form()
        macros = environment().get_template("room_macros.html").module
        self._all = macros.rooms_now  # type: ignore[attr-defined]  # macros are found at run time
        self._one = macros.room_now  # type: ignore[attr-defined]
        self._orders = macros.orders_now  # type: ignore[attr-defined]

    def cards(self, who: Who) -> list[object]:
        """Return the rooms that are theirs, the most pressing first."""
        at_ms = self._hub.live.at_ms
        return [build_room(room, needs, at_ms) for room, needs in self._hub.rooms.seen(who)]

    def key(self, what: str) -> str:
        """Return what changes with the files of these pages."""
        return hashlib.sha256(self._form + what.encode()).hexdigest()[:16]

    def at(self) -> str:
        """Return of when a page is."""
        at = datetime.fromtimestamp(self._hub.live.at_ms / 1000, DISTRICT_ZONE)
        return at.strftime("%H:%M:%S")

    def state(self) -> tuple[object, ...]:
        """Return what differs as soon as a page of rooms has something new to tell."""
        hub = self._hub
        minute = hub.live.at_ms // _MINUTE_MS
        kiosks = [
            (now.venue, now.node, now.state, now.device.status)
            for now in hub.live.devices
            # Its newest sign of life alone is no news, and comes with every batch of rows.
            if now.device is not None and now.device.software.startswith(KIOSK_SOFTWARE)
        ]
        return kiosks, hub.alerts.revision, hub.rooms.revision, minute

    def one(self, node: NodeId) -> dict[str, Any]:
        """Return what of a room's page is of now. Raises NotFound."""
        hub = self._hub
        room, at_ms = hub.rooms.room(node), hub.live.at_ms
        return {
            "card": build_room(room, hub.rooms.needs(room), at_ms),
            "orders": build_orders(
                hub.rooms.orders(node, MOST_ORDERS), ZoneInfo(room.timezone), at_ms
            ),
        }

    def whole(self, who: Who, node: NodeId) -> dict[str, Any]:
        """Return all of a room's page. Raises NotFound, StoreError."""
        hub = self._hub
        room, at_ms = hub.rooms.room(node), hub.live.at_ms
        zone = ZoneInfo(room.timezone)
        today = datetime.fromtimestamp(at_ms / 1000, zone).date()
        start_ms, end_ms = span_ms(zone, today, today)
        lines = searched(hub.rooms.journal([node.venue], start_ms, end_ms), node=node.node)
        names = {room.venue: Words(room.zh, room.en)}
        commands = () if room.room is None else room.room.commands
        return {
            **self.one(node),
            "strip": build_strip(lines, start_ms // 1000),
            "lines": build_lines(lines[:MOST_LINES], names, zone),
            "may": {
                verb: verb in commands and who.may(permission, node.venue)
                for verb, permission in BY_VERB.items()
            },
            "is_shut": room.room is not None and room.room.mode == "shut",
            "takes": frozenset(commands),
            "may_declare": who.may(Permission.SCHEDULES, node.venue),
            # A form that is sent twice is one order.
            "new_id": lambda: secrets.token_hex(8),
        }

    def news_of_all(self, who: Who) -> str:
        """Return what the page of all rooms has to replace, as JSON."""
        return self._news("all", [str(self._all(self.cards(who)))])

    def news_of_one(self, node: NodeId) -> str:
        """Return what a room's page has to replace, as JSON. Raises NotFound."""
        told = self.one(node)
        fragments = [str(self._one(told["card"])), str(self._orders(told["orders"]))]
        return self._news(str(node), fragments)

    def _news(self, what: str, fragments: Iterable[str]) -> str:
        news = {"key": self.key(what), "at": self.at(), "fragments": list(fragments)}
        return json.dumps(news, ensure_ascii=False)


def span_ms(zone: ZoneInfo, first: date, last: date) -> tuple[int, int]:
    """Return when a stretch of local days begins and ends, Unix ms."""
    start_s, end_s = LocalTime(zone).span(first, last)
    return start_s * 1000, end_s * 1000
