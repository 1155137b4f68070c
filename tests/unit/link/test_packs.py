"""A content pack is looked through before anything of it is used; what is wrong is said."""

import io
import json
import os
import random
import re
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.errors import DecodeError
from contracts.pack import (
    MANIFEST,
    SIGNATURE,
    decode_manifest,
    decode_packs,
    encode_manifest,
)
from link.errors import ConfigError
from link.packs import (
    PackRefused,
    build_pack,
    facts_of,
    make_key_pem,
    open_archive,
    public_pem,
    read_file,
    read_private_key,
    read_public_keys,
    resign,
)
from link.packs.models import check_model
from link.packs.pictures import check_picture
from tests.packs import (
    KEY,
    OTHER,
    PUBLIC,
    Entries,
    a_folder,
    a_glb,
    a_pack,
    a_png,
    contents,
    manifest_of,
    signed_zip,
    zipped,
)

Change = Callable[[dict[str, Any]], object]
NAMES = st.text(st.characters(codec="utf-8"), min_size=1, max_size=30)


def refusal(zip_: bytes, *, allow_unsigned: bool = False) -> str:
    with pytest.raises(PackRefused) as refused:
        open_archive(zip_, [PUBLIC], allow_unsigned=allow_unsigned)
    sentence = str(refused.value)
    assert sentence
    assert "\n" not in sentence
    return sentence


def complaint(look: Callable[[], object]) -> str | None:
    """Return what a look refuses with; nothing but PackRefused may come of it."""
    try:
        look()
    except PackRefused as refused:
        return str(refused)
    return None


def test_a_sound_pack_is_read_as_it_was_built(tmp_path: Path) -> None:
    path = a_pack(tmp_path)
    facts = open_archive(path, [PUBLIC])
    assert facts.is_signed
    assert facts.size == path.stat().st_size
    assert facts.pixels == {"gate.png": (8, 6)}
    assert [target.name for target in facts.manifest.targets] == ["gate", "shelf"]
    for file in facts.manifest.files:
        assert read_file(path, file) == (tmp_path / "town-1" / file.name).read_bytes()


def test_the_same_folder_gives_the_same_bytes(tmp_path: Path) -> None:
    folder = a_folder(tmp_path / "town")
    build_pack(folder, tmp_path / "one.zip", KEY)
    for file in folder.rglob("*"):
        os.utime(file, (1, 1))
    build_pack(folder, tmp_path / "two.zip", KEY)
    assert (tmp_path / "one.zip").read_bytes() == (tmp_path / "two.zip").read_bytes()


def test_an_unsigned_pack_is_taken_with_the_flag_only(tmp_path: Path) -> None:
    path = a_pack(tmp_path, is_signed=False)
    assert "not signed" in refusal(path.read_bytes())
    facts = open_archive(path, [PUBLIC], allow_unsigned=True)
    assert not facts.is_signed


def test_a_strangers_signature_is_none() -> None:
    assert "signed by nobody whom" in refusal(signed_zip(key=OTHER))


def test_a_signature_is_of_every_byte_of_the_manifest() -> None:
    zip_ = signed_zip()
    with zipfile.ZipFile(io.BytesIO(zip_)) as read:
        entries = {name: read.read(name) for name in read.namelist()}
    entries[MANIFEST] = entries[MANIFEST].replace(b"stone lion", b"stone frog")
    assert "signed by nobody whom" in refusal(zipped(entries))


def test_signing_replaces_a_signature_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "pack.zip"
    path.write_bytes(signed_zip(key=OTHER))
    before = facts_of(path).manifest
    resign(path, KEY)
    facts = open_archive(path, [PUBLIC])
    assert facts.manifest == before
    assert read_file(path, facts.manifest.files[0]) == contents()[facts.manifest.files[0].name]


def test_keys_are_pem_files_and_only_of_the_right_kind(tmp_path: Path) -> None:
    private, public = tmp_path / "key.pem", tmp_path / "public.pem"
    private.write_bytes(make_key_pem())
    key = read_private_key(private)
    public.write_text(public_pem(key))
    assert read_public_keys([public])[0].public_bytes_raw() == key.public_key().public_bytes_raw()
    for wrong in (public, tmp_path / "absent"):
        with pytest.raises(ConfigError, match=str(wrong)):
            read_private_key(wrong)
    with pytest.raises(ConfigError, match="no public key"):
        read_public_keys([private])


