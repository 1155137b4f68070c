"""The web application around a running hub."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, nullcontext, suppress

from fastapi import FastAPI
from fastapi.middleware.gzip import GZipMiddleware
from fastapi.staticfiles import StaticFiles

from hub.api import accounts, desk, export, health, history, join, metrics, problems, routes, stream
from hub.config import HubConfig
from hub.headers import Headers
from hub.pages import accounts as account_pages
from hub.pages import audit, device_routes, doors, own_account, tokens, venue_routes
from hub.pages import routes as pages
from hub.pages.device_page import DevicePage
from hub.pages.render import FOLDER, Board
from hub.pages.venue_page import VenuePage
from hub.rates import RateLimit
from hub.runtime import Hub


def create_app(
    config: HubConfig, *, opened: Hub | None = None, failed: Callable[[], None] = lambda: None
) -> FastAPI:
    """Return the application; its lifespan opens and closes a hub, unless one is `opened` already.

    `failed` is called when the live board ended by a mistake of ours: what is shown would stand
    still, so that the process had better end.
    """

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        with nullcontext(opened) if opened else Hub(config) as hub:
            app.state.hub, app.state.board = hub, Board(hub)
            app.state.venue_page, app.state.device_page = VenuePage(hub), DevicePage(hub)
            live = asyncio.create_task(hub.run(), name="live")
            live.add_done_callback(lambda task: None if task.cancelled() else failed())
            try:
                yield
            finally:
                live.cancel()
                with suppress(asyncio.CancelledError):
                    await live

    app = FastAPI(
        title="Kaiguan hub",
        version="1",
        summary="Live occupancy of public cultural venues, with its quality.",
        lifespan=lifespan,
        openapi_url="/api/v1/openapi.json",
        # The bundled viewers load their scripts from elsewhere; docs/openapi.json is the reference.
        docs_url=None,
        redoc_url=None,
    )
    # Event streams pass as they are: an event does not wait until enough of them have gathered.
    app.add_middleware(GZipMiddleware, minimum_size=1000, compresslevel=5)
    app.add_middleware(Headers)
    # Before the routes whose last part would take `name.csv` for a name.
    app.include_router(export.router)
    app.include_router(routes.router)
    app.include_router(history.router)
    app.include_router(stream.router)
    app.include_router(desk.router)
    app.include_router(accounts.router)
    app.include_router(health.router)
    app.include_router(metrics.router)
    staff = (doors, own_account, account_pages, tokens, audit, device_routes)
    for module in (pages, venue_routes, *staff):
        app.include_router(module.router)
    app.include_router(join.router)
    app.state.join_limit = RateLimit(join.BURST, join.PER_MINUTE)
    app.mount("/static", StaticFiles(directory=FOLDER / "static"), name="static")
    problems.install(app, pages.error_page)
    app.add_exception_handler(join.Refused, join.on_refused)
    return app
