"""The one place that touches the MQTT client.

paho runs its own network thread. Callbacks here only hand over: a lock of ours held around
`publish` and inside a callback has been seen to deadlock paho for good. Nagle's algorithm is off on
the socket, without which an acknowledgement takes 40 ms.
"""

import logging
import random
import socket
import ssl
import sys
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import paho.mqtt.client as mqtt
import structlog
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode

from link.errors import BrokerUnavailable
from link.tls import line_sentence

log = structlog.get_logger(__name__)

KEEPALIVE_SECONDS: Final = 20
LONGEST_WAIT_SECONDS: Final = 5
CLOSE_SECONDS: Final = 3.0
"""How long closing waits for a network thread that may be held by a name server or a dead host."""
INFLIGHT: Final = 100
"""Unacknowledged publishes in paho; a larger number makes it scan a longer queue."""


@dataclass(frozen=True, slots=True)
class BrokerConfig:
    """Where the broker is and who we are there."""

    host: str = "127.0.0.1"
    port: int = 1883
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    tls: bool = False
    tls_ca: Path | None = None
    tls_certificate: Path | None = None
    tls_key: Path | None = None


@dataclass(frozen=True, slots=True)
class Will:
    """What the broker publishes for us, retained, when we vanish."""

    topic: str
    payload: bytes


class Session:
    """A connection that comes back by itself, with its subscriptions.

    `on_message(topic, payload)`, `on_connected()` and `on_lost()` run on the network thread: they
    hand over and return. Sessions are clean: nothing rests on the broker's memory.
    """

    def __init__(
        self,
        config: BrokerConfig,
        client_id: str,
        *,
        subscriptions: Sequence[str] = (),
        on_message: Callable[[str, bytes], None] = lambda _topic, _payload: None,
        on_connected: Callable[[], None] = lambda: None,
        on_lost: Callable[[], None] = lambda: None,
        will: Will | None = None,
    ) -> None:
        self._config = config
        self._subscriptions = tuple(subscriptions)
        self._on_message = on_message
        self._on_connected = on_connected
        self._on_lost = on_lost
        self._refused: str | None = None
        self._accepted = False
        self._broken = self._why = ""
        client = mqtt.Client(
            CallbackAPIVersion.VERSION2,
            client_id=client_id,
            clean_session=True,
            protocol=mqtt.MQTTv311,
        )
        client.max_inflight_messages_set(INFLIGHT)
        client.on_socket_open = _without_delay
        client.on_connect = self._connected
        client.on_connect_fail = self._unreachable
        client.on_subscribe = self._subscribed
        client.on_disconnect = self._disconnected
        client.on_message = self._message
        client.enable_logger(self._logger())
        # Each process waits its own time, so that a returning broker is not met by all at once.
        shortest = random.uniform(0.2, 1.0)  # noqa: S311  jitter, not a secret
        client.reconnect_delay_set(shortest, LONGEST_WAIT_SECONDS)  # type: ignore[arg-type]  # any float works
        if config.username is not None:
            client.username_pw_set(config.username, config.password)
        self._tls = tls_context(config) if config.tls else None
        if self._tls is not None:
            client.tls_set_context(self._tls)
        if will is not None:
            client.will_set(will.topic, will.payload, qos=1, retain=True)
        self._client = client

    @property
    def connected(self) -> bool:
        """Tell whether the broker has accepted us and the line still stands."""
        return self._client.is_connected()

    @property
    def refused(self) -> str | None:
        """Return why the last attempt to connect failed, None when it did not."""
        return self._refused

    @property
    def is_certificate_ended(self) -> bool:
        """Tell whether the broker refuses us because our certificate has ended by its clock."""
        return self._refused is not None and "CERTIFICATE_EXPIRED" in self._why

    def open(self) -> None:
        """Begin to connect, in the background and for as long as it takes."""
        self._client.connect_async(self._config.host, self._config.port, KEEPALIVE_SECONDS)
        if self._client.loop_start() != MQTTErrorCode.MQTT_ERR_SUCCESS:
            raise BrokerUnavailable("the MQTT client is running already")

    def close(self) -> None:
        """Say goodbye, so that the last will is not sent, and end the network thread.

        Never takes longer than `CLOSE_SECONDS`: a thread that is held then is a daemon.
        """
        self._client.disconnect()
        ending = threading.Thread(target=self._client.loop_stop, name="mqtt-close", daemon=True)
        ending.start()
        ending.join(CLOSE_SECONDS)

    def publish(self, topic: str, payload: bytes, *, retain: bool = False, qos: int = 1) -> bool:
        """Hand a payload to the client; False when it is not connected or its queue is full.

        True promises nothing: only the other end's acknowledgement does.
        """
        if not self._client.is_connected():
            return False
        return (
            self._client.publish(topic, payload, qos, retain).rc == MQTTErrorCode.MQTT_ERR_SUCCESS
        )

    def renewed(self) -> None:
        """Take over a certificate that was renewed in its file, from the next connection on.

        Raises BrokerUnavailable when the file cannot be used; the old one stays in use.
        """
        if self._tls is not None:
            load_certificate(self._tls, self._config)

    def _connected(
        self,
        client: mqtt.Client,
        _userdata: Any,
        _flags: mqtt.ConnectFlags,
        reason: Any,
        _properties: Any,
    ) -> None:
        if reason.is_failure:
            self._fail("broker_refuses", f"{self._where} refuses: {reason}: check user, password")
            return
        self._refused, self._accepted = None, True
        if self._subscriptions:
            client.subscribe([(topic, 1) for topic in self._subscriptions])
        log.info("broker_connected", host=self._config.host, port=self._config.port)
        self._on_connected()

    def _disconnected(
        self, _client: mqtt.Client, _userdata: Any, _flags: Any, reason: Any, _properties: Any
    ) -> None:
        # An attempt that was refused ends here too; nothing was lost by it.
        broken, self._broken = self._broken, ""
        self._why = broken
        if self._accepted:
            self._accepted = False
            log.info("broker_lost", reason=broken or str(reason))
            self._on_lost()
        elif broken:
            # The broker's word on our certificate comes after the handshake is done on our side.
            self._fail("broker_refuses", f"{self._where} {line_sentence(broken)}")

    def _unreachable(self, _client: mqtt.Client, _userdata: Any) -> None:
        # paho does not say why, but calls from within its `except`.
        error = sys.exception()
        if isinstance(error, ssl.SSLError):
            self._fail("broker_unreachable", f"{self._where} {line_sentence(error)}")
        else:
            self._fail("broker_unreachable", f"{self._where} cannot be reached: {error}")

    def _subscribed(
        self, _client: mqtt.Client, _userdata: Any, _mid: int, reasons: Any, _properties: Any
    ) -> None:
        if any(reason.is_failure for reason in reasons):
            self._fail("broker_denies", f"{self._where} denies a topic: check its access list")

    def _logger(self) -> logging.Logger:
        """Return a log for paho: the only place where it tells why reading from a socket failed.

        It takes errors only, so that nothing is formatted for each message.
        """
        logger = logging.Logger("paho", logging.ERROR)  # noqa: LOG001  of this session only
        logger.addFilter(self._note_broken)
        return logger

    def _note_broken(self, record: logging.LogRecord) -> bool:
        text = record.getMessage()
        if "[SSL: " in text:
            self._broken = text
        return False

    def _fail(self, event: str, reason: str) -> None:
        """Note why there is no line; said once, not at every attempt."""
        if reason != self._refused:
            log.warning(event, reason=reason)
        self._refused = reason

    @property
    def _where(self) -> str:
        return f"the broker at {self._config.host}:{self._config.port}"

    def _message(self, _client: mqtt.Client, _userdata: Any, message: mqtt.MQTTMessage) -> None:
        self._on_message(message.topic, bytes(message.payload))


