"""The units of systemd hold what they promise, and systemd itself finds nothing wrong."""

import configparser
import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
UNITS = sorted((ROOT / "systemd").glob("*.service"))
HARDENED = {
    "NoNewPrivileges": "yes",
    "ProtectSystem": "strict",
    "ProtectHome": "yes",
    "PrivateTmp": "yes",
    "User": "kaiguan",
    "CapabilityBoundingSet": "",
    "DevicePolicy": "closed",
    "SystemCallArchitectures": "native",
    "RestrictNamespaces": "yes",
}
MOST_EXPOSURE = 2.5
"""systemd's own measure, from 0 to 10: below it stands "OK"."""


def read(unit: Path) -> configparser.ConfigParser:
    parser = configparser.ConfigParser(strict=False, interpolation=None)
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    parser.read_string(unit.read_text("utf-8"))
    return parser


def name(unit: Path) -> str:
    return unit.stem


@pytest.mark.parametrize("unit", UNITS, ids=name)
def test_a_unit_is_hardened(unit: Path) -> None:
    service = read(unit)["Service"]
    assert {key: service.get(key) for key in HARDENED} == HARDENED
    assert service["MemoryMax"]
    assert "AF_INET" in service["RestrictAddressFamilies"]


@pytest.mark.parametrize("unit", UNITS, ids=name)
def test_a_unit_starts_a_verb_that_there_is(unit: Path) -> None:
    room, verb = re.findall(r"python -m (\w+) (\w+)", read(unit)["Service"]["ExecStart"])[0]
    source = (ROOT / room / "__main__.py").read_text("utf-8")
    assert re.search(rf'command\("{verb}"\)|@app\.command\(\)\ndef {verb}\(', source)


@pytest.mark.parametrize("unit", UNITS, ids=name)
def test_a_unit_waits_for_signs_of_life(unit: Path) -> None:
    service = read(unit)["Service"]
    assert (service["Type"], service["NotifyAccess"]) == ("notify", "main")
    assert int(service["WatchdogSec"]) >= 30
    assert "AF_UNIX" in service["RestrictAddressFamilies"]


def test_the_hub_may_reach_no_device() -> None:
    service = read(ROOT / "systemd/kaiguan-hub.service")["Service"]
    assert service["PrivateDevices"] == "yes"
    assert "DeviceAllow" not in service


@pytest.mark.parametrize("unit", UNITS, ids=name)
def test_systemd_understands_a_unit(unit: Path, tmp_path: Path) -> None:
    """Where there is no systemd the tests above still hold; its own judgement needs it."""
    command = shutil.which("systemd-analyze")
    if command is None:
        pytest.skip("there is no systemd-analyze on this machine")
    # What stands in /opt on a real machine stands nowhere here.
    text = unit.read_text("utf-8").replace("/opt/kaiguan/bin/python", "/bin/true")
    copy = tmp_path / unit.name
    copy.write_text(text.replace("WorkingDirectory=/var/lib/kaiguan\n", ""))
    found = subprocess.run(
        [command, "verify", str(copy)], capture_output=True, text=True, check=False, timeout=60
    )
    told = [line for line in found.stderr.splitlines() if unit.name in line]
    assert told == []
    judged = subprocess.run(
        [command, "security", "--offline=true", str(unit)],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    [exposure] = re.findall(r"exposure level for \S+: ([\d.]+)", judged.stdout)
    assert float(exposure) <= MOST_EXPOSURE
