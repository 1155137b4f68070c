"""Set-up on machines that lack something: a clear sentence and exit code 3, or only what it named.

The script runs in an empty project, with a path that holds nothing but what a test puts there.
"""

import os
import re
import shutil
import stat
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TOOLS = ("bash", "tee", "env", "dirname", "cat", "sha256sum", "grep", "rm", "mkdir")


@pytest.fixture
def machine(tmp_path: Path) -> "Machine":
    """A machine with a shell and nothing else, and a project with empty locks on it."""
    return Machine(tmp_path)


class Machine:
    """A path with chosen commands, and a copy of the set-up script."""

    def __init__(self, folder: Path) -> None:
        self.project = folder / "project"
        self.bin = folder / "bin"
        self.said = folder / "said"
        self.bin.mkdir()
        (self.project / "tools").mkdir(parents=True)
        (self.project / "locks").mkdir()
        shutil.copy(ROOT / "tools/setup.sh", self.project / "tools")
        for lock in ("demo", "dev"):
            (self.project / f"locks/{lock}.txt").write_text("")
        for tool in TOOLS:
            found = shutil.which(tool)
            assert found is not None
            (self.bin / tool).symlink_to(found)

    def command(self, name: str, script: str) -> None:
        """Put a command on the path; what it was called with is noted."""
        path = self.bin / name
        path.write_text(f'#!/bin/bash\necho "{name} $*" >>"{self.said}"\n{script}\n')
        path.chmod(path.stat().st_mode | stat.S_IXUSR)

    def python(self, name: str = "python3", version: int = 11, *, venv: bool = True) -> None:
        """Put a Python on the path; with `venv` it makes environments that hold a copy of it."""
        self.command(
            name,
            f"""
            case "$*" in
            *version_info*) [ {version} -ge 11 ] ;;
            *ensurepip*) {"true" if venv else f'[ -e "{self.bin}/venv-installed" ]'} ;;
            *"-m venv"*)
                mkdir -p .venv/bin
                cat "$0" >.venv/bin/python
                chmod +x .venv/bin/python
                ;;
            *--version*) echo "Python 3.{version}" ;;
            esac
            """,
        )
        (self.bin / "chmod").unlink(missing_ok=True)
        (self.bin / "chmod").symlink_to(str(shutil.which("chmod")))

    def run(self, verb: str) -> subprocess.CompletedProcess[str]:
        """Run the set-up script."""
        return subprocess.run(
            ["bash", "tools/setup.sh", verb],
            check=False,
            cwd=self.project,
            env={"PATH": str(self.bin)},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=30,
        )

    def calls(self, name: str) -> list[str]:
        """Return how a command was called."""
        lines = self.said.read_text().splitlines() if self.said.exists() else []
        return [line for line in lines if line.startswith(f"{name} ")]


def test_no_python(machine: Machine) -> None:
    run = machine.run("demo")
    assert run.returncode == 3
    assert len(run.stderr.splitlines()) == 1
    assert "Python 3.11 or newer" in run.stderr


def test_an_old_python_is_no_python(machine: Machine) -> None:
    machine.python("python3", version=9)
    assert machine.run("demo").returncode == 3


def test_a_newer_python_beside_an_old_one_is_found(machine: Machine) -> None:
    machine.python("python3", version=9)
    machine.python("python3.12", version=12)
    run = machine.run("demo")
    assert run.returncode == 0, run.stderr
    assert "Python 3.12" in run.stderr


def test_a_python_that_makes_environments_comes_first(machine: Machine) -> None:
    machine.python("python3.13", version=13, venv=False)
    machine.python("python3", version=11)
    run = machine.run("demo")
    assert run.returncode == 0, run.stderr
    assert "Python 3.11" in run.stderr


def test_missing_venv_without_root_is_one_sentence(machine: Machine) -> None:
    machine.python(venv=False)
    machine.command("id", "echo 1000")
    machine.command("apt-get", "")
    machine.command("sudo", "exit 1")
    run = machine.run("demo")
    assert run.returncode == 3
    assert len(run.stderr.splitlines()) == 1
    assert "sudo apt-get install python3-venv" in run.stderr
    assert machine.calls("apt-get") == []


@pytest.mark.parametrize("root", [True, False], ids=["root", "sudo without password"])
def test_missing_venv_is_named_and_installed(machine: Machine, root: bool) -> None:
    machine.python(venv=False)
    machine.command("id", "echo 0" if root else "echo 1000")
    machine.command("sudo", 'shift; "$@"')
    machine.command(
        "apt-get",
        f'[[ "$*" != *"install -y"* ]] || echo "apt works" | tee "{machine.bin}/venv-installed"',
    )
    run = machine.run("demo")
    assert run.returncode == 0, run.stderr
    assert run.stderr.index("packages python3-venv") < run.stderr.index("apt works")
    assert sum("install -y" in call for call in machine.calls("apt-get")) == 1
    assert not any("update" in call for call in machine.calls("apt-get"))
    assert bool(machine.calls("sudo")) is not root


def test_a_fresh_machine_has_its_package_lists_read_first(machine: Machine) -> None:
    machine.python(venv=False)
    machine.command("id", "echo 0")
    machine.command(
        "apt-get",
        f"""
        case "$*" in
        *update*) : >"{machine.bin}/lists" ;;
        *--simulate*) [ -e "{machine.bin}/lists" ] ;;
        *install*) [ -e "{machine.bin}/lists" ] && : >"{machine.bin}/venv-installed" ;;
        esac
        """,
    )
    run = machine.run("demo")
    assert run.returncode == 0, run.stderr
    calls = " ".join(machine.calls("apt-get"))
    assert re.findall("--simulate|update|install -y", calls) == [
        "--simulate",
        "update",
        "install -y",
    ]


