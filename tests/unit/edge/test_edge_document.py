"""The edge's document and example say what its configuration takes."""

from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from edge.config import (
    BrokerSection,
    CameraSection,
    ClockSection,
    EdgeConfig,
    IdentitySection,
    LineSection,
    NodeSection,
    SpoolSection,
    ZoneSection,
)
from edge.config_file import load
from edge.serial_section import SerialSection

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
    "cameras": CameraSection,
    "cameras.lines": LineSection,
    "cameras.zones": ZoneSection,
    "serial": SerialSection,
}


def _default(section: type[BaseModel], key: str) -> str:
    field = section.model_fields[key]
    value: Any = field.get_default(call_default_factory=True, validated_data={})
    if field.is_required():
        return "required"
    if value is None or value == {}:
        return "none"
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    if isinstance(value, tuple):
        return f"`{list(value)}`"
    return f'`"{value}"`' if isinstance(value, str | Path) else f"`{value}`"


@pytest.mark.parametrize("name", SECTIONS)
def test_the_document_has_every_key_with_its_default_and_meaning(name: str) -> None:
    text = (ROOT / "docs/edge.md").read_text("utf-8").replace("[[", "[").replace("]]", "]")
    part = text.partition(f"\n### `[{name}]`")
    rows = [
        tuple(cell.strip() for cell in line.strip("|").split("|"))
        for line in part[2].partition("\n#")[0].splitlines()
        if line.startswith("| `")
    ]
    section = SECTIONS[name]
    assert rows == [
        (f"`{key}`", _default(section, key), field.description)
        for key, field in section.model_fields.items()
        if key not in {"lines", "zones"} or name == "serial"
    ]


def test_every_section_is_in_the_document() -> None:
    top = {name.partition(".")[0] for name in SECTIONS}
    assert top == set(EdgeConfig.model_fields)
