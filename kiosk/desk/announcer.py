"""Loans and returns as events of this node: evidence and statistics, without patron and item."""

import asyncio
from typing import Final

from kiosk.desk.desk import Desk
from kiosk.lending.machine import CANCELLED
from kiosk.lending.transaction import Action, Transaction
from link.recorder import Recorder

SOURCE: Final = "desk"
_NAMES: Final = {Action.BORROW: "loan", Action.RETURN: "return", Action.RENEW: "renewal"}
_UNDONE: Final = "loan_undone"
_OVERLAP_MS: Final = 60_000


class Announcer:
    """Gives events to a recorder under the ids of their transactions.

    What a kill took from the recorder's memory is given again at the next start; under the same id
    it is one event.
    """

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder
        self._given_ms = 0

    def announce(self, one: Transaction, is_undone: bool) -> None:
        """Give the event of a transaction that was recorded, or of a loan that was taken back."""
        offset_ms = self._recorder.wall_ms(0)
        self._recorder.happened(
            SOURCE,
            _UNDONE if is_undone else _NAMES[one.action],
            one.accepted_at_ms - offset_ms,
            {"offline": one.is_offline},
            event_id=f"{one.id}00" if is_undone else one.id,
        )
        self._given_ms = max(self._given_ms, one.accepted_at_ms)

    def catch_up(self, desk: Desk) -> int:
        """Give again what may not have reached the spool; return how many events."""
        since_ms = desk.journal.announced_ms - _OVERLAP_MS
        again = [one for one in desk.journal if one.accepted_at_ms > max(0, since_ms)]
        for one in again:
            self.announce(one, is_undone=False)
            if one.refusal == CANCELLED:
                self.announce(one, is_undone=True)
        return len(again)

    async def settle(self, desk: Desk) -> None:
        """Commit what was given, and note it. Raises JournalError."""
        given_ms = self._given_ms
        if given_ms <= desk.journal.announced_ms or not await self._recorder.commit():
            return
        async with desk.turn:
            await asyncio.to_thread(desk.journal.note_announced, given_ms)
