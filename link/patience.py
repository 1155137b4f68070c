"""uvicorn's protocol with an end to its patience, for each of the web servers of this house.

uvicorn itself waits for ever for the first byte, and for the rest of a head; and one address may
take all of its connections.
"""

import asyncio
from ipaddress import ip_address
from typing import ClassVar, Final

import h11
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware
from uvicorn.protocols.http.h11_impl import H11Protocol

from link.networks import network_of

HEADER_SECONDS: Final = 10.0
SHARE: Final = 4
"""One address may hold a quarter of the connections; of IPv6 one network (/64) is one."""


MOST_UNREAD_BYTES: Final = 64 * 1024
"""What may still come of a body after its answer: a client may have been in the midst of it."""


class Patient(H11Protocol):
    """A head that never ends holds no connection, a body that nobody reads none for long.

    And nobody holds all of them, but programs of this machine, and the proxies that are trusted:
    they speak for many.
    """

    header_seconds: ClassVar[float] = HEADER_SECONDS
    _hurry: asyncio.TimerHandle | None = None
    _is_handed_on = False
    _unread = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to wait for a head; close at once what is one too many of an address."""
        super().connection_made(transport)
        if self._is_one_too_many():
            transport.close()
        else:
            self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop waiting."""
        self._stop_waiting()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take bytes; once a head is whole, the application's own limits hold."""
        super().data_received(data)
        if self._is_handed_on:
            return
        if self.cycle is not None and not self.cycle.response_complete:
            self._unread = 0
            self._stop_waiting()
            return
        if self._hurry is None:
            self._wait()
        if self.conn.their_state is h11.SEND_BODY:
            # Answered already, and still told: nobody reads that.
            self._unread += len(data)
            if self._unread > MOST_UNREAD_BYTES:
                self.transport.close()

    def send_400_response(self, msg: str) -> None:
        """Refuse what is no HTTP, where that can still be said; and end the line either way.

        It may be the body of a request that is being answered, or was: then uvicorn itself fails.
        """
        if self.cycle is not None:
            # Whoever is about to answer is not heard any more.
            self.cycle.disconnected = True
            self.cycle.message_event.set()
        try:
            super().send_400_response(msg)
        except h11.LocalProtocolError:  # an answer was begun, or has no body, as that to HEAD
            self.transport.close()

    def handle_websocket_upgrade(self, event: h11.Request) -> None:
        """Hand the line on to a protocol that has a patience of its own."""
        self._is_handed_on = True
        self._stop_waiting()
        super().handle_websocket_upgrade(event)

    def _wait(self) -> None:
        self._hurry = self.loop.call_later(self.header_seconds, self._give_up)

    def _stop_waiting(self) -> None:
        if self._hurry is not None:
            self._hurry.cancel()
            self._hurry = None

    def _give_up(self) -> None:
        self._hurry = None
        if (self.cycle is None or self.cycle.response_complete) and self.transport is not None:
            self.transport.close()

    def _is_one_too_many(self) -> bool:
        if self.limit_concurrency is None or self.client is None:
            return False
        address = self.client[0]
        if self.speaks_for_many(address):
            return False
        clients = (getattr(other, "client", None) for other in self.connections)
        network = network_of(address)
        held = sum(client is not None and network_of(client[0]) == network for client in clients)
        return bool(held > max(1, self.limit_concurrency // SHARE))

    def speaks_for_many(self, address: str) -> bool:
        """Tell whether an address is this machine's, or that of a proxy which is trusted."""
        trusted = ProxyHeadersMiddleware(self.app, self.config.forwarded_allow_ips).trusted_hosts
        return _is_loopback(address) or bool(self.config.proxy_headers and address in trusted)


def _is_loopback(address: str) -> bool:
    try:
        return ip_address(address).is_loopback
    except ValueError:
        return False
