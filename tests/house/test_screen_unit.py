"""The screen's unit, which comes with the kiosk's package, is what systemd understands."""

import configparser
import re
import shutil
import subprocess
from pathlib import Path

import pytest

UNIT = Path(__file__).parents[2] / "kiosk/shell/files/kaiguan-screen.service"
MOST_EXPOSURE = 4.2
"""systemd's own measure: a compositor needs devices, a browser namespaces; docs/security.md."""


def service() -> configparser.SectionProxy:
    parser = configparser.ConfigParser(strict=False, interpolation=None)
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    parser.read_string(UNIT.read_text("utf-8"))
    return parser["Service"]


def test_it_is_watched_never_gives_up_and_reaches_this_machine_only() -> None:
    told = service()
    assert (told["Type"], told["NotifyAccess"], told["WatchdogSec"]) == ("notify", "all", "60")
    assert told["Restart"] == "always"
    assert "StartLimitIntervalSec=0" in UNIT.read_text("utf-8")
    assert (told["IPAddressDeny"], told["IPAddressAllow"]) == ("any", "localhost")
    assert told["InaccessiblePaths"] == "-/var/lib/kaiguan"
    assert told["User"] != "kaiguan"


def test_no_key_leads_to_another_terminal() -> None:
    options = service()["ExecStart"].partition(" -- ")[0].split()
    assert options == ["/usr/bin/cage", "-d", "-m", "last"]


def test_systemd_understands_it(tmp_path: Path) -> None:
    command = shutil.which("systemd-analyze")
    if command is None:
        pytest.skip("there is no systemd-analyze on this machine")
    copy = tmp_path / UNIT.name
    copy.write_text(UNIT.read_text("utf-8").replace("/usr/bin/cage", "/bin/true"))
    verify = [command, "verify", str(copy)]
    found = subprocess.run(verify, capture_output=True, text=True, check=False, timeout=60)
    # The kiosk's own unit lies elsewhere here.
    told = [one for one in found.stderr.splitlines() if UNIT.name in one]
    assert told == []
    security = [command, "security", "--offline=true", str(UNIT)]
    judged = subprocess.run(security, capture_output=True, text=True, check=False, timeout=60)
    [exposure] = re.findall(r"exposure level for \S+: ([\d.]+)", judged.stdout)
    assert float(exposure) <= MOST_EXPOSURE
