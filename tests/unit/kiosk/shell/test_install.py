"""What makes a machine a kiosk is written whole, kept beside, and seen by the doctor."""

import json
import os
from pathlib import Path

import pytest
from typer.testing import CliRunner

from kiosk.__main__ import app
from kiosk.config import ArSection, FaceSection, KioskConfig
from kiosk.doctor import look_at_shell
from kiosk.shell.files import POLICY, SCREEN_UNIT, origin, shell_files
from link.node_config import NodeSection

CONFIG = '[node]\nvenue = "v"\nnode = "kiosk-1"\n[face]\nport = 8099\n'


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "kiosk.toml"
    path.write_text(CONFIG)
    return path


def shell(verb: str, config: Path, *options: str) -> tuple[int, str]:
    root = config.parent / "root"
    root.mkdir(exist_ok=True)
    told = CliRunner().invoke(
        app, ["shell", verb, "--root", str(root), "--config", str(config), *options]
    )
    return told.exit_code, told.output


def test_a_dry_run_names_every_file_and_writes_none(config: Path) -> None:
    code, told = shell("install", config, "--dry-run")
    assert code == 0
    assert told.count("new ") == 11
    assert list((config.parent / "root").iterdir()) == []
    code, told = shell("check", config)
    assert (code, told.count("FAILS")) == (1, 11)


def test_files_are_written_for_anybody_to_read_and_a_second_time_changes_nothing(
    config: Path,
) -> None:
    before = os.umask(0o077)
    try:
        assert shell("install", config)[0] == 0
    finally:
        os.umask(before)
    root = config.parent / "root"
    for path in root.rglob("*"):
        if not path.is_symlink():
            assert path.stat().st_mode & 0o777 == (0o755 if path.is_dir() else 0o644), path
    assert shell("check", config)[0] == 0
    code, told = shell("install", config)
    assert (code, told.count("as it is")) == (0, 11)
    unit = (root / SCREEN_UNIT).read_text()
    assert f"shell show http://127.0.0.1:8099/ --browser {Path('/usr/bin/chromium')}" in unit
    assert "/opt/kaiguan" not in unit.partition("[Service]")[2]
    masked = root / "etc/systemd/system/ctrl-alt-del.target"
    assert masked.readlink() == Path("/dev/null")


def test_what_somebody_changed_is_told_and_kept_beside(config: Path) -> None:
    shell("install", config)
    root = config.parent / "root"
    (root / POLICY).write_text("{}")
    code, told = shell("check", config)
    assert (code, told.splitlines()[0].split()[:2]) == (1, ["FAILS", f"/{POLICY}"])
    assert "replaced" in shell("install", config)[1]
    assert (root / POLICY).with_name("kaiguan.json.before-kaiguan").read_text() == "{}"
    assert json.loads((root / POLICY).read_text())["URLBlocklist"] == ["*"]


def test_the_doctor_sees_it(config: Path) -> None:
    settings = KioskConfig(node=NodeSection(venue="v", node="kiosk-1"))
    root = config.parent / "root"
    [none] = look_at_shell(settings, config, root)
    assert none.is_fine
    assert "none here" in none.text
    config.write_text(CONFIG.replace("8099", "8090"))
    shell("install", config)
    (root / "etc/pam.d/kaiguan-screen").unlink()
    told = [one.text for one in look_at_shell(settings, config, root) if not one.is_fine]
    assert "/etc/pam.d/kaiguan-screen is not as" in told[0]


def test_a_folder_that_cannot_be_written_is_one_sentence(config: Path) -> None:
    root = config.parent / "root"
    root.mkdir()
    (root / "etc").write_text("a file")
    code, told = shell("install", config)
    assert code == 1
    assert "Not a directory" in told


def test_the_camera_is_open_to_the_page_that_needs_it() -> None:
    node = NodeSection(venue="v", node="kiosk-1")
    for ar, urls in (
        (None, []),
        (ArSection(source="device"), []),
        (ArSection(source="browser"), ["http://127.0.0.1:8090"]),
    ):
        files = shell_files(KioskConfig(node=node, ar=ar), Path("/k.toml"))
        [policy] = [json.loads(one.content) for one in files if one.path == POLICY]
        assert policy["VideoCaptureAllowedUrls"] == urls
        assert policy["VideoCaptureAllowed"] is False
    assert origin(FaceSection(host="::1")) == "http://[::1]:8090"
