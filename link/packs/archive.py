"""Reading a pack's zip with limits: nothing of it is believed before it was looked at.

    the zip itself (`updater.zips`) → manifest → signature → the names of both agree
         → each file: size, SHA-256, and that it is what it says it is

What is refused raises PackRefused with one sentence. Nothing is ever unpacked to a disk, so that no
name in a zip becomes a path.
"""

import hashlib
import io
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from contracts.errors import DecodeError
from contracts.pack import (
    MANIFEST,
    MOST_FILES,
    MOST_MANIFEST_BYTES,
    MOST_PACK_BYTES,
    PICTURES,
    SIGNATURE,
    PackFile,
    PackManifest,
    decode_manifest,
)
from link.packs.models import check_model
from link.packs.pictures import PNG_HEAD, check_picture
from link.packs.refusal import PackRefused
from link.packs.signing import is_signed
from updater.errors import ZipRefused
from updater.zips import (
    UNREADABLE,
    Limits,
    Opened,
    check_frame,
    checked_entries,
    plain,
    shown,
    whole,
)

Source = Path | bytes
"""A zip: its file, or all of it."""

MOST_UNPACKED_BYTES: Final = 512 * 1024 * 1024
MOST_RATIO: Final = 200
"""An unpacked file is at most so many times as large as packed, if it is larger than 1 MiB: noise
aside, what is worth showing does not pack better."""
_SIGNATURE_BYTES: Final = 64
_CHUNK: Final = 256 * 1024
_LIMITS: Final = Limits("pack", MOST_PACK_BYTES, MOST_FILES, MOST_UNPACKED_BYTES, MOST_RATIO)
_HEADS: Final[dict[str, tuple[tuple[int, bytes], ...]]] = {
    "image/png": ((0, PNG_HEAD),),
    "image/jpeg": ((0, b"\xff\xd8\xff"),),
    "model/gltf-binary": ((0, b"glTF"),),
    "audio/mpeg": ((0, b"ID3"), (0, b"\xff\xfb"), (0, b"\xff\xf3"), (0, b"\xff\xf2")),
    "audio/ogg": ((0, b"OggS"),),
    "video/mp4": ((4, b"ftyp"),),
    "video/webm": ((0, b"\x1a\x45\xdf\xa3"),),
}
"""How files of a media type begin: at which byte, with what."""


@dataclass(frozen=True, slots=True)
class PackFacts:
    """A pack that was looked at whole; `sha256` and `size` are of the zip."""

    manifest: PackManifest
    sha256: str
    size: int
    is_signed: bool
    pixels: dict[str, tuple[int, int]]
    """Width and height of each picture."""


def open_archive(
    source: Source, keys: Sequence[Ed25519PublicKey], *, allow_unsigned: bool = False
) -> PackFacts:
    """Look a pack through. Raises PackRefused.

    With `allow_unsigned` a pack passes that nobody signed, or somebody else did.
    """
    with _opened(source) as file:
        try:
            size = check_frame(file, _LIMITS)
            with zipfile.ZipFile(file) as zip_:
                entries = checked_entries(zip_, size, _LIMITS)
                manifest, signed = _manifest(zip_, entries, keys, allow_unsigned=allow_unsigned)
                pixels = _checked_files(zip_, entries, manifest)
        except PackRefused:
            raise
        except ZipRefused as error:
            raise PackRefused(str(error)) from error
        except UNREADABLE as error:
            raise PackRefused(f"the zip is damaged: {plain(error)}") from error
        return PackFacts(manifest, _sha256(file), size, signed, pixels)


def facts_of(source: Source) -> PackFacts:
    """Look a pack through, whoever signed it. Raises PackRefused."""
    return open_archive(source, (), allow_unsigned=True)


def manifest_bytes(source: Source) -> bytes:
    """Return the manifest of a pack that was looked at, as it is signed. Raises PackRefused."""
    return read_entry(source, MANIFEST, MOST_MANIFEST_BYTES)


def read_file(source: Source, file: PackFile) -> bytes:
    """Return one file of a pack that was looked at before. Raises PackRefused: it changed since."""
    content = read_entry(source, file.name, file.bytes)
    if hashlib.sha256(content).hexdigest() != file.sha256:
        raise PackRefused(f"{file.name}: is not what the manifest says any more")
    return content


