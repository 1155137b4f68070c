"""`python -m kiosk pack`: a folder of pictures becomes a signed pack, and what is wrong is said."""

import json
import re
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from typer.testing import CliRunner, Result

from examples.packs.jiading.build import build
from examples.packs.jiading.postcards import picture
from kiosk.__main__ import app
from kiosk.packs import open_pack
from link.packs import make_key_pem, public_pem, read_private_key
from tests.packs import KEY, PUBLIC, a_folder, a_pack, a_png


def pack(*arguments: str | Path) -> Result:
    """Run one verb in this process."""
    return CliRunner().invoke(app, ["pack", *map(str, arguments)])


@pytest.fixture
def keys(tmp_path: Path) -> tuple[Path, Path]:
    private, public = tmp_path / "packs.key", tmp_path / "packs.pem"
    private.write_bytes(make_key_pem())
    public.write_text(public_pem(read_private_key(private)))
    return private, public


def test_from_a_folder_of_pictures_to_a_signed_pack(
    tmp_path: Path, keys: tuple[Path, Path]
) -> None:
    private, public = keys
    folder = tmp_path / "Old Town"
    folder.mkdir()
    for name in ("gate", "bridge"):
        (folder / f"{name}.png").write_bytes(a_png(600, 400))
    begun = pack("new", folder)
    assert begun.exit_code == 0, begun.output
    assert "2 targets" in begun.output
    assert json.loads((folder / "pack.json").read_text())["pack"] == "old-town"
    built = pack("build", folder)
    assert built.exit_code == 0, built.output
    zip_ = tmp_path / "Old Town.zip"
    assert f"{zip_}: old-town 1, 2 targets, not signed" in built.output
    unsigned = pack("check", zip_, "--key", public)
    assert (unsigned.exit_code, unsigned.stderr.count("\n")) == (1, 1)
    assert "not signed" in unsigned.stderr
    signed = pack("sign", zip_, "--key", private)
    assert signed.exit_code == 0, signed.output
    checked = pack("check", zip_, "--key", public)
    assert checked.exit_code == 0, checked.output
    assert "ok    old-town 1" in checked.output
    # A grey picture holds nothing to find it by.
    weak = "weak  bridge: bridge.png, 600 x 400 pixels, 148 mm, score 0.00: too little texture"
    assert weak in checked.output
    trusted = serialization.load_pem_public_key(public.read_bytes())
    assert open_pack(zip_, [trusted]).is_signed  # type: ignore[list-item]


def test_a_folder_without_pictures_begins_with_a_marker(tmp_path: Path) -> None:
    folder = tmp_path / "shelf"
    assert pack("new", folder).exit_code == 0
    assert pack("build", folder, "--out", tmp_path / "out.zip").exit_code == 0
    assert "marker DICT_5X5_100 1" in pack("check", tmp_path / "out.zip").output


def test_a_key_signs_at_once(tmp_path: Path, keys: tuple[Path, Path]) -> None:
    private, public = keys
    folder = a_folder(tmp_path / "town")
    (folder / "gate.png").write_bytes(a_png(600, 400))
    assert pack("build", folder, "--key", private).exit_code == 0
    assert pack("check", tmp_path / "town.zip", "--key", public).exit_code == 0


def test_a_stranger_is_no_signer(tmp_path: Path, keys: tuple[Path, Path]) -> None:
    zip_ = a_pack(tmp_path)
    assert open_pack(zip_, [PUBLIC]).is_signed
    said = pack("check", zip_, "--key", keys[1])
    assert (said.exit_code, "signed by nobody whom" in said.stderr) == (1, True)


