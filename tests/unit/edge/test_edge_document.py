"""The edge's document and example say what its configuration takes."""

from pathlib import Path

import pytest
from pydantic import BaseModel

from edge.config import CameraSection, EdgeConfig, LineSection, ZoneSection
from edge.config_file import load
from edge.serial_section import SerialSection
from link.node_config import (
    BrokerSection,
    ClockSection,
    IdentitySection,
    NodeSection,
    RemoteSection,
    SpoolSection,
    UpdatesSection,
)
from tests.config_document import told, wanted

ROOT = Path(__file__).parents[3]


def test_the_example_loads() -> None:
    config = load(ROOT / "edge/config.example.toml")
    assert config.cameras
    assert config.serial


SECTIONS: dict[str, type[BaseModel]] = {
    "node": NodeSection,
    "broker": BrokerSection,
    "identity": IdentitySection,
    "spool": SpoolSection,
    "clock": ClockSection,
    "updates": UpdatesSection,
    "remote": RemoteSection,
    "cameras": CameraSection,
    "cameras.lines": LineSection,
    "cameras.zones": ZoneSection,
    "serial": SerialSection,
}


@pytest.mark.parametrize("name", SECTIONS)
def test_the_document_has_every_key_with_its_default_and_meaning(name: str) -> None:
    but = frozenset() if name == "serial" else frozenset({"lines", "zones"})
    assert told(ROOT / "docs/edge.md", name) == wanted(SECTIONS[name], but)


def test_every_section_is_in_the_document() -> None:
    top = {name.partition(".")[0] for name in SECTIONS}
    assert top == set(EdgeConfig.model_fields)
