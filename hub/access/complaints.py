"""What is refused, as a code and in both languages; no refusal tells more than it has to. Pure."""

from enum import Enum

from hub.errors import HubError


class Complaint(Enum):
    """Why something was not done: its code, Chinese, English."""

    WRONG = ("wrong", "名称或密码不对", "name or password is wrong")
    LOCKED = ("locked", "尝试次数过多，请稍后再试", "too many attempts; try again later")
    NAME_FORM = (
        "name_form",
        "名称最多 48 个字，只能用文字、数字、空格和 . - _ @",
        "a name is at most 48 letters, digits, single spaces and . - _ @",
    )
    NAME_TAKEN = ("name_taken", "这个名称已经有人使用", "this name is taken")
    PASSWORD_SHORT = (
        "password_short",
        "密码太短：至少 12 个字符（一个汉字算两个）",
        "the password is too short: at least 12 characters (a Chinese character counts as two)",
    )
    PASSWORD_LONG = (
        "password_long",
        "密码太长：最多 1024 字节",
        "the password is too long: at most 1024 bytes",
    )
    PASSWORD_COMMON = (
        "password_common",
        "这个密码太常见，容易被猜到；可用几个不相干的词连成一句",
        "this password is easily guessed; several unrelated words make a better one",
    )
    PASSWORD_NAME = (
        "password_name",
        "密码不能由名称拼成",
        "the password must not be made of the name",
    )
    PASSWORD_SAME = ("password_same", "新密码不能与旧密码相同", "the new password is the old one")
    PASSWORDS_DIFFER = ("passwords_differ", "两次输入的密码不一致", "the two passwords differ")
    PASSWORD_WRONG = ("password_wrong", "当前密码不对", "the present password is wrong")
    VENUES_MISSING = (
        "venues_missing",
        "场馆管理员至少要负责一个场馆",
        "a manager needs at least one venue",
    )
    VENUE_UNKNOWN = ("venue_unknown", "没有这个场馆", "there is no such venue")
    LAST_ADMIN = (
        "last_admin",
        "这是最后一个可用的系统管理员，不能停用或改换角色",
        "this is the last admin: it can neither be disabled nor get another role",
    )
    SET_UP_DONE = ("set_up_done", "已经有账号，请登录", "there are accounts already: log in")
    SETUP_CODE = ("setup_code", "安装码不对", "the set-up code is wrong")
    SCOPE_EMPTY = ("scope_empty", "至少选择一项权限", "choose at least one permission")
    LABEL_FORM = ("label_form", "用途请写 1 到 60 个字", "a label has 1 to 60 characters")
    UPDATE_IN_USE = (
        "update_in_use",
        "这个更新包正在分批更新中使用",
        "a rollout brings this update to nodes: stop it first",
    )
    ROLLOUT_OPEN = (
        "rollout_open",
        "同类设备已有一次分批更新在进行，请先停止",
        "a rollout to nodes of this kind is under way: stop it first",
    )
    ROLLOUT_FIRST = (
        "rollout_first",
        "请至少选择一台装有更新程序的同类设备先行",
        "choose at least one node to go first: of the update's kind, and with an updater",
    )
    ROLLOUT_PLAN = (
        "rollout_plan",
        "分批比例须递增并以 100 结尾，其他数字须在范围内",
        "shares grow and end with 100, and the other numbers stay within their limits",
    )
    ROLLOUT_OVER = ("rollout_over", "这次分批更新已经结束", "this rollout has ended")
    NOTHING_FAILED = (
        "nothing_failed",
        "这台设备在这次更新中没有失败",
        "nothing of this node failed in this rollout",
    )
    NODE_TAKES_NO_ORDERS = (
        "node_takes_no_orders",
        "这台设备不接受远程操作：其配置中没有 [remote]",
        "nothing may be ordered of this node: its configuration has no section [remote]",
    )
    NODE_AWAY = ("node_away", "这台设备现在不在线", "this node is not online now")
    SETTINGS_LONG = (
        "settings_long",
        "设置文本太长：最多 16000 字节",
        "the text of settings is too long: at most 16000 bytes",
    )
    ZONE_UNKNOWN = ("zone_unknown", "没有这个分区", "there is no such zone")
    HEADS_FORM = ("heads_form", "人数为 0 到 100000 的整数", "a head count is 0 to 100000")
    LETTER_GONE = (
        "letter_gone",
        "这条通知已不在未送达列表中，或其渠道已从配置中删除",
        "this delivery is no dead letter any more, or its channel is not configured",
    )
    REASON_FORM = ("reason_form", "原因请写 1 到 200 个字", "a reason has 1 to 200 characters")
    HEADS_TIME = (
        "heads_time",
        "清点时间须在最近 24 小时之内，不能在将来",
        "heads were counted within the last 24 hours, and not in the future",
    )
    COMMENT_FORM = ("comment_form", "备注请写 1 到 500 个字", "a comment has 1 to 500 characters")
    ALERT_OVER = (
        "alert_over",
        "这条告警已经解除，只需确认",
        "this alert is cleared already: it only wants to be acknowledged",
    )
    ALERT_CLOSED = ("alert_closed", "这条告警已经办结", "this alert is closed")
    ASSIGNEE_UNKNOWN = (
        "assignee_unknown",
        "没有能处理这条告警的这个账号",
        "there is no such account that may see to this alert",
    )
    HOURS_FORM = (
        "hours_form",
        "时间请写成 08:30-12:00, 13:00-17:00；闭馆写 closed，全天写 24h；时段不能重叠",
        "write hours as 08:30-12:00, 13:00-17:00, closed or 24h; sessions must not overlap",
    )
    WEEK_FORM = (
        "week_form",
        "跨夜的时段不能与次日的时段重叠",
        "a session past midnight must end before the next day's first one begins",
    )
    DATE_FORM = ("date_form", "日期请写成 2026-03-02", "write a day as 2026-03-02")
    DAYS_FORM = (
        "days_form",
        "起止日期须从公示之日起，先后有序，最长三年",
        "the days begin on the day of publication or later, in order, three years at most",
    )
    DAY_TYPES_MISSING = (
        "day_types_missing",
        "至少选择一种日期类型",
        "choose at least one type of day",
    )
    EFFECTIVE_TIME = (
        "effective_time",
        "生效日期不能早于公示之日，最迟为五年之内",
        "it takes effect on the day of publication or later, within five years",
    )
    NOTICE_TIME = (
        "notice_time",
        "闭馆的结束须晚于开始，且不能已经结束；最长三年",
        "a closure ends after it begins and is not over yet; three years at most",
    )
    NOTICE_TEXT = (
        "notice_text",
        "公告的中文正文必填，最多 1000 字",
        "a notice needs its Chinese text, of at most 1000 characters",
    )
    CHANNELS_FORM = (
        "channels_form",
        "发布渠道最多 12 个，每个最多 200 字",
        "at most 12 channels of at most 200 characters each",
    )
    PUBLISHED_TIME = (
        "published_time",
        "公示时间不能在将来，也不能早于一年前",
        "it was published within the last year, and not in the future",
    )
    DOCUMENT_FORM = (
        "document_form",
        "公示时间早于现在的，须写明依据（文号、网址），最多 200 字",
        "an earlier publication needs its document: a file number or address, up to 200 characters",
    )
    BREACH_UNCONFIRMED = (
        "breach_unconfirmed",
        "这一改动会违反开放时间的要求，或公示提前不足；确认后才能保存",
        "this change breaks a duty or is told too late: it is saved only when that is confirmed",
    )
    WITHDRAWN_ALREADY = ("withdrawn_already", "这一项已经撤回", "this was withdrawn already")
    DECLARATIONS_FULL = (
        "declarations_full",
        "这个场馆的公示事项已达 5000 条",
        "this venue has 5000 declarations already",
    )
    PROOF_FORM = (
        "proof_form",
        "凭据请写 1 到 200 个字：值班记录、公示或照片的编号",
        "a document has 1 to 200 characters: the number of a log, a notice, a photograph",
    )
    OVERRIDE_TIME = (
        "override_time",
        "更正的时段须在过去三年之内，至少一秒，至多 31 天",
        "an override is about a stretch of the last three years that is over, of at most 31 days",
    )
    ROOM_TAKES_NOT = (
        "room_takes_not",
        "这间书房的设置不接受远程的这项指令",
        "this room is not configured to take this order from afar",
    )
    ROOM_AWAY = (
        "room_away",
        "自助机不在线，指令送不到",
        "the kiosk is not online: no order reaches it",
    )
    ANNOUNCE_FORM = (
        "announce_form",
        "广播内容中文、英文至少填一种，各不超过 200 字",
        "an announcement has Chinese or English words, of at most 200 characters each",
    )
    ORDER_ID = (
        "order_id",
        "指令编号须为 8 到 32 位十六进制数字",
        "an order's id is 8 to 32 hex digits",
    )
    ORDER_OTHER = (
        "order_other",
        "这个编号已用于另一项指令，请刷新页面再试",
        "this id is of another order: load the page again",
    )
    EXPIRY_FORM = ("expiry_form", "有效期为 1 到 730 天", "a token lasts 1 to 730 days")

    @property
    def code(self) -> str:
        """Return the word for programs."""
        return self.value[0]

    @property
    def zh(self) -> str:
        """Return the sentence in Chinese."""
        return self.value[1]

    @property
    def en(self) -> str:
        """Return the sentence in English."""
        return self.value[2]


class Complained(HubError):
    """What was asked for cannot be done; `complaint` says why."""

    def __init__(self, complaint: Complaint) -> None:
        super().__init__(complaint.en)
        self.complaint = complaint
