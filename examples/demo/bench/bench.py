"""The bench: things in somebody's hands, the kiosk's devices, its lines, and what came of it."""

import asyncio
import contextlib
import json
import os
import signal
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

from examples.demo.bench.devices import Devices
from examples.demo.bench.door_faults import DOOR_FAULTS, OWN
from examples.demo.bench.door_tour import DoorTour
from examples.demo.bench.doorway import Doorway
from examples.demo.bench.faults import FAULTS
from examples.demo.bench.links import Link
from examples.demo.bench.paper import text_of
from examples.demo.bench.things import Kind, Place, Thing, card_uid
from examples.demo.bench.tour import Step, Tour
from examples.demo.bench.truth import ItemTruth, ReaderTruth, Truth
from examples.demo.lending import STAFF, Reader, readers
from firmware_bridge.readers.held import AWAY_SECONDS
from firmware_bridge.tags import LIBRARY_AFIS

TAP_SECONDS: Final = 1.5
AWAY: Final = AWAY_SECONDS + 0.2
"""Seconds after which the reader has surely seen that a card is gone."""
SLOW_SECONDS: Final = 2.0
LOAN_ANSWER: Final = b"12"
MOST_SLIPS: Final = 5
WRONG_PIN: Final = "0000"
_CABLES: Final = {
    "pad_out": "pad",
    "card_reader_out": "card_reader",
    "printer_out": "printer",
}
_LINES: Final = frozenset({"library_cut", "library_slow", "reply_lost", "district_cut"})
_ZONE: Final = ZoneInfo("Asia/Shanghai")
_NAMES: Final = tuple(dict.fromkeys(fault.name for fault in (*FAULTS, *DOOR_FAULTS)))
_LAID: Final = {
    "blank": "E00401507F000001",
    "other_trade": "E00401507F000002",
    "damaged": "E00401507F000003",
    "foreign": "E00401507F000004",
    "card_on_pad": "E00401507F000005",
}


class BadMove(Exception):
    """That cannot be done at this desk; the sentence says why."""