# Zips that are out to do harm.


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("../evil.png", "leads out"),
        ("a/../../evil.png", "leads out"),
        ("..\\evil.png", "leads out"),
        ("/etc/cron.d/evil", "absolute"),
        ("\\evil.png", "absolute"),
        ("C:evil.png", "absolute"),
        ("extra.png", "not in the manifest"),
        ("folder/", "plain files"),
        ("null\0.png", "not in the manifest"),
    ],
)
def test_a_name_that_does_not_belong_is_refused(name: str, said: str) -> None:
    files = contents()
    entries = {MANIFEST: json.dumps(manifest_of(files)).encode()} | files | {name: b"x"}
    assert said in refusal(zipped(entries), allow_unsigned=True)


def test_two_entries_of_one_name_are_refused() -> None:
    file = io.BytesIO(signed_zip())
    with zipfile.ZipFile(file, "a") as zip_, pytest.warns(UserWarning, match="Duplicate"):
        zip_.writestr("gate.png", a_png(shade=1))
    assert "stands in the zip twice" in refusal(file.getvalue())


def test_a_link_is_refused() -> None:
    file = io.BytesIO(signed_zip())
    link = zipfile.ZipInfo("link.png")
    link.external_attr = 0o120777 << 16
    with zipfile.ZipFile(file, "a") as zip_:
        zip_.writestr(link, "/etc/passwd")
    assert "a link" in refusal(file.getvalue())


def test_a_bomb_is_known_by_what_it_says_of_itself() -> None:
    entries = {MANIFEST: b"{}", "gate.png": bytes(20_000_000)}
    assert "a zip bomb" in refusal(zipped(entries), allow_unsigned=True)


def test_a_bomb_that_lies_about_its_size_unfolds_no_further() -> None:
    files = contents()
    small = len(files["gate.png"])
    entries = {MANIFEST: json.dumps(manifest_of(files)).encode()} | files
    lying = bytearray(zipped(entries | {"gate.png": files["gate.png"] + bytes(1_000_000)}))
    at = lying.rindex(b"PK\x01\x02", 0, lying.rindex(b"PK\x01\x02"))
    struct.pack_into("<I", lying, at + 24, small)
    with zipfile.ZipFile(io.BytesIO(lying)) as zip_:
        assert zip_.getinfo("gate.png").file_size == small
    assert "damaged" in refusal(bytes(lying), allow_unsigned=True)


def test_a_directory_too_large_is_refused_before_it_is_read() -> None:
    end = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 60_000, 60_000, 3_000_000, 0, 0)
    assert "60000 entries" in refusal(bytes(3_000_000) + end)


def test_entries_over_each_other_are_refused() -> None:
    zip_ = bytearray(zipped({MANIFEST: bytes(100), "gate.png": bytes(100)}, zipfile.ZIP_STORED))
    second = zip_.rindex(b"PK\x01\x02")
    struct.pack_into("<I", zip_, second + 42, 0)
    said = refusal(bytes(zip_), allow_unsigned=True)
    assert "lies over another" in said


@pytest.mark.parametrize(
    "zip_",
    [
        b"",
        b"PK",
        b"not a zip at all, but long enough to be one",
        signed_zip() + b"after",
        b"before" + signed_zip(),
        signed_zip()[:-30],
        zipped({}),
        zipped({"gate.png": b"x"}),
    ],
)
def test_what_is_no_pack_is_refused(zip_: bytes) -> None:
    refusal(zip_, allow_unsigned=True)


# Manifests that do not fit.


def _file(index: int, **fields: Any) -> Change:
    return lambda manifest: manifest["files"][index].update(fields)


def _target(index: int, **fields: Any) -> Change:
    return lambda manifest: manifest["targets"][index].update(fields)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (_file(0, sha256="0" * 64), "SHA-256"),
        (_file(0, bytes=5), "the manifest says 5"),
        (_file(0, media="image/jpeg"), "is not image/jpeg"),
        (_file(0, name="Gate.PNG"), "no name of a file"),
        (_file(0, name="a/b/c/d/e.png"), "no name of a file"),
        (_file(0, bytes=10**9), "files"),
        (lambda manifest: manifest["files"].pop(), "which is no file"),
        (lambda manifest: manifest["files"].append(manifest["files"][0]), "twice"),
        (lambda manifest: manifest["targets"].clear(), "targets"),
        (lambda manifest: manifest["targets"].append(manifest["targets"][0]), "twice"),
        (lambda manifest: manifest.update(format=2), "format"),
        (lambda manifest: manifest.update(pack="../x"), "not a name"),
        (lambda manifest: manifest.update(version=0), "version"),
        (_target(0, picture=None), "a picture or a marker"),
        (_target(0, marker={"dictionary": "DICT_5X5_100", "number": 1}), "a picture or a marker"),
        (_target(0, model="gate.png"), "is needed there"),
        (_target(0, width_mm=-1), "width_mm"),
        (_target(0, caption={"zh": "门"}), "caption"),
        (_target(1, marker={"dictionary": "DICT_9X9", "number": 1}), "dictionary"),
        (_target(0, venue="No Venue"), "not a name"),
    ],
)
def test_a_manifest_that_does_not_fit_is_refused(change: Change, said: str) -> None:
    assert said in refusal(signed_zip(change=change))


