"""A kiosk's process: serves its face, and takes orders from afar where its configuration allows."""

import structlog

from kiosk.config import KioskConfig
from kiosk.runtime import Face, open_kiosk
from link.remote.running import RemoteRun

log = structlog.get_logger(__name__)


async def serve(remote: RemoteRun[KioskConfig], face: Face) -> None:
    """Serve until cancelled, or until the face ends. Raises as `open_kiosk` does."""
    try:
        async with open_kiosk(remote.config) as kiosk:
            browser = kiosk.host.browser.ask
            jobs = remote.jobs(kiosk.node, in_use=kiosk.is_in_use, browser=browser)
            await kiosk.run(face, jobs)
    finally:
        log.info("kiosk_stopped")