def test_what_cannot_be_is_one_sentence(tmp_path: Path, keys: tuple[Path, Path]) -> None:
    folder = a_folder(tmp_path / "town")
    (tmp_path / "broken.zip").write_bytes(b"not a zip, and long enough to be looked at")
    (tmp_path / "empty").mkdir()
    (folder / "notes.txt").write_text("x")
    for arguments, code, said in (
        (("new", folder), 1, "is there already"),
        (("new", tmp_path / "x", "--name", "Not A Name"), 1, "no name of a pack"),
        (("build", folder), 1, "notes.txt: does not end as"),
        (("build", tmp_path / "empty"), 1, "pack.json: cannot be read"),
        (("check", tmp_path / "broken.zip"), 1, "is no zip"),
        (("check", tmp_path / "absent.zip"), 1, "cannot be read"),
        (("sign", tmp_path / "broken.zip", "--key", keys[0]), 1, "is no zip"),
        (("sign", tmp_path / "broken.zip", "--key", keys[1]), 2, "no private key"),
        (("check", tmp_path / "broken.zip", "--key", keys[0]), 2, "no public key"),
    ):
        result = pack(*arguments)
        assert result.exit_code == code, (arguments, result.output)
        assert said in result.stderr
        assert result.stderr.count("\n") == 1, result.stderr


def test_each_picture_is_scored_and_what_looks_alike_is_named(tmp_path: Path) -> None:
    folder = tmp_path / "cards"
    folder.mkdir()
    for name in ("track", "again"):
        picture("track").resize((740, 525)).save(folder / f"{name}.jpg", quality=90)
    assert pack("new", folder).exit_code == 0
    assert pack("build", folder).exit_code == 0
    checked = pack("check", tmp_path / "cards.zip")
    assert checked.exit_code == 0, checked.output
    assert re.search(
        r"ok    again: again.jpg, 740 x 525 pixels, 148 mm, score 0\.\d\d: good", checked.output
    )
    assert "alike track looks like again" in checked.output


def test_the_cards_of_the_sample_are_good_and_none_is_like_another(tmp_path: Path) -> None:
    checked = pack("check", build(tmp_path))
    assert checked.exit_code == 0, checked.output
    assert len(re.findall(r"^ok    \w+: \w+\.jpg, .* good$", checked.output, re.MULTILINE)) == 4
    assert "alike" not in checked.output


def test_a_picture_that_cannot_be_decoded_is_refused(tmp_path: Path) -> None:
    folder = a_folder(tmp_path / "town")
    whole = a_png()
    # Whole to look at from outside: what lies in its chunks is no picture any more.
    begins = whole.index(b"IDAT") + 4
    (folder / "gate.png").write_bytes(
        whole[:begins] + bytes(len(whole) - begins - 16) + whole[-16:]
    )
    assert pack("build", folder).exit_code == 0
    result = pack("check", tmp_path / "town.zip")
    assert (result.exit_code, "gate.png: is damaged" in result.stderr) == (1, True)


def test_packs_are_shown_listed_and_rolled_back(tmp_path: Path) -> None:
    config = tmp_path / "kiosk.toml"
    config.write_text('[node]\nvenue = "museum"\nnode = "kiosk-1"\n[ar]\npack_keys = ["our.pem"]\n')
    (tmp_path / "our.pem").write_text(public_pem(KEY))
    assert "no content pack" in pack("list", "--config", config).output
    for version in (1, 2):
        done = pack("install", a_pack(tmp_path, version=version), "--config", config)
        assert (done.exit_code, done.output) == (0, f"town {version} is shown\n")
    assert "town 2  老城 The old town, 2 targets" in pack("list", "--config", config).output
    assert "before it" in pack("list", "--config", config).output
    assert pack("roll-back", "town", "--config", config).output == "town 1 is shown again\n"
    refused = pack("roll-back", "town", "--config", config)
    assert (refused.exit_code, "no version" in refused.stderr) == (1, True)
    stranger = pack("install", a_pack(tmp_path, "x", is_signed=False), "--config", config)
    assert (stranger.exit_code, "is not signed" in stranger.stderr) == (1, True)
    config.write_text('[node]\nvenue = "museum"\nnode = "kiosk-1"\n')
    without = pack("list", "--config", config)
    assert (without.exit_code, "without this section" in without.stderr) == (2, True)


def test_a_link_in_a_folder_is_refused(tmp_path: Path) -> None:
    folder = a_folder(tmp_path / "town")
    (folder / "link.png").symlink_to("/etc/passwd")
    result = pack("build", folder)
    assert (result.exit_code, "is a link" in result.stderr) == (1, True)
