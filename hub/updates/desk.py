"""Where releases for nodes are handed in and rolled out, and what each node is told of them.

An update is only taken with the district's signature: whoever is logged in may roll out what
somebody with the key has made, and nothing else.
"""

import asyncio
import threading
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final, Literal
from zoneinfo import ZoneInfo

import structlog
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from contracts.errors import DecodeError
from contracts.ids import NodeId
from contracts.messages import decode_status
from contracts.topics import Channel, node_topic
from contracts.updating import Release, UpdateOrder, UpdateStatus, encode_order
from hub.access import Permission, Who
from hub.access.complaints import Complained, Complaint
from hub.audit import entry
from hub.errors import NotAllowed, NotFound
from hub.live import LiveBoard
from hub.live.now import DeviceNow
from hub.packs.folder import PackFolder
from hub.store.records import Records
from hub.store.records.updates import TargetRecord, UpdateRecord, UpdateRecords
from hub.updates.kept import from_record, target_record, to_record
from hub.updates.rollout import (
    OPEN,
    Plan,
    Rollout,
    RolloutState,
    Target,
    TargetState,
    resumed,
    staged,
    step,
    tried_again,
)
from hub.updates.window import Go, Night, may_switch
from link.errors import StoreUnavailable
from link.updating import verified_by
from updater.archive import manifest_bytes, open_update
from updater.errors import UpdateRefused

log = structlog.get_logger(__name__)

LOOK_SECONDS: Final = 1.0
MOST_UPDATES: Final = 20
"""Each may be half a GiB."""
Action = Literal["pause", "resume", "stop"]
Publish = Callable[[str, bytes], bool]