def read_entry(source: Source, name: str, most_bytes: int) -> bytes:
    """Return an entry of a zip, up to a size. Raises PackRefused."""
    with _opened(source) as file:
        try:
            with zipfile.ZipFile(file) as zip_, zip_.open(name) as entry:
                content = entry.read(most_bytes + 1)
        except KeyError as error:
            raise PackRefused(f"{name}: is not there") from error
        except UNREADABLE as error:
            raise PackRefused(f"{name}: cannot be read: {plain(error)}") from error
    if len(content) > most_bytes:
        raise PackRefused(f"{name}: is larger than {most_bytes} bytes")
    return content


@contextmanager
def _opened(source: Source) -> Iterator[Opened]:
    if isinstance(source, bytes):
        yield io.BytesIO(source)
        return
    try:
        file = source.open("rb")
    except OSError as error:
        raise PackRefused(f"{source}: cannot be read: {error.strerror or error}") from error
    with file:
        yield file


def _manifest(
    zip_: zipfile.ZipFile,
    entries: dict[str, zipfile.ZipInfo],
    keys: Sequence[Ed25519PublicKey],
    *,
    allow_unsigned: bool,
) -> tuple[PackManifest, bool]:
    if MANIFEST not in entries:
        raise PackRefused(f"has no {MANIFEST}: that is no pack")
    content = whole(zip_, entries[MANIFEST], MOST_MANIFEST_BYTES)
    signature = b""
    if SIGNATURE in entries:
        signature = whole(zip_, entries[SIGNATURE], _SIGNATURE_BYTES)
    signed = len(signature) == _SIGNATURE_BYTES and is_signed(content, signature, keys)
    if not signed and not allow_unsigned:
        raise PackRefused(
            "is signed by nobody whom this machine trusts"
            if signature
            else "is not signed: `pack sign` signs it, or the flag for unsigned packs takes it"
        )
    try:
        return decode_manifest(content), signed
    except DecodeError as error:
        raise PackRefused(f"{MANIFEST}: {error.reason}") from error


def _checked_files(
    zip_: zipfile.ZipFile, entries: dict[str, zipfile.ZipInfo], manifest: PackManifest
) -> dict[str, tuple[int, int]]:
    files = {file.name: file for file in manifest.files}
    unknown = sorted(set(entries) - set(files) - {MANIFEST, SIGNATURE})
    if unknown:
        raise PackRefused(f"{shown(unknown[0])}: is in the zip, and not in the manifest")
    missing = sorted(set(files) - set(entries))
    if missing:
        raise PackRefused(f"{missing[0]}: is in the manifest, and not in the zip")
    pixels = {}
    for file in manifest.files:
        entry = entries[file.name]
        if entry.file_size != file.bytes:
            raise PackRefused(
                f"{file.name}: has {entry.file_size} bytes, and the manifest says {file.bytes}"
            )
        content = _hashed(zip_, entry, file)
        if file.media in PICTURES:
            pixels[file.name] = check_picture(file.name, content, file.media)
        elif file.media == "model/gltf-binary":
            check_model(file.name, content)
    return pixels


def _hashed(zip_: zipfile.ZipFile, entry: zipfile.ZipInfo, file: PackFile) -> bytes:
    """Read a file and compare its hash; media that is only played is not kept in memory."""
    digest, kept, size = hashlib.sha256(), bytearray(), 0
    keeps = not file.media.startswith(("audio/", "video/"))
    with zip_.open(entry) as stream:
        while chunk := stream.read(_CHUNK):
            if size == 0:
                _check_head(file, chunk)
            size += len(chunk)
            digest.update(chunk)
            if keeps:
                kept += chunk
    if size != file.bytes or digest.hexdigest() != file.sha256:
        raise PackRefused(f"{file.name}: its SHA-256 is not the one in the manifest")
    return bytes(kept)


def _check_head(file: PackFile, beginning: bytes) -> None:
    heads = _HEADS[file.media]
    if not any(beginning[at : at + len(head)] == head for at, head in heads):
        raise PackRefused(f"{file.name}: is not {file.media}, as the manifest says")


def _sha256(file: Opened) -> str:
    file.seek(0)
    return hashlib.file_digest(file, "sha256").hexdigest()
