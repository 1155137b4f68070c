"""An unstaffed room around a real kiosk: a Modbus line with inputs and relays, reader, keypad.

Everything is behind ptys, as a cabinet is behind its serial ports; who stands there is the test.
"""

import contextlib
import json
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Self

from contracts.blocked_cards import hash_card
from contracts.door_cards import DoorCards, encode_door_cards
from contracts.hours import PublicHours
from contracts.messages import Quality
from contracts.venue_facts import VenueFacts, encode_facts
from examples.demo.bench.door import (
    BAUDRATE,
    CALL,
    FIRE,
    GATE,
    INPUTS_UNIT,
    LAMP,
    LEAF,
    LIGHTS,
    RELAYS_UNIT,
    SIREN,
    STRIKE,
    TAMPER,
    VENTILATION,
    Door,
)
from hub.store.records import Records
from hub.store.records.stock import PatronRow, StockRecords
from tests.accounts import CHEAP
from tests.unit.hub.library.terminal import PASSWORD, Library

GOOD, BLOCKED, YOUNG, NO_RULES, OTHER = (f"04000000A{n}" for n in range(5))
PIN = "1357"
VENUE = "jiading-library"
SALT = "salt-of-a-test-0001"

PLAYER = """
import sys, time
wav = sys.stdin.buffer.read()
with open(sys.argv[1], "a") as log:
    log.write(f"{time.time():.3f} {len(wav)}\\n")
"""


def a_library(folder: Path) -> Library:
    """The hub's library with one of each kind of card."""
    folder.mkdir(exist_ok=True)
    library = Library(folder, patrons=0, items=0, timeout_tenths=5)
    pin = CHEAP.hash(PIN)
    with Records(library.path) as records:
        StockRecords(records).put_patrons(
            [
                PatronRow(GOOD, "甲", pin, born_on="1990-01-01", agreed_on="2026-01-02"),
                PatronRow(OTHER, "戊", pin, born_on="1990-01-01", agreed_on="2026-01-02"),
                PatronRow(
                    *(BLOCKED, "乙", pin), born_on="1990-01-01", agreed_on="2026-01-02", blocks="x"
                ),
                PatronRow(YOUNG, "丙", pin, born_on="2020-01-01", agreed_on="2026-01-02"),
                PatronRow(NO_RULES, "丁", pin, born_on="1990-01-01"),
            ]
        )
    return library


class District:
    """The hub as a door needs it: facts of the venue, and the list of cards."""

    def __init__(self) -> None:
        self.people, self.quality = 3, "known"
        self.sessions: tuple[tuple[int, int], ...] = ()
        """When it is open; empty: for another day."""
        self.listed: dict[str, str] = {GOOD: "", OTHER: ""}
        self.asked: list[str] = []
        district = self

        class Answer(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                district.asked.append(self.path)
                body = district.cards() if "/cards/door" in self.path else district.facts()
                self.send_response(200)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
        self.port = self.server.server_address[1]
        self.thread = Thread(target=self.server.serve_forever, args=(0.05,))

    def __enter__(self) -> Self:
        self.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()

    def facts(self) -> bytes:
        now_s = int(time.time())
        hours = PublicHours(
            *("Asia/Shanghai", now_s - 86_400, now_s + 7 * 86_400),
            self.sessions or ((now_s - 3600, now_s + 86_400),),
        )
        quality: Quality = "known" if self.quality == "known" else "unknown"
        facts = VenueFacts(
            *(VENUE, "图书馆", "Library", now_s * 1000, hours), self.people, 40, quality
        )
        return encode_facts(facts)

    def cards(self) -> bytes:
        until = {hash_card(SALT, number): last for number, last in self.listed.items()}
        return encode_door_cards(DoorCards(int(time.time() * 1000), SALT, until))


def a_config(door: Door, folder: Path, library: int, broker: int, hub: int, more: str = "") -> Path:
    """Write the configuration of a kiosk that looks after the room."""
    for name, text in (("library-password", PASSWORD), ("hub-token", "a-token")):
        secret = folder / name
        secret.write_text(text)
        secret.chmod(0o600)
    (folder / "player.py").write_text(PLAYER)
    path = folder / "kiosk.toml"
    path.write_text(
        f"""
[node]
venue = "{VENUE}"
node = "kiosk-1"
[broker]
port = {broker}
[clock]
trust = "always"
[hub]
url = "http://127.0.0.1:{hub}"
token_file = "hub-token"
[library]
port = {library}
user = "kiosk-1"
password_file = "library-password"
institution = "jd"
[pad]
driver = "simulated-reader"
port = "nothing"
[face]
port = 0
[room]
min_age = 14
player = "python3 {folder / "player.py"} {folder / "played.txt"}"
commands = ["announce", "close", "open", "unlock"]
{more}
[room.inputs]
port = "{door.modules.port.path}"
unit = {INPUTS_UNIT}
leaf = {LEAF}
fire = {FIRE}
gate = {GATE}
tamper = {TAMPER}
call = {CALL}
baudrate = {BAUDRATE}
[room.outputs]
port = "{door.modules.port.path}"
unit = {RELAYS_UNIT}
strike = {STRIKE}
lights = {LIGHTS}
ventilation = {VENTILATION}
siren = {SIREN}
lamp = {LAMP}
baudrate = {BAUDRATE}
[room.card_reader]
driver = "rdm6300"
port = "{door.reader.port.path}"
options = {{ away_seconds = 0.2 }}
[room.pin_pad]
driver = "gm65"
port = "{door.pad.port.path}"
"""
    )
    return path


def played(folder: Path) -> list[float]:
    """Return when something was played."""
    with contextlib.suppress(OSError):
        lines = (folder / "played.txt").read_text().splitlines()
        return [float(line.split()[0]) for line in lines]
    return []


def dumped(what: object) -> str:
    return json.dumps(what, ensure_ascii=False, default=str)
