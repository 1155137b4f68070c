"""Keeps what Home Assistant was told equal to the records, through restarts of either side.

Everything is told again when the broker is met anew (it may have kept nothing) and when Home
Assistant says on its birth topic that it has started; an entity whose venue is gone is taken away,
also one that an earlier run of this hub announced.
"""

import asyncio
import threading
from collections.abc import Callable, Mapping
from typing import Final

import structlog

from hub.config import HomeAssistantSection
from hub.homeassistant.discovery import (
    Config,
    birth_topic,
    discovery,
    every_config,
    removed,
)
from hub.venues import Venue

log = structlog.get_logger(__name__)

LOOK_SECONDS: Final = 1.0
TOLD_AT_ONCE: Final = 50
"""Messages handed to the client in one go; the pages are answered in between."""

Publish = Callable[[str, bytes], bool]


class Bridge:
    """Tells of `venues()` through `publish(topic, payload)`; `again`, `heard` from any thread."""

    def __init__(
        self,
        section: HomeAssistantSection,
        venues: Callable[[], Mapping[str, Venue]],
        publish: Publish,
        *,
        restarted: Callable[[], None] = lambda: None,
        software: str = "",
    ) -> None:
        self._section = section
        self._venues = venues
        self._publish = publish
        self._restarted = restarted
        self._software = software
        self._lock = threading.Lock()
        self._on_broker: set[str] = set()
        """Topics of ours that the broker has a configuration for, as far as it told us."""
        self._declared: Mapping[str, Venue] | None = None
        self._to_tell: list[Config] = []
        self._meant: set[str] = set()

    @property
    def subscriptions(self) -> tuple[str, str]:
        """Return what the session has to subscribe to."""
        prefix = self._section.prefix
        return birth_topic(prefix), every_config(prefix)

    def again(self) -> None:
        """Tell everything anew: the broker may have forgotten it."""
        self._declared = None

    def heard(self, topic: str, payload: bytes) -> bool:
        """Take a message; False when it is not one of Home Assistant's topics."""
        prefix = self._section.prefix
        if topic == birth_topic(prefix):
            if payload == b"online":
                log.info("home_assistant_started")
                self._restarted()
                self.again()
            return True
        if not topic.startswith(f"{prefix}/"):
            return False
        with self._lock:
            if payload:
                self._on_broker.add(topic)
        if not payload:
            self._forget(topic)
        return True

    async def run(self) -> None:
        """Keep Home Assistant told until cancelled."""
        while True:
            has_more = self.look()
            await asyncio.sleep(0 if has_more else LOOK_SECONDS)

    def look(self) -> bool:
        """Tell some of what has to be told; whether there is more that can be told at once."""
        declared = self._venues()
        if declared is not self._declared:
            self._declared = declared
            self._to_tell = discovery(
                declared.values(),
                prefix=self._section.prefix,
                language=self._section.language,
                software=self._software,
            )
            self._meant = {config.topic for config in self._to_tell}
        with self._lock:
            left_over = self._on_broker - self._meant
        waiting = [*self._to_tell, *map(removed, sorted(left_over))]
        for config in waiting[:TOLD_AT_ONCE]:
            if not self._publish(config.topic, config.payload):
                return False
            if not config.payload:
                # Should the broker still tell of it, it is taken away once more.
                self._forget(config.topic)
        self._to_tell = self._to_tell[TOLD_AT_ONCE:]
        return len(waiting) > TOLD_AT_ONCE

    def _forget(self, topic: str) -> None:
        with self._lock:
            self._on_broker.discard(topic)
