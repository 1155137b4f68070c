"""Releases of nodes and how they go out, as a page of the admins."""

from typing import Annotated, Final, Literal

from fastapi import APIRouter, Depends, Request, Response
from starlette.concurrency import run_in_threadpool

from contracts.errors import DecodeError
from contracts.ids import NodeId, parse_node_id
from hub.access import Permission, Who
from hub.access.complaints import Complained, Complaint
from hub.pages.frame import LangQuery, go, sentence, show
from hub.pages.rollout_view import build_candidates, build_rollout, build_update
from hub.pages.words import Words
from hub.runtime import Hub
from hub.updates.rollout import OPEN, Plan
from hub.web import RunningHub
from hub.web_access import Needs, form_of

router = APIRouter(prefix="/rollouts", include_in_schema=False)
RollsOut = Annotated[Who, Depends(Needs(Permission.UPDATES))]

MOST_ENDED: Final = 20
DONE: Final = {
    "started": Words("分批更新已开始。", "The rollout has begun."),
    "pause": Words("已暂停：不会再有设备切换。", "Paused: no further node switches."),
    "resume": Words("已继续。", "It goes on."),
    "stop": Words("已停止；已更新的设备保持新版本。", "Stopped; nodes that are updated stay so."),
    "retried": Words("该设备会再试一次。", "That node tries once more."),
}


@router.get("")
def show_rollouts(
    request: Request, hub: RunningHub, _who: RollsOut, *, done: str = "", lang: LangQuery = "zh"
) -> Response:
    """Return the rollouts, the releases, and a form to begin another one."""
    return _page(request, hub, lang, done=DONE.get(done))


@router.post("")
async def start(
    request: Request, hub: RunningHub, who: RollsOut, lang: LangQuery = "zh"
) -> Response:
    """Begin a rollout."""
    form = await form_of(request)

    def write() -> Response:
        try:
            first = [_node(text) for text in form.get("first", [])]
            hub.updates.start(who, form.get("sha256", [""])[0], first, _plan(form))
        except Complained as error:
            return _page(request, hub, lang, complaint=error.complaint)
        return go("/rollouts", lang, done="started")

    return await run_in_threadpool(write)


@router.post("/{number}/retry")
async def retry(
    number: int, request: Request, hub: RunningHub, who: RollsOut, lang: LangQuery = "zh"
) -> Response:
    """Let a node that failed try once more."""
    form = await form_of(request)

    def write() -> Response:
        try:
            hub.updates.try_again(who, number, _node(form.get("node", [""])[0]))
        except Complained as error:
            return _page(request, hub, lang, complaint=error.complaint)
        return go("/rollouts", lang, done="retried")

    return await run_in_threadpool(write)


@router.post("/{number}/{action}")
async def change(
    number: int,
    action: Literal["pause", "resume", "stop"],
    request: Request,
    hub: RunningHub,
    who: RollsOut,
    lang: LangQuery = "zh",
) -> Response:
    """Pause a rollout, let it go on, or end it."""

    def write() -> Response:
        try:
            hub.updates.change(who, number, action)
        except Complained as error:
            return _page(request, hub, lang, complaint=error.complaint)
        return go("/rollouts", lang, done=action)

    return await run_in_threadpool(write)


def _page(
    request: Request,
    hub: Hub,
    lang: LangQuery,
    *,
    done: Words | None = None,
    complaint: Complaint | None = None,
) -> Response:
    rollouts, declared = hub.updates.rollouts(), hub.live.declared
    ended = [one for one in rollouts if one.state not in OPEN][:MOST_ENDED]
    updates = hub.updates.updates()
    kinds = sorted({one.manifest.kind for one in updates})
    return show(
        request,
        hub,
        "rollouts.html",
        lang,
        status=200 if complaint is None else 422,
        open=[build_rollout(one, declared) for one in rollouts if one.state in OPEN],
        ended=[build_rollout(one, declared) for one in ended],
        updates=[build_update(one) for one in updates],
        candidates=[
            c for kind in kinds for c in build_candidates(kind, hub.updates.nodes(kind), declared)
        ],
        night=(hub.config.updates.night_begins, hub.config.updates.night_ends),
        done=done,
        error=sentence(complaint),
    )


def _plan(form: dict[str, list[str]]) -> Plan:
    """Return the plan of a form. Raises Complained: it cannot be one."""
    try:
        shares = form.get("shares", [""])[0].replace("，", ",").replace(",", " ").split()
        return Plan(
            shares=tuple(int(share.strip("%")) for share in shares),
            most_failures=int(form.get("most_failures", [""])[0]),
            soak_minutes=int(form.get("soak_minutes", [""])[0]),
            when=form.get("when", [""])[0],  # type: ignore[arg-type]  # a plan looks
            allow_downgrade="allow_downgrade" in form,
        )
    except ValueError as error:
        raise Complained(Complaint.ROLLOUT_PLAN) from error


def _node(text: str) -> NodeId:
    try:
        return parse_node_id(text)
    except DecodeError as error:
        raise Complained(Complaint.ROLLOUT_FIRST) from error
