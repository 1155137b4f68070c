"""Opening the desk of deliveries for a hub: its file, its calendar, its secrets."""

import os
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Final

from hub.compliance.calendar import Calendar, DayType
from hub.config import HubConfig
from hub.delivery.book import Channel
from hub.delivery.desk import DeliveryDesk
from hub.delivery.from_alerts import Place
from hub.delivery.reading import channel_url
from hub.delivery.reasons import Reason
from hub.delivery.sending import Sender
from hub.delivery.wording import Message
from hub.live import LiveBoard
from hub.store.records import Records

TIMEZONE: Final = "Asia/Shanghai"
"""Of what belongs to no venue."""


class LateSender:
    """apprise, loaded when the first message goes: it takes half a second and 40 MB."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._sender: Sender | None = None

    def prepare(self) -> None:
        """Load it now, so that the first message does not wait for it."""
        self._loaded().prepare()

    def send(self, channel: Channel, message: Message) -> Reason | None:
        """Send one message."""
        return self._loaded().send(channel, message)

    def _loaded(self) -> Sender:
        if self._sender is None:
            from hub.delivery.by_apprise import AppriseSender  # noqa: PLC0415  see above

            self._sender = AppriseSender(self._url)
        return self._sender

    def _url(self, channel: Channel) -> str:
        return channel_url(channel, self._folder, os.environ)


def open_desk(
    config: HubConfig,
    records: Records,
    live: LiveBoard,
    calendar: Calendar,
    clock_ms: Callable[[], int],
) -> DeliveryDesk:
    """Return the desk; it has no channel before it has read the file."""

    def place(venue: str) -> Place | None:
        now = live.venues.get(venue)
        return None if now is None else now.venue

    def is_working(day: date) -> bool:
        return calendar.day_type(day) in {DayType.WORK, DayType.MAKEUP}

    file = config.alerts
    return DeliveryDesk(
        records,
        LateSender(file.parent if file is not None else Path()),
        place=place,
        timezone=TIMEZONE,
        is_working=is_working,
        base_url=config.http.public_url,
        clock_ms=clock_ms,
    )
