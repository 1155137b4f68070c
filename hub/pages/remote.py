"""Settings and new starts of one node, or of several alike, as a page of the staff."""

import hashlib
import secrets
from collections.abc import Callable
from typing import Annotated, Final, Literal
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, Request, Response
from starlette.concurrency import run_in_threadpool

from contracts.errors import DecodeError
from contracts.ids import NodeId, parse_node_id
from contracts.remote import RemoteReply
from hub.access import Permission, Who
from hub.access.complaints import Complained, Complaint
from hub.errors import NotAllowed, NotFound
from hub.pages.frame import LangQuery, go, sentence, show
from hub.pages.remote_view import OPEN, PARTS, order_rows, preview_rows
from hub.pages.render import DISTRICT_ZONE
from hub.pages.words import Words
from hub.remote.desk import NodeRemote
from hub.runtime import Hub
from hub.web import RunningHub
from hub.web_access import Needs, form_of

router = APIRouter(prefix="/devices/{venue}/{node}/settings", include_in_schema=False)
SetsSettings = Annotated[Who, Depends(Needs(Permission.SETTINGS))]
Restarts = Annotated[Who, Depends(Needs(Permission.RESTART))]

ANSWER_SECONDS: Final = 8.0
_ONCE: Final = 8
"""Hexadecimal digits that name one rendering of the forms."""
DONE: Final = {
    "apply": Words(
        "已发送；设备会带着新设置重启并试运行。", "Sent; it starts anew and tries them."
    ),
    "rollback": Words(
        "已发送；设备会以上一次设置重启。", "Sent; it starts anew with those before."
    ),
    "restart": Words("已发送。", "Sent."),
}


@router.get("")
def show_settings(
    request: Request,
    hub: RunningHub,
    _who: SetsSettings,
    venue: str,
    node: str,
    *,
    done: str = "",
    lang: LangQuery = "zh",
) -> Response:
    """Return what may be set of a node, what is in force, and what was ordered."""
    return _page(request, hub, NodeId(venue, node), lang, done=DONE.get(done))


@router.post("/preview")
async def preview(
    request: Request,
    hub: RunningHub,
    who: SetsSettings,
    venue: str,
    node: str,
    lang: LangQuery = "zh",
) -> Response:
    """Ask the nodes of a form what its text would change."""
    form, id_ = await form_of(request), NodeId(venue, node)
    text = _text(form)
    try:
        asked = hub.remote.preview(who, _nodes(form, id_), text)
    except Complained as error:
        return await run_in_threadpool(
            _page, request, hub, id_, lang, text=text, complaint=error.complaint
        )
    answers = await hub.remote.answers(asked, ANSWER_SECONDS)
    return await run_in_threadpool(_page, request, hub, id_, lang, text=text, answers=answers)


@router.post("/apply")
async def apply(
    request: Request,
    hub: RunningHub,
    who: SetsSettings,
    venue: str,
    node: str,
    lang: LangQuery = "zh",
) -> Response:
    """Order the settings of a form."""
    form, id_ = await form_of(request), NodeId(venue, node)
    reason, text = form.get("reason", [""])[0], _text(form)

    def write() -> None:
        for one in _nodes(form, id_):
            base = form.get(f"base.{one}", [""])[0]
            hub.remote.apply(who, one, text, reason, base, _order_id(form, one))

    return await _carried_out(request, hub, id_, lang, "apply", write, text)


@router.post("/rollback")
async def roll_back(
    request: Request,
    hub: RunningHub,
    who: SetsSettings,
    venue: str,
    node: str,
    lang: LangQuery = "zh",
) -> Response:
    """Order the settings before."""
    form, id_ = await form_of(request), NodeId(venue, node)

    def write() -> None:
        base, reason = form.get("base", [""])[0], form.get("reason", [""])[0]
        hub.remote.roll_back(who, id_, reason, base, _order_id(form, id_))

    return await _carried_out(request, hub, id_, lang, "rollback", write)


