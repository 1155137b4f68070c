"""What shows the session: a page for the kiosk's own browser, or a terminal."""

import contextlib
import socket
import time
from collections.abc import Iterator

import structlog

from kiosk.config import FaceSection, KioskConfig
from kiosk.host import SessionHost
from kiosk.night import is_night
from kiosk.runtime import Face
from link.errors import ConfigError

log = structlog.get_logger(__name__)

_BACKLOG = 64


@contextlib.contextmanager
def web_face(config: KioskConfig) -> Iterator[Face]:
    """Give the page's server, on a socket that listens already.

    Raises ConfigError when the port is in use, or a camera's lens cannot be read.
    """
    # The other face needs none of it.
    from kiosk.speech import Speaker  # noqa: PLC0415
    from kiosk.web.ar.building import build_view  # noqa: PLC0415
    from kiosk.web.serve import serve  # noqa: PLC0415
    from kiosk.web.settings import WebSettings  # noqa: PLC0415

    section = config.face
    listener = _listen(section)
    host, port = listener.getsockname()[:2]
    settings = WebSettings(
        panel_ppi=section.panel_ppi,
        night_from=section.night_from,
        night_until=section.night_until,
        has_sounds=section.sounds,
        framed_by=section.framed_by,
        zone=config.zone,
        light=config.screen.light,
    )
    speaker = Speaker() if section.speech else Speaker("")
    ar = None if config.ar is None else build_view(config.ar)
    began = time.monotonic()

    def ready() -> None:
        log.info("page_ready", url=f"http://{host}:{port}/", ms=_ms_since(began))

    async def face(session: SessionHost) -> None:
        await serve(session, listener, settings, speaker=speaker, ar=ar, ready=ready)

    with listener:
        yield face


def terminal_face(config: KioskConfig, *, may_quit: bool = False) -> Face:
    """Return the terminal's application; `may_quit`: anybody can leave it, not only the staff."""
    from kiosk.tui.app import KioskApp  # noqa: PLC0415

    section = config.face
    hour = time.localtime().tm_hour
    is_dark = is_night(hour, section.night_from, section.night_until)

    async def face(session: SessionHost) -> None:
        await KioskApp(session, may_quit=may_quit, is_night=is_dark).run_async()

    return face


def _listen(section: FaceSection) -> socket.socket:
    try:
        return socket.create_server(
            (section.host, section.port), family=_family(section.host), backlog=_BACKLOG
        )
    except OSError as error:
        raise ConfigError(
            f"face: cannot listen on {section.host}:{section.port}: {error.strerror or error}"
        ) from error


def _family(host: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in host else socket.AF_INET


def _ms_since(began: float) -> int:
    return round((time.monotonic() - began) * 1000)
