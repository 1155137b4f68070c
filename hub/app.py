"""The web application around a running hub."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, nullcontext, suppress

from fastapi import FastAPI
from fastapi.middleware.gzip import GZipMiddleware
from fastapi.routing import APIRoute
from fastapi.staticfiles import StaticFiles

from hub.api import (
    accounts,
    alerts,
    cards,
    deliveries,
    demand,
    desk,
    export,
    facts,
    feedback,
    head_counts,
    health,
    history,
    hours,
    join,
    metrics,
    overrides,
    packs,
    problems,
    remote,
    rooms,
    routes,
    schedule,
    stream,
    updates,
    verdict_table,
    verdicts,
)
from hub.config import HubConfig
from hub.headers import Headers
from hub.pages import accounts as account_pages
from hub.pages import alerts as alert_pages
from hub.pages import (
    audit,
    device_routes,
    doors,
    duties,
    own_account,
    public_hours,
    tokens,
    venue_routes,
)
from hub.pages import deliveries as delivery_pages
from hub.pages import demand as demand_pages
from hub.pages import head_counts as head_count_pages
from hub.pages import kiosks as kiosk_pages
from hub.pages import remote as remote_pages
from hub.pages import rollouts as rollout_pages
from hub.pages import rooms as room_pages
from hub.pages import routes as pages
from hub.pages import schedule as schedule_pages
from hub.pages.broadcast import Broadcast
from hub.pages.device_page import DevicePage
from hub.pages.frames import Frames
from hub.pages.links import Links
from hub.pages.render import FOLDER, Board
from hub.pages.room_page import RoomPage
from hub.pages.venue_page import VenuePage
from hub.rates import RateLimit
from hub.runtime import Hub

PAGES = (
    *(pages, venue_routes, device_routes),
    *(doors, own_account, account_pages, tokens, audit, alert_pages, head_count_pages),
    *(demand_pages, delivery_pages, duties, kiosk_pages, rollout_pages, room_pages, remote_pages),
    *(public_hours, schedule_pages),
)
"""The modules whose routes browsers open."""
ROUTERS = (
    # Before the routes whose last part would take `name.csv` for a name.
    *(export.router, feedback.router, feedback.of_venue, rooms.router),
    *(routes.router, history.router, demand.router, verdict_table.router, stream.router),
    *(desk.router, head_counts.router, alerts.router, hours.router),
    *(facts.router, cards.router, packs.router, updates.router, updates.rollouts, remote.router),
    *(schedule.router, deliveries.router, verdicts.router, verdicts.of_venue),
    *(overrides.router, accounts.router, health.router, metrics.router),
)
"""What programs and nodes ask, in the order in which an address is looked for."""


def page_paths() -> list[str]:
    """Return the paths that browsers open, with names of parameters in braces."""
    return [
        route.path
        for module in PAGES
        for route in module.router.routes
        if isinstance(route, APIRoute) and "GET" in (route.methods or ())
    ]


def create_app(
    config: HubConfig, *, opened: Hub | None = None, failed: Callable[[], None] = lambda: None
) -> FastAPI:
    """Return the application; its lifespan opens and closes a hub, unless one is `opened` already.

    `failed` is called when the live board ended by a mistake of ours: what is shown would stand
    still, so that the process had better end.
    """

    def ended(task: asyncio.Task[None]) -> None:
        if not task.cancelled() and task.exception() is not None:
            failed()

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        with nullcontext(opened) if opened else Hub(config) as hub:
            board = Board(hub, Links.among(page_paths()))
            app.state.hub, app.state.board = hub, board
            app.state.venue_page, app.state.device_page = VenuePage(hub), DevicePage(hub)
            app.state.room_page = RoomPage(hub)
            app.state.broadcast = broadcast = Broadcast(hub.live.feed, Frames(board))
            tasks = [
                asyncio.create_task(hub.run(), name="live"),
                asyncio.create_task(broadcast.run(), name="broadcast"),
            ]
            for task in tasks:
                task.add_done_callback(ended)
            try:
                yield
            finally:
                for task in tasks:
                    task.cancel()
                    with suppress(asyncio.CancelledError):
                        await task

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
    # Inside of Headers, so that HEAD tells what GET would. It leaves event streams as they are.
    app.add_middleware(GZipMiddleware, minimum_size=1000, compresslevel=5)
    app.add_middleware(Headers)
    # As they stand: `include_router` would build each route a second time, at the first request.
    for router in (*ROUTERS, *(module.router for module in PAGES), join.router):
        app.router.routes.extend(router.routes)
    app.state.join_limit = RateLimit(join.BURST, join.PER_MINUTE)
    app.mount("/static", StaticFiles(directory=FOLDER / "static"), name="static")
    problems.install(app, pages.error_page)
    app.add_exception_handler(join.Refused, join.on_refused)
    return app
