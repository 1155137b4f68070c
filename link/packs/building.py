"""Making a pack out of a folder, or signing one that is there; the same input, the same bytes.

The folder holds `pack.json`, the manifest without its files, and the files: each that ends as media
do goes into the pack.
"""

import hashlib
import os
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Final

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from contracts.decoding import UNREADABLE
from contracts.pack import (
    ENDINGS,
    MANIFEST,
    MOST_FILES,
    MOST_MANIFEST_BYTES,
    SIGNATURE,
    PackFile,
    PackManifest,
    encode_manifest,
)
from link.packs.archive import facts_of, manifest_bytes, read_file
from link.packs.refusal import PackRefused
from link.packs.signing import sign_pack

SKETCH: Final = "pack.json"
"""What a person writes: the manifest without `files`, which are looked up."""

_EPOCH: Final = (1980, 1, 1, 0, 0, 0)
_PACKED_MEDIA: Final = frozenset({"image/jpeg", "audio/mpeg", "audio/ogg", "video/mp4"})
Progress = Callable[[str], None]


def read_sketch(folder: Path) -> dict[str, object]:
    """Return what `pack.json` of a folder says. Raises PackRefused."""
    path = folder / SKETCH
    try:
        text = path.read_bytes()
        if len(text) > MOST_MANIFEST_BYTES:
            raise PackRefused(f"{path}: is larger than {MOST_MANIFEST_BYTES} bytes")
        return msgspec.json.decode(text, type=dict[str, object])
    except OSError as error:
        raise PackRefused(f"{path}: cannot be read: {error.strerror or error}") from error
    except msgspec.ValidationError as error:
        raise PackRefused(f"{path}: {error}") from error
    except UNREADABLE as error:
        raise PackRefused(f"{path}: is not JSON: {error}") from error


def folder_manifest(folder: Path, progress: Progress = lambda _name: None) -> PackManifest:
    """Return the manifest of what lies in a folder. Raises PackRefused."""
    sketch = read_sketch(folder)
    files = []
    for path in _files(folder):
        name = path.relative_to(folder).as_posix()
        progress(name)
        try:
            content = path.read_bytes()
        except OSError as error:
            raise PackRefused(f"{name}: cannot be read: {error.strerror or error}") from error
        media = ENDINGS[path.suffix[1:]]
        digest = hashlib.sha256(content).hexdigest()
        files.append({"name": name, "sha256": digest, "bytes": len(content), "media": media})
    try:
        return msgspec.convert(sketch | {"files": files}, PackManifest)
    except msgspec.ValidationError as error:
        raise PackRefused(f"{folder / SKETCH}: {error}") from error


def build_pack(
    folder: Path,
    target: Path,
    key: Ed25519PrivateKey | None = None,
    progress: Progress = lambda _name: None,
) -> PackManifest:
    """Pack a folder into a zip, signed if there is a key, and look it through as others would.

    Raises PackRefused: nothing was written in place of `target`.
    """
    manifest = folder_manifest(folder, progress)
    _write(target, manifest, key, lambda file: (folder / file.name).read_bytes())
    return manifest


def resign(source: Path, key: Ed25519PrivateKey) -> PackManifest:
    """Sign a pack in place of any signature before. Raises PackRefused."""
    facts = facts_of(source)
    exact = manifest_bytes(source)
    _write(source, facts.manifest, key, lambda file: read_file(source, file), exact=exact)
    return facts.manifest


def _write(
    target: Path,
    manifest: PackManifest,
    key: Ed25519PrivateKey | None,
    read: Callable[[PackFile], bytes],
    *,
    exact: bytes | None = None,
) -> None:
    text = encode_manifest(manifest) if exact is None else exact
    partial = target.with_name(f".{target.name}.partial")
    try:
        with zipfile.ZipFile(partial, "w") as zip_:
            _add(zip_, MANIFEST, text, zipfile.ZIP_DEFLATED)
            if key is not None:
                _add(zip_, SIGNATURE, sign_pack(text, key), zipfile.ZIP_STORED)
            for file in manifest.files:
                is_packed = file.media in _PACKED_MEDIA
                how = zipfile.ZIP_STORED if is_packed else zipfile.ZIP_DEFLATED
                _add(zip_, file.name, read(file), how)
        with partial.open("rb+") as file_:
            os.fsync(file_.fileno())
        facts_of(partial)
        partial.replace(target)
    except OSError as error:
        raise PackRefused(f"{target}: cannot be written: {error.strerror or error}") from error
    finally:
        partial.unlink(missing_ok=True)


def _add(zip_: zipfile.ZipFile, name: str, content: bytes, how: int) -> None:
    entry = zipfile.ZipInfo(name, _EPOCH)
    entry.external_attr = 0o100644 << 16
    entry.compress_type = how
    zip_.writestr(entry, content)


def _files(folder: Path) -> list[Path]:
    """Return what belongs into a pack, sorted. Raises PackRefused."""
    found = []
    for path in sorted(folder.rglob("*")):
        if path.is_symlink():
            raise PackRefused(f"{path.relative_to(folder)}: is a link; a pack holds plain files")
        if not path.is_file() or path.name == SKETCH or path.name.startswith("."):
            continue
        if path.suffix[1:] not in ENDINGS:
            raise PackRefused(
                f"{path.relative_to(folder)}: does not end as what a pack holds:"
                f" {', '.join(sorted(ENDINGS))}"
            )
        found.append(path)
    if len(found) > MOST_FILES:
        raise PackRefused(f"{len(found)} files; a pack has at most {MOST_FILES}")
    return found
