"""What `python -m kiosk doctor` looks at: each finding is one line and whether it is fine.

Nothing is changed: no item, no topic, no row. A kiosk that runs holds its ports, so that those are
found in use.
"""

import asyncio
import shlex
import shutil
import tempfile
from collections.abc import Callable, Coroutine
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final

from contracts.errors import DecodeError
from contracts.venue_facts import decode_facts
from firmware_bridge.errors import BridgeError
from firmware_bridge.modbus.book import LineBook
from firmware_bridge.receipts.port import PrinterState, ReceiptPrinter
from firmware_bridge.registry import (
    open_actuator,
    open_card_reader,
    open_code_reader,
    open_printer,
    open_reader,
    open_sensor,
)
from kiosk.config import (
    ArSection,
    KioskConfig,
    LibrarySection,
    PadSection,
    PrinterSection,
)
from kiosk.desk.sip2_client import Sip2Client
from kiosk.device_config import DeviceSection
from kiosk.errands.facts_feed import HubAway, facts_address, fetch
from kiosk.errands.staff_cards import names
from kiosk.errors import IlsError, KioskError
from kiosk.opening import check_options, library_account
from kiosk.room_config import InputsSection, OutputsSection, RoomSection
from kiosk.shell.files import SCREEN_UNIT, shell_files
from kiosk.shell.install import differing
from kiosk.speech import Speaker
from link.errors import ConfigError

