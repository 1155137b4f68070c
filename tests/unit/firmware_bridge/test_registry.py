"""The registry, its page, and what importing the package costs."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

import firmware_bridge
from firmware_bridge import (
    DRIVERS,
    UnknownDriver,
    open_actuator,
    open_card_reader,
    open_code_reader,
    open_printer,
    open_reader,
    open_sensor,
)
from firmware_bridge.registry import PORTS, load_driver

PAGE = Path("docs/drivers.md")


def test_the_page_is_the_registry() -> None:
    rows = re.findall(
        r"^\| `([\w-]+)` \| ([\w ]+) \| `([\w.:]+)` \| .+ \| (.+) \|$",
        PAGE.read_text(encoding="utf-8"),
        re.MULTILINE,
    )
    assert {name: target for name, _, target, _ in rows} == DRIVERS
    assert [row[0] for row in rows] == sorted(DRIVERS)
    assert all(name in PORTS[port] for name, port, _, _ in rows)
    assert all("never" in tried or "no hardware" in tried for *_, tried in rows)


def test_every_driver_loads_and_says_what_it_is() -> None:
    for name in DRIVERS:
        assert (load_driver(name).__doc__ or "").strip()


@pytest.mark.parametrize(
    "open_device",
    [open_sensor, open_reader, open_card_reader, open_code_reader, open_actuator, open_printer],
)
def test_an_unknown_name_lists_the_known_ones(open_device: object) -> None:
    with pytest.raises(UnknownDriver, match=r"'abacus'; the known ones are \w"):
        open_device("abacus", "/dev/null")  # type: ignore[operator]


def test_drivers_are_imported_only_when_chosen() -> None:
    program = (
        "import sys, firmware_bridge\n"
        "print([name for name in sys.modules if name == 'serial' or "
        "(name.startswith('firmware_bridge.') and name.endswith(('.simulated', 'sensors.board')))])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


def test_exports_are_sorted_and_complete() -> None:
    assert firmware_bridge.__all__ == sorted(
        firmware_bridge.__all__, key=lambda name: (not name.isupper(), name.islower(), name)
    )
    public = {
        name
        for name, value in vars(firmware_bridge).items()
        if not name.startswith("_")
        and getattr(value, "__module__", "firmware_bridge").startswith("firmware_bridge")
        and type(value).__name__ != "module"
    }
    # A union of types belongs to no module.
    assert public | {"BoardReading", "Reading"} == set(firmware_bridge.__all__)
