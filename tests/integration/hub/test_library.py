"""The embedded library system in a hub as its operator runs it: set up by commands, then killed."""

import os
import re
import signal
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.accounts import bearer
from tests.integration.hub.running import HubProcess, command, until
from tests.unit.hub.library.terminal import BLANK, DATE, Terminal


def port_of(hub: HubProcess) -> int:
    lines = [line for line in hub.log.splitlines() if '"sip2_open"' in line]
    return int(lines[-1].partition('"port": ')[2].partition(",")[0].rstrip("}"))


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[HubProcess]:
    more = "[sip2]\nenabled = true\nport = 0\n"
    with_hub = HubProcess(tmp_path / "hub", 1, broker="enabled = false", more=more)
    lists = tmp_path / "list.csv"
    config = ("--config", str(with_hub.config))
    lists.write_text("card,name,pin\n210001,张三,1234\n")
    assert command("circulation", "import", "patrons", str(lists), *config).exit_code == 0
    lists.write_text("barcode,title,home_branch\n3100001,论语译注,jiading-library\n")
    assert command("circulation", "import", "items", str(lists), *config).exit_code == 0
    with with_hub as running:
        yield running


def test_from_the_office_to_a_loan_that_outlives_the_hub(hub: HubProcess) -> None:
    branch = ("--branch", "jiading-library", "--config", str(hub.config))
    # Also while the hub runs.
    made = command("circulation", "terminal", "add", "kiosk-1", *branch)
    password = made.stdout.partition("password: ")[2].split()[0]
    with Terminal(port_of(hub)) as kiosk:
        assert kiosk.log_in("kiosk-1", password) == "941"
        assert kiosk.patron("210001", more="AD1234|")["AE"] == "张三"
        line = kiosk.line(f"11YN{DATE}{BLANK}AOjd|AA210001|AB3100001|AD1234|AC|", 8)
        answer = kiosk.ask_raw(line)
        assert answer.startswith("121N")
    os.kill(hub.pid, signal.SIGKILL)
    until(lambda: hub._process is None or hub._process.poll() is not None)
    hub.start()
    with Terminal(port_of(hub)) as kiosk:
        assert kiosk.log_in("kiosk-1", password) == "941"
        assert kiosk.ask_raw(line) == answer
        assert kiosk.patron("210001", "  Y").all("AU") == ["3100001"]
        # The pages go on beside it.
        assert hub.get("/health")["venues"] > 0
        told = httpx.get(f"{hub.url}/metrics", headers=bearer(hub.token)).text
        assert 'kaiguan_sip2_messages_total{code="63"}' in told
        assert "kaiguan_sip2_repeated_total 1.0" in told
        assert "kaiguan_sip2_connections 1.0" in told
        written_down = Path("docs/hub.md").read_text("utf-8")
        for name in re.findall(r"# HELP (kaiguan_sip2_\w+?)(?:_total)? ", told):
            assert f"`{name}`" in written_down
    doctor = command("doctor", "--config", str(hub.config))
    assert "ok   sip2: 127.0.0.1:0, 1 terminals, this machine only" in doctor.stdout
    assert hub.stop() == 0
    assert "210001" not in hub.log
