"""docs/hours.md names every key of a scenario file and every command; its example is real."""

import re
from pathlib import Path
from typing import Any, get_args

import pytest
from pydantic import BaseModel
from typer.testing import CliRunner

from hub.__main__ import app
from hub.hours.scenario import PlanFile, Scenario
from hub.hours.verbs import hours, osm

DOCS = (Path(__file__).parents[4] / "docs" / "hours.md").read_text("utf-8")


def sections(model: type[BaseModel]) -> set[type[BaseModel]]:
    found = {model}
    for field in model.model_fields.values():
        for section in models_of(field.annotation) - found:
            found |= sections(section)
    return found


def models_of(annotation: Any) -> set[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return {annotation}
    return set().union(*(models_of(part) for part in get_args(annotation)))


KEYS = sorted(
    {
        field.alias or name
        for section in sections(Scenario) | {PlanFile}
        for name, field in section.model_fields.items()
    }
)


def test_the_keys_of_all_sections_are_found() -> None:
    assert {"unlocked", "document", "relief", "published_at", "share_at_least"} <= set(KEYS)


@pytest.mark.parametrize("key", KEYS)
def test_every_key_is_named(key: str) -> None:
    assert re.search(rf"[`.\[]{key}[`\]]", DOCS)


def test_every_command_is_named() -> None:
    names = [command.name for command in hours.registered_commands]
    names += [f"osm {command.name}" for command in osm.registered_commands]
    assert len(names) == 6
    for name in names:
        assert f"`python -m hub hours {name} " in DOCS


def test_the_example_says_what_the_docs_show(tmp_path: Path) -> None:
    blocks = re.findall(r"```(?:toml)?\n(.*?)```", DOCS, re.DOTALL)
    source, shown = blocks[0], blocks[1].partition("\n")[2]
    file = tmp_path / "example.toml"
    file.write_text(source, "utf-8")
    told = CliRunner().invoke(app, ["hours", "check", str(file)])
    assert told.exit_code == 0, told.output
    assert told.output.strip() == shown.strip()
