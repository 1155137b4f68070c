"""The pages of a session: the screen, what is pressed and typed, news of the next screen."""

import asyncio
import hmac
import secrets
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Annotated, Final
from urllib.parse import parse_qsl

from fastapi import FastAPI, HTTPException, Query, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import (
    HTMLResponse,
    JSONResponse,
    PlainTextResponse,
    RedirectResponse,
    Response,
    StreamingResponse,
)
from starlette.requests import ClientDisconnect

from kiosk.host import SessionHost
from kiosk.session.events import Entered, Event, Pressed, Touched
from kiosk.session.screen import Lang, Prefs, Screen, ScreenName
from kiosk.session.state import State, Visit
from kiosk.session.view import view
from kiosk.speech import Speaker, spoken_text
from kiosk.web.ar.view import ArFace, ArView
from kiosk.web.door import DoorFace
from kiosk.web.guard import Guard
from kiosk.web.heart import PageHeart
from kiosk.web.render import ArPage, Pages
from kiosk.web.settings import WebSettings
from kiosk.web.streams import Streams

STATIC: Final = Path(__file__).parent / "static"
MODELS: Final = STATIC / "dist/models.js"
"""What draws models in space; there where npm has built it."""
MOST_STREAMS: Final = 4
DP_PER_INCH: Final = 160
MOST_FIELDS: Final = 10
MOST_DIGITS: Final = 9
TYPES: Final = {
    "css": "text/css; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "svg": "image/svg+xml",
}
INFORMATION: Final = {
    "hours": ScreenName.HOURS,
    "nearby": ScreenName.NEARBY,
    "privacy": ScreenName.PRIVACY,
}


class Face:
    """The routes of one session."""

    def __init__(
        self, host: SessionHost, settings: WebSettings, speaker: Speaker, ar: ArView | None
    ) -> None:
        self._host, self._settings, self._speaker = host, settings, speaker
        self._token = secrets.token_urlsafe(18)
        self._streams = Streams()
        self._heart = PageHeart(host, settings.light)
        self.ar = None if ar is None else ArFace(ar, host, self._token)
        self._pages = Pages(
            settings,
            self._token,
            can_speak=speaker.can_speak,
            ar=None if ar is None else ArPage(ar.source, ar.looks.size, MODELS.is_file()),
        )
        self.stop = host.watch(self._streams.changed)
        self.door: DoorFace | None = None
        if host.door is not None:
            environment = self._pages.environment
            self.door = DoorFace(host.door, environment, settings, self._token, _sent)

    async def page(self) -> HTMLResponse:
        """Answer with the whole page."""
        return HTMLResponse(self._pages.page(self._host.screen, self._streams.version))

    async def screen(self) -> HTMLResponse:
        """Answer with the screen alone, for a page that is there already."""
        return HTMLResponse(self._pages.screen(self._host.screen, self._streams.version))

    async def act(self, request: Request) -> Response:
        """Take a press."""
        sent = await _sent(request, "act", "serial")
        press = Pressed(sent["act"], _number(sent["serial"]), sent.get("choice", ""))
        return self._take(request, sent, press)

    async def enter(self, request: Request) -> Response:
        """Take what was typed."""
        sent = await _sent(request, "name", "serial")
        typed = Entered(sent["name"], sent.get("text", ""), _number(sent["serial"]))
        return self._take(request, sent, typed)

    async def touch(self, request: Request) -> Response:
        """Take note that somebody is there."""
        return self._take(request, await _sent(request), Touched())

    async def drawn(self, request: Request) -> Response:
        """Take note that the page draws; that is no sign of a visitor."""
        sent = await _sent(request, "width", "height")
        self._check(sent)
        self._heart.drew(_number(sent["width"]), _number(sent["height"]))
        return Response(status_code=204)

    async def heart(self) -> JSONResponse:
        """Answer how the page is, for who watches the browser."""
        return JSONResponse(self._heart.told())

    async def stream(self) -> StreamingResponse:
        """Answer with a stream of versions."""
        if len(self._streams.listeners) >= MOST_STREAMS:
            raise HTTPException(503, "this page is open too often: close one of them")
        return StreamingResponse(self._streams.news(), media_type="text/event-stream")

    async def speech(self) -> Response:
        """Answer with what is shown, spoken; what it is stands in no address."""
        screen = self._host.screen
        recorded = await self._recorded(screen)
        if recorded is not None:
            return Response(recorded[0], media_type=recorded[1])
        spoken = await self._speaker.wav(
            spoken_text(screen), screen.prefs.lang, is_private=screen.is_private
        )
        if not spoken:
            raise HTTPException(404, "there is no voice on this machine")
        return Response(spoken, media_type="audio/wav")

    async def _recorded(self, screen: Screen) -> tuple[bytes, str] | None:
        """Return the voice of an exhibit's own pack, while nothing else of it is open."""
        if self.ar is None or not screen.exhibit or self._host.state.visit.spot is not None:
            return None
        return await asyncio.to_thread(self.ar.spoken, screen.exhibit, screen.prefs.lang)

    def information(self, name: ScreenName, lang: Lang) -> HTMLResponse:
        """Answer with a page that needs neither a session nor JavaScript."""
        host = self._host
        visit = Visit(name=name, prefs=Prefs(lang=lang))
        screen = view(State(host.state.around, visit), host.moment, host.settings)
        return HTMLResponse(self._pages.information(screen))

    def _take(self, request: Request, sent: Mapping[str, str], event: Event) -> Response:
        self._check(sent)
        # Whoever touched in the dark did not see what they pressed.
        self._host.post(Touched() if self._heart.only_wakes() else event)
        if request.headers.get("x-kiosk") == "fragment":
            return HTMLResponse(self._pages.screen(self._host.screen, self._streams.version))
        return RedirectResponse("/", 303)

    def _check(self, sent: Mapping[str, str]) -> None:
        if not hmac.compare_digest(sent["token"].encode(), self._token.encode()):
            raise HTTPException(403, "this page is of an earlier start of the kiosk: load it anew")


