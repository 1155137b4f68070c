"""Conditions out of what nodes say of their updates: one that was rolled back, or refused. Pure."""

from collections.abc import Iterable, Iterator
from typing import Final

from contracts.errors import DecodeError
from contracts.messages import decode_status
from contracts.updating import UpdateStatus
from hub.alerts.condition import AlertKind, Condition
from hub.alerts.sources import link_to
from hub.live.now import DeviceNow

_SAID: Final = {
    "rolled_back": ("已自动退回", "was rolled back"),
    "refused": ("被设备拒绝", "was refused by the node"),
}


def of_updates(devices: Iterable[DeviceNow]) -> Iterator[Condition]:
    """Yield each node whose last update failed; it holds until another one ends otherwise."""
    for now in devices:
        device = now.device
        # Most statuses say nothing of the kind, and reading each of them costs.
        if device is None or not any(f'"{what}"' in device.status for what in _SAID):
            continue
        try:
            status = decode_status(device.status.encode()).update
        except DecodeError:
            continue
        if status is not None and status.outcome in _SAID:
            yield _failed(now, status, device.status_at_ms)


def _failed(now: DeviceNow, status: UpdateStatus, heard_ms: int) -> Condition:
    zh, en = _SAID[status.outcome]
    # A clock that was never set says 1970; then it began when we heard of it.
    since_ms = status.at_ms if 0 < heard_ms - status.at_ms < 30 * 86_400_000 else heard_ms
    runs_zh = f"，仍运行 {status.running}" if status.running else ""
    runs_en = f"; {status.running} runs" if status.running else ""
    return Condition(
        AlertKind.UPDATE_FAILED,
        now.venue,
        f"{now.node}/{status.sha256[:12]}/{status.attempt}",
        since_ms,
        None,
        f"{now.node}：更新到 {status.version} {zh}（{status.reason}）{runs_zh}",
        f"{now.node}: the update to {status.version} {en} ({status.reason}){runs_en}",
        "reported",
        link_to(now.venue, now.node),
    )
