"""How errors leave the hub: application/problem+json (RFC 9457) for programs, a page for people."""

from collections.abc import Callable
from http import HTTPStatus
from typing import Any, Final

import structlog
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from hub.access.complaints import Complained, Complaint
from hub.accounts.turnstile import Crowded
from hub.errors import NotAllowed, NotFound, SignInNeeded, StoreError
from hub.web import Full
from link.errors import StoreUnavailable
from link.packs import PackRefused
from updater.errors import UpdateRefused

log = structlog.get_logger(__name__)

FOR_PROGRAMS = ("/api/", "/metrics", "/healthz", "/readyz")
"""What begins so is asked by programs, which read no pages."""
Page = Callable[[Request, int], Response]


class Problem(BaseModel):
    """What went wrong: `title` names the kind, `detail` this case."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str


PROBLEMS: dict[int | str, dict[str, Any]] = {
    401: {"model": Problem, "description": "Nobody is signed in, and the route needs somebody"},
    403: {"model": Problem, "description": "Who asks may not, or the CSRF token is missing"},
    404: {"model": Problem, "description": "There is no such thing"},
    422: {"model": Problem, "description": "A parameter cannot be used"},
    503: {
        "model": Problem,
        "description": "The store cannot be read now, or all streams are taken",
    },
}
CONFLICT: dict[int | str, dict[str, Any]] = {
    409: {"model": Problem, "description": "What is there already is against it"}
}

_CONFLICTS = frozenset(
    {
        Complaint.ALERT_CLOSED,
        Complaint.ALERT_OVER,
        Complaint.BREACH_UNCONFIRMED,
        Complaint.LAST_ADMIN,
        Complaint.NAME_TAKEN,
        Complaint.NODE_AWAY,
        Complaint.NODE_TAKES_NO_ORDERS,
        Complaint.NOTHING_FAILED,
        Complaint.ORDER_OTHER,
        Complaint.ROLLOUT_OPEN,
        Complaint.ROLLOUT_OVER,
        Complaint.ROOM_AWAY,
        Complaint.ROOM_TAKES_NOT,
        Complaint.SET_UP_DONE,
        Complaint.UPDATE_IN_USE,
        Complaint.WITHDRAWN_ALREADY,
    }
)


_PROBLEM: Final = "#/components/schemas/Problem"
_BY_THE_GATE: Final = {
    400: "What was sent cannot be read: its head, or its body",
    408: "It took too long to arrive",
    413: "The body is too large",
    414: "The address is too long",
    421: "This hub is not called by that name",
    429: "Asked too often; Retry-After",
}
"""What any route may be answered before it is reached, as plain text."""


class Unusable(ValueError):
    """Parameters that cannot be used; the sentence begins with their names."""


class TooLarge(ValueError):
    """A body that is larger than it may be."""


class TooSoon(Exception):
    """After wrong passwords the next attempt has to wait."""

    def __init__(self, wait_ms: int) -> None:
        super().__init__(Complaint.LOCKED.en)
        self.wait_seconds = -(-wait_ms // 1000)


def problem(status: int, detail: str) -> JSONResponse:
    """Return a problem as a response."""
    body = Problem(title=HTTPStatus(status).phrase, status=status, detail=detail)
    return JSONResponse(body.model_dump(), status, media_type="application/problem+json")


_STATUS: dict[type[Exception], int] = {
    Complained: 422,
    SignInNeeded: 401,
    NotAllowed: 403,
    NotFound: 404,
    Unusable: 422,
    Crowded: 503,
    StoreError: 503,
    StoreUnavailable: 503,
    Full: 503,
    TooSoon: 429,
    TooLarge: 413,
    ClientDisconnect: 408,
    PackRefused: 422,
    UpdateRefused: 422,
}
"""What each expected error is answered with; its sentence is the detail."""


def install(app: FastAPI, page: Page) -> None:
    """Answer every error of `app`; `page(request, status)` is shown to browsers outside the API."""

    def answer(request: Request, status: int, detail: str) -> Response:
        if request.url.path.startswith(FOR_PROGRAMS):
            return problem(status, detail)
        return page(request, status)

    async def on_expected(request: Request, error: Exception) -> Response:
        answered = answer(request, _status_of(error), str(error))
        answered.headers.update(_headers_of(error))
        return answered

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

    plain = app.openapi
    app.openapi = lambda: _described(plain())  # type: ignore[method-assign]  # as FastAPI says
    for kind in _STATUS:
        app.add_exception_handler(kind, on_expected)
    app.add_exception_handler(HTTPException, on_http)
    app.add_exception_handler(RequestValidationError, on_invalid)
    app.add_exception_handler(Exception, on_bug)


def _described(told: dict[str, Any]) -> dict[str, Any]:
    """Let the description say what problems are sent as, and what the gate before us answers."""
    responses = told.setdefault("components", {}).setdefault("responses", {})
    for status, description in _BY_THE_GATE.items():
        content = {"text/plain": {"schema": {"type": "string"}}}
        if status == 400:
            content["application/problem+json"] = {"schema": {"$ref": _PROBLEM}}
        responses[f"Gate{status}"] = {"description": description, "content": content}
    for method in (method for route in told["paths"].values() for method in route.values()):
        answers = method["responses"]
        for response in answers.values():
            content = response.get("content", {})
            schema = content.get("application/json", {}).get("schema", {})
            if schema.get("$ref") == _PROBLEM:
                content["application/problem+json"] = content.pop("application/json")
        for status in _BY_THE_GATE:
            known = answers.setdefault(
                str(status), {"$ref": f"#/components/responses/Gate{status}"}
            )
            if "$ref" not in known:
                known["content"].setdefault("text/plain", {"schema": {"type": "string"}})
    return told


def _status_of(error: Exception) -> int:
    if isinstance(error, Complained) and error.complaint in _CONFLICTS:
        return 409
    return next(_STATUS[kind] for kind in type(error).__mro__ if kind in _STATUS)


def _headers_of(error: Exception) -> dict[str, str]:
    if isinstance(error, SignInNeeded):
        return {"WWW-Authenticate": "Bearer"}
    if isinstance(error, ClientDisconnect | TooLarge):
        # What was not read stays in the line: another request could not be told from it.
        return {"Connection": "close"}
    return {"Retry-After": str(error.wait_seconds)} if isinstance(error, TooSoon) else {}