def test_two_targets_of_one_marker_are_refused() -> None:
    def change(manifest: dict[str, Any]) -> None:
        manifest["targets"].append(manifest["targets"][1] | {"name": "other"})

    assert "marker 'DICT_5X5_100 7' stands there twice" in refusal(signed_zip(change=change))


def test_a_manifest_nested_too_deep_is_refused() -> None:
    deep = b'{"format":' + b"[" * 100_000 + b"}"
    with pytest.raises(DecodeError):
        decode_manifest(deep)


def test_a_manifest_is_read_as_it_was_written(tmp_path: Path) -> None:
    manifest = facts_of(a_pack(tmp_path)).manifest
    assert decode_manifest(encode_manifest(manifest)) == manifest


# Pictures and models.


def _with(files: Entries) -> str:
    return refusal(signed_zip(contents() | files))


def test_a_huge_picture_is_refused_by_its_head() -> None:
    huge = bytearray(a_png())
    struct.pack_into(">II", huge, 16, 60_000, 60_000)
    assert "60000 x 60000 pixels" in _with({"gate.png": bytes(huge)})


def test_the_size_of_a_jpeg_is_found_behind_its_other_parts() -> None:
    head = b"\xff\xd8\xff\xe0\x00\x04ab\xff\xff\xfe\x00\x03c"
    frame = b"\xff\xc2\x00\x11\x08" + struct.pack(">HH", 600, 800)
    assert check_picture("a.jpg", head + frame, "image/jpeg") == (800, 600)
    for broken in (
        head,
        head + b"\xff\xda\x00\x04ab",
        b"\xff\xd8\x00",
        b"",
        head + b"\xff\xe1\0\0",
    ):
        with pytest.raises(PackRefused, match="no sound JPEG"):
            check_picture("a.jpg", broken, "image/jpeg")


def test_a_page_that_calls_itself_a_picture_is_refused() -> None:
    assert "is not image/png" in _with({"gate.png": b"<html><script>alert(1)</script>"})


def _model(path: str, value: Any) -> Change:
    """Return what sets one field of a glTF; a number in the path is a place in a list."""

    def change(model: dict[str, Any]) -> None:
        *way, last = [int(part) if part.isdigit() else part for part in path.split(".")]
        thing: Any = model
        for part in way:
            thing = thing[part]
        thing[last] = value

    return change


def _shorter_normals(model: dict[str, Any]) -> None:
    model["accessors"].append(model["accessors"][0] | {"count": 2})
    model["meshes"][0]["primitives"][0]["attributes"]["NORMAL"] = 2


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (_model("buffers.0.uri", "http://evil.example/x.bin"), "outside of it"),
        (_model("buffers.0.byteLength", 10_000), "10000 bytes, and 44"),
        (_model("bufferViews.0.byteLength", 60), "view 0 reaches past"),
        (_model("bufferViews.0.byteOffset", -4), "byteOffset"),
        (_model("bufferViews.0.buffer", 3), "buffer 3 is not there"),
        (_model("accessors.0.count", 4), "accessor 0 reaches past"),
        (_model("accessors.0.byteOffset", 2), "borders"),
        (_model("accessors.0.bufferView", 9), "view 9 is not there"),
        (_model("accessors.0.componentType", 1), "no type that glTF has"),
        (_model("accessors.0.sparse", {}), "sparse"),
        (_model("accessors.1.componentType", 5126), "reaches past"),
        (_model("accessors.1.count", 2**31), "reaches past"),
        (_model("meshes.0.primitives.0.attributes", {}), "no positions"),
        (_model("meshes.0.primitives.0.indices", 0), "no whole numbers"),
        (_shorter_normals, "equally long"),
        (_model("meshes.0.primitives.0.material", 0), "material 0 is not there"),
        (_model("nodes.0.children", [0]), "its own ancestor"),
        (_model("nodes.0.children", [5]), "child 5 is not there"),
        (_model("nodes.0.mesh", 5), "mesh 5 is not there"),
        (_model("scenes.0.nodes", [5]), "node 5 is not there"),
        (_model("images", [{"uri": "http://evil.example/x.png"}]), "outside of it"),
        (_model("images", [{"mimeType": "image/svg+xml", "bufferView": 0}]), "neither PNG"),
        (_model("images", [{"mimeType": "image/png", "bufferView": 0}]), "no sound PNG"),
        (_model("extensionsRequired", ["KHR_draco_mesh_compression"]), "no kiosk has"),
        (_model("asset.version", "1.0"), "2.0 is read"),
        (_model("asset", {}), "version"),
        (_model("nodes", [{}] * 6000), "6000 nodes"),
    ],
)
def test_a_broken_model_is_refused(change: Change, said: str) -> None:
    assert said in _with({"models/gate.glb": a_glb(change)})