@router.post("/restart/{part}")
async def restart(
    request: Request,
    hub: RunningHub,
    who: Restarts,
    venue: str,
    node: str,
    part: Literal["app", "browser", "machine"],
    lang: LangQuery = "zh",
) -> Response:
    """Order a new start."""
    form, id_ = await form_of(request), NodeId(venue, node)

    def write() -> None:
        reason = form.get("reason", [""])[0]
        hub.remote.restart(who, id_, part, reason, _order_id(form, id_))

    return await _carried_out(request, hub, id_, lang, "restart", write)


async def _carried_out(
    request: Request,
    hub: Hub,
    node: NodeId,
    lang: LangQuery,
    done: str,
    write: Callable[[], None],
    text: str | None = None,
) -> Response:
    try:
        await run_in_threadpool(write)
    except Complained as error:
        return await run_in_threadpool(
            _page, request, hub, node, lang, text=text, complaint=error.complaint
        )
    return go(f"/devices/{node.venue}/{node.node}/settings", lang, done=done)


def _page(
    request: Request,
    hub: Hub,
    node: NodeId,
    lang: LangQuery,
    *,
    text: str | None = None,
    answers: dict[NodeId, RemoteReply | None] | None = None,
    done: Words | None = None,
    complaint: Complaint | None = None,
) -> Response:
    who: Who = request.state.who
    one = hub.remote.node(node)
    if one is None and all((now.venue, now.node) != (node.venue, node.node)
                           for now in hub.live.devices):  # fmt: skip
        raise NotFound(f"there is no node {node}")
    declared = hub.live.declared.get(node.venue)
    zone = ZoneInfo(declared.timezone) if declared else DISTRICT_ZONE
    orders = hub.remote.orders(node)
    told = one.told if one is not None else None
    return show(
        request,
        hub,
        "remote.html",
        lang,
        status=200 if complaint is None else 422,
        venue=node.venue,
        node=node.node,
        name=Words(declared.name_zh, declared.name_en) if declared else None,
        one=one,
        settings=told.settings if told is not None else (),
        text=text if text is not None else (told.text if told is not None else ""),
        bases=_bases(answers) if answers is not None else {},
        preview=preview_rows({str(of): reply for of, reply in answers.items()})
        if answers is not None
        else None,
        alike=_alike(hub, who, one) if one is not None else [],
        chosen={str(of) for of in answers} if answers is not None else set(),
        may_restart=who.may(Permission.RESTART, node.venue),
        parts=[(part, PARTS[part]) for part in one.status.restart] if one is not None else [],
        orders=order_rows(orders, zone),
        is_under_way=any(order.stage in OPEN for order in orders),
        once=secrets.token_hex(4),
        done=done,
        error=sentence(complaint),
    )


def _alike(hub: Hub, who: Who, one: NodeRemote) -> list[str]:
    """Return the other nodes of its kind that whoever asks may set."""
    kind = one.software.partition(" ")[0]
    return [
        str(other.node)
        for other in hub.remote.nodes()
        if other.node != one.node
        and other.is_online
        and other.status.settings
        and other.software.partition(" ")[0] == kind
        and who.may(Permission.SETTINGS, other.node.venue)
    ]


def _bases(answers: dict[NodeId, RemoteReply | None]) -> dict[str, str]:
    """Return the digest of what each node's answer was made from."""
    return {str(node): reply.sha256 for node, reply in answers.items() if reply is not None}


def _nodes(form: dict[str, list[str]], first: NodeId) -> list[NodeId]:
    """Return the nodes that a form is for. Raises Complained, NotAllowed for what is no node."""
    try:
        others = [parse_node_id(text) for text in form.get("nodes", [])]
    except DecodeError as error:
        raise NotAllowed("there is no such node") from error
    return list(dict.fromkeys((first, *others)))


def _text(form: dict[str, list[str]]) -> str:
    text = form.get("text", [""])[0].replace("\r\n", "\n").strip()
    return f"{text}\n" if text else ""


def _order_id(form: dict[str, list[str]], node: NodeId) -> str:
    """Return the id of a form's order to a node: the same form again is the same order."""
    once = form.get("once", [""])[0]
    if len(once) != _ONCE or not set(once) <= set("0123456789abcdef"):
        return ""
    return f"{once}{hashlib.sha256(f'{once} {node}'.encode()).hexdigest()[:16]}"
