"""The live board's page, its stream, and the page that tells of an error."""

from http import HTTPStatus
from typing import Annotated, Final, Literal

from fastapi import APIRouter, Depends, Header, Query, Request, Response
from fastapi.responses import HTMLResponse

from hub.access import Who
from hub.lease import leased
from hub.pages.broadcast import BoardStream, Broadcast
from hub.pages.doors import form_too_old
from hub.pages.filters import Choice
from hub.pages.frame import HEADERS, Lang, LangQuery, go, me, show
from hub.pages.render import Board, environment
from hub.pages.words import Words
from hub.web import RunningHub
from hub.web_access import OnBoard, Visitor

_ERRORS: Final = {
    403: (
        Words("没有权限", "Not allowed"),
        Words(
            "这个页面不属于您的角色或场馆；需要时请联系系统管理员。",
            "This is not for your role or venues; ask an admin if you need it.",
        ),
    ),
    404: (
        Words("没有这个页面", "There is no such page"),
        Words("地址可能有误，或页面已经移走。", "The address may be wrong."),
    ),
    422: (
        Words("看不懂这个地址", "This address cannot be read"),
        Words("请检查地址中的参数。", "Please check its parameters."),
    ),
    503: (
        Words("暂时无法显示", "Not available now"),
        Words("数据仍在安全保存，请稍后再试。", "Data are kept safe; please try again later."),
    ),
}
_OTHER = (
    Words("中枢出错了", "The hub made a mistake"),
    Words("计数与存储不受影响，请稍后再试。", "Counting goes on; please try again later."),
)

router = APIRouter(include_in_schema=False)


async def running_board(request: Request) -> Board:
    """Return the board of the hub that this application serves."""
    board: Board = request.app.state.board
    return board


async def running_broadcast(request: Request) -> Broadcast:
    """Return the stream of the board that this application serves."""
    broadcast: Broadcast = request.app.state.broadcast
    return broadcast


RunningBoard = Annotated[Board, Depends(running_board)]
RunningBroadcast = Annotated[Broadcast, Depends(running_broadcast)]


async def chosen(
    *,
    state: Literal["", "open", "closed", "unknown"] = "",
    kind: Annotated[str, Query(max_length=48)] = "",
    level: Literal["", "district", "town", "space"] = "",
    quality: Literal["", "known", "degraded", "unknown"] = "",
    use: Literal["", "near", "over"] = "",
    attention: Literal["", "yes"] = "",
    q: Annotated[str, Query(max_length=80)] = "",
    sort: Literal["board", "name", "occupancy", "use"] = "board",
) -> Choice:
    """Return which venues an address asks for, and in what order."""
    return Choice(state, kind, level, quality, use, attention, q.strip(), sort)


@router.get("/")
async def show_board(
    request: Request,
    board: RunningBoard,
    broadcast: RunningBroadcast,
    _who: OnBoard,
    choice: Annotated[Choice, Depends(chosen)],
    lang: LangQuery = "zh",
    *,
    wall: Annotated[bool, Query()] = False,
    night: Annotated[Literal["", "0", "1"], Query()] = "",
) -> HTMLResponse:
    """Return the board, readable without any script; for a wall larger and without controls."""
    # The revision first: what comes in while the page is made is told once more.
    revision = broadcast.frames.revision
    html = board.page(lang, me(request), choice, wall=wall, night=night, revision=revision)
    return HTMLResponse(html, headers=HEADERS)


@router.get("/docs")
async def show_docs(
    request: Request, hub: RunningHub, _who: Visitor, lang: LangQuery = "en"
) -> HTMLResponse:
    """Return the API's routes as a plain page; the bundled viewers load from elsewhere."""
    document = request.app.openapi()
    routes = [
        (method.upper(), path, operation["summary"], operation.get("parameters", []))
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    ]
    return show(request, hub, "docs.html", lang, routes=routes)


@router.get("/board/stream", response_class=BoardStream)
async def stream_board(
    request: Request,
    broadcast: RunningBroadcast,
    hub: RunningHub,
    _who: OnBoard,
    since: Annotated[str, Query(max_length=40)] = "",
    last_event_id: Annotated[str, Header(max_length=40)] = "",
) -> Response:
    """Stream what changes after a revision of the page; everything first if that is not known."""
    stream = BoardStream(broadcast, hub.live.feed, last_event_id or since)
    return await leased(stream, request, hub)


def error_page(request: Request, status: int) -> Response:
    """Return a page that says what went wrong, or the one on which it can be mended."""
    lang: Lang = "en" if request.query_params.get("lang") == "en" else "zh"
    who: Who = getattr(request.state, "who", Who())
    if status == HTTPStatus.UNAUTHORIZED and request.method == "GET":
        here = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        return go("/login", lang, next=here)
    if status == HTTPStatus.UNAUTHORIZED:
        return go("/login", lang)
    if status == HTTPStatus.FORBIDDEN and who.must_change:
        return go("/account", lang)
    if status == HTTPStatus.FORBIDDEN and request.url.path in {"/login", "/setup"}:
        return form_too_old(request, request.app.state.hub, lang)
    words, advice = _ERRORS.get(status, _OTHER)
    if 400 <= status < 500 and status not in _ERRORS:
        words = Words(HTTPStatus(status).phrase, HTTPStatus(status).phrase)
        advice = _ERRORS[422][1]
    html = (
        environment()
        .get_template("error.html")
        .render(
            lang=lang,
            me=me(request),
            title=Words("", ""),
            status=status,
            words=words,
            advice=advice,
        )
    )
    return HTMLResponse(html, status, headers=HEADERS)