class Bench:
    """Everything that a person at the desk can do, and see.

    `library` and `district` are the lines to the library's system and to the hub (broker, pages).
    `kept` is the file in which the security bits and places outlive the process; `kiosk_pid` names
    the kiosk's process while it has power.
    """

    def __init__(
        self,
        things: dict[str, Thing],
        devices_folder: Path,
        library: Link,
        district: Iterable[Link],
        kept: Path,
        kiosk_pid: Path | None = None,
        doorway: Doorway | None = None,
    ) -> None:
        self.things = things
        self.devices = Devices(devices_folder, self._before_write)
        self.doorway = doorway or Doorway(devices_folder)
        self.tour = Tour()
        self._library = library
        self._district = tuple(district)
        self._kept = kept
        self._kiosk_pid = kiosk_pid
        self._takes_early = False
        self._cards: dict[str, asyncio.Task[None]] = {}
        self._truth = Truth()
        self._lent: set[str] | None = None
        self._slips: list[str] = []
        self._gate: tuple[Thing, bool] | None = None
        self._recall()

    async def open(self) -> None:
        """Let the lines through."""
        for link in (self._library, *self._district):
            await link.mend()

    async def close(self) -> None:
        """Keep what outlives the process, end what is under way."""
        self.keep()
        for link in (self._library, *self._district):
            await link.cut()

    # What hands do.

    def move(self, thing_id: str, place: Place) -> None:
        """Lay a thing on the pad, put it on the shelf, or carry it out through the gate."""
        thing = self._thing(thing_id)
        if thing.place is place:
            return
        if place is Place.PAD:
            self._lay(thing)
        else:
            self.devices.pad.take(thing.id)
            was_in, thing.place = thing.place is not Place.OUT, place
            if place is Place.OUT and was_in and thing.has_bit:
                self._gate = (thing, thing.is_secured)
                self.tour.leave(thing.barcode, sounds=thing.is_secured)

    def hold_card(self, card: str) -> None:
        """Hold a reader's card to the card reader for a moment."""
        _whose(card)
        before = self._cards.get(card)
        if before is not None:
            before.cancel()
        held = self._hold(card, again=before is not None)
        self._cards[card] = asyncio.create_task(held, name="card-held")
        self.tour.show_card()

    async def at_door(self, card: str) -> None:
        """Hold a reader's card to the reader at the door."""
        await self.doorway.show(_whose(card).card)

    async def type_pin(self, card: str, *, is_wrong: bool) -> None:
        """Type a reader's PIN at the door, or one that is wrong."""
        await self.doorway.type(WRONG_PIN if is_wrong else _whose(card).pin)

    async def scan(self, card: str) -> None:
        """Show the code of a reader's card, as it stands on a telephone, to the scanner."""
        _whose(card)
        await self.devices.scan(card)
        self.tour.show_card()

    async def fault(self, name: str, *, on: bool) -> None:
        """Bring a fault about, or end it."""
        if name not in _NAMES:
            raise BadMove(f"there is no fault {name!r}")
        if name in OWN:
            await self.doorway.fault(name, on=on)
        elif name in _CABLES:
            cable = self.devices.cables[_CABLES[name]]
            cable.pull() if on else cable.plug()
        elif name in _LINES:
            await self._trouble_line(name, on=on)
        elif name == "no_paper":
            self.devices.printer.paper_lines = 0 if on else None
        elif name == "take_early":
            self._takes_early = on
        elif name == "power_cut":
            if on:
                self._cut_power()
        else:
            self._lay_down(name, on=on)

    async def all_well(self) -> None:
        """End every fault, and begin the tour anew."""
        for name in _NAMES:
            await self.fault(name, on=False)
        self.tour = Tour()
        self.doorway.tour = DoorTour()

    # What eyes see.

    def look(self, truth: Truth | None) -> None:
        """Take what the library's system says now, if it was asked, and what devices did."""
        if truth is not None and truth.items:
            self._truth = truth
            lent = {barcode for barcode, item in truth.items.items() if item.holder}
            for barcode in lent - (lent if self._lent is None else self._lent):
                self.tour.lend(barcode)
            self._lent = lent
        for thing in self.things.values():
            if thing.kind is Kind.BOOK and not thing.is_secured:
                self.tour.switch_off(thing.barcode)
        printed = self.devices.printer.printed
        for receipt in printed:
            self._slips.insert(0, text_of(receipt))
            self.tour.print_slip()
        printed.clear()
        del self._slips[MOST_SLIPS:]

    def view(self, lang: str) -> dict[str, Any]:
        """Return all that the page shows and that changes, in one language."""
        is_zh = lang == "zh"
        return {
            "things": {thing.id: self._thing_view(thing, is_zh) for thing in self.things.values()},
            "cards": {
                reader.card: {
                    "held": reader.card in self._cards,
                    "said": _reader_line(self._truth.readers.get(reader.card), is_zh),
                }
                for reader in (*readers(), STAFF)
            },
            "faults": {name: self._is_on(name) for name in _NAMES},
            "door": self.doorway.view(lang),
            "cables": {name: cable.is_in for name, cable in self.devices.cables.items()},
            "paper": list(self._slips),
            "gate": self._gate_view(is_zh),
            "tour": [step in self.tour.done for step in Step],
        }

    def keep(self) -> None:
        """Write security bits and places down, so that they outlive this process."""
        told = {
            thing.id: [thing.tag.afi, thing.place.value]
            for thing in self.things.values()
            if thing.has_bit
        }
        part = self._kept.with_suffix(".part")
        part.write_text(json.dumps(told), "utf-8")
        part.replace(self._kept)

    def _recall(self) -> None:
        try:
            told = json.loads(self._kept.read_text("utf-8"))
            for uid, (afi, place) in told.items():
                if uid in self.things:
                    self.things[uid].tag.afi = int(afi)
                    self.things[uid].place = Place(place)
        except (OSError, ValueError, TypeError, AttributeError):
            pass  # a bench that was never here: everything is where it begins
        for thing in self.things.values():
            if thing.place is Place.PAD:
                self.devices.pad.put(thing.tag)

    def _thing(self, thing_id: str) -> Thing:
        found = self.things.get(thing_id)
        if found is None:
            raise BadMove(f"there is no thing {thing_id!r} at this desk")
        return found

    def _lay(self, thing: Thing) -> None:
        thing.place = Place.PAD
        self.devices.pad.put(thing.tag)
        if thing.kind is Kind.BOOK:
            lying = {one.barcode for one in self.things.values() if one.place is Place.PAD}
            self.tour.lay(thing.barcode, len(lying - {""}))

    async def _trouble_line(self, name: str, *, on: bool) -> None:
        match name:
            case "library_cut":
                await (self._library.cut() if on else self._library.mend())
            case "library_slow":
                self._library.delay_seconds = SLOW_SECONDS if on else 0.0
            case "reply_lost":
                self._library.loses = LOAN_ANSWER if on else b""
            case _:
                for link in self._district:
                    await (link.cut() if on else link.mend())

    def _lay_down(self, name: str, *, on: bool) -> None:
        if name == "two_cards":
            for reader in readers()[:2]:
                if on:
                    self.hold_card(reader.card)
                else:
                    self._lift(reader.card)
            return
        if name == "cd_missing":
            parts = self._set_parts()
            self.move(parts[0].id, Place.PAD if on else Place.SHELF)
            if on:
                for part in parts[1:]:
                    self.move(part.id, Place.SHELF)
            return
        self.move(_LAID[name], Place.PAD if on else Place.SHELF)

    def _cut_power(self) -> None:
        """Kill the kiosk at this instant; the socket that it is plugged into starts it again."""
        if self._kiosk_pid is None:
            raise BadMove("no kiosk is plugged in at this desk")
        with contextlib.suppress(OSError, ValueError):
            os.kill(int(self._kiosk_pid.read_text("utf-8")), signal.SIGKILL)

    def _set_parts(self) -> list[Thing]:
        barcode = next(one.barcode for one in self.things.values() if one.kind is Kind.CD)
        parts = [one for one in self.things.values() if one.barcode == barcode]
        return sorted(parts, key=lambda part: part.kind is Kind.CD)

    def _before_write(self, uid: str) -> None:
        """Pull the book away under the kiosk's hands, once."""
        if self._takes_early and uid in self.things:
            self._takes_early = False
            self.devices.pad.take(uid)
            self.things[uid].place = Place.SHELF

    async def _hold(self, card: str, *, again: bool) -> None:
        """Hold a card to the reader; between two times it is away for long enough to be noticed."""
        if again:
            self.devices.cards.take(card_uid(card))
            await asyncio.sleep(AWAY)
        self.devices.cards.put(card_uid(card))
        await asyncio.sleep(TAP_SECONDS)
        await self._away(card)

    def _lift(self, card: str) -> None:
        held = self._cards.get(card)
        if held is not None:
            held.cancel()
            self._cards[card] = asyncio.create_task(self._away(card), name="card-lifted")

    async def _away(self, card: str) -> None:
        self.devices.cards.take(card_uid(card))
        await asyncio.sleep(AWAY)
        del self._cards[card]

    def _is_on(self, name: str) -> bool:
        if name in OWN:
            return self.doorway.is_on(name)
        if name in _CABLES:
            return not self.devices.cables[_CABLES[name]].is_in
        if name in _LAID:
            return self.things[_LAID[name]].place is Place.PAD
        if name == "cd_missing":
            book, *others = self._set_parts()
            return book.place is Place.PAD and any(one.place is not Place.PAD for one in others)
        return {
            "no_paper": self.devices.printer.paper_lines == 0,
            "library_cut": self._library.is_cut,
            "library_slow": self._library.delay_seconds > 0,
            "district_cut": all(link.is_cut for link in self._district),
            "reply_lost": bool(self._library.loses),
            "take_early": self._takes_early,
            "power_cut": self._kiosk_pid is not None and not self._kiosk_pid.exists(),
            "two_cards": len(self._cards) > 1,
        }[name]

    def _thing_view(self, thing: Thing, is_zh: bool) -> dict[str, Any]:
        item = self._truth.items.get(thing.barcode) if thing.barcode else None
        is_lent = item is not None and bool(item.holder)
        bit = thing.tag.afi == LIBRARY_AFIS.on if thing.has_bit else None
        return {
            "place": thing.place.value,
            "bit": bit,
            "said": _item_line(item, is_zh) if thing.has_bit else "",
            "agrees": bit is None or item is None or bit != is_lent,
        }

    def _gate_view(self, is_zh: bool) -> dict[str, Any]:
        if self._gate is None:
            return {"sounds": None, "said": ""}
        thing, sounds = self._gate
        name = thing.name_zh if is_zh else thing.name_en
        if is_zh:
            said = f"《{name}》：{'门禁响了' if sounds else '没有响'}"
        else:
            said = f"{name}: {'the gate sounded' if sounds else 'silent'}"
        return {"sounds": sounds, "said": said}


