"""How nodes join and renew: the only routes that anybody may post to, small and slow on purpose."""

import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Annotated, Any, TypeVar

import msgspec
import structlog
from fastapi import APIRouter, Depends, Request, Response
from starlette.concurrency import run_in_threadpool

from contracts.errors import DecodeError
from contracts.joining import (
    MOST_REQUEST_BYTES,
    JoinRequest,
    RenewRequest,
    decode_joining,
    encode_joining,
)
from hub.access import Permission, Who, nobody
from hub.api.problems import Problem, problem
from hub.identity import Joining, Refusal
from hub.rates import RateLimit
from hub.web import RunningHub
from hub.web_access import Needs, client_address

log = structlog.get_logger(__name__)

T = TypeVar("T", bound=msgspec.Struct)
BURST, PER_MINUTE = 20, 30.0

_ANSWERS: dict[int | str, dict[str, Any]] = {
    status: {"model": Problem, "description": description}
    for status, description in {
        403: "No such code, or not proven",
        409: "The code was used already",
        410: "The code has ended",
        413: "The request is too large",
        422: "The request cannot be read",
        429: "Asked too often",
        503: "This hub keeps no identities",
    }.items()
}

router = APIRouter(prefix="/api/v1/join", responses=_ANSWERS)


class Refused(Exception):
    """A request that is not answered; carries the problem."""

    def __init__(self, response: Response) -> None:
        super().__init__()
        self.response = response


async def on_refused(_request: Request, error: Exception) -> Response:
    """Answer a request that was refused before it was looked at."""
    assert isinstance(error, Refused)  # noqa: S101  registered for it in hub.app
    return error.response


class ByCode(Needs):
    """What a node brings is its proof: no cookie counts here, and each address has its pace."""

    async def __call__(self, request: Request, hub: RunningHub) -> Who:
        """Return nobody, not too often. Raises Refused."""
        limit: RateLimit = request.app.state.join_limit
        wait = limit.wait_seconds(client_address(request), time.monotonic())
        if wait > 0:
            answer = problem(429, f"asked too often: try again in {wait:.0f} s")
            answer.headers["Retry-After"] = str(int(wait) + 1)
            raise Refused(answer)
        return nobody(public_board=hub.config.access.public_board)


async def _body(request: Request) -> bytes:
    """Read a body up to its limit, and no byte further."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MOST_REQUEST_BYTES:
            raise Refused(problem(413, f"a request has at most {MOST_REQUEST_BYTES} bytes"))
    return bytes(body)


Proven = Depends(ByCode(Permission.OPEN))
Body = Annotated[bytes, Depends(_body)]


@router.post("", summary="A node joins with a one-time code", dependencies=[Proven])
async def join(hub: RunningHub, body: Body) -> Response:
    """Return a certificate for the key of a signing request, sealed with the code's secret."""
    request = _decoded(body, JoinRequest)
    return await _answered(hub, lambda joining, now: joining.join(request, now), request.code)


@router.post("/renew", summary="A node renews its certificate", dependencies=[Proven])
async def renew(hub: RunningHub, body: Body) -> Response:
    """Return a certificate for a new key, against a signature of the key before."""
    request = _decoded(body, RenewRequest)
    return await _answered(hub, lambda joining, now: joining.renew(request, now), "")


async def _answered(
    hub: RunningHub,
    ask: Callable[[Joining, datetime], msgspec.Struct | Refusal],
    code: str,
) -> Response:
    gate = hub.gate
    if gate is None:
        return problem(503, "this hub keeps no identities: identity.broker_hosts is not set there")
    answer = await run_in_threadpool(lambda: ask(gate.joining(), datetime.now(UTC)))
    if isinstance(answer, Refusal):
        log.warning("join_refused", code=code, status=answer.status, reason=answer.sentence)
        return problem(answer.status, answer.sentence)
    return Response(
        encode_joining(answer),
        media_type="application/json",
        headers={"Cache-Control": "no-store"},
    )


def _decoded(body: bytes, shape: type[T]) -> T:
    try:
        return decode_joining(body, shape)
    except DecodeError as error:
        raise Refused(problem(422, error.reason)) from error
