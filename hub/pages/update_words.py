"""What updaters say of why an update ended as it did, in both languages; a word we lack stays."""

import re
from typing import Final

from hub.pages.words import Words

_REASONS: Final = (
    (r"does not get ready", "没有就绪"),
    (r"gives no sign of life", "没有运行迹象"),
    (r"says that it is (.+)", r"自称版本为 \1"),
    (r"does not keep what it counts", "无法保存计数"),
    (r"does not reach the broker, which was reached before", "连不上原来能连上的消息服务器"),
    (r"cannot use (.+), which could be used before", r"原来可用的设备不能用：\1"),
    (r"ended by itself (\d+) times", r"自行退出 \1 次"),
    (
        r"was not confirmed before the machine started anew (\d+) times",
        r"确认前机器重启了 \1 次",
    ),
    (r"does not stay well for long enough", "不能持续正常运行"),
    (r"by hand", "人工退回"),
    (r"is not signed.*", "没有签名"),
    (r"is signed by nobody whom this machine trusts", "签名不受信任"),
    (r"is for an? (\w+), and this is an? (\w+)", r"适用于 \1，而本机是 \2"),
    (r"is built for (.+), and this machine is (.+)", r"为 \1 构建，而本机是 \2"),
    (r"is built for Python (.+), and here is (.+)", r"为 Python \1 构建，而本机是 \2"),
    (r"(\S+) is older than (\S+), which runs.*", r"\1 比正在运行的 \2 旧"),
)


def reason_of_update(text: str) -> Words:
    """Return why an update ended as it did."""
    for pattern, zh in _REASONS:
        found = re.fullmatch(pattern, text)
        if found is not None:
            return Words(found.expand(zh), text)
    return Words(text, text)
