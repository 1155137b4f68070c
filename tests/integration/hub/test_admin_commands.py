"""Accounts at the console: a hub that runs or not, passwords from everywhere but a default."""

import os
import pty
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from hub.access import Role
from hub.admin import ADMIN_PASSWORD_VARIABLE
from hub.store.records import AuditLog, Records, Wanted
from tests.accounts import PASSWORD, an_office, bearer
from tests.integration.hub.running import ROOT, HubProcess, command


@pytest.fixture
def config(tmp_path: Path) -> str:
    file = tmp_path / "hub.toml"
    file.write_text('data_dir = "data"\n')
    return str(file)


@pytest.fixture
def records(tmp_path: Path, config: str) -> Iterator[Records]:
    (tmp_path / "data").mkdir()
    with Records(tmp_path / "data" / "records.db") as opened:
        yield opened


def test_a_generated_password_is_printed_once_and_lets_in(records: Records, config: str) -> None:
    made = command("admin", "create", "李雷", "--generate", "--config", config)
    assert made.exit_code == 0, made.stderr
    phrase = re.findall(r"password: (\S+)", made.stdout)[0]
    office = an_office(records)
    opened = office.entrance.log_in("李雷", phrase, address="", agent="")
    office.close()
    assert opened is not None
    assert command("admin", "list", "--config", config).stdout == "李雷: admin\n"


def test_a_password_from_a_file_or_the_environment(
    records: Records, config: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "password"
    file.write_text(f"{PASSWORD}\nwhat follows is not read\n", "utf-8")
    options = ["--role", "manager", "--venue", "museum", "--venue", "art-museum"]
    options += ["--password-file", str(file), "--config", config]
    assert command("admin", "create", "li", *options).exit_code == 0
    monkeypatch.setenv(ADMIN_PASSWORD_VARIABLE, PASSWORD)
    assert command("admin", "create", "han", "--config", config).exit_code == 0
    listed = command("admin", "list", "--config", config).stdout
    assert listed == "han: admin\nli: manager (art-museum, museum)\n"
    office = an_office(records)
    for name in ("li", "han"):
        assert office.entrance.log_in(name, PASSWORD, address="", agent="") is not None
    office.close()


def test_at_a_terminal_it_is_asked_for_twice_and_not_shown(config: str) -> None:
    said = at_a_terminal(config, PASSWORD, PASSWORD)
    assert "created: li, admin" in said
    assert PASSWORD not in said
    assert "the two passwords differ" in at_a_terminal(config, PASSWORD, "something else")


def at_a_terminal(config: str, *lines: str) -> str:
    parent, child = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "hub", "admin", "create", "li", "--config", config],
        cwd=ROOT,
        stdin=child,
        stdout=child,
        stderr=child,
        start_new_session=True,
        # getpass asks the terminal that a process belongs to.
        preexec_fn=lambda: os.close(os.open(os.ttyname(child), os.O_RDWR)),  # noqa: PLW1509
    )
    os.close(child)
    said, answers = b"", iter(lines)
    try:
        while True:
            read = os.read(parent, 1000)
            said += read
            if read.rstrip().endswith((b"password:", b"again:")):
                os.write(parent, next(answers).encode() + b"\n")
    except OSError:  # the other end is closed
        process.wait(20)
    finally:
        os.close(parent)
    return said.decode()


@pytest.mark.parametrize(
    ("arguments", "sentence", "code"),
    [
        (("create", "li"), "no terminal to ask", 2),
        (("create", "li", "--password-file", "nowhere"), "nowhere: cannot be read", 2),
        (("create", "<b>", "--generate"), "a name is at most 48", 1),
        (("create", "li", "--role", "manager", "--generate"), "at least one venue", 1),
        (("disable", "nobody"), "there is no account 'nobody'", 1),
        (("reset", "nobody", "--generate"), "there is no account", 1),
        (("token", "nobody"), "there is no account", 1),
    ],
)
def test_what_cannot_be_is_one_sentence(
    config: str, arguments: tuple[str, ...], sentence: str, code: int
) -> None:
    ended = command("admin", *arguments, "--config", config)
    assert ended.exit_code == code
    assert sentence in ended.stderr
    assert len(ended.stderr.splitlines()) == 1


def test_a_weak_password_is_refused(config: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(ADMIN_PASSWORD_VARIABLE, "admin")
    ended = command("admin", "create", "admin", "--config", config)
    assert (ended.exit_code, "too short" in ended.stderr) == (1, True)
    assert command("admin", "list", "--config", config).stdout == ""


def test_a_running_hub_obeys_at_once(tmp_path: Path) -> None:
    hub = HubProcess(tmp_path / "hub", 1)
    with hub:
        config = str(hub.config)
        assert command("admin", "create", "li", "--generate", "--config", config).exit_code == 0
        made = command("admin", "token", "li", "--scope", "devices.read", "--config", config)
        token = bearer(made.stdout.strip())
        devices = f"{hub.url}/api/v1/devices"
        assert httpx.get(devices, headers=token).status_code == 200
        assert httpx.get(f"{hub.url}/api/v1/series", headers=token).status_code == 403
        assert command("admin", "disable", "li", "--config", config).exit_code == 0
        assert httpx.get(devices, headers=token).status_code == 401
        assert command("admin", "disable", "li", "--undo", "--config", config).exit_code == 0
        assert httpx.get(devices, headers=token).status_code == 200
        assert hub.stop() == 0
    with Records(hub.folder / "data" / "records.db") as records:
        told = [n.entry for n in AuditLog(records).all(Wanted(subject="li"))]
    ours = [e for e in told if e.subject == "li"]
    assert [e.action for e in ours] == [
        "account.changed",
        "account.changed",
        "token.created",
        "account.created",
    ]
    assert {e.via for e in ours} == {"console"}


def test_a_new_hub_says_how_to_begin(tmp_path: Path) -> None:
    hub = HubProcess(tmp_path / "hub", 1)
    hub.token = "none"  # so that nobody has an account
    with hub:
        assert f"no account yet: open {hub.url}/setup" in hub.log
        assert "set-up code" not in hub.log
        assert hub.stop() == 0
    hub.config.write_text(
        hub.config.read_text().replace(
            "[http]\n", '[http]\nhost = "0.0.0.0"\nbehind_proxy = true\n'
        )
    )
    with hub:
        assert re.search(r"set-up code, .*: [a-z2-9]{4}(-[a-z2-9]{4}){2}\n", hub.log)
        assert hub.stop() == 0


def test_the_last_admin_stays(records: Records, config: str) -> None:
    office = an_office(records)
    command("admin", "create", "li", "--generate", "--config", config)
    ended = command("admin", "disable", "li", "--config", config)
    assert (ended.exit_code, "last admin" in ended.stderr) == (1, True)
    assert [(a.role, a.is_enabled) for a in office.directory.all()] == [(Role.ADMIN, True)]
    office.close()
