"""The words of the pages for the staff: roles, permissions, what the audit log tells."""

from typing import Final

from hub.access import Permission, Role
from hub.pages.words import Words

ROLES: Final = {
    Role.MANAGER: Words("场馆管理员", "Manager"),
    Role.SUPERVISOR: Words("区级督导", "Supervisor"),
    Role.ADMIN: Words("系统管理员", "Admin"),
}

DUTIES: Final = {
    Role.MANAGER: Words("查看自己场馆的设备与数据", "sees devices and data of their own venues"),
    Role.SUPERVISOR: Words("查看所有场馆，查阅操作记录", "sees all venues, reads who changed what"),
    Role.ADMIN: Words(
        "管理账号、令牌与设备接入", "keeps accounts, tokens and the joining of nodes"
    ),
}

PERMISSIONS: Final = {
    Permission.BOARD: Words("现场看板", "Live board"),
    Permission.DEVICES: Words("设备状态", "Devices"),
    Permission.SERIES: Words("计数与测量序列", "Series"),
    Permission.EVIDENCE: Words("开放证据", "Evidence"),
    Permission.EXPORTS: Words("数据导出", "Exports"),
    Permission.HEALTH: Words("中枢运行状况", "Health of the hub"),
    Permission.OVERRIDES: Words("人工更正开放证据", "Override the evidence of hours"),
    Permission.HEADS: Words("清点在馆人数", "Count heads inside"),
    Permission.SCHEDULES: Words("登记开放时间与公告", "Declare hours and notices"),
    Permission.ALERTS: Words("查看告警", "Alerts"),
    Permission.ALERTS_ACT: Words("处理告警", "See to alerts"),
    Permission.DELIVERIES: Words("通知送达", "Deliveries of alerts"),
    Permission.PACKS: Words("终端内容包", "Content packs of kiosks"),
    Permission.UPDATES: Words("设备软件更新", "Updates of nodes"),
    Permission.SETTINGS: Words("远程设置设备", "Settings of nodes"),
    Permission.RESTART: Words("远程重启设备", "New starts of nodes"),
    Permission.CARDS: Words("停用读者证清单", "List of blocked cards"),
    Permission.FEEDBACK: Words("读者意见与自助机使用", "Visitors' feedback, use of kiosks"),
    Permission.ROOMS: Words("书房状态与日志", "Unstaffed rooms and their journal"),
    Permission.ROOMS_ORDER: Words("书房广播与开关", "Announce in rooms, close and open them"),
    Permission.ROOMS_UNLOCK: Words("远程开门与报警复位", "Unlock doors, reset alarms from afar"),
    Permission.FEEDBACK_HIDE: Words("隐藏读者意见", "Hide what visitors wrote"),
    Permission.METRICS: Words("监控指标", "Metrics"),
    Permission.AUDIT: Words("操作记录", "Audit log"),
    Permission.ACCOUNTS: Words("管理账号", "Accounts"),
    Permission.TOKENS: Words("管理令牌", "Tokens"),
    Permission.ENROL: Words("设备接入", "Enrolment of nodes"),
}

