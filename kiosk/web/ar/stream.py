"""One page that looks: frames or poses to it, what it has drawn or filmed from it."""

import asyncio
import json
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Final, Protocol

import structlog
from starlette.websockets import WebSocket, WebSocketDisconnect

from kiosk.ar.camera_model import CameraModel
from kiosk.ar.frames import BrowserSource
from kiosk.ar.pictures import as_jpeg
from kiosk.ar.plane import area
from kiosk.ar.sight import Sight
from kiosk.host import SessionHost
from kiosk.session.events import ExhibitLeft, ExhibitSeen
from kiosk.session.exhibit import Exhibit
from kiosk.session.screen import Lang, ScreenName
from kiosk.web.ar.holding import Holding
from kiosk.web.ar.looking import Camera, Eye, Looked, looking
from kiosk.web.ar.message import JPEG, LUMA_FULL, LUMA_VIDEO, Anchor, head_of, packed
from kiosk.web.ar.window import Window

log = structlog.get_logger(__name__)

BEHIND_SECONDS: Final = 5.0
"""A page that draws nothing for so long looks at nothing: the camera is closed."""
LEAVING: Final = 1001
# Of the range for applications (RFC 6455, section 7.4.2).
NOT_YOURS: Final = 4403
NOT_HERE: Final = 4404
TAKEN_OVER: Final = 4409
_PAGE_IS_GONE: Final = (WebSocketDisconnect, TimeoutError)


class Exhibits(Protocol):
    """What there is to see: targets for the engine, and what stands on each."""

    @property
    def exhibits(self) -> Mapping[str, Exhibit]:
        """Return all, by key."""

    @property
    def anchors(self) -> Mapping[str, Anchor]:
        """Return what the page draws, by the same keys."""

    def open_eye(self, model: CameraModel) -> Eye:
        """Return what looks for them through a camera."""

    def refresh(self) -> bool:
        """Look for other packs, and tell whether there were; may take seconds, in a thread."""

    def spoken(self, key: str, lang: Lang) -> tuple[bytes, str] | None:
        """Return what a pack says of an exhibit aloud, None where it says nothing."""

    def medium(self, pack: str, version: int, name: str) -> tuple[bytes, str] | None:
        """Return a file of a pack and its media type, None where there is none."""


@dataclass(frozen=True, slots=True)
class Looks:
    """Who looks: a camera of this machine, or where there is none the page's browser.

    `model` is of the lens for a size of pictures; `size` is width and height of a browser's.
    """

    camera: Camera | None
    model: Callable[[tuple[int, int]], CameraModel]
    size: tuple[int, int] = (640, 480)