def _whose(card: str) -> Reader:
    for reader in (*readers(), STAFF):
        if reader.card == card:
            return reader
    raise BadMove(f"nobody here has a card {card}")


def _item_line(item: ItemTruth | None, is_zh: bool) -> str:
    if item is None:
        return "系统没有这一件" if is_zh else "the library has no such item"
    if item.holder:
        due = f"{datetime.fromtimestamp(item.due_ms / 1000, _ZONE):%Y-%m-%d}"
        return f"已借给{item.holder}，{due}到期" if is_zh else f"lent to {item.holder}, due {due}"
    words = {
        "available": ("在馆", "in"),
        "on_hold_shelf": ("留给预约的读者", "kept for a hold"),
        "in_transit": ("在送往别处的路上", "on its way to another branch"),
        "in_process": ("整理中", "in process"),
    }
    zh, en = words.get(item.state, (item.state, item.state))
    return zh if is_zh else en


def _reader_line(reader: ReaderTruth | None, is_zh: bool) -> str:
    if reader is None:
        return ""
    owed = f"{reader.owed_fen / 100:.2f}"
    told = [
        (reader.loans, f"借 {reader.loans}", f"{reader.loans} on loan"),
        (reader.overdue, f"逾期 {reader.overdue}", f"{reader.overdue} overdue"),
        (reader.holds, f"预约 {reader.holds}", f"{reader.holds} on hold"),
        (reader.owed_fen, f"欠 {owed} 元", f"owes {owed} yuan"),
        (reader.blocks, "已停用", "blocked"),
        (reader.expires_on, f"有效期至 {reader.expires_on}", f"valid to {reader.expires_on}"),
        (reader.category == "child", "儿童", "child"),
        (not reader.agreed_on, "没有签书房约定", "has not agreed to the rules of the room"),
    ]
    lines = [zh if is_zh else en for is_so, zh, en in told if is_so]
    return " · ".join(lines) or ("没有借阅" if is_zh else "nothing on loan")
