"""The page of an audit, for a phone at the door: two large buttons beside the live counter."""

from collections.abc import Awaitable, Callable
from typing import Literal

from fastapi import FastAPI
from pydantic import BaseModel, ConfigDict

from edge.audit.session import Audit
from edge.calibrate.app import Streams, add_pages, bare_app
from edge.counting.geometry import Direction


class _Tap(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    way: Literal["in", "out", "undo"]


def build_app(
    audit: Audit,
    run: Callable[[], Awaitable[None]],
    seconds_left: Callable[[], float],
    end: Callable[[], None],
) -> FastAPI:
    """Return the application; it runs `run` while it is served, and `end` ends the audit."""
    app = bare_app(run)
    add_pages(app, "edge.audit", "audit.html")

    @app.get("/api/setup")
    async def read_setup() -> dict[str, object]:
        return {"name": audit.name, **audit.totals()}

    @app.post("/api/tap")
    async def tap(tapped: _Tap) -> dict[str, object]:
        if tapped.way == "undo":
            audit.undo()
        else:
            audit.tap(Direction(tapped.way))
        return {**audit.totals()}

    @app.post("/api/end")
    async def finish() -> dict[str, object]:
        end()
        return {}

    app.get("/api/view")(Streams(audit.views, seconds_left).open)
    return app
