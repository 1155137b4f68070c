"""Every route of the hub as an attacker sees it: its method, its path, what it may be asked."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any, Final
from urllib.parse import quote

import httpx
from fastapi import FastAPI
from fastapi.dependencies.models import Dependant

from hub.app import create_app
from hub.config import HubConfig
from hub.pages.render import FOLDER
from tests.attacks.served import API, AttackedHub
from tests.unit.hub.access.test_routes_and_roles import VALUES, routes

SAFE: Final = {"GET"}
MOST_READ: Final = 2_000_000
CLOSED: Final = 599
"""Stands for a line that was closed without a whole answer."""
FORM_FIELDS: Final = sorted(
    {
        name
        for page in (FOLDER / "templates").glob("*.html")
        for name in re.findall(r'\bname="([a-z_]+)"', page.read_text("utf-8"))
    }
    - {"csrf", "viewport"}
    | {"name", "password", "again", "old", "new", "code", "from", "mon", "sun", "hours", "reason"}
)
"""What forms of the pages send, and some names that they do not."""


@dataclass(frozen=True)
class Door:
    """One route; `asks` are the names of its query, `body` a JSON object's, if it takes one."""

    method: str
    path: str
    asks: tuple[str, ...] = ()
    body: tuple[str, ...] = ()

    @property
    def is_safe(self) -> bool:
        """Tell whether it only reads."""
        return self.method in SAFE

    @property
    def is_api(self) -> bool:
        """Tell whether programs use it."""
        return self.path.startswith(API)

    @property
    def names(self) -> tuple[str, ...]:
        """Return the names of what is in braces."""
        return tuple(re.findall(r"{(\w+)}", self.path))

    def place(self, **values: str) -> str:
        """Return an address; what `values` leaves out is that of the museum."""
        filled = {**VALUES, "account": "999", **values}
        told = self.path.format_map({key: quote(value, safe="") for key, value in filled.items()})
        return f"{told}/tokens.css" if told == "/static" else told

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


@cache
def doors() -> tuple[Door, ...]:
    """Return all of them; building the whole application for it costs a second."""
    app = create_app(HubConfig())
    bodies = dict(_bodies(app))
    found = []
    for method, path, route in routes(app):
        dependant = getattr(route, "dependant", None)
        asks = tuple(sorted(set(_asks(dependant)))) if dependant is not None else ()
        found.append(Door(method, path, asks, bodies.get((method, path), ())))
    return tuple(found)


@dataclass(frozen=True)
class Answer:
    """What came back; of a stream only its head."""

    status: int
    headers: httpx.Headers
    content: bytes

    @property
    def text(self) -> str:
        """Return the body."""
        return self.content.decode("utf-8", "replace")


def ask(client: httpx.Client, method: str, place: str, **more: Any) -> Answer:
    """Send one request, and read what ends."""
    with client.stream(method, place, **more) as answer:
        content = bytearray()
        if "event-stream" not in answer.headers.get("content-type", ""):
            for piece in answer.iter_bytes():
                content += piece
                if len(content) > MOST_READ:
                    break
        return Answer(answer.status_code, answer.headers, bytes(content))


def numbers_for(door: Door, objects: dict[str, int], served: AttackedHub) -> dict[str, str]:
    """Return values of a door's path that name something that is there."""
    named = {"head-counts": "head_count", "overrides": "override", "schedule": "declaration"}
    key = next((key for part, key in named.items() if f"/{part}/" in door.path), "alert")
    return {
        "number": str(objects[key]),
        "account": str(served.accounts["supervisor"].id),
        "sha256": served.pack,
    }


def _asks(dependant: Dependant) -> Iterator[str]:
    for parameter in dependant.query_params:
        yield parameter.alias
    for below in dependant.dependencies:
        yield from _asks(below)


def _bodies(app: FastAPI) -> Iterator[tuple[tuple[str, str], tuple[str, ...]]]:
    told = app.openapi()
    schemas = told["components"]["schemas"]
    for path, methods in told["paths"].items():
        for method, route in methods.items():
            content = route.get("requestBody", {}).get("content", {})
            schema = content.get("application/json", {}).get("schema", {})
            name = schema.get("$ref", "").rpartition("/")[2]
            if name:
                yield (method.upper(), path), tuple(schemas[name].get("properties", {}))
