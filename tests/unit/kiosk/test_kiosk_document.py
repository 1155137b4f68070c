"""The kiosk's document and example say what its configuration takes."""

import tomllib
from pathlib import Path

import pytest
from pydantic import BaseModel

from kiosk import config as c
from kiosk import room_config as r
from kiosk.config_file import load
from kiosk.device_config import CardReaderSection
from kiosk.shell.settings import ScreenSection
from link import node_config as n
from tests.config_document import told, wanted

ROOT = Path(__file__).parents[3]
EXAMPLE = ROOT / "kiosk/config.example.toml"
SECTIONS: dict[str, type[BaseModel]] = {
    "node": n.NodeSection,
    "broker": n.BrokerSection,
    "identity": n.IdentitySection,
    "spool": n.SpoolSection,
    "clock": n.ClockSection,
    "updates": n.UpdatesSection,
    "remote": n.RemoteSection,
    "library": c.LibrarySection,
    "pad": c.PadSection,
    "card_reader": CardReaderSection,
    "code_reader": c.CodeReaderSection,
    "printer": c.PrinterSection,
    "lending": c.LendingSection,
    "session": c.SessionSection,
    "face": c.FaceSection,
    "screen": ScreenSection,
    "hub": c.HubSection,
    "mail": c.MailSection,
    "staff": c.StaffSection,
    "ar": c.ArSection,
    "room": r.RoomSection,
}
OF_ROOM: dict[str, type[BaseModel]] = {
    "inputs": r.InputsSection,
    "outputs": r.OutputsSection,
    "card_reader": CardReaderSection,
    "pin_pad": r.PinPadSection,
    "air": r.AirSection,
}
"""Tables of `[room]`, each with its own."""
_LEFT_OUT = {"tls_ca", "tls_certificate", "tls_key", "tls", "password_file", "token_file"}
_LEFT_OUT |= {"options", "file", "camera", "people_limit"}
"""Keys that an installation has or has not."""


def test_every_section_is_in_the_document() -> None:
    assert set(SECTIONS) == set(c.KioskConfig.model_fields)


@pytest.mark.parametrize("name", SECTIONS)
def test_the_document_has_every_key_with_its_default_and_meaning(name: str) -> None:
    nested = frozenset(OF_ROOM) if name == "room" else frozenset()
    assert told(ROOT / "docs/kiosk.md", name) == wanted(SECTIONS[name], nested)


@pytest.mark.parametrize("name", OF_ROOM)
def test_the_document_has_every_key_of_a_room(name: str) -> None:
    assert told(ROOT / "docs/kiosk.md", f"room.{name}") == wanted(OF_ROOM[name])


def test_the_example_loads_and_has_every_key() -> None:
    config = load(EXAMPLE)
    assert config.library is not None
    assert config.library.password_file == EXAMPLE.parent / "library-password"
    content = tomllib.loads(EXAMPLE.read_text("utf-8"))
    for name, section in SECTIONS.items():
        keys = {field.alias or key for key, field in section.model_fields.items()}
        assert keys - set(content[name]) <= _LEFT_OUT, name
    for name, section in OF_ROOM.items():
        given = content["room"][name]
        first = given[0] if isinstance(given, list) else given
        assert set(section.model_fields) - set(first) <= _LEFT_OUT, name
