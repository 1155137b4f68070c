"""What the page of a node's settings and new starts shows, as plain strings."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from contracts.remote import RemoteReply
from hub.pages.words import Words
from hub.store.records.remote import OrderRecord

STAGES: Final = {
    "sent": ("degraded", Words("已发送，等待回复", "sent, no answer yet")),
    "waiting": ("degraded", Words("有人正在使用，用完后执行", "waits until nobody uses it")),
    "begun": ("degraded", Words("正在重启", "starts anew now")),
    "done": ("known", Words("已完成", "done")),
    "rolled_back": ("breach", Words("未成功，已自动退回", "failed, taken back by itself")),
    "refused": ("breach", Words("设备拒绝", "refused by the node")),
    "no_answer": ("unknown", Words("没有回复", "no answer")),
}
OPEN: Final = frozenset({"sent", "waiting", "begun"})
VERBS: Final = {
    "apply": Words("更改设置", "Settings"),
    "rollback": Words("退回上一次设置", "Settings before"),
}
PARTS: Final = {
    "app": Words("重启程序", "Start the program anew"),
    "browser": Words("重启屏幕浏览器", "Start the screen's browser anew"),
    "machine": Words("重启整机", "Start the machine anew"),
}


@dataclass(frozen=True, slots=True)
class OrderRow:
    """An order, and what became of it."""

    what: Words
    mark: str
    stage: Words
    when: str
    by: str
    reason: str
    why: str
    text: str


@dataclass(frozen=True, slots=True)
class PreviewRow:
    """What a node answered to a preview; `refused`: why it cannot take them."""

    node: str
    refused: Words | None
    changes: tuple[tuple[str, str, str], ...]


def order_rows(orders: Iterable[OrderRecord], zone: ZoneInfo) -> list[OrderRow]:
    """Return orders as the page shows them."""
    return [
        OrderRow(
            PARTS.get(one.part) or VERBS.get(one.verb) or Words(one.verb, one.verb),
            *STAGES.get(one.stage, ("unknown", Words(one.stage, one.stage))),
            datetime.fromtimestamp(one.at_ms / 1000, zone).strftime("%Y-%m-%d %H:%M:%S"),
            one.who,
            one.reason,
            one.why,
            one.text if one.verb == "apply" else "",
        )
        for one in orders
    ]


def preview_rows(answers: Mapping[str, RemoteReply | None]) -> list[PreviewRow]:
    """Return what nodes answered to a preview."""
    silent = Words("设备没有回复", "the node does not answer")
    rows = []
    for node, reply in answers.items():
        if reply is None:
            rows.append(PreviewRow(node, silent, ()))
            continue
        refused = Words(reply.why, reply.why) if reply.stage == "refused" else None
        changes = tuple((one.key, one.before, one.after) for one in reply.changes)
        rows.append(PreviewRow(node, refused, changes))
    return rows
