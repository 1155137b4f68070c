"""The camera's screen: who may look, and what the session is told of the camera."""

import asyncio
import hmac
import time
from contextlib import suppress
from dataclasses import dataclass
from typing import Final, Literal

from starlette.websockets import WebSocket, WebSocketDisconnect

from kiosk.host import SessionHost
from kiosk.session.events import ArNow
from kiosk.session.screen import Lang, ScreenName
from kiosk.web.ar.stream import NOT_HERE, NOT_YOURS, TAKEN_OVER, Exhibits, Looks, Stream

HELLO_SECONDS: Final = 5.0
"""A page says who it is so soon after it has connected."""
LOOK_SECONDS: Final = 5.0
"""How often is looked whether there are other packs."""
TROUBLE_SECONDS: Final = 15.0
"""A camera that failed is not offered again before."""


@dataclass(frozen=True, slots=True)
class ArView:
    """What the camera's screen needs."""

    exhibits: Exhibits
    looks: Looks

    @property
    def source(self) -> Literal["kiosk", "browser"]:
        """Return who has the camera: this process, or the page's browser."""
        return "browser" if self.looks.camera is None else "kiosk"


class ArFace:
    """One page at a time looks; another one takes over. `token` is the page's."""

    def __init__(self, view: ArView, host: SessionHost, token: str) -> None:
        self.view, self._host, self._token = view, host, token
        self._stream: Stream | None = None
        self._turn = asyncio.Lock()
        self._newest = 0
        self._failed_at = -TROUBLE_SECONDS

    @property
    def is_open(self) -> bool:
        """Tell whether somebody looks."""
        return self._stream is not None and self._stream.is_open

    async def keep(self) -> None:
        """Tell the session whether there is something to see, until cancelled."""
        while True:
            await asyncio.to_thread(self.view.exhibits.refresh)
            # Whether a camera works again shows only when it is opened: it is offered again soon.
            is_fresh = time.monotonic() - self._failed_at < TROUBLE_SECONDS
            self._tell(self._host.state.around.ar.trouble if is_fresh else "")
            await asyncio.sleep(LOOK_SECONDS)

    async def stream(self, socket: WebSocket) -> None:
        """Serve one page until it leaves, or the session leaves the camera's screen."""
        await socket.accept()
        if not await self._is_ours(socket):
            await socket.close(NOT_YOURS)
            return
        if self._host.screen.name is not ScreenName.AR:
            await socket.close(NOT_HERE)
            return
        self._newest += 1
        mine = self._newest
        if self._stream is not None:
            self._stream.end(TAKEN_OVER)
        # A camera is opened again only when it is closed.
        async with self._turn:
            if mine != self._newest:
                await socket.close(TAKEN_OVER)
                return
            view = self.view
            self._stream = Stream(view.exhibits, view.looks, self._host, socket, self._offer)
            try:
                await self._stream.run()
            finally:
                self._stream = None

    def medium(self, pack: str, version: int, name: str) -> tuple[bytes, str] | None:
        """Return a file of a pack, None where there is none."""
        return self.view.exhibits.medium(pack, version, name)

    def spoken(self, key: str, lang: Lang) -> tuple[bytes, str] | None:
        """Return what a pack says of an exhibit aloud, None where it says nothing."""
        return self.view.exhibits.spoken(key, lang)

    async def _is_ours(self, socket: WebSocket) -> bool:
        with suppress(TimeoutError, WebSocketDisconnect, KeyError, UnicodeEncodeError):
            async with asyncio.timeout(HELLO_SECONDS):
                said = await socket.receive_text()
            return hmac.compare_digest(said.encode(), self._token.encode())
        return False

    def _offer(self, trouble: str) -> None:
        self._failed_at = time.monotonic() if trouble else -TROUBLE_SECONDS
        self._tell(trouble)

    def _tell(self, trouble: str) -> None:
        self._host.post(ArNow(is_offered=bool(self.view.exhibits.exhibits), trouble=trouble))
