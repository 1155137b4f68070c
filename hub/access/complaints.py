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
    ZONE_UNKNOWN = ("zone_unknown", "没有这个分区", "there is no such zone")
    HEADS_FORM = ("heads_form", "人数为 0 到 100000 的整数", "a head count is 0 to 100000")
    REASON_FORM = ("reason_form", "原因请写 1 到 200 个字", "a reason has 1 to 200 characters")
    HEADS_TIME = (
        "heads_time",
        "清点时间须在最近 24 小时之内，不能在将来",
        "heads were counted within the last 24 hours, and not in the future",
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
