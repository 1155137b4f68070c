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
    Permission.HEADS: Words("清点在馆人数", "Count heads inside"),
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
    "by": Words("按", "counted by"),
    "kiosk": Words("自助终端", "kiosk"),
    "serial": Words("证书序列号", "serial number"),
    "reason": Words("原因", "reason"),
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
