"""The only I/O of the console: the hub's API over HTTP, and its stream of events.

`news` never ends by itself: when the hub is away it says so, waits, and begins anew.
"""

import asyncio
import itertools
import json
import random
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Final, Protocol, Self, TypeVar

import httpx
from pydantic import TypeAdapter, ValidationError

from hub.console.answers import Alert, Alerts, Device, DeviceDetail, Item, Occupancy, Venue
from hub.console.state import Away, Beat, Connected, Counted, Declared, Denied, Looked, News, Why

API: Final = "/api/v1"
LOOK_SECONDS: Final = 5.0
"""How often devices and what needs a person are asked for: they have no stream."""
LOOKS_A_DECLARATION: Final = 12
"""With every so many looks the venues are asked for too: a name may have changed."""
SILENCE_SECONDS: Final = 25.0
"""The hub tells at least a beat every 10 s; after this long without one the line is dead."""
SHORTEST_SECONDS: Final = 0.5
LONGEST_SECONDS: Final = 10.0
LONGEST_LINE: Final = 1_000_000
MOST_ALERTS: Final = 200
"""So many of the most pressing are listed; there are more on the hub's page."""
NOT_FOUND: Final = 404
_UNDONE: Final = frozenset({NOT_FOUND, 409, 422})
_REFUSED: Final = frozenset({401, 403})

T = TypeVar("T")


class HubAway(Exception):
    """The hub cannot be asked now, and why."""

    def __init__(self, why: Why, status: int = 0) -> None:
        super().__init__(why)
        self.why: Why = why
        self.status = status


class _Anew(Exception):
    """The venues have changed: everything is asked for again."""


class NotAllowed(Exception):
    """The hub answers, but not to this token."""


class Refused(Exception):
    """The hub will not do it, and says why."""


class Feed(Protocol):
    """Where news and details come from: the hub, or what a test tells."""

    def news(self) -> AsyncIterator[News]:
        """Yield news for as long as somebody listens."""

    async def device(self, venue: str, node: str) -> DeviceDetail:
        """Return one node. Raises HubAway, NotAllowed."""

    async def acknowledge(self, number: int) -> Alert:
        """Say that somebody has seen an alert. Raises HubAway, NotAllowed, Refused."""

    async def clear(self, number: int, reason: str) -> Alert:
        """Clear an alert by hand. Raises HubAway, NotAllowed, Refused."""


