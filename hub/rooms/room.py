"""A kiosk and the room that it looks after, as it was heard last. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from contracts.errors import DecodeError
from contracts.ids import NodeId
from contracts.messages import Status, decode_status
from contracts.room import RoomStatus
from hub.live.now import DeviceNow, DeviceState, Fault
from hub.venues import Venue

KIOSK_SOFTWARE: Final = "kaiguan-kiosk "


@dataclass(frozen=True, slots=True)
class RoomNow:
    """A kiosk as of now; `status` is what it said last, also while it is away. Times in Unix ms."""

    venue: str
    node: str
    zh: str
    """The venue's name."""
    en: str
    timezone: str
    state: DeviceState
    state_since_ms: int
    heard_ms: int
    status: Status
    faults: tuple[Fault, ...] = ()

    @property
    def id(self) -> NodeId:
        """Return which node it is."""
        return NodeId(self.venue, self.node)

    @property
    def room(self) -> RoomStatus | None:
        """Return how the room is; None: this kiosk looks after none."""
        return self.status.room

    @property
    def is_there(self) -> bool:
        """Tell whether what it said is of now."""
        return self.state == "online"


def read_rooms(devices: Iterable[DeviceNow], venues: Mapping[str, Venue]) -> list[RoomNow]:
    """Return the kiosks of these venues that said how they are, by venue and node."""
    found = []
    for now in devices:
        device, venue = now.device, venues.get(now.venue)
        if venue is None or device is None or not device.status:
            continue
        try:
            status = decode_status(device.status.encode())
        except DecodeError:
            # Of another release: its next status is readable, or none of ours.
            continue
        if status.room is None and not device.software.startswith(KIOSK_SOFTWARE):
            continue
        found.append(
            RoomNow(
                now.venue,
                now.node,
                venue.name_zh,
                venue.name_en,
                venue.timezone,
                now.state,
                device.status_at_ms,
                device.last_seen_ms,
                status,
                now.faults,
            )
        )
    return found
