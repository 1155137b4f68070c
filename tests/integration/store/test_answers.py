"""What the answers of a server mean: whether rows wait, are at fault, or may still land."""

import http.server
import threading
from collections.abc import Iterator

import pytest

from hub.config import StoreSection
from hub.errors import StoreError
from hub.store.influx import Server
from hub.store.influx.server import RowsRefused, WriteFailed


class _Answering(http.server.BaseHTTPRequestHandler):
    status, body = 204, b""

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(self.status)
        self.send_header("Content-Length", str(len(self.body)))
        self.end_headers()
        self.wfile.write(self.body)

    def log_message(self, *_arguments: object) -> None:
        """Say nothing."""


@pytest.fixture
def answering() -> Iterator[tuple[type[_Answering], Server]]:
    kind = type("Answering", (_Answering,), {})
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), kind) as listener:
        thread = threading.Thread(target=listener.serve_forever, args=(0.01,))
        thread.start()
        url = f"http://127.0.0.1:{listener.server_port}"
        server = Server(StoreSection(kind="influxdb", url=url, timeout_seconds=5))
        yield kind, server
        server.close()
        listener.shutdown()
        thread.join()


@pytest.mark.parametrize(
    ("status", "body", "may_land"),
    [
        (401, b'{"error":"unable to parse authentication credentials"}', False),
        (404, b'{"error":"database not found"}', False),
        (413, b'{"error":"Request Entity Too Large"}', False),
        (429, b"", False),
        (500, b'{"error":"engine: error writing WAL entry: no space left on device"}', True),
        (503, b'{"error":"timeout"}', True),
        (504, b"<html>\n<h1>Gateway Time-out</h1>\n</html>", True),
    ],
)
def test_rows_wait(
    answering: tuple[type[_Answering], Server], status: int, body: bytes, *, may_land: bool
) -> None:
    kind, server = answering
    kind.status, kind.body = status, body
    with pytest.raises(WriteFailed, match=f"answered {status}") as failed:
        server.write(["a b=1 1"])
    assert failed.value.may_land is may_land
    assert " ".join(body.decode().split()) in str(failed.value)
    assert "\n" not in str(failed.value)


@pytest.mark.parametrize("status", [400, 422])
def test_rows_are_at_fault(answering: tuple[type[_Answering], Server], status: int) -> None:
    kind, server = answering
    kind.status, kind.body = status, b'{"error":"partial write: field type conflict"}'
    with pytest.raises(RowsRefused, match="field type conflict"):
        server.write(["a b=1 1"])


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (b"<html>login</html>", "is no answer to InfluxQL"),
        (b'{"results":[{"statement_id":0,"error":"database not found: x"}]}', "database not found"),
        (b'{"error":"error parsing query"}', "error parsing query"),
        (b'{"results":[]}', "answer 200"),
        (b'{"results":[{"series":"all"}]}', "is no answer to InfluxQL"),
        (b"\xff\xfe", "is no answer to InfluxQL"),
    ],
)
def test_what_cannot_be_read_is_one_sentence(
    answering: tuple[type[_Answering], Server], body: bytes, told: str
) -> None:
    kind, server = answering
    kind.status, kind.body = 200, body
    with pytest.raises(StoreError, match=told) as failed:
        server.ask("SELECT 1")
    assert "\n" not in str(failed.value)
