"""The files that people and machines leave for the processes: configurations, rules, records.

Each reader gets a good file with something wrong in it. It reads it, or raises its own error with
one printable sentence; nothing else comes out of it, and the good file is read again afterwards.
"""

import json
import random
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from contracts.blocked_cards import decode_blocked_cards
from contracts.errors import DecodeError
from contracts.venue_facts import decode_facts
from edge.audit.record import read_record
from edge.config_file import load as load_edge
from edge.errors import EvaluationError
from edge.evaluate.truth import read_truth
from firmware_bridge.capture import decode_talk
from firmware_bridge.errors import FrameError
from hub.alerts.file import AlertsFile, read_rules
from hub.config import load_config
from hub.delivery.reading import book_of
from hub.district import read_district
from hub.errors import ConfigError as HubConfigError
from hub.hours.build import build, read_scenario
from hub.hours.plan import read_plan
from hub.lawbook import CALENDAR, CATALOGUE, SUBJECTS, read_calendar, read_catalogue, read_subjects
from hub.library.settings import load_loan_rules
from kiosk.ar.camera_model import CameraModel
from kiosk.config_file import load as load_kiosk
from kiosk.errands.staff_cards import names as staff_names
from kiosk.errors import CameraUnknown, StaffCardsError
from link.errors import ConfigError
from link.packs import PackRefused
from link.packs.building import SKETCH, folder_manifest
from tests.fuzz.campaign import sentence
from tests.fuzz.mutations import JSON_RAWS, TOML_RAWS, as_json, as_toml, damaged, spoilt
from tests.packs import contents, sketch

ROOT = Path(__file__).parents[2]
SCENARIOS = ROOT / "tests/unit/hub/compliance/scenarios"
EDGE = """
[node]
venue = "district-library"
node = "front-door"
[broker]
host = "hub.example.org"
port = 1883
username = "district-library/front-door"
[identity]
hub = "https://hub.example.org"
[spool]
path = "spool.db"
max_mib = 256
[clock]
trust = "auto"
[[cameras]]
name = "ceiling"
source = "scene:7"
person_size = [0.1, 0.2]
[[cameras.lines]]
name = "front"
start = [0.0, 0.5]
end = [1.0, 0.5]
in_vector = [0.0, 1.0]
[[cameras.zones]]
name = "show-case"
polygon = [[0.6, 0.6], [0.9, 0.6], [0.9, 0.9], [0.6, 0.9]]
[[serial]]
name = "door-board"
port = "/dev/serial/by-id/usb-kaiguan-board-if00"
driver = "board"
lines = { side = 0 }
contacts = { lock = 1 }
climates = { hall = 2 }
[[serial]]
name = "module"
port = "/dev/ttyUSB0"
driver = "di-module"
unit = 2
beams = { rear = [0, 1] }
bolts = { rear-lock = 2 }
fire_alarms = { fire = 3 }
inverted = [3]
"""
HUB = """
data_dir = "data"
district = "district"
alerts = "alerts.toml"
title_zh = "嘉定区"
[http]
host = "127.0.0.1"
port = 8080
hosts = ["hub.local"]
public_url = "https://hub.example.org"
trusted_proxies = ["127.0.0.1"]
[broker]
host = "broker"
port = 8883
username = "hub"
[live]
swap_milliseconds = 300
[homeassistant]
enabled = true
prefix = "homeassistant"
[access]
public_board = true
[identity]
broker_hosts = ["hub.local", "broker"]
broker_dir = "broker"
broker_reload_command = ["true"]
[keeping]
evidence_years = 3
[store]
kind = "influxdb"
url = "http://127.0.0.1:8086"
database = "kaiguan"
[circulation]
rules = "rules.toml"
timezone = "Asia/Shanghai"
[sip2]
enabled = true
port = 6001
encoding = "utf-8"
"""
DELIVERY = """
[[channel]]
id = "duty"
name_zh = "值班群"
name_en = "Duty group"
url_file = "duty"
per_minute = 18
[[channel]]
id = "mail"
name_zh = "邮箱"
name_en = "Mail"
url_variable = "KAIGUAN_DISTRICT_MAIL"
[[route]]
channels = ["duty", "mail"]
severity = "warning"
kinds = ["late_opening"]
venues = ["museum"]
days = ["mon", "tue"]
hours = ["08:30-22:00", "22:00-06:00"]
outside = "wait"
[delivery]
tries = 20
"""
PLAN = 'effective_from = 2026-12-01\n[hours]\nmon-fri = "09:00-17:00"\nsat = "10:00-16:00"\n'
RECORD = {
    "version": 1, "venue": "museum", "node": "door", "camera": "ceiling", "line": "front",
    "began_at": "2026-11-29T09:00:00+08:00", "seconds": 600.0, "software": "edge 1",
    "taps": [[1.5, "in"], [3.0, "out"]], "counted": [[1.6, "in"]], "gaps": [[100.0, 120.5]],
}  # fmt: skip
TRUTH = {
    "fps": 25.0, "frames": 250, "clip": "door.mp4", "line": [[0.1, 0.5], [0.9, 0.5]],
    "in_vector": [0.0, 1.0], "anchor": "box centre", "person_size": [0.1, 0.2],
    "crossings": [{"t": 1.0, "dir": "in"}, {"t": 2.5, "dir": "out", "uncertain": True}],
}  # fmt: skip
STAFF = {
    "key": "5a" * 16,
    "cards": [{"name": "李", "card": "5b" * 32, "salt": "5c" * 16, "pin": "5d" * 32}],
}
BLOCKED = {"at_ms": 1_795_914_000_000, "salt": "5a" * 16, "cards": ["5b" * 32]}
CAPTURE = (ROOT / "tests/captures/gm65.hex").read_bytes()