def test_packages_that_apt_does_not_have(machine: Machine) -> None:
    machine.python(venv=False)
    machine.command("id", "echo 0")
    machine.command("apt-get", "exit 100")
    run = machine.run("demo")
    assert run.returncode == 3
    assert "could not install python3-venv" in run.stderr


def test_the_demo_needs_no_packages_and_no_root(machine: Machine) -> None:
    machine.python()
    run = machine.run("demo")
    assert run.returncode == 0, run.stderr
    assert machine.calls("apt-get") + machine.calls("sudo") + machine.calls("id") == []


def test_tests_name_each_package_that_they_lack(machine: Machine) -> None:
    machine.python()
    machine.command("id", "echo 1000")
    machine.command("apt-get", "")
    machine.command("dpkg-query", "exit 1")
    run = machine.run("test")
    assert run.returncode == 3
    wanted = run.stderr.split("apt-get install ")[1].split("'")[0].split()
    # What the machine under this test has in the folders that the script adds is not missed.
    present = {
        name
        for name in ("mosquitto", "nginx")
        if any(Path(folder, name).exists() for folder in ("/usr/sbin", "/sbin"))
    }
    assert wanted == [
        *({"mosquitto"} - present),
        *("chromium", "docker-compose", "fonts-noto-cjk", "espeak-ng"),
        *("gcc", "libc6-dev", "gcc-avr", "avr-libc", "libsimavr-dev", "influxdb"),
        *({"nginx"} - present),
        "victoria-metrics",
    ]


def test_the_firmware_needs_a_compiler_and_no_python(machine: Machine) -> None:
    machine.command("id", "echo 1000")
    machine.command("apt-get", "")
    machine.command("dpkg-query", "exit 1")
    run = machine.run("firmware")
    assert run.returncode == 3
    assert "sudo apt-get install gcc-avr avr-libc'" in run.stderr


def test_nothing_is_done_twice(machine: Machine) -> None:
    machine.python()
    assert machine.run("demo").returncode == 0
    assert len(_installs(machine)) == 1
    second = machine.run("demo")
    assert (second.returncode, second.stderr) == (0, "")
    assert len(_installs(machine)) == 1


def test_demo_and_dev_do_not_fight_over_the_environment(machine: Machine) -> None:
    machine.python()
    machine.run("dev")
    machine.run("demo")
    machine.run("dev")
    assert ["dev.txt" in line for line in _installs(machine)] == [True]


def test_a_changed_lock_is_installed(machine: Machine) -> None:
    machine.python()
    machine.run("demo")
    (machine.project / "locks/demo.txt").write_text("# another\n")
    machine.run("demo")
    assert len(_installs(machine)) == 2


BUNDLES = {
    "hub/pages/web": "hub/pages/static/charts/charts.js",
    "kiosk/web/models": "kiosk/web/static/dist/models.js",
}


def web(machine: Machine) -> None:
    """Give the project the sources of the pages' bundles, as far as they are looked at."""
    for source, built in BUNDLES.items():
        sources = machine.project / source
        (sources / "src").mkdir(parents=True)
        for name in ("package.json", "package-lock.json", "src/page.js"):
            (sources / name).write_text(name)
        (machine.project / built).parent.mkdir(parents=True)


def test_bundles_are_built_once_where_npm_is(machine: Machine) -> None:
    machine.python()
    web(machine)
    machine.command("node", "")
    build = "if [ -d ../static/charts ]; then : >../static/charts/charts.js; "
    build += "else : >../static/dist/models.js; fi"
    machine.command("npm", f'[ "$1" = ci ] || {{ {build}; }}')
    assert machine.run("demo").returncode == 0
    calls = machine.calls("npm")
    assert [call.split()[1] for call in calls] == ["ci", "run", "ci", "run"]
    assert "--ignore-scripts" in calls[0]
    machine.run("demo")
    assert machine.calls("npm") == calls
    for built in BUNDLES.values():
        assert (machine.project / built).exists()
    (machine.project / "kiosk/web/models/src/page.js").write_text("another")
    machine.run("demo")
    assert len(machine.calls("npm")) == 6


def test_bundles_that_cannot_be_built_hinder_nothing(machine: Machine) -> None:
    machine.python()
    web(machine)
    machine.command("node", "")
    machine.command("npm", "exit 1")
    run = machine.run("demo")
    assert run.returncode == 0, run.stderr
    assert "that the server draws" in run.stderr
    assert "shows no models" in run.stderr
    assert machine.run("demo").stderr.count("that the server draws") == 1


def test_every_install_asks_for_hashes(machine: Machine) -> None:
    machine.python()
    machine.run("demo")
    machine.run("dev")
    assert all("--require-hashes" in line for line in _installs(machine))


def test_no_verb_is_exit_code_2(machine: Machine) -> None:
    assert machine.run("").returncode == 2


def test_the_scripts_may_be_run() -> None:
    for script in ("tools/setup.sh", ".ci/run"):
        assert os.access(ROOT / script, os.X_OK), script


def _installs(machine: Machine) -> list[str]:
    lines = machine.said.read_text().splitlines()
    return [line for line in lines if "pip install" in line]
