"""What the library's system says of an item (17), kept for a short while."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from contracts.sip2 import fields as f
from contracts.sip2 import parts as p
from contracts.sip2.codes import CirculationStatus
from contracts.sip2.forms import Code
from contracts.sip2.message import compose
from kiosk.desk.ils import HOME, LENT
from kiosk.desk.sip2_client import Sip2Client
from kiosk.errors import IlsError, NotSupported
from kiosk.session.patron import ItemSaid

KEPT_SECONDS: Final = 60.0
MOST_KEPT: Final = 500


@dataclass(frozen=True, slots=True)
class ItemDetails:
    """An item as the library's system tells of it; `due` as it was written."""

    title: str
    due: str = ""
    place: str = ""
    """Where a hold is picked up, or where the item is."""
    status: CirculationStatus | str = CirculationStatus.OTHER

    def said(self) -> ItemSaid:
        """Return what a session needs of it."""
        is_lent = True if self.status in LENT else (False if self.status in HOME else None)
        return ItemSaid(self.title, is_lent)


class Items:
    """Asks after items. `monotonic` is a clock that never jumps, `now` the present in UTC."""

    def __init__(
        self,
        client: Sip2Client,
        monotonic: Callable[[], float],
        *,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._client = client
        self._monotonic = monotonic
        self._now = now
        self._kept: dict[str, tuple[float, ItemDetails]] = {}

    def known(self, item_id: str) -> ItemDetails | None:
        """Return what was said lately, without asking."""
        kept = self._kept.get(item_id)
        if kept is None or self._monotonic() - kept[0] > KEPT_SECONDS:
            return None
        return kept[1]

    def forget(self, item_id: str) -> None:
        """Ask anew the next time: the item has changed hands."""
        self._kept.pop(item_id, None)

    async def details(self, item_id: str) -> ItemDetails | None:
        """Return what is said of an item, None where it is not known. Raises IlsError."""
        known = self.known(item_id)
        if known is not None:
            return known
        account = self._client.account
        try:
            answer = await self._client.ask(
                compose(
                    Code.ITEM_INFORMATION,
                    p.TRANSACTION_DATE.of(account.local(self._now())),
                    *account.own_fields(),
                    f.ITEM.of(item_id),
                )
            )
        except NotSupported:
            return None
        title = answer.text(f.TITLE)
        if not title:
            return None
        details = ItemDetails(
            title,
            answer.text(f.DUE),
            answer.text(f.PICKUP) or answer.text(f.CURRENT_LOCATION),
            answer[p.CIRCULATION],
        )
        while len(self._kept) >= MOST_KEPT:
            del self._kept[next(iter(self._kept))]
        self._kept[item_id] = (self._monotonic(), details)
        return details

    async def said(self, item_id: str) -> ItemSaid | None:
        """Return what a session needs of an item, None where nothing is known of it now."""
        try:
            details = await self.details(item_id)
        except IlsError:
            return None
        return None if details is None else details.said()
