"""What is wrong with a node, and what to do about it, in a sentence each. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from contracts.messages import PictureStatus, SourceStatus, Status
from hub.live.now import DeviceNow
from hub.pages.camera_words import ADVICE, OTHER, VIEW
from hub.pages.venue_words import lasting
from hub.pages.words import Words
from hub.store.traces import Traces

CLOCK_OFF_MS: Final = 5_000
"""A clock that is wrong by more puts crossings into the wrong minute."""
MANY_PENDING: Final = 5_000
QUIET_MS: Final = 180_000
"""An online node extends its coverage every minute, so that it is never silent for so long."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing: how it stands, what it is, what to do."""

    mark: str
    what: Words
    to_do: Words


ALL_WELL: Final = Finding(
    "known",
    Words("一切正常", "All is well"),
    Words("不需要处理。", "There is nothing to do."),
)


def diagnose(
    now: DeviceNow,
    status: Status | None,
    traces: Traces,
    *,
    store_id: str,
    ancestors: Sequence[str] = (),
    at_ms: int,
) -> tuple[Finding, ...]:
    """Return what is wrong, most pressing first; if nothing is, that."""
    if now.device is None:
        return (_never(),)
    found = []
    if now.state == "offline":
        found.append(_offline(now, at_ms))
    elif at_ms - now.device.last_seen_ms > QUIET_MS:
        found.append(_quiet(now, at_ms))
    if now.state == "silent":
        found.append(_no_status())
    if status is not None and now.state == "online":
        found += _of_status(status, store_id, ancestors)
    if now.offset_ms is not None and abs(now.offset_ms) > CLOCK_OFF_MS:
        found.append(_clock_off(now.offset_ms))
    found += _of_traces(traces)
    return tuple(found) or (ALL_WELL,)


def _never() -> Finding:
    return Finding(
        "unknown",
        Words("中枢从未收到这台设备的数据", "The hub never heard of this node"),
        Words(
            "检查供电、网络，以及配置里的场馆名、设备名和消息服务地址；"
            "在设备上运行 python -m edge doctor。",
            "Check its power and network, the venue and node names and the broker's address in its"
            " configuration; run python -m edge doctor on it.",
        ),
    )


def _offline(now: DeviceNow, at_ms: int) -> Finding:
    since = now.device.status_at_ms if now.device else at_ms
    ago = lasting((at_ms - since) / 1000)
    return Finding(
        "unknown",
        Words(f"已离线 {ago.zh}", f"Offline for {ago.en}"),
        Words(
            "检查电源和网络。它离线时照常计数，恢复后自动补传，不要重装系统卡。",
            "Check power and network. It goes on counting and sends everything later: do not"
            " re-install its card.",
        ),
    )


def _quiet(now: DeviceNow, at_ms: int) -> Finding:
    ago = lasting((at_ms - (now.device.last_seen_ms if now.device else at_ms)) / 1000)
    return Finding(
        "unknown",
        Words(
            f"自称在线，但 {ago.zh}没有数据", f"Says it is online, but sent nothing for {ago.en}"
        ),
        Words(
            "检查各路摄像头和端口；都正常时重新启动边缘程序。",
            "Look at its cameras and ports below; if all of them watch, start the agent again.",
        ),
    )


def _no_status() -> Finding:
    return Finding(
        "degraded",
        Words("有数据，但从未报告状态", "It sends data, but never told its status"),
        Words(
            "可能是旧版本，或消息服务不允许它写状态主题；升级后再看。",
            "An old release, or the broker forbids it the status topic; upgrade it and look again.",
        ),
    )


