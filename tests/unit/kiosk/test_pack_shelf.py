"""A shelf shows a whole pack at every instant, whatever is switched off between two steps."""

import hashlib
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

import kiosk.packs.shelf as shelf_module
from contracts.pack import MOST_PACKS
from kiosk.packs import Pack, PackRefused, PackShelf
from kiosk.packs.shelf import INDEX
from tests.packs import PUBLIC, a_pack


def _shelf(folder: Path) -> PackShelf:
    return PackShelf(folder, [PUBLIC])


def _shown(shelf: PackShelf) -> dict[str, int]:
    return {pack.manifest.pack: pack.manifest.version for pack in shelf.current()}


def test_an_empty_shelf_shows_nothing(tmp_path: Path) -> None:
    assert _shelf(tmp_path / "none").current() == ()


def test_a_pack_is_shown_and_read(tmp_path: Path) -> None:
    shelf = _shelf(tmp_path / "shelf")
    pack = shelf.install(a_pack(tmp_path))
    assert _shown(_shelf(shelf.folder)) == {"town": 1}
    assert pack.read("gate.png") == (tmp_path / "town-1/gate.png").read_bytes()
    assert pack.file("models/gate.glb").media == "model/gltf-binary"
    with pytest.raises(PackRefused, match="has no file"):
        pack.read("../shelf.json")


def test_bytes_are_taken_as_a_file_is(tmp_path: Path) -> None:
    shelf = _shelf(tmp_path / "shelf")
    shelf.install(a_pack(tmp_path).read_bytes())
    assert _shown(shelf) == {"town": 1}


def test_the_version_before_is_kept_and_comes_back(tmp_path: Path) -> None:
    shelf = _shelf(tmp_path / "shelf")
    for version in (1, 2, 3):
        newest = shelf.install(a_pack(tmp_path, version=version))
    shelf.sweep()
    assert len(list(shelf.folder.glob("*.zip"))) == 2
    assert shelf.roll_back("town").manifest.version == 2
    assert _shown(shelf) == {"town": 2}
    assert shelf.places()["town"].refused == newest.sha256
    with pytest.raises(PackRefused, match="no version"):
        shelf.roll_back("town")


def test_the_same_pack_twice_keeps_the_version_before(tmp_path: Path) -> None:
    shelf = _shelf(tmp_path / "shelf")
    for version in (1, 2, 2):
        shelf.install(a_pack(tmp_path, version=version))
    assert shelf.roll_back("town").manifest.version == 1


def test_what_is_refused_changes_nothing(tmp_path: Path) -> None:
    shelf = _shelf(tmp_path / "shelf")
    shelf.install(a_pack(tmp_path))
    with pytest.raises(PackRefused, match="not signed"):
        shelf.install(a_pack(tmp_path, version=2, is_signed=False))
    assert _shown(shelf) == {"town": 1}


def test_a_damaged_zip_gives_way_to_the_version_before(tmp_path: Path) -> None:
    shelf = _shelf(tmp_path / "shelf")
    for version in (1, 2):
        newest = shelf.install(a_pack(tmp_path, version=version))
    newest.path.write_bytes(newest.path.read_bytes()[:-100])
    assert _shown(shelf) == {"town": 1}


def test_a_damaged_index_is_an_empty_shelf(tmp_path: Path) -> None:
    shelf = _shelf(tmp_path / "shelf")
    shelf.install(a_pack(tmp_path))
    (shelf.folder / INDEX).write_text('{"packs": {"town": {"shown": "../../etc/passwd"}}}')
    assert shelf.current() == ()


def test_withdrawn_packs_go_and_their_files_are_swept(tmp_path: Path) -> None:
    shelf = _shelf(tmp_path / "shelf")
    for name in ("town", "river"):
        shelf.install(a_pack(tmp_path, name))
    assert shelf.keep_only(["river"])
    assert not shelf.keep_only(["river", "other"])
    shelf.sweep()
    assert _shown(shelf) == {"river": 1}
    assert len(list(shelf.folder.glob("*.zip"))) == 1


def test_a_part_that_is_still_fetched_is_not_swept(tmp_path: Path) -> None:
    shelf = _shelf(tmp_path)
    for sha256 in ("a" * 64, "b" * 64):
        shelf.part_of(sha256).write_bytes(b"half")
    shelf.sweep(parts=["a" * 64])
    assert [path.name for path in tmp_path.iterdir()] == [f"{'a' * 64}.part"]


def test_a_shelf_is_not_endless(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert MOST_PACKS >= 2
    monkeypatch.setattr(shelf_module, "MOST_PACKS", 1)
    shelf = _shelf(tmp_path / "shelf")
    shelf.install(a_pack(tmp_path))
    with pytest.raises(PackRefused, match="at most 1"):
        shelf.install(a_pack(tmp_path, "river"))


class PowerCut(BaseException):
    """Nothing after this instant happens."""


def _install_cut_before(
    shelf: PackShelf, part: Path, step: int, monkeypatch: pytest.MonkeyPatch
) -> Pack | None:
    """Install, and cut the power before the step-th change to the disk; None: it was cut."""
    left = [step]

    def cut(real: Callable[..., object]) -> Callable[..., object]:
        def change(*args: object, **options: object) -> object:
            if left[0] == 0:
                raise PowerCut
            left[0] -= 1
            return real(*args, **options)

        return change

    with monkeypatch.context() as patched:
        for owner, name in (
            *((Path, name) for name in ("replace", "unlink", "mkdir")),
            *((os, name) for name in ("fsync", "open")),
        ):
            patched.setattr(owner, name, cut(getattr(owner, name)))
        try:
            return shelf.install(part)
        except PowerCut:
            return None


def test_a_power_cut_between_two_steps_leaves_one_version_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = a_pack(tmp_path, version=1), a_pack(tmp_path, version=2)
    sha256 = hashlib.sha256(second.read_bytes()).hexdigest()
    seen = []
    for step in range(100):
        shelf = _shelf(tmp_path / f"shelf-{step}")
        shelf.install(first)
        part = shelf.part_of(sha256)
        shutil.copy(second, part)
        installed = _install_cut_before(shelf, part, step, monkeypatch)
        again = _shelf(shelf.folder)
        (version,) = _shown(again).values()
        seen.append(version)
        # What was fetched is there under one of its names, and is installed after the restart.
        again.install(part if part.exists() else again.path_of(sha256))
        again.sweep()
        assert _shown(again) == {"town": 2}
        assert again.roll_back("town").manifest.version == 1
        if installed is not None:
            break
    assert len(seen) >= 6
    assert seen == sorted(seen)
    assert set(seen) == {1, 2}