def test_an_index_past_the_points_is_refused() -> None:
    assert "names point 3 of 3" in _with({"models/gate.glb": a_glb(indices=(0, 1, 3))})


@pytest.mark.parametrize(
    "content",
    [
        b"glTF",
        a_glb()[:30],
        a_glb() + b"more",
        a_glb().replace(b"JSON", b"JSOX"),
        a_glb().replace(b"glTF\x02", b"glTF\x01"),
        a_glb().replace(b'"asset"', b'"asse\xff"'),
    ],
)
def test_what_is_no_glb_is_refused(content: bytes) -> None:
    with pytest.raises(PackRefused, match=r"gate\.glb"):
        check_model("gate.glb", content)


@given(st.binary(max_size=300))
def test_no_bytes_break_the_look_at_models_and_pictures(content: bytes) -> None:
    for look in (
        lambda: check_model("m", b"glTF\x02\0\0\0" + content),
        lambda: check_picture("p", b"\xff\xd8" + content, "image/jpeg"),
        lambda: check_picture("p", content, "image/png"),
    ):
        assert complaint(look) != ""


# Announcements.


@pytest.mark.parametrize(
    "payload",
    [
        b"{}",
        b'{"packs": [{"pack": "a", "version": 1, "sha256": "../..", "bytes": 1}], "at_ms": 0}',
        b'{"packs": [{"pack": "A", "version": 1, "sha256": "' + b"0" * 64 + b'", "bytes": 1}],'
        b' "at_ms": 0}',
        b'{"packs": [' + b"[" * 60_000 + b"]}",
    ],
)
def test_an_announcement_that_cannot_be_is_refused(payload: bytes) -> None:
    with pytest.raises(DecodeError):
        decode_packs(payload)


# Fuzzed zips.


def fuzzed(rng: random.Random, sound: bytes) -> bytes:
    """Return a sound pack with damage: bits, numbers, pieces cut out, doubled or swapped."""
    zip_ = bytearray(sound)
    for _ in range(rng.randint(1, 6)):
        at = rng.randrange(len(zip_))
        if rng.random() < 0.5:
            # Where the numbers are that a reader steps by.
            marks = [found.start() for found in re.finditer(b"PK", zip_)]
            at = min(len(zip_) - 1, rng.choice(marks or [0]) + rng.randrange(50))
        match rng.randrange(5):
            case 0:
                zip_[at] ^= 1 << rng.randrange(8)
            case 1:
                zip_[at] = rng.choice((0, 1, 0x7F, 0x80, 0xFF))
            case 2:
                zip_[at : at + 4] = rng.randbytes(4)
            case 3:
                del zip_[at : at + rng.randint(1, 40)]
            case _:
                zip_[at:at] = zip_[at : at + rng.randint(1, 40)]
        if len(zip_) < 8:
            break
    return bytes(zip_)


def _fuzz(seed: int, rounds: int) -> None:
    print(f"seed {seed}")  # noqa: T201
    rng = random.Random(seed)
    sounds = [signed_zip(), zipped(_unzipped(signed_zip()), zipfile.ZIP_STORED)]
    refused = 0
    for number in range(rounds):
        zip_ = fuzzed(rng, rng.choice(sounds))
        said = complaint(lambda zip_=zip_: open_archive(zip_, [PUBLIC]))  # type: ignore[misc]
        if said is not None:
            refused += 1
            assert "\n" not in said, (seed, number)
            continue
        # What passes is what was signed: damage lay where nothing is.
        for file in facts_of(zip_).manifest.files:
            assert read_file(zip_, file) == contents()[file.name], (seed, number)
    assert refused > rounds / 2


def _unzipped(zip_: bytes) -> Entries:
    with zipfile.ZipFile(io.BytesIO(zip_)) as read:
        return {name: read.read(name) for name in read.namelist()}


def test_damaged_zips_are_refused_or_harmless() -> None:
    _fuzz(20_261_129, 1500)


@pytest.mark.soak
def test_a_great_many_damaged_zips_are_refused_or_harmless() -> None:
    for _ in range(100):
        _fuzz(random.SystemRandom().randrange(2**32), 5000)


@settings(max_examples=60)
@given(st.dictionaries(NAMES, st.binary(max_size=60), max_size=5))
def test_no_entries_break_the_look(entries: Entries) -> None:
    zip_ = zipped({MANIFEST: b"{}", SIGNATURE: b"x"} | entries)
    assert complaint(lambda: facts_of(zip_))
