"""What a device's page shows, as plain strings: templates only place it. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from contracts.errors import DecodeError
from contracts.messages import SourceStatus, Status, decode_status
from hub.live.attention import PICTURES
from hub.live.now import DeviceNow
from hub.pages.diagnosis import ALL_WELL, Finding, diagnose
from hub.pages.update_words import reason_of_update
from hub.pages.venue_words import DEVICE_STATES, lasting, moment, reason_words
from hub.pages.words import Words
from hub.store.traces import Traces

SOURCE_STATES = {
    "starting": ("degraded", Words("正在启动", "Starting")),
    "watching": ("known", Words("正在看守", "Watching")),
    "failed": ("breach", Words("故障", "Failed")),
    "stopped": ("closed", Words("已停止", "Stopped")),
}
SOURCE_KINDS = {
    "camera": Words("摄像头", "Camera"),
    "serial": Words("串口", "Serial port"),
    "board": Words("传感器板", "Sensor board"),
    "simulator": Words("模拟器", "Simulator"),
    "pad": Words("图书感应区", "Tag pad"),
    "card_reader": Words("读卡器", "Card reader"),
    "packs": Words("内容包", "Content packs"),
    "code_reader": Words("扫码器", "Code scanner"),
    "printer": Words("凭条打印机", "Receipt printer"),
    "library": Words("图书馆系统", "Library system"),
    "hub": Words("中枢", "Hub"),
    "disk": Words("存储", "Disk"),
}
KIOSK_KINDS = frozenset({"pad", "card_reader", "code_reader", "printer", "library", "hub", "packs"})
"""What a kiosk tells of, and no edge."""
CLOCKS = {
    "set": Words("已校准", "set"),
    "corrected": Words("事后校正", "corrected later"),
    "unset": Words("从未校准", "never set"),
}
UPDATE_PHASES = {
    "idle": Words("没有待更新", "nothing to do"),
    "fetching": Words("正在下载", "being fetched"),
    "verified": Words("已核验，正在安装", "verified, being installed"),
    "staged": Words("已装好，等待切换", "installed, waits to be switched to"),
    "trying": Words("正在试运行", "on trial"),
    "rolling_back": Words("正在退回", "being rolled back"),
}
UPDATE_WAITS = {
    "hub": Words("等闭馆时间", "until the venue is closed"),
    "clock": Words("设备时间未校准", "its clock is not set"),
    "in_use": Words("有人正在使用", "somebody is using it"),
}
UPDATE_OUTCOMES = {
    "updated": Words("更新成功", "runs well"),
    "rolled_back": Words("已自动退回", "was rolled back"),
    "refused": Words("被设备拒绝", "was refused"),
}
NOTHING = Words("未报告", "not told")


@dataclass(frozen=True, slots=True)
class Fact:
    """One line of the list of facts."""

    name: Words
    value: Words


@dataclass(frozen=True, slots=True)
class SourceRow:
    """A camera or a port."""

    name: str
    kind: Words
    mark: str
    state: Words
    since: Words | None
    detail: str
    line: Words


@dataclass(frozen=True, slots=True)
class DeviceNowView:
    """What is of now."""

    mark: str
    state: Words
    since: Words | None
    findings: tuple[Finding, ...]
    facts: tuple[Fact, ...]
    sources: tuple[SourceRow, ...]


@dataclass(frozen=True, slots=True)
class TraceRow:
    """Something that was lost, forked or could not be read."""

    when: Words
    what: Words
    detail: Words


def build_device(
    now: DeviceNow,
    traces: Traces,
    zone: ZoneInfo,
    *,
    store_id: str,
    ancestors: Sequence[str],
    at_ms: int,
    disk: Finding | None = None,
) -> DeviceNowView:
    """Return a node as of now; `disk`: what is wrong with its disk, if anything is."""
    mark, state = DEVICE_STATES[now.state]
    status = last_status(now)
    since = None
    if now.device is not None and now.device.status_at_ms:
        at = moment(now.device.status_at_ms / 1000, zone)
        since = Words(f"{at.zh} 起", f"since {at.en}")
    return DeviceNowView(
        mark,
        state,
        since,
        _with_disk(
            diagnose(now, status, traces, store_id=store_id, ancestors=ancestors, at_ms=at_ms), disk
        ),
        _facts(now, status, zone, store_id, ancestors, at_ms),
        tuple(_source(source, zone, now.state) for source in status.sources) if status else (),
    )


def _with_disk(found: tuple[Finding, ...], disk: Finding | None) -> tuple[Finding, ...]:
    return found if disk is None else (*(one for one in found if one is not ALL_WELL), disk)


def last_status(now: DeviceNow) -> Status | None:
    """Return the last status that the node told of itself, None when there is none to read."""
    if now.device is None or not now.device.status:
        return None
    try:
        return decode_status(now.device.status.encode())
    except DecodeError:
        return None


def build_traces(traces: Traces, zone: ZoneInfo) -> tuple[TraceRow, ...]:
    """Return what was lost, forked or could not be read, newest first."""
    rows = [
        (
            gap.received_ms,
            Words("数据丢失", "Data lost"),
            _gap_words(gap.since_ms, gap.until_ms, gap.rows, gap.source, gap.reason, zone),
        )
        for gap in traces.gaps
    ]
    rows += [
        (
            fork.received_ms,
            Words("两张卡续写同一串数据", "Two spools went on with one stream"),
            Words(f"数据流 {fork.stream}", f"stream {fork.stream}"),
        )
        for fork in traces.forks
    ]
    rows += [
        (
            one.received_ms,
            Words("无法读取，已原样保存", "Cannot be read, kept as it came"),
            Words(
                f"{one.rows} 行，{one.source}：{one.code}（{one.reason}）",
                f"{one.rows} rows of {one.source}: {one.code} ({one.reason})",
            ),
        )
        for one in traces.quarantined
    ]
    return tuple(
        TraceRow(moment(at_ms / 1000, zone), what, detail)
        for at_ms, what, detail in sorted(rows, key=lambda row: -row[0])
    )


def _gap_words(
    since_ms: int, until_ms: int, rows: int, source: str, reason: str, zone: ZoneInfo
) -> Words:
    since, until = moment(since_ms / 1000, zone), moment(until_ms / 1000, zone)
    why = reason_words(reason)
    return Words(
        f"{source}：{since.zh} 至 {until.zh}，{rows} 行，{why.zh}",
        f"{source}: {since.en} to {until.en}, {rows} rows, {why.en}",
    )


def _facts(
    now: DeviceNow,
    status: Status | None,
    zone: ZoneInfo,
    store_id: str,
    ancestors: Sequence[str],
    at_ms: int,
) -> tuple[Fact, ...]:
    device = now.device
    if device is None:
        return ()
    facts = [
        Fact(Words("最近收到", "Last heard"), _ago(device.last_seen_ms, zone, at_ms)),
        Fact(Words("首次收到", "First heard"), moment(device.first_seen_ms / 1000, zone)),
        Fact(Words("软件版本", "Software"), _same(device.software) if device.software else NOTHING),
        *_release(status),
        Fact(Words("时间偏差（中枢测得）", "Clock offset, as the hub measures"), _offset(now)),
    ]
    if status is None:
        return tuple(facts)
    facts.append(Fact(Words("最近一次状态", "Last status"), _ago(status.at_ms, zone, at_ms)))
    if status.clock is not None:
        words = CLOCKS.get(status.clock.state, _same(status.clock.state))
        held = status.clock.held
        if held:
            words = Words(f"{words.zh}，{held} 行等待", f"{words.en}, {held} rows wait for it")
        facts.append(Fact(Words("设备时间", "Its clock"), words))
    if status.spool is not None:
        spool = status.spool
        facts += [
            Fact(
                Words("待传", "Waiting to be sent"),
                Words(f"{spool.pending:,} 行", f"{spool.pending:,} rows"),
            ),
            Fact(Words("本地数据库", "Spool"), _bytes(spool.bytes)),
            Fact(
                Words("因空间不足丢弃", "Dropped for want of room"),
                Words(f"{spool.dropped:,} 行", f"{spool.dropped:,} rows"),
            ),
            Fact(
                Words("另存的损坏文件", "Damaged and set aside"),
                _same(spool.set_aside) if spool.set_aside else Words("无", "none"),
            ),
        ]
    facts += [
        Fact(Words("边缘程序启动号", "Start of the agent"), _same(status.boot)),
        Fact(
            Words("系统启动号", "Start of the system"),
            _same(status.os_boot) if status.os_boot else NOTHING,
        ),
        Fact(Words("跟随的数据库", "Store that it follows"), _store(status, store_id, ancestors)),
        Fact(
            Words("听到的其他数据库", "Other stores that it hears"),
            _same(", ".join(status.other_stores)) if status.other_stores else Words("无", "none"),
        ),
    ]
    return tuple(facts)


def _release(status: Status | None) -> tuple[Fact, ...]:
    """Return how long the agent runs, and how its update stands."""
    if status is None:
        return ()
    facts = []
    if status.up_seconds:
        up = lasting(status.up_seconds)
        facts.append(Fact(Words("已运行", "Has run for"), Words(f"{up.zh}", up.en)))
    update = status.update
    if update is None:
        return tuple(facts)
    phase = UPDATE_PHASES.get(update.phase, _same(update.phase))
    if update.wanted:
        phase = Words(f"{update.wanted}：{phase.zh}", f"{update.wanted}: {phase.en}")
    waits = UPDATE_WAITS.get(update.waits)
    if waits is not None:
        phase = Words(f"{phase.zh}，{waits.zh}", f"{phase.en}, {waits.en}")
    if update.trouble:
        phase = Words(f"{phase.zh}（{update.trouble}）", f"{phase.en} ({update.trouble})")
    facts.append(Fact(Words("软件更新", "Update"), phase))
    if update.outcome:
        told = UPDATE_OUTCOMES.get(update.outcome, _same(update.outcome))
        why = reason_of_update(update.reason)
        zh = f"{update.version} {told.zh}" + (f"（{why.zh}）" if why.zh else "")
        en = f"{update.version} {told.en}" + (f" ({why.en})" if why.en else "")
        facts.append(Fact(Words("上次更新", "Last update"), Words(zh, en)))
    if update.previous:
        facts.append(Fact(Words("可退回的版本", "Release before"), _same(update.previous)))
    return tuple(facts)


def _source(source: SourceStatus, zone: ZoneInfo, node: str) -> SourceRow:
    mark, state = SOURCE_STATES[source.state]
    picture, since_ms = source.picture, source.since_ms
    is_blind = picture is not None and picture.health != "well" and source.state == "watching"
    if picture is not None and is_blind:
        zh, en = PICTURES.get(picture.health, (picture.health, picture.health))
        mark, state, since_ms = "degraded", Words(zh, en.capitalize()), picture.since_ms
    if node != "online":
        # What it said last; nobody knows what it does now.
        mark, state = "unknown", Words(f"末次：{state.zh}", f"Last told: {state.en}")
    since = None
    if since_ms:
        at = moment(since_ms / 1000, zone)
        since = Words(f"{at.zh} 起", f"since {at.en}")
    return SourceRow(
        source.name,
        SOURCE_KINDS.get(source.kind, _same(source.kind)),
        mark,
        state,
        since,
        # Of its pictures the findings tell, in both languages.
        "" if is_blind or (picture is not None and picture.view_changed_ms) else source.detail,
        _line(source),
    )


def _line(source: SourceStatus) -> Words:
    corrupt = source.corrupt_frames
    zh, en = [f"损坏的帧 {corrupt:,}"], [f"{corrupt:,} corrupt frames"]
    line = source.line
    if line is not None:
        zh.append(f"请求 {line.requests:,}，应答 {line.replies:,}，超时 {line.timeouts:,}")
        en.append(
            f"{line.requests:,} requests, {line.replies:,} replies, {line.timeouts:,} timeouts"
        )
        zh.append(f"重新打开 {line.reopenings:,} 次")
        en.append(f"reopened {line.reopenings:,} times")
        if line.latency_ms is not None:
            zh.append(f"应答时间 {line.latency_ms:g} ms，最长 {line.longest_latency_ms:g} ms")
            en.append(f"latency {line.latency_ms:g} ms, longest {line.longest_latency_ms:g} ms")
    return Words("；".join(zh), "; ".join(en))


def _store(status: Status, store_id: str, ancestors: Sequence[str]) -> Words:
    if status.store_id is None:
        return NOTHING
    if status.store_id == store_id:
        return Words(f"{status.store_id}（本中枢）", f"{status.store_id} (this hub)")
    if status.store_id in ancestors:
        return Words(
            f"{status.store_id}（恢复前的本中枢）", f"{status.store_id} (this hub before a restore)"
        )
    return Words(f"{status.store_id}（另一个中枢）", f"{status.store_id} (another hub)")


def _offset(now: DeviceNow) -> Words:
    if now.offset_ms is None:
        return Words("尚未测得", "not measured yet")
    # Zero has no sign: a few milliseconds behind are not behind.
    return _same(f"{round(now.offset_ms / 1000, 1) + 0.0:+.1f} s")


def _ago(then_ms: int, zone: ZoneInfo, at_ms: int) -> Words:
    if not then_ms:
        return NOTHING
    at, seconds = moment(then_ms / 1000, zone), max(0, at_ms - then_ms) / 1000
    if seconds < 60:
        return Words(f"{at.zh}（刚刚）", f"{at.en} (just now)")
    ago = lasting(seconds)
    return Words(f"{at.zh}（{ago.zh}前）", f"{at.en} ({ago.en} ago)")


def _bytes(size: int) -> Words:
    return _same(f"{size / 1_048_576:.1f} MiB" if size >= 1_048_576 else f"{size / 1024:.0f} KiB")


def _same(text: str) -> Words:
    return Words(text, text)