def _without_delay(_client: mqtt.Client, _userdata: Any, sock: Any) -> None:
    if isinstance(sock, socket.socket):
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


class _ClosingSocket(ssl.SSLSocket):
    """A socket that is closed when its handshake fails; paho would leave it to the collector."""

    def do_handshake(self, block: bool = False) -> None:
        """Shake hands or close."""
        try:
            super().do_handshake(block)
        except BaseException:
            self.close()
            raise


def take_over(config: BrokerConfig, client_id: str, seconds: float = 5.0) -> None:
    """Cut whoever is connected under a client id, by connecting under it for a moment.

    Raises BrokerUnavailable.
    """
    session = Session(config, client_id)
    session.open()
    deadline = time.monotonic() + seconds
    try:
        while not session.connected:
            if session.refused is not None or time.monotonic() > deadline:
                raise BrokerUnavailable(session.refused or "the broker does not answer")
            time.sleep(0.01)
    finally:
        session.close()


def tls_context(config: BrokerConfig) -> ssl.SSLContext:
    """Load what TLS needs. Raises BrokerUnavailable: which files, and what is wrong with them."""
    try:
        context = ssl.create_default_context(cafile=config.tls_ca)
    except (OSError, ssl.SSLError) as error:
        raise _unusable(config, error) from error
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.sslsocket_class = _ClosingSocket
    load_certificate(context, config)
    return context


def load_certificate(context: ssl.SSLContext, config: BrokerConfig) -> None:
    """Load our own certificate, if there is one. Raises BrokerUnavailable."""
    if config.tls_certificate is not None:
        try:
            context.load_cert_chain(config.tls_certificate, config.tls_key)
        except (OSError, ssl.SSLError) as error:
            raise _unusable(config, error) from error


def _unusable(config: BrokerConfig, error: OSError) -> BrokerUnavailable:
    files = f"{config.tls_ca}, {config.tls_certificate}"
    return BrokerUnavailable(f"cannot use the TLS files {files}: {error}")