class UpdateDesk:
    """Takes updates and rolls them out. Any thread may use it.

    What cannot be done raises UpdateRefused, NotFound, NotAllowed, Complained. `live` is absent
    where only files are handed in.
    """

    def __init__(
        self,
        records: Records,
        folder: PackFolder,
        keys: Callable[[], Sequence[Ed25519PublicKey]],
        clock_ms: Callable[[], int],
        *,
        live: LiveBoard | None = None,
        night: Night | None = None,
        publish: Publish | None = None,
    ) -> None:
        self._kept = UpdateRecords(records)
        self.folder = folder
        self._keys = keys
        self._clock_ms = clock_ms
        self._live = live
        self._night = night
        self._publish = publish
        self._lock = threading.Lock()
        self._rollouts: dict[int, Rollout] = {}
        self._revision = -1
        self._told: dict[NodeId, bytes] = {}
        self._is_again = False
        self._read: dict[NodeId, tuple[str, UpdateStatus | None]] = {}
        """What a node's status said of its update, with the text that it was read from."""

    def updates(self) -> list[UpdateRecord]:
        """Return the updates that may be rolled out, the newest first."""
        return self._kept.updates()

    def rollouts(self) -> list[Rollout]:
        """Return the newest rollouts, the newest first."""
        with self._lock:
            self._refresh()
            return sorted(self._rollouts.values(), key=lambda one: -one.id)

    def rollout(self, number: int) -> Rollout:
        """Return one rollout. Raises NotFound."""
        with self._lock:
            self._refresh()
            return self._find(number)

    def nodes(self, kind: str) -> list[DeviceNow]:
        """Return the nodes of a kind that have an updater, by name."""
        if self._live is None:
            return []
        return [
            now
            for now in self._live.devices
            if now.device is not None
            and now.device.software.startswith(f"kaiguan-{kind} ")
            and self._status(now) is not None
        ]

    def add(self, by: Who, incoming: Path) -> UpdateRecord:
        """Look an update through and keep it. `incoming` is the folder's own, gone afterwards."""
        _require(by)
        try:
            if len(self._kept.updates()) >= MOST_UPDATES:
                raise UpdateRefused(f"{MOST_UPDATES} updates are kept: withdraw one first")
            facts = open_update(incoming, verified_by(self._keys()))
            manifest = manifest_bytes(incoming)
            one = UpdateRecord(facts.sha256, facts.size, facts.manifest, by.name, self._clock_ms())
            self.folder.keep(incoming, facts.sha256)
        finally:
            incoming.unlink(missing_ok=True)
        told = entry(by, one.added_ms, "update.added", _named(one), None, _facts(one))
        self._kept.add(one, manifest, told)
        return one

    def withdraw(self, by: Who, sha256: str) -> None:
        """Forget an update that no rollout brings to nodes now."""
        _require(by)
        one = self._update(sha256)
        with self._lock:
            self._refresh()
            if any(r.sha256 == sha256 and r.state in OPEN for r in self._rollouts.values()):
                raise Complained(Complaint.UPDATE_IN_USE)
            told = entry(by, self._clock_ms(), "update.withdrawn", _named(one), _facts(one), None)
            self._kept.remove(sha256, told)
        self.folder.sweep(kept.sha256 for kept in self._kept.updates())

    def start(
        self,
        by: Who,
        sha256: str,
        first: Collection[NodeId],
        plan: Plan,
        venues: Collection[str] | None = None,
    ) -> Rollout:
        """Begin to bring an update to nodes: to those of some venues, or to all with None."""
        update = self._update(sha256)
        kind, at_ms = update.manifest.kind, self._clock_ms()
        nodes = [
            NodeId(now.venue, now.node)
            for now in self.nodes(kind)
            if venues is None or now.venue in venues
        ]
        if not first or not set(first) <= set(nodes):
            raise Complained(Complaint.ROLLOUT_FIRST)
        if venues is None and by.venues is not None:
            raise NotAllowed(f"{by.name} may not: the rollout is for venues of others too")
        _require_at(by, {node.venue for node in nodes})
        with self._lock:
            self._refresh()
            if any(r.kind == kind and r.state in OPEN for r in self._rollouts.values()):
                raise Complained(Complaint.ROLLOUT_OPEN)
            targets = staged(f"{sha256} {at_ms}", first, nodes, plan)
            begun = Rollout(0, sha256, kind, update.manifest.version, plan, by.name, at_ms, targets)
            facts = {"version": begun.version, "kiosk": kind == "kiosk", "count": len(targets)}
            told = entry(by, at_ms, "rollout.started", "0", None, facts)
            rollout = from_record(self._kept.begin(to_record(begun), told))
            self._rollouts[rollout.id] = rollout
            return rollout

    def change(self, by: Who, number: int, action: Action) -> Rollout:
        """Pause a rollout, let it go on, or end it."""
        with self._lock:
            self._refresh()
            before = self._find(number)
            _require_at(by, {target.node.venue for target in before.targets})
            if before.state not in OPEN:
                raise Complained(Complaint.ROLLOUT_OVER)
            now_ms = self._clock_ms()
            match action:
                case "pause":
                    after = replace(before, state=RolloutState.PAUSED, reason=f"by {by.name}")
                case "resume":
                    after = resumed(before)
                case "stop":
                    after = replace(before, state=RolloutState.STOPPED, ended_ms=now_ms)
            facts = ({"result": before.state}, {"result": after.state})
            verbs = {"pause": "paused", "resume": "resumed", "stop": "stopped"}
            told = entry(by, now_ms, f"rollout.{verbs[action]}", str(number), *facts)
            self._kept.keep(to_record(after), (), told)
            self._rollouts[number] = after
            return after

    def try_again(self, by: Who, number: int, node: NodeId) -> Rollout:
        """Let a node that failed be asked once more."""
        with self._lock:
            self._refresh()
            before = self._find(number)
            _require_at(by, {node.venue})
            after = tried_again(before, node, self._clock_ms())
            if before.state not in OPEN or after == before:
                raise Complained(Complaint.NOTHING_FAILED)
            told = entry(by, self._clock_ms(), "rollout.retried", str(number), None,
                         {"venue": str(node)})  # fmt: skip
            self._kept.keep(to_record(after), _changed(before, after), told)
            self._rollouts[number] = after
            return after

    def again(self) -> None:
        """Tell every node once more, soon: the broker may have forgotten it. Any thread."""
        self._is_again = True

    async def run(self) -> None:
        """Follow the rollouts until cancelled, whoever began them."""
        await asyncio.to_thread(self.folder.clear_incoming)
        while True:
            try:
                await asyncio.to_thread(self.look)
            except StoreUnavailable as error:
                log.warning("rollouts_not_kept", reason=str(error))
            await asyncio.sleep(LOOK_SECONDS)

    def look(self) -> None:
        """Follow the rollouts once: read what nodes say, go on, tell each node its order."""
        with self._lock:
            self._refresh()
            now_ms = self._clock_ms()
            devices = self._devices()
            for rollout in tuple(self._rollouts.values()):
                if rollout.state in OPEN:
                    self._follow(rollout, devices, now_ms)
            self._tell(now_ms)

    def _follow(self, rollout: Rollout, devices: Mapping[NodeId, DeviceNow], now_ms: int) -> None:
        seen = {}
        for target in rollout.targets:
            device = devices.get(target.node)
            status = None if device is None else self._status(device)
            if status is not None:
                seen[target.node] = status
        after = step(rollout, seen, now_ms)
        if after is rollout or after == rollout:
            return
        self._kept.keep(to_record(after), _changed(rollout, after))
        self._rollouts[after.id] = after
        if after.state is not rollout.state:
            log.warning("rollout_changed", rollout=after.id, state=after.state, reason=after.reason)

    def _tell(self, now_ms: int) -> None:
        if self._is_again:
            self._is_again = False
            self._told.clear()
        if self._publish is None:
            return
        gone: dict[tuple[str, str], Go] = {}
        wanted: dict[NodeId, Release | None] = {}
        for rollout in sorted(self._rollouts.values(), key=lambda one: -one.id):
            size = self._size(rollout)
            for target in rollout.targets:
                if target.node in wanted:
                    continue
                go = Go()
                if rollout.state is RolloutState.RUNNING and target.state is TargetState.TOLD:
                    at = (target.node.venue, rollout.plan.when)
                    go = gone.get(at) or gone.setdefault(at, self._go(*at, now_ms))
                wanted[target.node] = _release(rollout, target, size, go)
        for node, release in wanted.items():
            same = encode_order(UpdateOrder(0, release))
            if self._told.get(node) == same:
                continue
            order = encode_order(UpdateOrder(now_ms, release))
            if not self._publish(node_topic(node, Channel.UPDATE), order):
                return
            self._told[node] = same

    def _go(self, venue: str, when: Literal["closed", "night", "now"], now_ms: int) -> Go:
        live, night = self._live, self._night
        if live is None or night is None:
            return Go()
        declared = live.declared.get(venue)
        zone = ZoneInfo(declared.timezone if declared else "Asia/Shanghai")
        return may_switch(live.venues.get(venue), when, night, zone, now_ms)

    def _size(self, rollout: Rollout) -> int:
        """Return the size of a rollout's zip; 0: it is not there, and nobody is told of it."""
        if rollout.state not in OPEN or not self.folder.has(rollout.sha256):
            return 0
        return (self.folder.path / f"{rollout.sha256}.zip").stat().st_size

    def _refresh(self) -> None:
        """Read the rollouts again if a person changed them, here or in another process."""
        revision = self._kept.revision()
        if revision != self._revision:
            self._rollouts = {one.id: from_record(one) for one in self._kept.rollouts()}
            self._revision = revision

    def _find(self, number: int) -> Rollout:
        if number not in self._rollouts:
            raise NotFound(f"there is no rollout {number}")
        return self._rollouts[number]

    def _update(self, sha256: str) -> UpdateRecord:
        found = next((one for one in self._kept.updates() if one.sha256 == sha256), None)
        if found is None:
            raise NotFound("there is no update with this hash")
        return found

    def _devices(self) -> dict[NodeId, DeviceNow]:
        devices: Iterable[DeviceNow] = () if self._live is None else self._live.devices
        return {NodeId(now.venue, now.node): now for now in devices}

    def _status(self, now: DeviceNow) -> UpdateStatus | None:
        """Return what a node said last of its update; read once for each text."""
        node, text = NodeId(now.venue, now.node), now.device.status if now.device else ""
        read = self._read.get(node)
        if read is None or read[0] != text:
            read = self._read[node] = (text, _update_of(text))
        return read[1]


