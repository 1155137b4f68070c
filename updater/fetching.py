"""Fetching a file by its hash, going on where a fetch before this one was cut off."""

import hashlib
import http.client
import os
import re
import threading
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from updater.errors import FetchCut, FetchedWrong

ANSWER_SECONDS: Final = 15.0
_CHUNK: Final = 64 * 1024
_RANGE: Final = re.compile(r"bytes (\d+)-\d+/\d+")


@dataclass(frozen=True, slots=True)
class Announced:
    """A file that a hub announced; `name` is what sentences call it."""

    name: str
    path: str
    sha256: str
    bytes: int


def fetch(hub: str, what: Announced, part: Path, stop: threading.Event) -> None:
    """Fetch what `part` lacks of a file. When this returns, it is whole and has its hash.

    Raises FetchCut: the hub is away, the line was cut, or `stop` was set. FetchedWrong: it is
    another file than was announced; nothing of it is kept.
    """
    try:
        have = part.stat().st_size if part.exists() else 0
        if have > what.bytes:
            part.unlink()
            have = 0
        if have < what.bytes:
            _fetch(hub, what, part, have, stop)
        _check(what, part)
    except urllib.error.HTTPError as error:
        with error:
            if error.code == http.HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
                part.unlink(missing_ok=True)
            raise FetchCut(f"the hub answers {error.code} for {what.name}") from error
    except urllib.error.URLError as error:
        raise FetchCut(f"the hub cannot be reached at {hub}: {error.reason}") from error
    except (OSError, http.client.HTTPException) as error:
        raise FetchCut(f"{what.name} was cut off: {error}") from error


def _fetch(hub: str, what: Announced, part: Path, have: int, stop: threading.Event) -> None:
    asked = urllib.request.Request(  # noqa: S310  http(s) by configuration
        hub + what.path,
        headers={"Range": f"bytes={have}-", "If-Range": f'"{what.sha256}"'} if have else {},
    )
    with urllib.request.urlopen(asked, timeout=ANSWER_SECONDS) as answer:  # noqa: S310
        begins = _begins(answer)
        if begins not in {0, have}:
            raise FetchCut(f"the hub sent {what.name} from byte {begins}, and {have} are there")
        part.parent.mkdir(parents=True, exist_ok=True)
        with part.open("ab") as file:
            file.truncate(begins)
            size = begins
            while chunk := answer.read(_CHUNK):
                size += len(chunk)
                if size > what.bytes:
                    break
                file.write(chunk)
                if stop.is_set():
                    raise FetchCut(f"{what.name}: stopped at {size} of {what.bytes} bytes")
            file.flush()
            os.fsync(file.fileno())
    if size < what.bytes:
        raise FetchCut(f"{what.name} was cut off at {size} of {what.bytes} bytes")


def _begins(answer: http.client.HTTPResponse) -> int:
    """Return from which byte on an answer is."""
    if answer.status != http.HTTPStatus.PARTIAL_CONTENT:
        return 0
    found = _RANGE.fullmatch(answer.headers.get("Content-Range", ""))
    return int(found[1]) if found else -1


def _check(what: Announced, part: Path) -> None:
    with part.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
        size = file.tell()
    if size != what.bytes or digest != what.sha256:
        part.unlink()
        raise FetchedWrong(f"{what.name}: what the hub sent is not what it announced")
