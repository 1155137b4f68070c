"""Nodes as they are now: what they said of themselves, and when they were heard last."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from itertools import islice
from typing import Literal

from contracts.errors import DecodeError
from contracts.ids import NodeId
from contracts.messages import PictureStatus, Status, decode_status, encode
from hub.live.collector import Heard
from hub.live.now import DeviceNow, Fault
from hub.venues import Device, Venue

SAVED_AT_ONCE = 100
"""Nodes written down in one go: more would keep the disk from the intake's commits."""
MOST_DEVICES = 20_000
"""More names than any district has nodes: a sender that makes names up fills no memory."""
MOST_STORES = 3
"""Stores told of a node; more of them make no other sentence."""
SAVE_AFTER_MS = 60_000
"""A node that only goes on sending is written down again after this time."""


class DeviceBook:
    """Every node ever heard, beside those that the venues expect. Not thread-safe."""

    def __init__(self, known: Iterable[Device]) -> None:
        self._devices = {NodeId(device.venue, device.node): device for device in known}
        self._saved_ms = {node: d.last_seen_ms for node, d in self._devices.items()}
        self._urgent: set[NodeId] = set()
        self._faults = {node: _read_faults(d) for node, d in self._devices.items() if d.online}
        self._offsets: dict[NodeId, int] = {}

    def hear(self, heard: Heard) -> None:
        """Work in who sent data or told its status."""
        self._offsets.update(
            {node: offset for node, offset in heard.offsets.items() if self._has_room(node)}
        )
        for node, at_ms in heard.nodes.items():
            if self._has_room(node):
                self._seen(node, at_ms)
        for node, (status, at_ms) in heard.statuses.items():
            if not self._has_room(node):
                continue
            # A last will is the broker's word, not the node's: it was not heard at that moment.
            device = self._seen(node, at_ms, is_alive=status.online)
            before = self._faults.get(node, ())
            self._faults[node] = _faults(status, at_ms, before) if status.online else ()
            # An announcement of the broker carries no details: what was known stays known.
            self._devices[node] = replace(
                device,
                online=status.online,
                # Since when it is so: the broker repeats a retained status at every connection.
                status_at_ms=device.status_at_ms if device.online is status.online else at_ms,
                software=status.software or device.software,
                status=encode(status).decode() if status.online else device.status,
            )
            self._urgent.add(node)

    def offline(self) -> dict[str, frozenset[str]]:
        """Return the nodes that are known to be away, by venue."""
        away: dict[str, set[str]] = {}
        for node, device in self._devices.items():
            if device.online is False:
                away.setdefault(node.venue, set()).add(node.node)
        return {venue: frozenset(nodes) for venue, nodes in away.items()}

    def to_save(self) -> list[Device]:
        """Return some devices that changed, or that only went on sending for a long time."""
        due = [self._devices[node] for node in islice(self._urgent, SAVED_AT_ONCE)]
        due += islice(
            (
                device
                for node, device in self._devices.items()
                if device.last_seen_ms - self._saved_ms.get(node, 0) > SAVE_AFTER_MS
                and node not in self._urgent
            ),
            SAVED_AT_ONCE - len(due),
        )
        for device in due:
            node = NodeId(device.venue, device.node)
            self._saved_ms[node] = device.last_seen_ms
            self._urgent.discard(node)
        return due

    def put_back(self, devices: Iterable[Device]) -> None:
        """Keep devices that could not be written for the next time."""
        self._urgent |= {NodeId(device.venue, device.node) for device in devices}

    def now(self, venues: Mapping[str, Venue]) -> tuple[DeviceNow, ...]:
        """Return every node, heard or only expected, by venue and node."""
        expected = {NodeId(venue.id, node) for venue in venues.values() for node in venue.nodes}
        return tuple(
            _now(
                node,
                self._devices.get(node),
                self._faults.get(node, ()),
                self._offsets.get(node),
            )
            for node in sorted(expected | set(self._devices))
        )

    def _has_room(self, node: NodeId) -> bool:
        return node in self._devices or len(self._devices) < MOST_DEVICES

    def _seen(self, node: NodeId, at_ms: int, *, is_alive: bool = True) -> Device:
        device = self._devices.get(node)
        if device is None:
            device = Device(node.venue, node.node, None, at_ms, at_ms)
        elif is_alive:
            device = replace(device, last_seen_ms=max(device.last_seen_ms, at_ms))
        self._devices[node] = device
        return device


def _now(
    node: NodeId, device: Device | None, faults: tuple[Fault, ...], offset_ms: int | None
) -> DeviceNow:
    if device is None:
        return DeviceNow(node.venue, node.node, "expected")
    if device.online is None:
        return DeviceNow(node.venue, node.node, "silent", device, offset_ms=offset_ms)
    state: Literal["online", "offline"] = "online" if device.online else "offline"
    return DeviceNow(node.venue, node.node, state, device, faults, offset_ms)


def _faults(status: Status, at_ms: int, before: Iterable[Fault] = ()) -> tuple[Fault, ...]:
    """Return what a status says is wrong; what it gives no beginning for began when first heard."""
    begun = {(fault.code, fault.name): fault.since_ms for fault in before}
    found = [
        Fault("source", source.name, source.detail, source.since_ms)
        for source in status.sources
        if source.state == "failed"
    ]
    for source in status.sources:
        if source.state == "watching" and source.picture is not None:
            found += _of_picture(source.name, source.picture)
    if status.spool is not None and not status.spool.writable:
        found.append(Fault("spool", "", "", 0))
    if status.clock is not None and status.clock.state == "unset":
        found.append(Fault("clock", "", "", 0, status.clock.held))
    if status.spool is not None and status.spool.dropped:
        found.append(Fault("dropped", "", "", 0, status.spool.dropped))
    if status.certificate is not None and status.certificate.trouble:
        found.append(Fault("certificate", "", status.certificate.trouble, 0))
    found += [Fault("store", store, "", 0) for store in status.other_stores[:MOST_STORES]]
    return tuple(
        replace(fault, since_ms=fault.since_ms or begun.get((fault.code, fault.name), at_ms))
        for fault in found
    )


def _of_picture(camera: str, picture: PictureStatus) -> Iterator[Fault]:
    if picture.health != "well":
        yield Fault("camera", camera, picture.health, picture.since_ms)
    if picture.view_changed_ms:
        yield Fault("view", camera, "", picture.view_changed_ms)


def _read_faults(device: Device) -> tuple[Fault, ...]:
    try:
        return _faults(decode_status(device.status.encode()), device.status_at_ms)
    except DecodeError:
        # Written down by another release, or by none: the node tells again as soon as it connects.
        return ()