def build_app(face: Face, settings: WebSettings) -> Guard:
    """Return the application that shows a session."""
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)
    app.get("/", response_class=HTMLResponse)(face.page)
    app.get("/screen", response_class=HTMLResponse)(face.screen)
    app.post("/act")(face.act)
    app.post("/enter")(face.enter)
    app.post("/touch")(face.touch)
    app.post("/drawn", status_code=204)(face.drawn)
    app.get("/heart")(face.heart)
    app.get("/stream")(face.stream)
    app.get("/speech")(face.speech)
    for path, name in INFORMATION.items():
        app.get(f"/{path}", response_class=HTMLResponse)(_information(face, name))
    for folder in ("", "dist/"):
        for file in sorted((STATIC / folder).glob("*")):
            kind = TYPES.get(file.suffix.removeprefix("."))
            if kind is not None:
                app.get(f"/static/{folder}{file.name}")(_static(file.read_bytes(), kind))
    if face.ar is not None:
        app.websocket("/ar/stream")(face.ar.stream)
        app.get("/ar/media/{pack}/{version}/{name:path}")(_media(face.ar))
    if face.door is not None:
        face.door.add_to(app)
    app.get("/static/size.css")(_static(size_css(settings), TYPES["css"]))
    app.add_exception_handler(RequestValidationError, _unreadable)
    app.add_exception_handler(HTTPException, _refused)
    has_camera = face.ar is not None and face.ar.view.source == "browser"
    return Guard(app, framed_by=settings.framed_by, has_camera=has_camera)


def size_css(settings: WebSettings) -> bytes:
    """Return how large a millimetre and a density-independent pixel (1/160 inch) are here."""
    dp = round(settings.panel_ppi / DP_PER_INCH, 4)
    return f":root {{ --mm: {settings.mm_px}px; --dp: {dp}px }}\n".encode()


def _information(face: Face, name: ScreenName) -> Callable[[Lang], Awaitable[HTMLResponse]]:
    async def answer(lang: Annotated[Lang, Query()] = "zh") -> HTMLResponse:
        return face.information(name, lang)

    return answer


def _media(ar: ArFace) -> Callable[[str, int, str], Awaitable[Response]]:
    async def answer(pack: str, version: int, name: str) -> Response:
        found = await asyncio.to_thread(ar.medium, pack, version, name)
        if found is None:
            raise HTTPException(404, "there is no such file in the packs of this kiosk")
        return Response(found[0], media_type=found[1])

    return answer


def _static(content: bytes, kind: str) -> Callable[[], Awaitable[Response]]:
    async def answer() -> Response:
        return Response(content, media_type=kind)

    return answer


async def _sent(request: Request, *needed: str) -> dict[str, str]:
    """Return a form's fields. Raises HTTPException, without what was typed: it may be a PIN."""
    try:
        pairs = parse_qsl(
            (await request.body()).decode(), keep_blank_values=True, max_num_fields=MOST_FIELDS
        )
    except ValueError as error:
        raise HTTPException(422, "this is no form") from error
    except ClientDisconnect as error:
        close = {"Connection": "close"}
        raise HTTPException(408, "the request did not arrive whole", close) from error
    sent = dict(pairs)
    for name in ("token", *needed):
        if name not in sent:
            raise HTTPException(422, f"the field {name} is missing")
    return sent


def _number(text: str) -> int:
    if not text.isascii() or not text.isdigit() or len(text) > MOST_DIGITS:
        raise HTTPException(422, "the serial is no number")
    return int(text)


async def _unreadable(_request: Request, _error: Exception) -> PlainTextResponse:
    # What was typed may be a PIN: it is not said again.
    return PlainTextResponse("a field is missing or too long", 422)


async def _refused(_request: Request, error: Exception) -> PlainTextResponse:
    assert isinstance(error, HTTPException)  # noqa: S101  what it is registered for
    return PlainTextResponse(str(error.detail), error.status_code, error.headers)