ACTIONS: Final = {
    "account.created": Words("新建账号", "account created"),
    "account.changed": Words("修改账号", "account changed"),
    "account.reset": Words("重置密码", "password reset"),
    "account.password": Words("修改自己的密码", "own password changed"),
    "session.opened": Words("登录", "logged in"),
    "session.ended": Words("退出登录", "logged out"),
    "session.all_ended": Words("退出所有登录", "logged out everywhere"),
    "login.locked": Words("多次密码错误，暂停登录", "locked after wrong passwords"),
    "headcount.added": Words("清点人数", "heads counted"),
    "headcount.withdrawn": Words("撤回清点", "head count withdrawn"),
    "schedule.declared": Words("登记开放时间", "hours declared"),
    "schedule.withdrawn": Words("撤回公示事项", "declaration withdrawn"),
    "alert.acknowledged": Words("确认告警", "alert acknowledged"),
    "alert.assigned": Words("指派告警", "alert assigned"),
    "alert.commented": Words("备注告警", "comment on an alert"),
    "alert.cleared": Words("解除告警", "alert cleared"),
    "delivery.tested": Words("测试通知渠道", "channel tested"),
    "delivery.retried": Words("重发未送达通知", "dead letter retried"),
    "delivery.dropped": Words("放弃未送达通知", "dead letter given up"),
    "pack.added": Words("发布内容包", "content pack announced"),
    "pack.withdrawn": Words("撤下内容包", "content pack withdrawn"),
    "update.added": Words("收存软件更新包", "update handed in"),
    "update.withdrawn": Words("撤下软件更新包", "update withdrawn"),
    "rollout.started": Words("开始分批更新", "rollout begun"),
    "rollout.paused": Words("暂停分批更新", "rollout paused"),
    "rollout.resumed": Words("继续分批更新", "rollout resumed"),
    "rollout.stopped": Words("停止分批更新", "rollout stopped"),
    "rollout.retried": Words("重试设备更新", "node asked again to update"),
    "node.settings_ordered": Words("远程更改设备设置", "settings of a node ordered"),
    "node.rollback_ordered": Words("远程退回设备设置", "rollback of settings ordered"),
    "node.restart_ordered": Words("远程重启设备", "new start of a node ordered"),
    "room.ordered": Words("书房指令", "room ordered"),
    "room.answered": Words("书房指令结果", "outcome of an order to a room"),
    "override.added": Words("人工更正开放证据", "evidence overridden"),
    "override.withdrawn": Words("撤回人工更正", "override withdrawn"),
    "wish.hidden": Words("隐藏读者意见", "wish hidden"),
    "wish.shown": Words("恢复显示读者意见", "wish shown again"),
    "patron.seen": Words("查看读者", "patron looked up"),
    "patron.blocked": Words("停用读者证", "patron blocked"),
    "patron.unblocked": Words("恢复读者证", "patron unblocked"),
    "patron.agreed": Words("同意无人书房约定", "agreed to unstaffed rooms"),
    "patron.agreement_withdrawn": Words("撤回无人书房约定", "agreement withdrawn"),
    "patron.pin_given": Words("重设读者密码", "PIN given"),
    "token.created": Words("新建令牌", "token made"),
    "token.revoked": Words("撤销令牌", "token revoked"),
    "node.enrolled": Words("登记设备", "node enrolled"),
    "node.joined": Words("设备加入", "node joined"),
    "node.renewed": Words("设备证书续期", "certificate renewed"),
    "node.revoked": Words("吊销设备", "node revoked"),
}

WAYS: Final = {
    "session": Words("网页", "browser"),
    "token": Words("令牌", "token"),
    "console": Words("命令行", "console"),
    "setup": Words("首次设置", "set-up"),
    "code": Words("设备证书", "node"),
    "nobody": Words("未登录", "nobody"),
}

FIELDS: Final = {
    "role": Words("角色", "role"),
    "venues": Words("场馆", "venues"),
    "enabled": Words("启用", "enabled"),
    "must_change": Words("须改密码", "must change password"),
    "label": Words("用途", "label"),
    "scope": Words("权限", "scope"),
    "expires_ms": Words("有效期至", "expires"),
    "venue": Words("场馆", "venue"),
    "by": Words("按", "counted by"),
    "kiosk": Words("自助终端", "kiosk"),
    "serial": Words("证书序列号", "serial number"),
    "verb": Words("指令", "order"),
    "zh": Words("中文", "Chinese"),
    "en": Words("英文", "English"),
    "reason": Words("原因", "reason"),
    "comment": Words("备注", "comment"),
    "assigned_to": Words("指派给", "assigned to"),
    "result": Words("结果", "result"),
    "part": Words("部分", "part"),
    "count": Words("条数", "count"),
    "channel": Words("渠道", "channel"),
    "error": Words("错误", "error"),
    "version": Words("版本", "version"),
    "sha256": Words("校验值", "SHA-256"),
}

DONE: Final = {
    "changed": Words("已保存。", "Saved."),
    "password": Words(
        "密码已修改，其他登录均已退出。", "Password changed; all other sessions have ended."
    ),
    "ended": Words("该登录已退出。", "That session has ended."),
    "revoked": Words("令牌已撤销。", "The token is revoked."),
    "out": Words("已退出登录。", "You are logged out."),
    "everywhere": Words("所有登录均已退出。", "All sessions have ended."),
}

NOTHING: Final = Words("无", "none")
YES: Final = Words("是", "yes")
NO: Final = Words("否", "no")


def action_words(action: str) -> Words:
    """Return what an action is called; one that is not known is called as it is written."""
    return ACTIONS.get(action) or Words(action, action)
