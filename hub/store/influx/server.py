"""The way to one database of an InfluxDB server: writing by its client, asking by InfluxQL.

Writing is synchronous, through `/api/v2/write`; asking goes through `/query`, never Flux: these two
are what releases 1.8, 2 and 3 have in common.
"""

import threading
from collections.abc import Iterable, Sequence
from itertools import islice
from typing import Final

import msgspec
import urllib3
from influxdb_client import InfluxDBClient, WritePrecision
from influxdb_client.client.write_api import SYNCHRONOUS
from influxdb_client.rest import ApiException
from urllib3.exceptions import ConnectTimeoutError, HTTPError, NewConnectionError

from hub.config import StoreSection
from hub.errors import HubError, StoreError
from hub.store.influx.answers import Answer, Result
from link.errors import StoreUnavailable

LINES_AT_ONCE: Final = 5000
"""Some 600 kB: more than this nginx does not take unless it is told to."""
_SHORT_SECONDS: Final = 3.0
_CONNECTIONS: Final = 8
_CLIENT_ERROR: Final = 400
_UNPROCESSABLE: Final = 422

_decode = msgspec.json.Decoder(Answer)


class WriteFailed(StoreUnavailable):
    """The server did not take what was written; `may_land` where it might still do so."""

    def __init__(self, reason: str, *, may_land: bool) -> None:
        super().__init__(reason)
        self.may_land = may_land


class RowsRefused(HubError):
    """The server says that what was written is wrong: waiting would not help."""


class Server:
    """One database. One thread writes at a time; any thread may ask."""

    def __init__(self, section: StoreSection, *, patience_seconds: float = 0.0) -> None:
        """Make ready; `patience_seconds`: an answer may take at least so long."""
        self.url, self.database = section.url.rstrip("/"), section.database
        token = section.token.get_secret_value() if section.token else ""
        self._timeout = max(section.timeout_seconds, patience_seconds)
        self._lock = threading.Lock()
        self._client = InfluxDBClient(
            url=self.url,
            token=token,
            org=section.organization,
            timeout=int(self._timeout * 1000),
        )
        self._writes = self._client.write_api(write_options=SYNCHRONOUS)
        self._pool = urllib3.PoolManager(
            maxsize=_CONNECTIONS,
            retries=False,
            headers={"Authorization": f"Token {token}"} if token else {},
        )

    def __str__(self) -> str:
        return f"{self.url}, database {self.database}"

    def write(self, lines: Iterable[str]) -> None:
        """Make lines durable, times in seconds.

        Raises WriteFailed, after which some of them may be stored; RowsRefused.
        """
        rest = iter(lines)
        with self._lock:
            while some := list(islice(rest, LINES_AT_ONCE)):
                self._post("\n".join(some).encode())

    def ask(self, *statements: str) -> Sequence[Result]:
        """Return what each statement finds. Raises StoreError."""
        asked = {"db": self.database, "q": "; ".join(statements), "epoch": "s"}
        try:
            answer = self._pool.request(
                "POST",
                f"{self.url}/query",
                fields=asked,
                encode_multipart=False,
                timeout=urllib3.Timeout(total=self._timeout),
            )
        except HTTPError as error:
            raise StoreError(f"{self} cannot be read: {_said(error)}") from error
        try:
            told = _decode.decode(answer.data)
        except msgspec.DecodeError as error:
            raise StoreError(
                f"{self} cannot be read: answer {answer.status} is no answer to InfluxQL"
            ) from error
        wrong = told.error or next((r.error for r in told.results if r.error), None)
        if wrong or len(told.results) != len(statements):
            raise StoreError(f"{self} cannot be read: {wrong or f'answer {answer.status}'}")
        return told.results

    def version(self) -> str:
        """Return what the server says that it is. Raises WriteFailed when it does not answer."""
        try:
            answer = self._pool.request(
                "GET", f"{self.url}/ping", timeout=min(self._timeout, _SHORT_SECONDS)
            )
        except HTTPError as error:
            raise WriteFailed(f"{self}: {_said(error)}", may_land=False) from error
        if answer.status >= _CLIENT_ERROR:
            raise WriteFailed(f"{self}: /ping answers {answer.status}", may_land=False)
        return answer.headers.get("X-Influxdb-Version", "unknown")

    def close(self) -> None:
        """Close all connections."""
        self._client.close()
        self._pool.clear()

    def _post(self, body: bytes) -> None:
        try:
            self._writes.write(bucket=self.database, record=body, write_precision=WritePrecision.S)
        except ApiException as error:
            status = int(error.status or 0)
            reason = f"{self}: write answered {status}: {_reason(error)}"
            if status in {_CLIENT_ERROR, _UNPROCESSABLE}:
                raise RowsRefused(reason) from error
            # A gateway that gives up does not know what the server behind it still does.
            raise WriteFailed(reason, may_land=status >= 500 or status == 0) from error
        except HTTPError as error:
            never_sent = isinstance(error, NewConnectionError | ConnectTimeoutError)
            raise WriteFailed(f"{self}: {_said(error)}", may_land=not never_sent) from error


def _reason(error: ApiException) -> str:
    body = error.body or b""
    text = body.decode("utf-8", "replace") if isinstance(body, bytes) else str(body)
    return " ".join(text.split())[:300] or str(error.reason)


def _said(error: HTTPError) -> str:
    """Return what went wrong, without the object's address that urllib3 puts before it."""
    text = str(error)
    return text.rpartition(">: ")[2].strip() or type(error).__name__