LEAST_FREE_BYTES: Final = 200_000_000


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at."""

    is_fine: bool
    text: str


async def examine(config: KioskConfig) -> list[Finding]:
    """Look at disk, staff cards, library, devices, camera and hub at once. Raises ConfigError."""
    check_options(config)
    looks: list[Coroutine[Any, Any, Finding]] = [_hub(config)]
    if config.library is not None:
        looks.append(_library(config.library))
    if config.pad is not None:
        looks.append(_pad(config.pad))
    if config.card_reader is not None:
        looks.append(_listener("card reader", config.card_reader, open_card_reader))
    if config.code_reader is not None:
        looks.append(_listener("code reader", config.code_reader, open_code_reader))
    if config.printer is not None:
        looks.append(_printer(config.printer))
    if config.ar is not None:
        looks.append(_camera(config.ar))
    if config.room is not None:
        looks += _room(config.room)
    own = [_disk(path) for path in _folders(config)]
    return [*own, _staff(config.staff.cards), *await asyncio.gather(*looks)]


def look_at_shell(config: KioskConfig, config_path: Path, root: Path = Path("/")) -> list[Finding]:
    """Look at the files and programs of the screen, where this machine has one."""
    files = shell_files(config, config_path.resolve())
    if not (root / SCREEN_UNIT).exists():
        return [Finding(True, "screen: none here; `python -m kiosk shell install` would make one")]
    try:
        others = differing(root, files)
    except KioskError as error:
        return [Finding(False, f"screen: {error}")]
    found = [
        Finding(False, f"screen: {path} is not as `python -m kiosk shell install` writes it")
        for path in others
    ]
    programs = ("cage", "Xwayland", "wlr-randr", str(config.screen.browser))
    found += [
        Finding(
            False, f"screen: there is no {name}: apt-get install cage xwayland wlr-randr chromium"
        )
        for name in programs
        if shutil.which(name) is None
    ]
    return found or [Finding(True, f"screen: {len(files)} files are as they should be")]


def _folders(config: KioskConfig) -> list[Path]:
    """Return the folders that are written into, each once."""
    files = [config.spool.path, config.lending.journal]
    return list(dict.fromkeys(path.parent.resolve() for path in files))


def _disk(folder: Path) -> Finding:
    while not folder.exists():
        folder = folder.parent
    try:
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        return Finding(False, f"disk: {folder} cannot be written: {error.strerror}")
    free = shutil.disk_usage(folder).free
    room = f"{free / 1e6:,.0f} MB free at {folder}"
    if free < LEAST_FREE_BYTES:
        return Finding(False, f"disk: {room}: make room, nothing is lent on a full disk")
    return Finding(True, f"disk: {room}")


def _staff(path: Path) -> Finding:
    try:
        known = names(path)
    except KioskError as error:
        return Finding(False, f"staff: {error}")
    if not known:
        return Finding(
            True, f"staff: {path}: no card yet; python -m kiosk staff add NAME writes one"
        )
    return Finding(True, f"staff: cards of {', '.join(known)}")


async def _library(section: LibrarySection) -> Finding:
    client = Sip2Client(library_account(section))
    where = f"{section.host}:{section.port}"
    try:
        status = await client.refresh()
    except IlsError as error:
        return Finding(False, f"library: {error}")
    finally:
        await client.close()
    if not status.is_online:
        return Finding(False, f"library: {where} answers, and says that it is off-line")
    may = [
        word
        for word, is_so in (
            ("lends", status.may_check_out),
            ("takes back", status.may_check_in),
            ("renews", status.may_renew),
        )
        if is_so
    ]
    return Finding(True, f"library: {where} takes this terminal and {', '.join(may) or 'nothing'}")


async def _pad(section: PadSection) -> Finding:
    try:
        async with open_reader(section.driver, section.port, **section.options) as reader:
            uids = await reader.inventory()
    except BridgeError as error:
        return Finding(False, f"pad: {error}")
    return Finding(True, f"pad: {section.driver} at {section.port} answers; {len(uids)} tags on it")


async def _listener(
    name: str, section: DeviceSection, build: Callable[..., AbstractAsyncContextManager[Any]]
) -> Finding:
    try:
        async with build(section.driver, section.port, **section.options):
            pass
    except BridgeError as error:
        return Finding(False, f"{name}: {error}")
    return Finding(True, f"{name}: {section.driver} at {section.port} can be opened")


async def _printer(section: PrinterSection) -> Finding:
    build: Callable[[], ReceiptPrinter] = partial(
        open_printer, section.driver, section.port, **section.options
    )
    try:
        async with build() as printer:
            state = await printer.state()
    except BridgeError as error:
        return Finding(False, f"printer: {error}")
    is_fine = state in {PrinterState.READY, PrinterState.PAPER_LOW}
    return Finding(is_fine, f"printer: {section.port} says {state.value.replace('_', ' ')}")


def _room(section: RoomSection) -> list[Coroutine[Any, Any, Finding]]:
    """Return the looks at what a room is wired to; nothing is switched."""
    lines = LineBook()
    looks = [_relays(section.outputs, lines)]
    if section.inputs is not None:
        looks.append(_contacts(section.inputs, lines))
    else:
        text = "room contacts: none are named: fire, door and emergency button are not seen"
        looks.append(_said(text, is_fine=False))
    if section.card_reader is not None:
        looks.append(_listener("door reader", section.card_reader, open_card_reader))
    if section.pin_pad is not None:
        looks.append(_listener("PIN pad", section.pin_pad, open_code_reader))
    looks.append(_voice(section))
    return looks


async def _said(text: str, *, is_fine: bool) -> Finding:
    return Finding(is_fine, text)


async def _relays(section: OutputsSection, lines: LineBook) -> Finding:
    channels = max(section.channels().values()) + 1
    try:
        async with open_actuator(
            "modbus-relay",
            section.port,
            unit=section.unit,
            channels=channels,
            settings=section.settings,
            lines=lines,
        ):
            pass  # entering reads every relay
    except BridgeError as error:
        return Finding(False, f"room relays: {error}")
    wired = ", ".join(output.value for output in section.channels())
    return Finding(True, f"room relays: unit {section.unit} at {section.port} answers; {wired}")


async def _contacts(section: InputsSection, lines: LineBook) -> Finding:
    try:
        async with open_sensor(
            "di-module",
            section.port,
            unit=section.unit,
            settings=section.settings,
            lines=lines,
            wiring=section.wiring,
            function=section.function,
            first=section.first_input,
            silence_seconds=2.0,
        ) as sensor:
            await anext(aiter(sensor))
    except (BridgeError, StopAsyncIteration) as error:
        return Finding(False, f"room contacts: {error}")
    if section.fire is None:
        return Finding(False, "room contacts: no input of a fire alarm is named")
    return Finding(True, f"room contacts: unit {section.unit} at {section.port} answers")


async def _voice(section: RoomSection) -> Finding:
    if not section.player:
        return Finding(True, "room voice: none by the configuration; announcements are shown only")
    if not Speaker().can_speak:
        return Finding(False, "room voice: espeak-ng is not installed")
    program = shlex.split(section.player)[0]
    if shutil.which(program) is None:
        return Finding(False, f"room voice: the player {program} is not installed")
    return Finding(True, f"room voice: espeak-ng and {program}")


async def _camera(section: ArSection) -> Finding:
    # Without a camera none of it is needed, and it is large.
    from kiosk.web.ar.building import try_camera  # noqa: PLC0415

    try:
        told = await asyncio.to_thread(try_camera, section)
    except (KioskError, ConfigError) as error:
        return Finding(False, f"camera: {error}")
    return Finding(True, f"camera: {told}")


async def _hub(config: KioskConfig) -> Finding:
    if config.hub_url is None:
        return Finding(True, "hub: none by the configuration; opening hours are not shown")
    address = facts_address(config.hub_url, config.node.venue)
    try:
        page = await asyncio.to_thread(fetch, address, "")
        facts = decode_facts(page.content or b"")
    except HubAway as error:
        return Finding(False, f"hub: {error}")
    except DecodeError as error:
        return Finding(False, f"hub: {address} gives no facts of a venue: {error.reason}")
    return Finding(True, f"hub: {config.hub_url} tells of {facts.name_en or facts.name_zh}")
