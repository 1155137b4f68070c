"""The page at the door of an unstaffed room: what it says, and a keypad for the PIN."""

import hmac
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from fastapi import FastAPI, HTTPException, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response, StreamingResponse
from jinja2 import Environment

from kiosk.caretaker.caretaker import Caretaker
from kiosk.room.events import EntryLeft, Event, PinTyped
from kiosk.room.view import DoorScreen
from kiosk.web.settings import WebSettings
from kiosk.web.streams import Streams

MOST_STREAMS = 4
MOST_PIN = 12

Sent = Callable[..., Awaitable[dict[str, str]]]


class DoorFace:
    """Shows one door. `sent` reads a form."""

    def __init__(
        self,
        door: Caretaker,
        environment: Environment,
        settings: WebSettings,
        token: str,
        sent: Sent,
    ) -> None:
        self._door, self._settings, self._token, self._sent = door, settings, token, sent
        self._page = environment.get_template("door.html")
        self._panel = environment.get_template("door_panel.html")
        self._streams = Streams()
        self._shown: DoorScreen = door.screen
        self.stop = door.watch(self._look)

    def add_to(self, app: FastAPI) -> None:
        """Give the routes to an application."""
        app.get("/door", response_class=HTMLResponse)(self.page)
        app.get("/door/panel", response_class=HTMLResponse)(self.panel)
        app.get("/door/stream")(self.stream)
        app.post("/door/pin")(self.pin)
        app.post("/door/leave")(self.leave)

    async def page(self) -> HTMLResponse:
        """Answer with the whole page."""
        return HTMLResponse(self._page.render(**self._names()))

    async def panel(self) -> HTMLResponse:
        """Answer with what changes."""
        return HTMLResponse(self._panel.render(**self._names()))

    async def stream(self) -> StreamingResponse:
        """Answer with a stream of versions."""
        if len(self._streams.listeners) >= MOST_STREAMS:
            raise HTTPException(503, "this page is open too often: close one of them")
        return StreamingResponse(self._streams.news(), media_type="text/event-stream")

    async def pin(self, request: Request) -> Response:
        """Take a PIN."""
        sent = await self._sent(request, "pin")
        return self._take(request, sent, PinTyped(sent["pin"][:MOST_PIN]))

    async def leave(self, request: Request) -> Response:
        """Take it that somebody does not want to come in."""
        return self._take(request, await self._sent(request), EntryLeft())

    def _take(self, request: Request, sent: dict[str, str], event: Event) -> Response:
        if not hmac.compare_digest(sent["token"].encode(), self._token.encode()):
            raise HTTPException(403, "this page is of an earlier start of the kiosk: load it anew")
        self._door.post(event)
        if request.headers.get("x-kiosk") == "fragment":
            return HTMLResponse(self._panel.render(**self._names()))
        return RedirectResponse("/door", 303)

    def _look(self) -> None:
        shown = self._door.screen
        if shown != self._shown:
            self._shown = shown
            self._streams.changed()

    def _names(self) -> dict[str, Any]:
        hour = datetime.now(ZoneInfo(self._settings.zone)).hour
        return {
            "door": self._door.screen,
            "version": self._streams.version,
            "is_night": self._settings.is_night(hour),
            "most_pin": MOST_PIN,
        }
