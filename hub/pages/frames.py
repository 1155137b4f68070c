"""What the board's pages are told, as bytes that all of them share, each with its revision.

A page carries the revision that it was rendered at and is told what came after it. One that was
away for longer than is kept, or that comes from another run of the hub, is told everything.
"""

import json
import secrets
from collections import deque
from collections.abc import Collection, Mapping
from typing import Any, Final

from hub.pages.changes import Look, moved
from hub.pages.render import Board, needing
from hub.web import sse

CARDS_AT_ONCE: Final = 20
"""Cards in one message, some 80 kB."""
KEPT_BYTES: Final = 2 * 1024 * 1024
"""So much of what was told is kept for pages that come back."""


class Frames:
    """Successive changes of one board. Used on one event loop."""

    def __init__(self, board: Board) -> None:
        self._board = board
        self._run = secrets.token_hex(4)
        self._number = 0
        self._looks: dict[str, Look] = {}
        self._needs: frozenset[str] = frozenset()
        self._summary = self._strip = ""
        self._told: object = None
        self._kept: deque[bytes] = deque()
        self._kept_bytes = 0
        self._whole: tuple[int, list[bytes]] = (-1, [])

    @property
    def revision(self) -> str:
        """Return what a page that is rendered now has seen."""
        return f"{self._run}-{self._number}"

    def step(self, venues: Collection[str]) -> bytes | None:
        """Return what is other than at the last step, given venues that may be; None: nothing."""
        items = self._board.items()
        needs = needing(items)
        touched = {*venues, *(needs ^ self._needs)}
        looks = self._board.looks(touched, needs)
        drawn, figures = [], {}
        for id_, look in looks.items():
            before = self._looks.get(id_)
            if before is None or before.form != look.form:
                drawn.append(id_)
            else:
                figures.update(moved(before.figures, look.figures))
        self._looks.update(looks)
        self._needs = needs
        fragments = self._changed_parts(items) + self._board.cards(drawn, needs)
        if not fragments and not figures:
            return None
        self._number += 1
        frame = self._event(fragments, figures)
        self._keep(frame)
        return frame

    def since(self, revision: str) -> list[bytes]:
        """Return what a page has to be told that has seen `revision`."""
        run, _, number = revision.partition("-")
        behind = self._number - int(number) if run == self._run and number.isdigit() else -1
        if 0 <= behind <= len(self._kept):
            return list(self._kept)[len(self._kept) - behind :]
        if self._whole[0] != self._number:
            self._whole = (self._number, self._everything())
        return self._whole[1]

    def _changed_parts(self, items: Any) -> list[str]:
        summary, strip = self._board.summary(), self._strip
        minute = self._board.minute()
        if self._told != (items, minute):
            self._told, strip = (items, minute), self._board.attention(items)
        changed = [
            new for old, new in ((self._strip, strip), (self._summary, summary)) if old != new
        ]
        self._summary, self._strip = summary, strip
        return changed

    def _everything(self) -> list[bytes]:
        items = self._board.items()
        needs = needing(items)
        # All of what is known by now: also of venues that never changed since the hub started.
        ids = self._board.venue_ids()
        self._looks.update(self._board.looks(ids, needs))
        fragments = [self._board.attention(items), self._board.summary()]
        frames = []
        for first in range(0, max(1, len(ids)), CARDS_AT_ONCE):
            fragments += self._board.cards(ids[first : first + CARDS_AT_ONCE], needs)
            frames.append(self._event([part for part in fragments if part], {}))
            fragments = []
        return frames

    def _event(self, fragments: list[str], figures: Mapping[str, str]) -> bytes:
        told = {
            "key": self._board.key(),
            "at": self._board.at(),
            "fragments": fragments,
            "figures": figures,
        }
        text = json.dumps(told, ensure_ascii=False, separators=(",", ":"))
        return sse("board", text, id_=self.revision).encode()

    def _keep(self, frame: bytes) -> None:
        self._kept.append(frame)
        self._kept_bytes += len(frame)
        while self._kept_bytes > KEPT_BYTES:
            self._kept_bytes -= len(self._kept.popleft())