Read = Callable[[Path], object]


@dataclass(frozen=True)
class Case:
    """A reader of one file, the good trees or bytes that it reads, and what it may raise."""

    read: Read
    error: type[Exception]
    trees: tuple[Any, ...] = ()
    texts: tuple[bytes, ...] = ()
    name: str = "file.toml"

    @property
    def goods(self) -> tuple[bytes, ...]:
        """Return the good files as they are written."""
        return (*map(self._written, self.trees), *self.texts)

    def _written(self, tree: Any) -> bytes:
        is_json = self.name.endswith(".json")
        return json.dumps(tree, ensure_ascii=False).encode() if is_json else as_toml(tree)

    def bad(self, dice: random.Random) -> bytes:
        """Return a file with faults: of its values, now and then of its bytes."""
        if not self.trees or dice.random() < 0.2:
            goods = self.goods
            return damaged(dice, dice.choice(goods), goods)
        tree = dice.choice(self.trees)
        if self.name.endswith(".json"):
            return as_json(dice, spoilt(dice, tree, JSON_RAWS))
        spoilt_ = spoilt(dice, tree, TOML_RAWS)
        return as_toml(spoilt_) if isinstance(spoilt_, dict) else b"= ="


def _alerts(path: Path) -> object:
    file = AlertsFile(path)
    for read in (read_rules, book_of):
        file.add(lambda content, path, read=read: lambda: read(content, path))  # type: ignore[misc]
        file.add(lambda content, path, read=read: [read(content, path)].clear)  # type: ignore[misc]
    return file


def _scenario(path: Path) -> object:
    scenario = read_scenario(path)
    return build(scenario, path, _LAW[0], _LAW[1])


def _catalogue(path: Path) -> object:
    return [rule.threshold(2026) for rule in read_catalogue(path).values()]


def _calendar(path: Path) -> object:
    calendar = read_calendar(path)
    return [calendar.day_type(date(2026, 1, day)) for day in range(1, 32)]


def _facts(path: Path) -> object:
    return decode_facts(path.read_bytes())


def _blocked(path: Path) -> object:
    return decode_blocked_cards(path.read_bytes())


def _talk(path: Path) -> object:
    return list(decode_talk(path.read_text("utf-8", "replace")))


def _record(path: Path) -> object:
    return read_record(path).accuracy()


def _plan(path: Path) -> object:
    return read_plan(None, path)


def _tree(path: Path) -> dict[str, Any]:
    return tomllib.loads(path.read_text("utf-8"))


def _first(tree: dict[str, Any], key: str, most: int) -> dict[str, Any]:
    return tree | {key: tree[key][:most]}


