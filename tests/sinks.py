"""Where messages arrive: a web server and a mail server that can fail, stall and come back."""

import json
import socket
import threading
import time
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Literal, Self

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

Mood = Literal["fine", "error", "stall", "drip", "hang up"]


@dataclass(frozen=True, slots=True)
class Post:
    """One request that a web sink was sent."""

    path: str
    body: bytes
    at: float
    """By the monotonic clock."""
    at_ms: int = 0
    """Unix time."""

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def number(self) -> str:
        """The number that the message says of itself."""
        return str(self.json["message"]).splitlines()[-1].split("：")[-1].split(": ")[-1]


@dataclass
class WebSink:
    """An HTTP server on loopback; `mood` says how it answers, and may change at any time."""

    mood: Mood = "fine"
    answer: bytes = b"{}"
    status: int = 500
    port: int = 0
    posts: list[Post] = field(default_factory=list)
    """What it took: answered with 200."""
    refused: list[Post] = field(default_factory=list)
    """What it heard and did not take."""
    _server: ThreadingHTTPServer | None = None
    _thread: threading.Thread | None = None
    _let_go: threading.Event = field(default_factory=threading.Event)

    def __enter__(self) -> Self:
        self.open()
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        self.close()

    @property
    def url(self) -> str:
        return f"json://127.0.0.1:{self.port}/hook"

    def open(self) -> None:
        """Listen, on the same port as before."""
        sink = self
        self._let_go.clear()

        class Answer(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                sink._take(
                    self, Post(self.path, body, time.monotonic(), time.time_ns() // 1_000_000)
                )

            def log_message(self, *_args: object) -> None:
                return

        self._server = ThreadingHTTPServer(("127.0.0.1", self.port), Answer)
        self._server.daemon_threads = True
        self.port = int(self._server.server_address[1])
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))
        self._thread.start()

    def close(self) -> None:
        """Refuse connections from now on."""
        self._let_go.set()
        if self._server is not None and self._thread is not None:
            self._server.shutdown()
            self._server.server_close()
            self._thread.join()
            self._server = None

    def recover(self) -> None:
        self.mood = "fine"
        self._let_go.set()

    def _take(self, handler: BaseHTTPRequestHandler, post: Post) -> None:
        mood = self.mood
        (self.posts if mood == "fine" else self.refused).append(post)
        if mood == "hang up":
            handler.connection.shutdown(socket.SHUT_RDWR)
            return
        if mood == "stall":
            self._let_go.wait(60)
            return
        handler.send_response(200 if mood != "error" else self.status)
        handler.send_header("content-length", str(len(self.answer) + 1000 * (mood == "drip")))
        handler.end_headers()
        if mood == "drip":
            while not self._let_go.wait(0.2):
                try:
                    handler.wfile.write(b" ")
                except OSError:
                    return
            return
        handler.wfile.write(self.answer)


@dataclass
class MailSink:
    """An SMTP server on loopback."""

    mood: Mood = "fine"
    mails: list[EmailMessage] = field(default_factory=list)
    refused: int = 0
    _controller: Controller | None = None

    def __enter__(self) -> Self:
        self._controller = Controller(self, hostname="127.0.0.1", port=_free_port())
        self._controller.start()
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        assert self._controller is not None
        self._controller.stop()

    @property
    def url(self) -> str:
        assert self._controller is not None
        port = self._controller.port
        return f"mailto://127.0.0.1:{port}?from=hub@example.org&to=duty@example.org&mode=insecure"

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        if self.mood != "fine":
            self.refused += 1
            return "451 try again later"
        content = envelope.content
        assert isinstance(content, bytes)
        mail = message_from_bytes(content, policy=policy.default)
        self.mails.append(mail)
        return "250 taken"


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])
