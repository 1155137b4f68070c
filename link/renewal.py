"""Renewing this node's certificate before it ends, while the node runs; its work does not wait."""

import asyncio
import random
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import structlog

from contracts.messages import CertificateStatus
from link.credentials import Credential, read_credential
from link.errors import JoinError, LinkError
from link.joining import renew

log = structlog.get_logger(__name__)

LOOK_SECONDS: Final = 3600.0
AGAIN_SECONDS: Final = 600.0
"""After a failure: a third of a certificate's life is left to try in."""
MOST_TROUBLE: Final = 200


class Renewal:
    """Watches one file of key and certificate and renews it in its last third.

    `is_clock_set()`: a clock of the past would never find it due. `is_ended_there()`: the broker
    has said that it has ended, whatever the clock says. `renewed()` makes the connection use the
    new one, `changed()` tells the status.
    """

    def __init__(
        self,
        hub: str,
        certificate: Path,
        authority: Path,
        *,
        is_clock_set: Callable[[], bool],
        is_ended_there: Callable[[], bool],
        renewed: Callable[[], None],
        changed: Callable[[], None],
        wall: Callable[[], datetime] = lambda: datetime.now(UTC),
        rng: random.Random | None = None,
    ) -> None:
        self._hub = hub
        self._certificate = certificate
        self._authority = authority
        self._is_clock_set = is_clock_set
        self._is_ended_there = is_ended_there
        self._renewed = renewed
        self._changed = changed
        self._wall = wall
        self._rng = rng or random.Random()  # noqa: S311  jitter
        self._status: CertificateStatus | None = None

    def status(self) -> CertificateStatus | None:
        """Return until when the certificate lasts, and why it could not be renewed."""
        return self._status

    async def run(self) -> None:
        """Look, renew when it is due, and go on so until cancelled."""
        while True:
            is_fine = await self.look()
            # A district's nodes were joined in one week: they do not come back in one second.
            pause = (LOOK_SECONDS if is_fine else AGAIN_SECONDS) * self._rng.uniform(0.8, 1.2)
            await self._pause(pause)

    async def look(self) -> bool:
        """Renew if it is due; tell whether all is well."""
        try:
            credential = await asyncio.to_thread(read_credential, self._certificate)
            if self._is_due(credential):
                await asyncio.to_thread(
                    renew, self._hub, credential, self._certificate, self._authority
                )
                credential = await asyncio.to_thread(read_credential, self._certificate)
                self._renewed()
                log.info("certificate_renewed", until=credential.expires_at.isoformat())
        except LinkError as error:
            self._tell(None, str(error))
            return False
        self._tell(credential, "")
        return True

    def _is_due(self, credential: Credential) -> bool:
        return self._is_ended_there() or (self._is_clock_set() and credential.is_due(self._wall()))

    def _tell(self, credential: Credential | None, trouble: str) -> None:
        before = self._status
        expires_ms = before.expires_ms if before else 0
        if credential is None:
            # The old one may still be there; until when it lasts is worth knowing all the more.
            try:
                credential = read_credential(self._certificate)
            except JoinError:
                log.error("certificate_unreadable", path=str(self._certificate))
        if credential is not None:
            expires_ms = max(0, int(credential.expires_at.timestamp() * 1000))
        self._status = CertificateStatus(expires_ms, trouble[:MOST_TROUBLE])
        if self._status != before:
            if trouble:
                log.warning("certificate_not_renewed", reason=trouble)
            self._changed()

    async def _pause(self, seconds: float) -> None:
        """Sleep, but not past the broker's word that the certificate has ended."""
        step = 30.0
        was_ended = self._is_ended_there()
        while seconds > 0:
            await asyncio.sleep(min(step, seconds))
            seconds -= step
            if self._is_ended_there() and not was_ended:
                return
