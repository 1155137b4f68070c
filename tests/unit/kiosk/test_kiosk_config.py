"""Mistakes in a kiosk's configuration, each told in one sentence with its key."""

from pathlib import Path

import pytest

from kiosk.config_file import load, secret
from link.errors import ConfigError

NODE = '[node]\nvenue = "lib"\nnode = "kiosk-1"\n'
PAD = '[pad]\nport = "/dev/a"\n'


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "node"),
        (NODE + "[library]\n", "both"),
        (NODE + PAD, "both"),
        (NODE + "[library]\npassword = 'x'\n" + PAD, "library.password"),
        (NODE + "[library]\nprofile = 'kohaa'\n" + PAD, "library.profile"),
        (NODE + "[library]\nzone = 'Asia/Nowhere'\n" + PAD, "library.zone"),
        (NODE + "[library]\n[pad]\nport = '/dev/a'\ndriver = 'feigg'\n", "pad.driver"),
        (NODE + "[library]\n" + PAD + "[printer]\nport = '/dev/a'\n", "named twice"),
        (NODE + "[card_reader]\nport = '/dev/b'\npattern = '('\n", "card_reader.pattern"),
        (NODE + "[face]\nhost = '0.0.0.0'\n", "face.host"),
        (NODE + "[session]\ncountdown_seconds = 5\n", "session.countdown_seconds"),
        (NODE + "[session]\nidle = 5\n", "session.idle"),
        (NODE + "[mail]\nhost = 'm'\nfrom = 'nobody'\n", "mail.from"),
        (NODE + "[mail]\nhost='m'\nfrom='a@b'\nuser='a'\ntls='none'\n", "mail"),
        (NODE + "[hub]\nurl = 'hub'\n", "hub.url"),
        (NODE + "[ar]\nsource = 'file'\n", "go together"),
        (NODE + "[ar]\nfile = 'film.mp4'\n", "go together"),
        (NODE + "[ar]\nsource = 'television'\n", "ar.source"),
        (NODE + "[broker]\npassword = 'x'\n", "broker.password"),
    ],
    ids=lambda part: part.split("\n")[-1] if "\n" not in part else "file",
)
def test_a_mistake_is_one_sentence(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "kiosk.toml"
    path.write_text(text)
    with pytest.raises(ConfigError, match=said) as error:
        load(path)
    assert str(error.value).startswith(f"{path}: ")
    assert "\n" not in str(error.value)


def test_without_lending_a_kiosk_informs(tmp_path: Path) -> None:
    path = tmp_path / "kiosk.toml"
    path.write_text(NODE)
    config = load(path)
    assert config.library is None
    assert config.lending.journal == tmp_path / "journal.db"
    assert config.hub_url is None


def test_a_camera_has_its_files_beside_the_configuration(tmp_path: Path) -> None:
    path = tmp_path / "kiosk.toml"
    path.write_text(NODE)
    assert load(path).ar is None
    path.write_text(NODE + "[ar]\nsource = 'file'\nfile = 'film.mp4'\nidle_seconds = 40\n")
    config = load(path)
    assert config.ar is not None
    assert config.ar.file == tmp_path / "film.mp4"
    assert config.ar.packs == tmp_path / "packs"
    assert config.session_settings.ar_idle_seconds == 40


def test_a_password_comes_of_a_private_file_or_of_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "password"
    file.write_text("secret\n")
    file.chmod(0o644)
    with pytest.raises(ConfigError, match="others may read it"):
        secret("KAIGUAN_X", file)
    file.chmod(0o600)
    assert secret("KAIGUAN_X", file) == "secret"
    monkeypatch.setenv("KAIGUAN_X", "other")
    assert secret("KAIGUAN_X", None) == "other"
    with pytest.raises(ConfigError, match="cannot be read"):
        secret("KAIGUAN_X", tmp_path / "none")
