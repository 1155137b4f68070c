"""What the page asks: the plan as it stands, the live view, a draft to count with, saving it."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from importlib.resources import files
from typing import Any, Final

from fastapi import FastAPI, HTTPException, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, StreamingResponse

from edge.calibrate.plan import Plan
from edge.calibrate.setup_file import SetupFile
from edge.calibrate.watch import Watch
from edge.errors import ConfigError, FileChanged
from edge.vision.capture import public_name

MOST_STREAMS: Final = 4
TYPES: Final = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}

Views = Callable[[], AsyncIterator[dict[str, Any]]]
Run = Callable[[], Awaitable[None]]


def build_app(setup: SetupFile, watch: Watch, seconds_left: Callable[[], float]) -> FastAPI:
    """Return the application; it runs the watch while it is served."""
    app = bare_app(watch.run)
    add_pages(app, "edge.calibrate", "calibrate.html")
    routes = _Routes(setup, watch, seconds_left)
    app.get("/api/setup")(routes.read_setup)
    app.post("/api/draft")(routes.draw)
    app.post("/api/save")(routes.save)
    app.get("/api/floor.png")(routes.floor)
    app.get("/api/view")(Streams(watch.views, seconds_left).open)
    return app


class _Routes:
    def __init__(self, setup: SetupFile, watch: Watch, seconds_left: Callable[[], float]) -> None:
        self._setup, self._watch, self._seconds_left = setup, watch, seconds_left

    async def read_setup(self) -> dict[str, object]:
        setup = self._setup
        return {
            "camera": setup.camera.name,
            "source": public_name(setup.camera.source),
            "file": setup.path.name,
            "venue": setup.config.node.venue,
            "plan": setup.plan.model_dump(),
            "taken": setup.taken_names,
            "seconds_left": round(self._seconds_left()),
        }

    async def draw(self, plan: Plan) -> dict[str, object]:
        self._watch.redraw(plan)
        return {}

    async def save(self, plan: Plan) -> dict[str, object]:
        try:
            kept = await asyncio.to_thread(self._setup.save, plan)
        except FileChanged as error:
            raise HTTPException(409, str(error)) from error
        except ConfigError as error:
            raise HTTPException(422, str(error)) from error
        return {"saved": str(self._setup.path), "kept": str(kept)}

    async def floor(self) -> Response:
        if not self._watch.floor:
            raise HTTPException(404, "nothing was seen yet")
        return Response(self._watch.floor, media_type="image/png")


class Streams:
    """Server-sent events of what is to be seen, to a few pages at once."""

    def __init__(self, views: Views, seconds_left: Callable[[], float]) -> None:
        self._views, self._seconds_left = views, seconds_left
        self._open = 0

    async def open(self) -> StreamingResponse:
        """Answer with a stream. Raises HTTPException when there are too many."""
        if self._open >= MOST_STREAMS:
            raise HTTPException(503, "this page is open too often: close one of them")
        return StreamingResponse(self._events(), media_type="text/event-stream")

    async def _events(self) -> AsyncIterator[str]:
        self._open += 1
        try:
            async for seen in self._views():
                told = {**seen, "seconds_left": round(self._seconds_left())}
                yield f"data: {json.dumps(told, separators=(',', ':'))}\n\n"
        finally:
            self._open -= 1


def bare_app(run: Run) -> FastAPI:
    """Return an application that runs something while it is served, and refuses in sentences."""

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        running = asyncio.ensure_future(run())
        try:
            yield
        finally:
            running.cancel()
            await asyncio.wait({running})

    app = FastAPI(lifespan=lifespan, openapi_url=None, docs_url=None, redoc_url=None)
    app.add_exception_handler(RequestValidationError, _unreadable)
    app.add_exception_handler(HTTPException, _refused)
    return app


def add_pages(app: FastAPI, room: str, first: str) -> None:
    """Serve the files of a room's `pages`, and those of this room; `/` is the first of them."""
    pages = {
        page.name: page.read_bytes()
        for folder in ("edge.calibrate", room)
        for page in (files(folder) / "pages").iterdir()
    }

    def page(name: str) -> Callable[[], Awaitable[Response]]:
        async def answer() -> Response:
            kind = TYPES[f".{name.rpartition('.')[2]}"]
            return Response(pages[name], media_type=kind)

        return answer

    app.get("/")(page(first))
    for name in pages:
        if not name.endswith(".html"):
            app.get(f"/{name}")(page(name))


async def _unreadable(_request: Request, error: Exception) -> JSONResponse:
    first = error.errors()[0] if isinstance(error, RequestValidationError) else {}
    reason = str(first.get("msg", "cannot be read")).removeprefix("Value error, ")
    where = ".".join(str(part) for part in first.get("loc", ()) if part != "body")
    return JSONResponse({"problem": f"{where}: {reason}" if where else reason}, 422)


async def _refused(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)  # noqa: S101  what it is registered for
    return JSONResponse({"problem": error.detail}, error.status_code)