def _update_of(text: str) -> UpdateStatus | None:
    try:
        return decode_status(text.encode()).update if text else None
    except DecodeError:
        return None


def _release(rollout: Rollout, target: Target, size: int, go: Go) -> Release | None:
    if rollout.state not in OPEN or target.state is not TargetState.TOLD or not size:
        return None
    return Release(
        version=rollout.version,
        sha256=rollout.sha256,
        bytes=size,
        attempt=target.attempt,
        allow_downgrade=rollout.plan.allow_downgrade,
        go=go.go,
        go_until_ms=go.until_ms,
    )


def _changed(before: Rollout, after: Rollout) -> list[TargetRecord]:
    was = {target.node: target for target in before.targets}
    return [target_record(one) for one in after.targets if was.get(one.node) != one]


def _require(by: Who) -> None:
    if by.venues is not None or not by.may(Permission.UPDATES):
        raise NotAllowed(f"{by.name} may not: an update is for venues of others too")


def _require_at(by: Who, venues: Iterable[str]) -> None:
    if not all(by.may(Permission.UPDATES, venue) for venue in venues):
        raise NotAllowed(f"{by.name} may not: the rollout is for venues of others too")


def _named(one: UpdateRecord) -> str:
    return f"{one.manifest.kind} {one.manifest.version}"


def _facts(one: UpdateRecord) -> dict[str, object]:
    return {"version": one.manifest.version, "sha256": one.sha256}