_LAW: tuple[Any, Any] = (read_calendar(), read_catalogue())

CASES: dict[str, Case] = {
    "edge": Case(load_edge, ConfigError, (tomllib.loads(EDGE),)),
    "hub": Case(lambda path: load_config(path, {}), HubConfigError, (tomllib.loads(HUB),)),
    "kiosk": Case(load_kiosk, ConfigError, (_tree(ROOT / "kiosk/config.example.toml"),)),
    "alerts": Case(
        _alerts, HubConfigError, (_tree(ROOT / "examples/alerts.toml"), tomllib.loads(DELIVERY))
    ),
    "district": Case(
        lambda path: read_district(path.parent),
        HubConfigError,
        (
            _tree(ROOT / "examples/jiading/museum.toml"),
            _tree(ROOT / "examples/jiading/dayu-room.toml"),
        ),
    ),
    "calendar": Case(_calendar, HubConfigError, (_first(_tree(CALENDAR), "year", 2),)),
    "catalogue": Case(_catalogue, HubConfigError, (_first(_tree(CATALOGUE), "item", 6),)),
    "subjects": Case(read_subjects, HubConfigError, (_tree(SUBJECTS),)),
    "loan-rules": Case(
        load_loan_rules, HubConfigError, (_tree(ROOT / "hub/circulation/loan_rules.toml"),)
    ),
    "scenario": Case(
        _scenario,
        HubConfigError,
        tuple(_tree(path) for path in sorted(SCENARIOS.glob("0*.toml"))[:6]),
    ),
    "plan": Case(_plan, HubConfigError, (tomllib.loads(PLAN),)),
    "camera": Case(
        CameraModel.load,
        CameraUnknown,
        (tomllib.loads(CameraModel.from_fov(640, 480, 60).to_toml()),),
    ),
    "audit-record": Case(_record, EvaluationError, (RECORD,), name="record.json"),
    "truth": Case(read_truth, EvaluationError, (TRUTH,), name="truth.json"),
    "staff-cards": Case(staff_names, StaffCardsError, (STAFF,), name="staff.json"),
    "blocked-cards": Case(_blocked, DecodeError, (BLOCKED,), name="cards.json"),
    "pack-sketch": Case(
        lambda path: folder_manifest(path.parent), PackRefused, (sketch(),), name=SKETCH
    ),
    "capture": Case(_talk, FrameError, texts=(CAPTURE,), name="talk.hex"),
}
"""Every file that a process reads and that no process of ours wrote a moment ago."""

WEIGHTS = {
    "edge": 4,
    "hub": 4,
    "kiosk": 4,
    "alerts": 4,
    "district": 4,
    "scenario": 1,
    "catalogue": 1,
}


class Files:
    """The readers, each with a folder of its own."""

    def __init__(self, folder: Path, cases: dict[str, Case] | None = None) -> None:
        self._cases = CASES if cases is None else cases
        self._names = [name for name in self._cases for _ in range(WEIGHTS.get(name, 2))]
        self._paths = {}
        for name, case in self._cases.items():
            own = folder / name
            own.mkdir()
            self._paths[name] = own / case.name
            if case.name == SKETCH:
                for file, content in contents().items():
                    (own / file).parent.mkdir(exist_ok=True)
                    (own / file).write_bytes(content)

    def feed(self, dice: random.Random, number: int) -> str:
        """Let one reader read a bad file."""
        name = self._names[number % len(self._names)]
        case = self._cases[name]
        return self.look(name, case.bad(dice))

    def look(self, name: str, content: bytes) -> str:
        """Let a reader read a file; say whether it was refused."""
        path = self._paths[name]
        path.write_bytes(content)
        try:
            self._cases[name].read(path)
        except self._cases[name].error as error:
            sentence(error)
            return f"{name} refused"
        except Exception as error:
            raise AssertionError(f"{name}: {error!r} of {content[:4000]!r}") from error
        return f"{name} read"

    def good(self) -> None:
        """Let every reader read its good files."""
        for name, case in self._cases.items():
            for content in case.goods:
                path = self._paths[name]
                path.write_bytes(content)
                case.read(path)
