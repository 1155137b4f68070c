"""How errors leave the hub: application/problem+json (RFC 9457) for programs, a page for people."""

from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Any

import structlog
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from starlette.exceptions import HTTPException

from hub.errors import NotFound, StoreError
from hub.web import Full

log = structlog.get_logger(__name__)

API_ROOT = "/api/"
Page = Callable[[Request, int], Response]


class Problem(BaseModel):
    """What went wrong: `title` names the kind, `detail` this case."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str


PROBLEMS: dict[int | str, dict[str, Any]] = {
    404: {"model": Problem, "description": "No such venue or series"},
    422: {"model": Problem, "description": "A parameter cannot be used"},
    503: {
        "model": Problem,
        "description": "The store cannot be read now, or all streams are taken",
    },
}


class Unusable(ValueError):
    """Parameters that cannot be used; the sentence begins with their names."""


def problem(status: int, detail: str) -> JSONResponse:
    """Return a problem as a response."""
    body = Problem(title=HTTPStatus(status).phrase, status=status, detail=detail)
    return JSONResponse(body.model_dump(), status, media_type="application/problem+json")


def install(app: FastAPI, page: Page) -> None:
    """Answer every error of `app`; `page(request, status)` is shown to browsers outside the API."""

    def answer(request: Request, status: int, detail: str) -> Response:
        if request.url.path.startswith(API_ROOT):
            return problem(status, detail)
        return page(request, status)

    def handler(status: int) -> Callable[[Request, Exception], Awaitable[Response]]:
        async def handle(request: Request, error: Exception) -> Response:
            return answer(request, status, str(error))

        return handle

    async def on_http(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)  # noqa: S101  registered for it below
        answered = answer(request, error.status_code, str(error.detail))
        # Which methods are allowed, for one.
        answered.headers.update(error.headers or {})
        return answered

    async def on_invalid(request: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)  # noqa: S101  registered for it below
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"][1:])
        return answer(request, 422, f"{where}: {first['msg']}")

    async def on_bug(request: Request, error: Exception) -> Response:
        log.error("request_failed", path=request.url.path, error=repr(error))
        return answer(request, 500, "the hub made a mistake; its log says which")

    app.add_exception_handler(NotFound, handler(404))
    app.add_exception_handler(Unusable, handler(422))
    app.add_exception_handler(StoreError, handler(503))
    app.add_exception_handler(Full, handler(503))
    app.add_exception_handler(HTTPException, on_http)
    app.add_exception_handler(RequestValidationError, on_invalid)
    app.add_exception_handler(Exception, on_bug)
