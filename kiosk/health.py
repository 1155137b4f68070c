"""How each device and service of this kiosk is: for its status on the wire, and for the staff."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

import structlog

from contracts.messages import SourceStatus
from kiosk.session.events import DeviceKind, DeviceNow, DevicesNow

log = structlog.get_logger(__name__)

DETAIL_CHARACTERS: Final = 200
"""As much of a sentence as a status takes."""

Kind = DeviceKind


@dataclass(slots=True)
class Health:
    """`changed` is called when something gets well or fails; each is named by its kind.

    `now_ms` is Unix time.
    """

    now_ms: Callable[[], int]
    changed: Callable[[], None] = lambda: None
    _known: dict[Kind, DeviceNow] = field(default_factory=dict)
    _starting: set[Kind] = field(default_factory=set)

    def expect(self, kind: Kind) -> None:
        """Name something that is there by the configuration, and was not heard of yet."""
        self._starting.add(kind)
        self._known[kind] = DeviceNow(kind, kind, False, self.now_ms() // 1000)

    def note(self, kind: Kind, trouble: str) -> None:
        """Take how something is: well with an empty sentence. An outage lasts from its begin."""
        detail = trouble[:DETAIL_CHARACTERS]
        before = self._known.get(kind)
        is_new = before is None or kind in self._starting
        if (
            before is not None
            and not is_new
            and (before.is_well, before.detail)
            == (
                not detail,
                detail,
            )
        ):
            return
        is_other = before is None or is_new or before.is_well is bool(detail)
        since_s = self.now_ms() // 1000 if is_other or before is None else before.since_s
        self._starting.discard(kind)
        self._known[kind] = DeviceNow(kind, kind, not detail, since_s, detail)
        if is_other:
            (log.warning if detail else log.info)("device_changed", device=kind, detail=detail)
        self.changed()

    def is_well(self, kind: Kind) -> bool:
        """Tell whether something works."""
        known = self._known.get(kind)
        return known is not None and known.is_well

    def since_s(self, kind: Kind) -> int | None:
        """Return since when something fails, Unix seconds; None while it works."""
        known = self._known.get(kind)
        return None if known is None or known.is_well else known.since_s

    def devices(self) -> DevicesNow:
        """Return all, for the staff."""
        return DevicesNow(tuple(self._known.values()))

    def statuses(self) -> tuple[SourceStatus, ...]:
        """Return all, for the node's status."""
        return tuple(
            SourceStatus(
                name=one.name,
                kind=one.kind,
                state="starting"
                if one.kind in self._starting
                else ("watching" if one.is_well else "failed"),
                since_ms=max(0, one.since_s * 1000),
                detail=one.detail,
            )
            for one in self._known.values()
        )
