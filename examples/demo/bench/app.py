"""The bench page: what stands on it, what moves on it, what it asks for."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any, Final, Literal
from urllib.parse import urlsplit

from fastapi import FastAPI, Request, Response
from fastapi.responses import FileResponse, HTMLResponse, JSONResponse, StreamingResponse
from jinja2 import Environment, FileSystemLoader
from pydantic import BaseModel, ConfigDict

from edge.calibrate.guard import HEADERS, Guard
from examples.demo.bench.bench import BadMove, Bench
from examples.demo.bench.door_faults import DOOR_FAULTS
from examples.demo.bench.door_tour import DOOR_WORDS
from examples.demo.bench.faults import FAULTS
from examples.demo.bench.things import Kind, Place
from examples.demo.bench.tour import WORDS
from examples.demo.bench.truth import Truth, read_truth
from examples.demo.bench.words import DOOR_TEXTS, OUTPUT_TEXTS, TEXTS
from examples.demo.lending import STAFF, readers

PAGES: Final = Path(__file__).parent / "pages"
HOUSE: Final = Path(__file__).parents[3] / "hub/pages/static"
"""The look of the hub's pages."""
LOOK_SECONDS: Final = 0.4
"""How often the library's records are looked at while somebody watches."""
_POLICY, _NONE = "Content-Security-Policy", "'none'"
_FILES: Final = {
    "bench.css": (PAGES / "bench.css", "text/css"),
    "bench.js": (PAGES / "bench.js", "text/javascript"),
    "door.css": (PAGES / "door.css", "text/css"),
    "door.js": (PAGES / "door.js", "text/javascript"),
    "told.js": (PAGES / "told.js", "text/javascript"),
    "tokens.css": (HOUSE / "tokens.css", "text/css"),
    "icon.svg": (HOUSE / "icon.svg", "image/svg+xml"),
}
Lang = Literal["zh", "en"]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Move(_Strict):
    """A thing goes somewhere."""

    thing: str
    place: Place


class Card(_Strict):
    """A card is held to the reader, or its code to the scanner."""

    card: str
    way: Literal["tap", "scan"] = "tap"


class AtDoor(_Strict):
    """Somebody does something at the door; `card` is whose card, or whose PIN."""

    act: Literal["card", "pin", "wrong_pin", "in", "out"]
    card: str = ""


class Switch(_Strict):
    """A fault begins or ends."""

    name: str
    on: bool