class Stream:
    """One page that looks. `offer` tells that the camera works, or why it does not."""

    def __init__(
        self,
        exhibits: Exhibits,
        how: Looks,
        host: SessionHost,
        socket: WebSocket,
        offer: Callable[[str], None],
    ) -> None:
        self._exhibits, self._how, self._host = exhibits, how, host
        self._socket, self._offer = socket, offer
        self._window = Window[Looked]()
        self._changed = asyncio.Event()
        self._holding = Holding()
        self._over: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self._model: CameraModel | None = None
        self.is_open = False
        """Whether the camera is on, or a browser's pictures are looked at."""

    async def run(self) -> None:
        """Serve until one of the three ends: page, session, camera."""
        unwatch = self._host.watch(self._screen_changed)
        work = self._answer if self._how.camera is None else self._push
        job = asyncio.create_task(work(), name="ar-stream")
        job.add_done_callback(lambda _: self.end(LEAVING))
        try:
            await self._over
        finally:
            unwatch()
            job.cancel()
            (ended,) = await asyncio.gather(job, return_exceptions=True)
            for key, seconds in self._holding.end():
                self._host.post(ExhibitLeft(key, seconds))
            with suppress(RuntimeError, WebSocketDisconnect):
                await self._socket.close(self._over.result() if self._over.done() else LEAVING)
        if isinstance(ended, Exception) and not isinstance(ended, _PAGE_IS_GONE):
            raise ended

    def end(self, code: int) -> None:
        """Let it end, with this code for the page."""
        if not self._over.done():
            self._over.set_result(code)

    def _screen_changed(self) -> None:
        if self._host.screen.name is not ScreenName.AR:
            self.end(NOT_HERE)

    async def _push(self) -> None:
        """Send frames of this machine's camera, and hear which were drawn."""
        assert self._how.camera is not None  # noqa: S101  as `run` has looked
        acknowledging = asyncio.create_task(self._acknowledge(), name="ar-acks")
        sending = asyncio.create_task(self._send(), name="ar-frames")
        try:
            async with looking(
                self._how.camera,
                self._exhibits.open_eye,
                self._began,
                self._looked,
                self._failed,
            ):
                self.is_open = True
                await asyncio.wait({acknowledging, sending}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self.is_open = False
            for job in (acknowledging, sending):
                job.cancel()
            for error in await asyncio.gather(acknowledging, sending, return_exceptions=True):
                if isinstance(error, Exception) and not isinstance(error, _PAGE_IS_GONE):
                    log.error("ar_stream_failed", error=repr(error))

    def _began(self, model: CameraModel) -> None:
        self._model = model
        self._offer("")

    def _looked(self, looked: Looked) -> None:
        if self._model is None or self._over.done():
            return
        self._window.put(looked.frame.number, looked)
        self._changed.set()
        self._tell(looked.sight, looked.frame.at)

    def _failed(self, reason: str) -> None:
        log.warning("camera_failed", reason=reason)
        self._offer(reason)
        self.end(NOT_HERE)

    async def _send(self) -> None:
        while True:
            # Without a frame nothing is behind: a camera may take seconds to open.
            async with asyncio.timeout(BEHIND_SECONDS if self._window.is_full else None):
                await self._changed.wait()
            self._changed.clear()
            while (looked := self._window.next()) is not None:
                # Coded only now: what a newer frame takes the place of costs nothing.
                message = await asyncio.to_thread(self._coded, looked)
                await self._socket.send_bytes(message)

    def _coded(self, looked: Looked) -> bytes:
        assert self._model is not None  # noqa: S101  as `_looked` has looked
        frame, sight = looked.frame, looked.sight
        head = head_of(frame.number, sight, self._model, self._exhibits.anchors)
        return packed(head, as_jpeg(frame.image))

    async def _acknowledge(self) -> None:
        while True:
            said = await self._socket.receive_text()
            if said.isascii() and said.isdigit() and self._window.acknowledge(int(said[:9])):
                self._changed.set()

    async def _answer(self) -> None:
        """Look at what a browser sends, one picture after the other, and say what is in it."""
        source = BrowserSource(self._how.size)
        model = self._how.model(self._how.size)
        eye = await asyncio.to_thread(self._exhibits.open_eye, model)
        self.is_open = True
        self._offer("")
        try:
            while True:
                message = await self._socket.receive_bytes()
                number = int.from_bytes(message[:4], "big")
                seen = await asyncio.to_thread(_stepped, source, eye, message)
                if isinstance(seen, str):
                    await self._socket.send_text(json.dumps({"refused": seen}))
                    continue
                at, sight = seen
                head = head_of(number, sight, model, self._exhibits.anchors)
                await self._socket.send_bytes(packed(head))
                self._tell(sight, at)
        finally:
            self.is_open = False
            source.close()
            await asyncio.to_thread(eye.close)

    def _tell(self, sight: Sight, at: float) -> None:
        """Tell the session of what was not there before, and of what left."""
        exhibits = self._exhibits.exhibits
        areas = {one.name: abs(area(one.corners)) for one in sight.seen if one.name in exhibits}
        before = self._holding.told
        for key, seconds in self._holding.look(areas, at):
            self._host.post(ExhibitLeft(key, seconds))
        told = self._holding.told
        if told and told != before:
            self._host.post(ExhibitSeen(exhibits[told]))


def _stepped(source: BrowserSource, eye: Eye, message: bytes) -> tuple[float, Sight] | str:
    """Look at a message of a page: number (4 bytes), kind, and bytes of a picture."""
    kind, content = message[4:5], message[5:]
    if kind == JPEG:
        refused = source.feed(content)
    elif kind in {LUMA_VIDEO, LUMA_FULL}:
        refused = source.feed_luma(content, is_full=kind == LUMA_FULL)
    else:
        refused = f"a picture of kind {kind.hex() or 'none'}"
    if refused:
        return refused
    frame = source.read()
    return "closed" if frame is None else (frame.at, eye.step(frame))
