"""The units of systemd hold what they promise, and systemd itself finds nothing wrong."""

import configparser
import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
UNITS = sorted((ROOT / "systemd").glob("*.service"))
UPDATER = ROOT / "systemd/kaiguan-updater.service"
AGENTS = [unit for unit in UNITS if unit != UPDATER]
HARDENED = {
    "NoNewPrivileges": "yes",
    "ProtectSystem": "strict",
    "ProtectHome": "yes",
    "PrivateTmp": "yes",
    "PrivateMounts": "yes",
    "User": "kaiguan",
    "CapabilityBoundingSet": "",
    "DevicePolicy": "closed",
    "SystemCallArchitectures": "native",
    "RestrictNamespaces": "yes",
}
MOST_EXPOSURE = {
    "kaiguan-hub": 1.2,
    "kaiguan-edge": 1.5,
    "kaiguan-kiosk": 1.5,
    "kaiguan-updater": 1.4,
}
"""systemd's own measure, from 0 to 10, as docs/security.md tells it."""


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
    # It owns the releases, which the agent that runs them may not change.
    user = "kaiguan-updater" if unit == UPDATER else HARDENED["User"]
    wanted = HARDENED | {"User": user}
    assert {key: service.get(key) for key in wanted} == wanted
    assert service["MemoryMax"]
    assert "AF_INET" in service["RestrictAddressFamilies"]


@pytest.mark.parametrize("unit", AGENTS, ids=name)
def test_a_unit_starts_a_verb_that_there_is(unit: Path) -> None:
    room, verb = re.findall(r"python -m (\w+) (\w+)", read(unit)["Service"]["ExecStart"])[0]
    source = (ROOT / room / "__main__.py").read_text("utf-8")
    assert re.search(rf'command\("{verb}"\)|@app\.command\(\)\ndef {verb}\(', source)


def test_the_updater_starts_a_verb_that_there_is() -> None:
    words = read(UPDATER)["Service"]["ExecStart"].split()
    assert words[:2] == ["/usr/bin/python3", "-I"]
    assert words[3] in (ROOT / "updater/__main__.py").read_text("utf-8")


def test_the_updater_is_started_before_the_agents_and_reaches_nothing_but_releases() -> None:
    unit = read(UPDATER)
    assert unit["Unit"]["Before"].split() == ["kaiguan-edge.service", "kaiguan-kiosk.service"]
    assert unit["Service"]["ReadWritePaths"] == "/opt/kaiguan"
    assert unit["Service"]["PrivateDevices"] == "yes"
    rules = (ROOT / "systemd/50-kaiguan-updater.rules").read_text("utf-8")
    source = (ROOT / "updater/running.py").read_text("utf-8")
    asked = set(re.findall(r'self\._systemctl\("([a-z-]+)"', source)) - {"show"}
    allowed = re.search(r"verbs = \[(.*)\]", rules)
    assert allowed is not None
    assert asked == set(re.findall(r'"([a-z-]+)"', allowed[1]))


@pytest.mark.parametrize("kind", ["edge", "kiosk"])
def test_with_an_updater_the_agent_is_started_from_what_is_current(kind: str) -> None:
    more = read(ROOT / f"systemd/kaiguan-{kind}.service.d/updates.conf")["Service"]
    plain = read(ROOT / f"systemd/kaiguan-{kind}.service")["Service"]
    assert more["ExecStart"] == plain["ExecStart"].replace(
        "/opt/kaiguan/bin", "/opt/kaiguan/current/bin"
    )
    assert more["RuntimeDirectoryPreserve"] == "yes"


@pytest.mark.parametrize("unit", AGENTS, ids=name)
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
    text = text.replace("/usr/bin/python3", "/bin/true")
    copy = tmp_path / unit.name
    copy.write_text(re.sub(r"WorkingDirectory=.*\n", "", text))
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
    assert float(exposure) <= MOST_EXPOSURE[unit.stem]


def test_exposures_are_told() -> None:
    told = (ROOT / "docs/security.md").read_text("utf-8")
    for unit in UNITS:
        assert f"`{unit.stem}` {MOST_EXPOSURE[unit.stem]}" in told