class Page:
    """One bench, shown to whoever opens the page."""

    def __init__(self, bench: Bench, records: Path, links: dict[str, str]) -> None:
        self.has_ended = False
        self._bench = bench
        self._records = records
        self._links = links
        self._templates = Environment(
            loader=FileSystemLoader(PAGES), autoescape=True, trim_blocks=True, lstrip_blocks=True
        )
        self._has_kiosk = False
        self._looked_at = float("-inf")
        self._looking = asyncio.Lock()

    def show(self, lang: Lang = "zh") -> HTMLResponse:
        """Return the page with everything on it that stands still."""
        things = self._bench.things.values()
        return self._page(
            "bench.html",
            lang,
            items=[one for one in things if one.kind in {Kind.BOOK, Kind.CD}],
            strays=[one for one in things if one.kind not in {Kind.BOOK, Kind.CD}],
            faults=FAULTS,
            steps=[pair[0 if lang == "zh" else 1] for pair in WORDS],
        )

    def show_door(self, lang: Lang = "zh") -> HTMLResponse:
        """Return the page of the door."""
        at = 0 if lang == "zh" else 1
        return self._page(
            "door.html",
            lang,
            d={key: pair[at] for key, pair in DOOR_TEXTS.items()},
            outputs={key: (names[at], states[at]) for key, (names, states) in OUTPUT_TEXTS.items()},
            faults=DOOR_FAULTS,
            steps=[pair[at] for pair in DOOR_WORDS],
        )

    def _page(self, name: str, lang: Lang, **more: Any) -> HTMLResponse:
        kiosk = self._links["kiosk"].rstrip("/")
        at = 0 if lang == "zh" else 1
        return HTMLResponse(
            headers={_POLICY: f"{HEADERS[_POLICY]}; media-src 'self'; frame-src {kiosk or _NONE}"},
            content=self._templates.get_template(name).render(
                lang=lang,
                t={key: pair[at] for key, pair in TEXTS.items()},
                links=self._links,
                readers=(*readers(), STAFF),
                **more,
            ),
        )

    async def at_door(self, move: AtDoor) -> JSONResponse:
        """Hold up a card, type, walk in or out."""
        doorway = self._bench.doorway
        match move.act:
            case "card":
                await self._bench.at_door(move.card)
            case "in":
                await doorway.walk_in()
            case "out":
                await doorway.walk_out()
            case _:
                await self._bench.type_pin(move.card, is_wrong=move.act == "wrong_pin")
        return JSONResponse({})

    def said(self) -> Response:
        """Return what the room's loudspeaker said last."""
        path = self._bench.doorway.said
        if not path.exists():
            return JSONResponse({"problem": "nothing was said so far"}, 404)
        return FileResponse(path, media_type="audio/wav", headers={"Cache-Control": "no-store"})

    def move(self, move: Move) -> JSONResponse:
        """Lay down, take away, carry out."""
        self._bench.move(move.thing, move.place)
        return JSONResponse({})

    async def card(self, card: Card) -> JSONResponse:
        """Hold a card up, or its code."""
        if card.way == "scan":
            await self._bench.scan(card.card)
        else:
            self._bench.hold_card(card.card)
        return JSONResponse({})

    async def fault(self, switch: Switch) -> JSONResponse:
        """Bring a fault about, or end it."""
        await self._bench.fault(switch.name, on=switch.on)
        return JSONResponse({})

    async def all_well(self) -> JSONResponse:
        """End every fault, begin the tour anew."""
        await self._bench.all_well()
        return JSONResponse({})

    async def state(self, lang: Lang = "zh") -> JSONResponse:
        """Return all that moves."""
        await self._look()
        return JSONResponse(self._view(lang))

    async def stream(self, lang: Lang = "zh") -> StreamingResponse:
        """Return all that moves, and again after each change."""
        return StreamingResponse(self._views(lang), media_type="text/event-stream")

    async def _views(self, lang: Lang) -> AsyncIterator[str]:
        last = ""
        while not self.has_ended:
            await self._look()
            told = json.dumps(self._view(lang), ensure_ascii=False)
            if told != last:
                last = told
                yield f"data: {told}\n\n"
            await asyncio.sleep(LOOK_SECONDS / 2)

    def _view(self, lang: Lang) -> dict[str, Any]:
        return {**self._bench.view(lang), "kiosk": self._has_kiosk}

    async def _look(self) -> None:
        async with self._looking:
            now = time.monotonic()
            truth: Truth | None = None
            if now - self._looked_at >= LOOK_SECONDS:
                self._looked_at = now
                now_ms = time.time_ns() // 1_000_000
                truth = await asyncio.to_thread(read_truth, self._records, now_ms)
                self._has_kiosk = await _answers(self._links["kiosk"])
            self._bench.look(truth)


def build_app(page: Page) -> Guard:
    """Return the application; what another page asks for is refused."""
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)
    app.add_exception_handler(BadMove, _refused)
    app.get("/")(page.show)
    app.get("/api/state")(page.state)
    app.get("/api/stream")(page.stream)
    app.get("/door")(page.show_door)
    app.get("/said.wav")(page.said)
    app.post("/api/door")(page.at_door)
    app.post("/api/move")(page.move)
    app.post("/api/card")(page.card)
    app.post("/api/fault")(page.fault)
    app.post("/api/all-well")(page.all_well)
    for name, (path, kind) in _FILES.items():
        app.get(f"/{name}")(_file(path, kind))
    return Guard(app, code=None, has_ended=lambda: page.has_ended)


async def _answers(url: str) -> bool:
    """Tell whether somebody listens there: a frame that fails to load does not try again."""
    where = urlsplit(url)
    if not where.port:
        return False
    try:
        _, writer = await asyncio.open_connection(where.hostname, where.port)
    except OSError:
        return False
    writer.close()
    return True


def _file(path: Path, kind: str) -> Callable[[], FileResponse]:
    def answer() -> FileResponse:
        return FileResponse(path, media_type=kind)

    return answer


def _refused(_request: Request, error: Exception) -> JSONResponse:
    return JSONResponse({"problem": str(error)}, 404)
