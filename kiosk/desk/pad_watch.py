"""What lies on the pad, told whole and soon: tags come and go, are read, sorted, asked after."""

import asyncio
import contextlib
import time
from collections.abc import Callable, Iterable
from typing import Final

from firmware_bridge.errors import DeviceError
from firmware_bridge.readers.tag_access import TagRead
from kiosk.desk.field import Pad
from kiosk.desk.items import Items
from kiosk.lending.stack import USUAL_RULES, ItemRules, OnPad, sort_pad
from kiosk.session.events import PadSeen
from kiosk.session.patron import ItemSaid

TELL_SECONDS: Final = 0.25
"""A stack that is still being read is told of in between, at most so often."""
AGAIN_SECONDS: Final = 0.1
"""After a tag that lay there and could not be read."""
ASK_AGAIN_SECONDS: Final = 2.0
"""After an item of which the library's system said nothing."""


class PadWatch:
    """Follows one pad. `tell` gets what lies there, whenever it or what is said of it changed.

    `changed` is given to the pad as its `on_tag`.
    """

    def __init__(
        self,
        items: Items,
        tell: Callable[[PadSeen], None],
        rules: ItemRules = USUAL_RULES,
    ) -> None:
        self.on_pad = OnPad()
        self._items = items
        self._tell = tell
        self._rules = rules
        self._reads: dict[str, TagRead] = {}
        self._said: dict[str, ItemSaid] = {}
        self._told = PadSeen(OnPad())
        self._wake = asyncio.Event()
        self._ask = asyncio.Event()

    def changed(self, uid: str, arrived: bool) -> None:
        """Take word that a tag came or went."""
        if not arrived:
            self._reads.pop(uid, None)
        self._wake.set()

    def look_again(self, uids: Iterable[str]) -> None:
        """Read tags anew whose security bit was written, and ask after their items anew."""
        for uid in uids:
            self._reads.pop(uid, None)
        for item in self.on_pad.items:
            if not set(item.uids).isdisjoint(uids):
                self._items.forget(item.item_id)
                self._said.pop(item.item_id, None)
        self._wake.set()

    async def run(self, pad: Pad) -> None:
        """Follow the pad until cancelled, through its outages."""
        asking = asyncio.create_task(self._ask_on(), name="pad-titles")
        try:
            while True:
                await self._wake.wait()
                self._wake.clear()
                await self._read_all(pad)
        finally:
            asking.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await asking

    async def _read_all(self, pad: Pad) -> None:
        """Read what is new; one at a time, beside whatever the desk writes."""
        told_at = time.monotonic()
        failed = False
        for uid in tuple(pad.present):
            if uid in self._reads or not pad.is_present(uid):
                continue
            try:
                read = await pad.read(uid)
            except DeviceError:
                failed = failed or pad.is_present(uid)
                continue
            if pad.is_present(uid):
                self._reads[uid] = read
            if time.monotonic() - told_at >= TELL_SECONDS:
                told_at = time.monotonic()
                self._sort(pad)
        self._sort(pad)
        if failed:
            asyncio.get_running_loop().call_later(AGAIN_SECONDS, self._wake.set)

    def _sort(self, pad: Pad) -> None:
        self.on_pad = sort_pad(
            (self._reads[uid] for uid in pad.present if uid in self._reads), self._rules
        )
        here = {item.item_id for item in self.on_pad.items}
        self._said = {item: said for item, said in self._said.items() if item in here}
        self._show()
        self._ask.set()

    def _show(self) -> None:
        seen = PadSeen(self.on_pad, dict(self._said))
        if seen != self._told:
            self._told = seen
            self._tell(seen)

    async def _ask_on(self) -> None:
        while True:
            await self._ask.wait()
            self._ask.clear()
            is_missing = False
            for item in self.on_pad.items:
                if item.item_id in self._said:
                    continue
                said = await self._items.said(item.item_id)
                if said is None:
                    is_missing = True
                elif any(one.item_id == item.item_id for one in self.on_pad.items):
                    self._said[item.item_id] = said
                    self._show()
            if is_missing:
                asyncio.get_running_loop().call_later(ASK_AGAIN_SECONDS, self._ask.set)