def _of_status(status: Status, store_id: str, ancestors: Sequence[str]) -> list[Finding]:
    found = [finding for source in status.sources for finding in _of_source(source)]
    if status.spool is not None and not status.spool.writable:
        found.append(
            Finding(
                "breach",
                Words("设备的存储卡拒绝写入", "Its card refuses to be written"),
                Words(
                    "计数只在内存里：尽快更换存储卡，更换前不要断电。",
                    "Counts are in memory only: replace the card soon, and do not cut its power"
                    " before.",
                ),
            )
        )
    if status.spool is not None and status.spool.pending > MANY_PENDING:
        rows = f"{status.spool.pending:,}"
        found.append(
            Finding(
                "degraded",
                Words(f"还有 {rows} 行等待补传", f"{rows} rows wait to be sent"),
                Words(
                    "网络恢复后会自行传完；如果一直增加，检查网络和消息服务。",
                    "They are sent by themselves; if their number keeps growing, check the network"
                    " and the broker.",
                ),
            )
        )
    if status.spool is not None and status.spool.set_aside:
        found.append(
            Finding(
                "degraded",
                Words("一个损坏的数据库已另存", "A damaged spool was set aside"),
                Words(
                    "数据没有丢弃；保留该文件，并考虑更换存储卡。",
                    "Nothing was thrown away: keep that file, and think of replacing the card.",
                ),
            )
        )
    if status.clock is not None and status.clock.state == "unset":
        found.append(
            Finding(
                "degraded",
                Words("设备的时间从未校准", "Its clock was never set"),
                Words(
                    "让它能访问时间服务器；校准后，等待中的行会改正时间再传。",
                    "Let it reach a time server; rows that wait are then stamped again and sent.",
                ),
            )
        )
    if status.certificate is not None and status.certificate.trouble:
        found.append(
            Finding(
                "degraded",
                Words(
                    f"它的证书无法更新：{status.certificate.trouble}",
                    f"Its certificate cannot be renewed: {status.certificate.trouble}",
                ),
                Words(
                    "让它能通过 HTTP 访问中枢；若证书已被吊销，请重新加入。到期前仍会上传。",
                    "Let it reach the hub by HTTP; if it was revoked, let it join again. Until its"
                    " certificate ends it goes on sending.",
                ),
            )
        )
    if status.store_id is not None and status.store_id not in {store_id, *ancestors}:
        found.append(
            Finding(
                "breach",
                Words("它跟随的是另一个中枢的数据库", "It follows the store of another hub"),
                Words(
                    "确认消息服务上只有一个中枢；要改跟随本中枢，请在设备上重新加入。",
                    "See that only one hub is on this broker; to follow this one, let the node join"
                    " again.",
                ),
            )
        )
    elif status.other_stores:
        found.append(
            Finding(
                "degraded",
                Words("它还听到另一个中枢", "It hears another hub too"),
                Words(
                    "它只服从原来的中枢，数据不会错；找出并停掉多余的那个。",
                    "It obeys its own only, and its data are right; find the other one and end it.",
                ),
            )
        )
    return found


def _of_source(source: SourceStatus) -> list[Finding]:
    if source.state == "watching" and source.picture is not None:
        return _of_picture(source.name, source.picture)
    if source.state not in {"failed", "stopped"}:
        return []
    detail_zh = f"：{source.detail}" if source.detail else ""
    detail_en = f": {source.detail}" if source.detail else ""
    return [
        Finding(
            "breach",
            Words(f"{source.name} 不工作{detail_zh}", f"{source.name} does not work{detail_en}"),
            Words(
                "检查连线、供电和地址；恢复后自动继续，缺口会如实显示。",
                "Check its cable, power and address; it goes on by itself, the gap stays visible.",
            ),
        )
    ]


def _of_picture(camera: str, picture: PictureStatus) -> list[Finding]:
    found = []
    if picture.health != "well":
        what, to_do = ADVICE.get(picture.health, OTHER)
        found.append(Finding("degraded", _named(what, camera, picture.health), to_do))
    if picture.view_changed_ms:
        found.append(Finding("degraded", _named(VIEW[0], camera, ""), VIEW[1]))
    return found


def _named(words: Words, camera: str, health: str) -> Words:
    return Words(
        words.zh.format(name=camera, health=health), words.en.format(name=camera, health=health)
    )


def _clock_off(offset_ms: int) -> Finding:
    ahead = offset_ms > 0
    by = lasting(abs(offset_ms) / 1000) if abs(offset_ms) >= 60_000 else None
    zh = by.zh if by else f"{abs(offset_ms) / 1000:.1f} 秒"
    en = by.en if by else f"{abs(offset_ms) / 1000:.1f} s"
    return Finding(
        "degraded",
        Words(
            f"设备时间比中枢{'快' if ahead else '慢'} {zh}",
            f"Its clock is {en} {'ahead of' if ahead else 'behind'} the hub's",
        ),
        Words(
            "检查设备和中枢的时间服务器；网络很慢时也会显得慢。",
            "Check the time servers of node and hub; a slow network looks like a late clock too.",
        ),
    )


def _of_traces(traces: Traces) -> list[Finding]:
    found = []
    if traces.fork_count:
        found.append(
            Finding(
                "degraded",
                Words(
                    "它的存储卡被复制过，或旧卡被放回",
                    "Its card was cloned, or an old one put back",
                ),
                Words(
                    "数据已分开记录，没有重复；确认同一张卡没有在两台设备上运行。",
                    "Both are kept apart and nothing counts twice; see that no two devices run from"
                    " one card.",
                ),
            )
        )
    if traces.gap_count:
        found.append(
            Finding(
                "degraded",
                Words(
                    f"有 {traces.gap_count} 处数据丢失", f"Data were lost {traces.gap_count} times"
                ),
                Words(
                    "这些时段显示为不详，不会算作零；检查离线时间和存储空间。",
                    "Those stretches are not known, and never zero; look at how long it was offline"
                    " and at its disk.",
                ),
            )
        )
    if traces.quarantined_count:
        rows = f"{traces.quarantined_count:,}"
        found.append(
            Finding(
                "degraded",
                Words(f"有 {rows} 行暂时无法读取", f"{rows} rows cannot be read for now"),
                Words(
                    "它们已原样保存；中枢升级后会自动再读。",
                    "They are kept as they came; the hub reads them again after an upgrade.",
                ),
            )
        )
    return found