class HubClient:
    """A hub at an address. `async with HubClient(url, token) as hub:` closes its connections."""

    def __init__(
        self,
        url: str,
        token: str | None = None,
        *,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        jitter: Callable[[], float] = random.random,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        self._http = httpx.AsyncClient(
            base_url=url.rstrip("/"),
            headers=headers,
            timeout=httpx.Timeout(10),
            # A proxy of the shell's environment would see the token, and stall the stream.
            trust_env=False,
            transport=transport,
        )
        self._now = now
        self._jitter = jitter

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        await self._http.aclose()

    async def news(self) -> AsyncIterator[News]:
        """Yield everything that is new, for ever; what was missed is told anew after a while."""
        wait = SHORTEST_SECONDS
        while True:
            try:
                async for piece in self._follow():
                    wait = SHORTEST_SECONDS
                    yield piece
            except _Anew:
                continue
            except HubAway as error:
                yield Away(error.why, self._now(), error.status)
            except NotAllowed:
                yield Denied(self._now())
                wait = LONGEST_SECONDS
            # All consoles of a district must not come back in the same instant.
            await asyncio.sleep(wait * (0.5 + self._jitter() / 2))
            wait = min(2 * wait, LONGEST_SECONDS)

    async def device(self, venue: str, node: str) -> DeviceDetail:
        """Return one node. Raises HubAway, NotAllowed."""
        return await self._get(f"/devices/{venue}/{node}", TypeAdapter(DeviceDetail))

    async def acknowledge(self, number: int) -> Alert:
        """Say that somebody has seen an alert. Raises HubAway, NotAllowed, Refused."""
        return await self._post(f"/alerts/{number}/acknowledgement", None)

    async def clear(self, number: int, reason: str) -> Alert:
        """Clear an alert by hand. Raises HubAway, NotAllowed, Refused."""
        return await self._post(f"/alerts/{number}/clearing", {"reason": reason})

    async def _follow(self) -> AsyncIterator[News]:
        """Yield the news of one connection, until it breaks."""
        venues = await self._venues()
        yield Connected()
        yield Declared(venues)
        yield await self._look()
        queue: asyncio.Queue[News | Exception] = asyncio.Queue(1000)
        known = {venue.id for venue in venues}
        tasks = [
            asyncio.create_task(_into(queue, self._events(known)), name="console stream"),
            asyncio.create_task(_into(queue, self._looks()), name="console looks"),
        ]
        try:
            while True:
                piece = await queue.get()
                if isinstance(piece, Exception):
                    raise piece
                yield piece
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _looks(self) -> AsyncIterator[News]:
        for count in itertools.count(1):
            await asyncio.sleep(LOOK_SECONDS)
            if count % LOOKS_A_DECLARATION == 0:
                yield Declared(await self._venues())
            yield await self._look()

    async def _venues(self) -> tuple[Venue, ...]:
        return await self._get("/venues", TypeAdapter(tuple[Venue, ...]))

    async def _look(self) -> Looked:
        """Return devices and what needs a person, so far as the token allows."""
        try:
            devices = await self._get("/devices", TypeAdapter(tuple[Device, ...]))
            items = await self._get("/attention", TypeAdapter(tuple[Item, ...]))
        except NotAllowed:
            return Looked(None, None)
        return Looked(devices, items, await self._alerts())

    async def _alerts(self) -> tuple[Alert, ...] | None:
        """Return what is left to do; None: not for this token, or of a hub without alerts."""
        try:
            told = await self._get(f"/alerts?limit={MOST_ALERTS}", TypeAdapter(Alerts))
        except NotAllowed:
            return None
        except HubAway as error:
            if error.status != NOT_FOUND:
                raise
            return None
        return told.alerts

    async def _events(self, known: set[str]) -> AsyncIterator[News]:
        """Yield what the stream tells; a venue that was not declared before begins all anew."""
        timeout = httpx.Timeout(10, read=SILENCE_SECONDS)
        try:
            async with self._http.stream("GET", f"{API}/live", timeout=timeout) as answer:
                _check(answer)
                async for event, data in _parsed(answer.aiter_lines()):
                    if event == "beat":
                        yield Beat(self._now())
                    elif event == "occupancy":
                        told = Occupancy.model_validate(json.loads(data))
                        if told.venue not in known:
                            raise _Anew
                        yield Counted(told)
        except httpx.HTTPError as error:
            raise HubAway(_why(error)) from error
        except ValueError as error:
            raise HubAway("not_a_hub") from error
        raise HubAway("ended")

    async def _post(self, path: str, body: dict[str, str] | None) -> Alert:
        try:
            answer = await self._http.post(API + path, json=body)
            if answer.status_code in _UNDONE:
                raise Refused(str(answer.json().get("detail", "")))
            _check(answer)
            return TypeAdapter(Alert).validate_json(answer.content)
        except httpx.HTTPError as error:
            raise HubAway(_why(error)) from error
        except ValueError as error:
            raise HubAway("not_a_hub") from error

    async def _get(self, path: str, shape: TypeAdapter[T]) -> T:
        try:
            answer = await self._http.get(API + path)
            _check(answer)
            return shape.validate_json(answer.content)
        except httpx.HTTPError as error:
            raise HubAway(_why(error)) from error
        except ValidationError as error:
            raise HubAway("not_a_hub") from error


async def _into(queue: "asyncio.Queue[Any]", pieces: AsyncIterator[News]) -> None:
    """Hand pieces over; what ends them is handed over too, whatever it is."""
    try:
        async for piece in pieces:
            await queue.put(piece)
    except Exception as error:  # noqa: BLE001  raised again by who takes from the queue
        await queue.put(error)


async def _parsed(lines: AsyncIterator[str]) -> AsyncIterator[tuple[str, str]]:
    """Yield (event, data) of a stream of server-sent events."""
    event, data = "", ""
    async for line in lines:
        if line.startswith("event:"):
            event = line.removeprefix("event:").strip()
        elif line.startswith("data:"):
            data += line.removeprefix("data:").strip()
            if len(data) > LONGEST_LINE:
                raise ValueError("an event without end")
        elif not line:
            if event:
                yield event, data
            event, data = "", ""


def _check(answer: httpx.Response) -> None:
    if answer.status_code in _REFUSED:
        raise NotAllowed
    if not answer.is_success:
        raise HubAway("status", answer.status_code)


def _why(error: httpx.HTTPError) -> Why:
    if isinstance(error, httpx.ConnectError):
        return "no_answer"
    return "silent" if isinstance(error, httpx.TimeoutException) else "broken"
