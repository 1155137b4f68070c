"""docs/hub.md names every setting and command, docs/district.md every line that there is."""

from pathlib import Path

import pytest
from pydantic import BaseModel

from hub.__main__ import admin, app
from hub.config import PASSWORD_VARIABLE, HubConfig
from hub.district import read_district
from hub.venues import Venue

ROOT = Path(__file__).parents[3]
DOCS = (ROOT / "docs" / "hub.md").read_text("utf-8")
DISTRICT = (ROOT / "docs" / "district.md").read_text("utf-8")
VENUES = read_district(ROOT / "examples" / "jiading")


def settings(model: type[BaseModel], prefix: str = "") -> list[str]:
    names = []
    for name, field in model.model_fields.items():
        kind = field.annotation
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            names += settings(kind, f"{name}.")
        else:
            names.append(prefix + name)
    return names


@pytest.mark.parametrize("name", settings(HubConfig))
def test_every_setting(name: str) -> None:
    assert f"`{name}`" in DOCS


def test_every_command() -> None:
    names = [c.name for c in app.registered_commands]
    names += [f"admin {c.name}" for c in admin.registered_commands]
    for name in names:
        assert f"python -m hub {name} " in DOCS
    assert PASSWORD_VARIABLE in DOCS


@pytest.mark.parametrize("venue", VENUES, ids=lambda venue: venue.id)
def test_every_line_of_the_sample_district(venue: Venue) -> None:
    row = next(
        line for line in DISTRICT.splitlines() if line.startswith(f"| `{venue.id}` {venue.name_zh}")
    )
    for name in (*venue.nodes, *(x.line for x in venue.lines), *(s.sensor for s in venue.sensors)):
        assert f"`{name}`" in row
