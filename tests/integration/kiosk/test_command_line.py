"""What an installer types: doctor and staff, and one sentence for a mistake."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from firmware_bridge import line
from kiosk.__main__ import app
from kiosk.doctor import examine
from tests.brokers import free_port
from tests.integration.kiosk.rooms import Room, a_config, a_library

NODE = '[node]\nvenue = "lib"\nnode = "kiosk-1"\n'


@pytest.fixture
async def room(tmp_path: Path) -> AsyncIterator[Room]:
    async with Room(tmp_path).running() as room:
        yield room


@pytest.fixture(autouse=True)
def _quick_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(line, "SETTLE_SECONDS", 0.002)


async def test_the_doctor_finds_what_is_well_and_what_is_not(tmp_path: Path, room: Room) -> None:
    with a_library(tmp_path / "library") as library:
        config = a_config(room, library.server.port)
        findings = await examine(config)
        assert [one.text for one in findings if not one.is_fine] == []
        said = " ".join(one.text for one in findings)
        for word in ("disk", "staff", "library", "pad", "card reader", "printer", "hub"):
            assert f"{word}: " in said
    room.printer.paper_lines = 0
    room.pad_port.unplug()
    config = a_config(room, free_port())
    failed = {one.text.partition(":")[0] for one in await examine(config) if not one.is_fine}
    assert failed == {"library", "pad", "printer"}
    await asyncio.sleep(0)


def test_staff_cards_are_written_listed_and_removed(tmp_path: Path) -> None:
    path = tmp_path / "kiosk.toml"
    path.write_text(NODE)
    run, config = CliRunner(), ["--config", str(path)]
    added = run.invoke(app, ["staff", "add", "王芳", *config], input="0400A1B2C3\n246810\n")
    assert added.exit_code == 0, added.output
    assert run.invoke(app, ["staff", "list", *config]).output == "王芳\n"
    assert run.invoke(app, ["staff", "remove", "王芳", *config]).exit_code == 0
    assert run.invoke(app, ["staff", "list", *config]).output == ""
    again = run.invoke(app, ["staff", "remove", "王芳", *config])
    assert again.exit_code == 1
    assert "there is no card" in again.output
    short = run.invoke(app, ["staff", "add", "李强", "--card", "1", *config], input="12\n")
    assert short.exit_code == 1


@pytest.mark.parametrize("verb", ["run", "tui", "doctor"])
def test_a_bad_configuration_is_one_sentence_and_exit_code_2(tmp_path: Path, verb: str) -> None:
    path = tmp_path / "kiosk.toml"
    path.write_text(
        NODE + "[printer]\nport = '/dev/x'\noptions = { colums = 32 }\n[face]\nport = 0\n"
    )
    result = CliRunner().invoke(app, [verb, "--config", str(path)])
    assert result.exit_code == 2
    assert "colums" in result.output
    assert "Traceback" not in result.output
