"""Somebody of the staff who says how many are inside, as anybody does it: by the hub's API."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import httpx

from examples.demo.broker import LOOPBACK

REASON: Final = "counted at the demo's door"


@dataclass(slots=True)
class HeadCounter:
    """Counts heads at one venue; `token` is the file of the token that lets it do so."""

    port: int
    venue: str
    token: Path
    made: int | None = None
    """The head count that holds."""

    async def say(self, people: int) -> None:
        """Let this number hold. Raises httpx.HTTPError when the hub does not take it."""
        answer = await self._ask("POST", "", {"occupancy": people, "reason": REASON})
        self.made = int(answer.json()["id"])

    async def withdraw(self) -> None:
        """Let the sensors' sum hold again. Raises httpx.HTTPError."""
        if self.made is not None:
            await self._ask("DELETE", f"/{self.made}", None)
            self.made = None

    async def _ask(self, how: str, what: str, told: dict[str, object] | None) -> httpx.Response:
        url = f"http://{LOOPBACK}:{self.port}/api/v1/venues/{self.venue}/head-counts{what}"
        headers = {"Authorization": f"Bearer {self.token.read_text('utf-8')}"}
        async with httpx.AsyncClient(timeout=5, trust_env=False) as client:
            answer = await client.request(how, url, json=told, headers=headers)
            answer.raise_for_status()
            return answer
