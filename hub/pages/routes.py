"""The live board's page, its stream, and the page that tells of an error."""

from collections.abc import Iterator
from http import HTTPStatus
from typing import Annotated, Final, Literal

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import HTMLResponse, StreamingResponse

from hub.pages.render import Board, environment
from hub.pages.words import Words
from hub.web import RunningHub, event_stream, sse

HEADERS: Final = {
    "Cache-Control": "no-store",
    # Nothing from elsewhere and nothing inline: the page sends no request to anyone else.
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self';"
        " connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
    ),
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}

_ERRORS: Final = {
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


RunningBoard = Annotated[Board, Depends(running_board)]


@router.get("/")
async def show_board(
    board: RunningBoard,
    lang: Annotated[Literal["zh", "en"], Query()] = "zh",
    *,
    wall: Annotated[bool, Query()] = False,
) -> HTMLResponse:
    """Return the board, readable without any script; for a wall larger and without controls."""
    return HTMLResponse(board.page(lang, wall=wall), headers=HEADERS)


@router.get("/docs")
async def show_docs(
    request: Request, hub: RunningHub, lang: Annotated[Literal["zh", "en"], Query()] = "en"
) -> HTMLResponse:
    """Return the API's routes as a plain page; the bundled viewers load from elsewhere."""
    document = request.app.openapi()
    routes = [
        (path, operation["summary"], operation.get("parameters", []))
        for path, methods in document["paths"].items()
        for operation in methods.values()
    ]
    title = Words(hub.config.title_zh, hub.config.title_en)
    html = environment().get_template("docs.html").render(lang=lang, title=title, routes=routes)
    return HTMLResponse(html, headers=HEADERS)


@router.get("/board/stream")
async def stream_board(board: RunningBoard, hub: RunningHub) -> StreamingResponse:
    """Stream the fragments that changed: all at first, then those of changed venues."""
    return event_stream(hub.live.feed, lambda venues: _events(board, venues))


def _events(board: Board, venues: frozenset[str] | None) -> Iterator[str]:
    return (sse("board", piece) for piece in board.news(venues))


def error_page(request: Request, status: int) -> Response:
    """Return a page that says what went wrong."""
    lang = "en" if request.query_params.get("lang") == "en" else "zh"
    words, advice = _ERRORS.get(status, _OTHER)
    if 400 <= status < 500 and status not in _ERRORS:
        words = Words(HTTPStatus(status).phrase, HTTPStatus(status).phrase)
        advice = _ERRORS[422][1]
    html = (
        environment()
        .get_template("error.html")
        .render(lang=lang, title=Words("", ""), status=status, words=words, advice=advice)
    )
    return HTMLResponse(html, status, headers=HEADERS)
