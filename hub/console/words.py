"""The words of the console, Chinese and English side by side; those of the board where it has them.

Not imported from the pages: the console knows nothing of the hub's inside. A test holds them equal.
"""

from typing import Final, Literal, NamedTuple

Lang = Literal["zh", "en"]


class Words(NamedTuple):
    """One thing said in both languages."""

    zh: str
    en: str

    def to(self, lang: Lang) -> str:
        """Return it in one language."""
        return self.zh if lang == "zh" else self.en


QUALITIES: Final = {
    "known": Words("计数完整", "Count complete"),
    "degraded": Words("计数有缺口", "Count has gaps"),
    "unknown": Words("证据不足", "Not known"),
}
SHORT: Final = {
    "known": Words("完整", "complete"),
    "degraded": Words("有缺口", "has gaps"),
    "unknown": Words("证据不足", "not known"),
    "breach": Words("超过容量", "over"),
    "near": Words("接近上限", "near"),
    "still": Words("旧数据", "old"),
}
"""The state of a row, in at most eight cells."""
OPENINGS: Final = {
    "open": Words("开", "open"),
    "closed": Words("闭", "closed"),
    "unknown": Words("不详", "not known"),
}
TRENDS: Final = {
    "rising": Words("↗ 增", "↗ more"),
    "steady": Words("→ 平", "→ same"),
    "falling": Words("↘ 减", "↘ less"),
    "unknown": Words("", ""),
}
DEVICES: Final = {
    "online": Words("在线", "online"),
    "offline": Words("离线", "offline"),
    "silent": Words("无状态", "no status"),
    "expected": Words("未出现", "not heard"),
}
SOURCES: Final = {
    "starting": Words("启动中", "starting"),
    "watching": Words("工作中", "watching"),
    "failed": Words("故障", "failed"),
    "stopped": Words("已停止", "stopped"),
}
CLOCKS: Final = {
    "set": Words("已同步", "set"),
    "corrected": Words("事后校正", "corrected later"),
    "unset": Words("未同步", "not set"),
}
WHYS: Final = {
    "no_answer": Words("中枢无应答", "the hub does not answer"),
    "silent": Words("中枢不再说话", "the hub is silent"),
    "broken": Words("连接中断", "the connection broke"),
    "ended": Words("中枢已结束", "the hub has ended"),
    "not_a_hub": Words("这个地址不是中枢", "what answers there is no hub"),
    "status": Words("中枢报错", "the hub answers with error"),
}
FILTERS: Final = {
    "all": Words("全部", "all"),
    "urgent": Words("需要处理", "need a person"),
    "unknown": Words("证据不足", "not known"),
    "district": Words("区级场馆", "district"),
    "town": Words("街镇场馆", "towns"),
    "space": Words("书房与新空间", "book rooms, spaces"),
}
ORDERS: Final = {
    "urgency": Words("先急后缓", "most pressing"),
    "name": Words("名称", "name"),
    "inside": Words("在馆人数", "people inside"),
    "share": Words("使用率", "share of capacity"),
    "heard": Words("最久未闻", "longest unheard"),
}
COLUMNS: Final = {
    "state": Words("状态", "State"),
    "venue": Words("场馆", "Venue"),
    "inside": Words("在馆", "Inside"),
    "capacity": Words("容量", "Cap."),
    "bar": Words("使用率", "Use"),
    "trend": Words("趋势", "Trend"),
    "heard": Words("末次", "Heard"),
    "opening": Words("开闭", "Doors"),
    "quality": Words("计数质量", "Quality"),
    "today": Words("今日人次", "Visits"),
    "device": Words("设备", "Device"),
    "software": Words("软件", "Software"),
    "fault": Words("故障", "Fault"),
    "severity": Words("级别", "Severity"),
    "axis": Words("状态", "State"),
    "alert": Words("告警", "Alert"),
    "since": Words("起", "Since"),
}
KEYS: Final = {
    "filter": Words("筛选", "Filter"),
    "order": Words("排序", "Sort"),
    "search": Words("查找", "Find"),
    "items": Words("待办", "To do"),
    "alerts": Words("告警", "Alerts"),
    "acknowledge": Words("确认", "Acknowledge"),
    "clear": Words("解除", "Clear"),
    "devices": Words("设备", "Devices"),
    "language": Words("English", "中文"),
    "theme": Words("昼夜", "Theme"),
    "help": Words("帮助", "Help"),
    "quit": Words("退出", "Quit"),
    "back": Words("返回", "Back"),
}
SEVERITIES: Final = {
    "critical": Words("紧急", "Critical"),
    "warning": Words("警告", "Warning"),
    "notice": Words("提示", "Notice"),
}
AXES: Final = {
    "active_unseen": Words("进行中·未确认", "active, not seen"),
    "active": Words("进行中·已确认", "active, seen"),
    "over_unseen": Words("已解除·未确认", "over, not seen"),
    "over": Words("已办结", "closed"),
}
LATE: Final = Words("{told}·迟到", "late, {told}")
OF_HUB: Final = Words("中枢", "the hub")
ASSIGNED: Final = Words("指派给 {who}", "assigned to {who}")
SEEN_BY: Final = Words("{who} 已确认", "seen by {who}")
NO_ALERT: Final = Words("没有待办的告警", "No alert is left to do")
REASON_HINT: Final = Words("解除原因，回车确认，Esc 取消", "why it is cleared; Enter, or Esc")
ACKNOWLEDGED: Final = Words("已确认", "acknowledged")
CLEARED: Final = Words("已解除", "cleared")
NOT_YOURS: Final = Words("此令牌无权处理告警", "this token may not see to alerts")
TITLE: Final = Words("开馆 · 控制台", "Kaiguan console")
CONNECTING: Final = Words("正在连接", "connecting")
LIVE: Final = Words("实时", "live")
OLD_SINCE: Final = Words("数字停在 {at}，正在重连", "numbers are of {at}; trying again")
NO_NUMBERS: Final = Words("还没有数字，正在重连", "no numbers yet; trying again")
DENIED: Final = Words(
    "中枢不接受此令牌：请设 KAIGUAN_TOKEN 或 --token-file",
    "the hub refuses this token: set KAIGUAN_TOKEN or --token-file",
)
NOT_SHOWN: Final = Words(
    "需要令牌才能查看：请设 KAIGUAN_TOKEN 或 --token-file",
    "shown only with a token: set KAIGUAN_TOKEN or --token-file",
)
NEVER: Final = Words("从未", "never")
NOTHING_TO_DO: Final = Words("没有需要处理的事项", "Nothing needs attention")
TO_DO: Final = Words("需要处理", "Needs attention")
MORE: Final = Words("还有 {n} 项，按 a 查看", "{n} more, press a")
NO_VENUE: Final = Words(
    "还没有场馆：在中枢上运行 python -m hub admin load 目录",
    "No venue yet: run python -m hub admin load DIR on the hub",
)
NO_MATCH: Final = Words("没有符合筛选的场馆，按 f 更换", "No venue matches; press f to change")
NO_DEVICE: Final = Words("没有设备", "No device")
SEARCH_HINT: Final = Words("名称或编号，回车确认，Esc 清除", "name or id; Enter keeps, Esc clears")
TOTAL: Final = Words(
    "在馆 {inside} 人（{told}/{venues} 馆） · 设备在线 {online}/{devices}",
    "{inside} inside ({told} of {venues} venues) · devices online {online}/{devices}",
)
DETAIL: Final = {
    "state": Words("状态", "state"),
    "last_seen": Words("末次听到", "last heard"),
    "first_seen": Words("首次听到", "first heard"),
    "told_at": Words("自报时间", "told at"),
    "software": Words("软件", "software"),
    "clock": Words("时钟", "clock"),
    "held": Words("等待校时的记录", "rows that wait for the clock"),
    "spool": Words("缓存待传", "spool, rows waiting"),
    "bytes": Words("缓存大小", "spool size"),
    "dropped": Words("已丢弃的记录", "rows dropped"),
    "set_aside": Words("旧缓存搁置", "spool put aside"),
    "sources": Words("数据源", "sources"),
    "faults": Words("故障", "faults"),
    "corrupt": Words("坏帧 {n}", "{n} corrupt frames"),
    "not_told": Words("未说明", "not told"),
    "writable": Words("可写", "writable"),
    "refuses": Words("拒绝写入", "cannot be written"),
    "none": Words("无", "none"),
    "asking": Words("正在询问中枢…", "asking the hub …"),
}
HELP: Final = Words(
    """状态从不只用颜色表示：形状加文字。
  ●  计数完整      ◐  计数有缺口    ◇  证据不足
  ▲  超过容量      ◔  接近上限      ○  旧数据（中枢不可达）
  使用率  ████░░ 在馆人数占容量的比例；╌╌╌╌ 不知道，不是零。

按键
  ↑ ↓ PgUp PgDn    移动
  回车             场馆的设备；设备的详情
  f                筛选：全部、需要处理、证据不足、区级、街镇、书房
  s                排序：先急后缓、名称、在馆、使用率、最久未闻
  /                按名称或编号查找
  a                需要处理的事项
  g                告警：x 确认，c 填写原因后解除
  d                所有设备
  l  t             语言  昼夜
  ?  Esc  q        帮助  返回  退出

中枢不可达时，表中数字保留并标为旧数据，上方写明停在何时；恢复后自动更新。""",
    """State is never told by colour alone: a shape and a word.
  ●  count complete    ◐  count has gaps    ◇  not known
  ▲  over capacity     ◔  near capacity     ○  old (hub away)
  Use  ████░░ share of the capacity; ╌╌╌╌ is not known, which is not zero.

Keys
  Up Down PgUp PgDn  move
  Enter              devices of a venue; details of a device
  f                  filter: all, need a person, not known, by level
  s                  sort: pressing, name, inside, share, unheard
  /                  find by name or id
  a                  what needs a person
  g                  alerts: x acknowledges, c clears with a reason
  d                  all devices
  l  t               language  light or dark
  ?  Esc  q          help  back  quit

While the hub is away the numbers stay, marked as old, with their time
on top; they go on by themselves when it answers again.""",
)
