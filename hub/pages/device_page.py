"""Rendering a device's page: whole for a request, what is of now in fragments for its stream."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

from contracts.ids import NodeId
from hub.errors import NotFound
from hub.live.now import DeviceNow
from hub.pages.device_view import build_device, build_traces
from hub.pages.disk_view import build_disks, disk_finding
from hub.pages.render import DISTRICT_ZONE, environment, form
from hub.pages.words import Words
from hub.runtime import Hub
from hub.store.traces import Traces

REFRESH_SECONDS = 60


class DevicePage:
    """The pages of all nodes of one hub."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._environment = environment()
        self._form = form()
        macros = self._environment.get_template("device_macros.html").module
        self._now = macros.now_section  # type: ignore[attr-defined]  # macros are found at run time

    def find(self, venue: str, node: str) -> DeviceNow:
        """Return a node, heard or expected. Raises NotFound."""
        for now in self._hub.live.devices:
            if (now.venue, now.node) == (venue, node):
                return now
        raise NotFound(f"there is no node {venue}/{node}")

    def page(
        self,
        now: DeviceNow,
        traces: Traces,
        lang: str,
        *,
        me: object = None,
        may_set: bool = False,
        switch: Mapping[str, str],
    ) -> str:
        """Return the whole page; `may_set` leads on to the settings of the node."""
        config, zone = self._hub.config, self._zone(now.venue)
        declared = self._hub.live.declared.get(now.venue)
        name = Words(declared.name_zh, declared.name_en) if declared else None
        return self._environment.get_template("device.html").render(
            lang=lang,
            me=me,
            switch=switch,
            title=Words(config.title_zh, config.title_en),
            at=self._at(zone),
            key=self._key(now),
            venue=now.venue,
            node=now.node,
            name=name,
            settings=may_set,
            view=self._view(now, traces),
            traces=build_traces(traces, zone),
            disks=build_disks(
                now.node,
                self._hub.duties.disks.forecasts,
                f"{now.venue}/{now.node}",
                self._hub.alerts.rules.disk,
                zone,
            ),
            counts=(traces.gap_count, traces.fork_count, traces.quarantined_count),
            refresh=REFRESH_SECONDS,
        )

    def news(
        self, venue: str, node: str, traces: Traces, changed: Iterable[str] | None
    ) -> str | None:
        """Return what the page of a node has to replace, as JSON; None when nothing changed.

        An announcement that names no venue is of the hub itself or of a node.
        """
        names = None if changed is None else tuple(changed)
        if names and venue not in names:
            return None
        now = self.find(venue, node)
        return json.dumps(
            {
                "key": self._key(now),
                "at": self._at(self._zone(venue)),
                "fragments": [str(self._now(self._view(now, traces)))],
            },
            ensure_ascii=False,
        )

    def traces(self, now: DeviceNow) -> Traces:
        """Return what of a node was lost, forked or could not be read. Raises StoreError."""
        return self._hub.store.traces(NodeId(now.venue, now.node))

    def _view(self, now: DeviceNow, traces: Traces) -> object:
        store = self._hub.store
        return build_device(
            now,
            traces,
            self._zone(now.venue),
            store_id=store.store_id,
            ancestors=store.ancestors,
            at_ms=self._hub.live.at_ms,
            disk=disk_finding(
                self._hub.duties.disks.forecasts.get(f"{now.venue}/{now.node}"),
                self._hub.alerts.rules.disk,
                self._zone(now.venue),
            ),
        )

    def _zone(self, venue: str) -> ZoneInfo:
        declared = self._hub.live.declared.get(venue)
        return ZoneInfo(declared.timezone) if declared else DISTRICT_ZONE

    def _key(self, now: DeviceNow) -> str:
        """Return what changes with the files of these pages."""
        return hashlib.sha256(self._form + f"{now.venue}/{now.node}".encode()).hexdigest()[:16]

    def _at(self, zone: ZoneInfo) -> str:
        return datetime.fromtimestamp(self._hub.live.at_ms / 1000, zone).strftime("%H:%M:%S")
