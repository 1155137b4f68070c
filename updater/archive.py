"""Reading an update's zip with limits, and making one: nothing is believed before it was looked at.

    the zip itself (`updater.zips`) → manifest → signature → the names of both agree
         → each wheel: size and SHA-256, and that it is a zip with sane names itself

`verify(manifest, signature)` tells whether the district signed: the updater asks OpenSSL, the hub
its library.
"""

import hashlib
import io
import os
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from contracts.errors import DecodeError
from contracts.update import (
    MANIFEST,
    MOST_MANIFEST_BYTES,
    MOST_UPDATE_BYTES,
    MOST_WHEELS,
    SIGNATURE,
    UpdateManifest,
    Wheel,
    decode_update_manifest,
)
from updater.errors import UpdateRefused, ZipRefused
from updater.zips import UNREADABLE, Limits, check_frame, checked_entries, plain, shown, whole

LIMITS: Final = Limits("update", MOST_UPDATE_BYTES, MOST_WHEELS, MOST_UPDATE_BYTES, 200)
WHEEL_LIMITS: Final = Limits(
    "wheel", MOST_UPDATE_BYTES, 20_000, 1024 * 1024 * 1024, 1000, has_folders=True
)
"""Of a wheel: OpenCV's unfolds to some 150 MiB."""
_SIGNATURE_BYTES: Final = 64
_CHUNK: Final = 256 * 1024
_EPOCH: Final = (1980, 1, 1, 0, 0, 0)

Verify = Callable[[bytes, bytes], bool]


@dataclass(frozen=True, slots=True)
class UpdateFacts:
    """An update that was looked at whole; `sha256` and `size` are of the zip."""

    manifest: UpdateManifest
    sha256: str
    size: int
    is_signed: bool


def open_update(path: Path, verify: Verify | None) -> UpdateFacts:
    """Look an update through; without `verify`, whoever signed it. Raises UpdateRefused."""
    try:
        with path.open("rb") as file:
            size = check_frame(file, LIMITS)
            with zipfile.ZipFile(file) as zip_:
                entries = checked_entries(zip_, size, LIMITS)
                content, signed = _signed(zip_, entries, verify)
                manifest = _manifest(content)
                _check_wheels(zip_, entries, manifest)
            file.seek(0)
            sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    except UpdateRefused:
        raise
    except ZipRefused as error:
        raise UpdateRefused(str(error)) from error
    except UNREADABLE as error:
        raise UpdateRefused(f"the zip is damaged: {plain(error)}") from error
    return UpdateFacts(manifest, sha256, size, signed)


def manifest_bytes(path: Path) -> bytes:
    """Return the manifest of an update that was looked at, as signed. Raises UpdateRefused."""
    try:
        with zipfile.ZipFile(path) as zip_:
            return whole(zip_, zip_.getinfo(MANIFEST), MOST_MANIFEST_BYTES)
    except (ZipRefused, KeyError, *UNREADABLE) as error:
        raise UpdateRefused(f"{MANIFEST}: cannot be read: {plain(error)}") from error


def read_wheel(path: Path, wheel: Wheel) -> bytes:
    """Return one wheel of an update that was looked at. Raises UpdateRefused: it changed since."""
    try:
        with zipfile.ZipFile(path) as zip_, zip_.open(wheel.name) as entry:
            content = entry.read(wheel.bytes + 1)
    except (KeyError, *UNREADABLE) as error:
        raise UpdateRefused(f"{wheel.name}: cannot be read: {plain(error)}") from error
    if hashlib.sha256(content).hexdigest() != wheel.sha256:
        raise UpdateRefused(f"{wheel.name}: is not what the manifest says any more")
    return content


def write_update(
    target: Path, manifest: bytes, signature: bytes | None, wheels: Mapping[str, bytes]
) -> None:
    """Write an update's zip in one step; the same input gives the same bytes.

    Raises UpdateRefused: nothing was written in place of `target`.
    """
    partial = target.with_name(f".{target.name}.partial")
    try:
        with zipfile.ZipFile(partial, "w") as zip_:
            _add(zip_, MANIFEST, manifest, zipfile.ZIP_DEFLATED)
            if signature is not None:
                _add(zip_, SIGNATURE, signature, zipfile.ZIP_STORED)
            for name, content in sorted(wheels.items()):
                # A wheel is packed already.
                _add(zip_, name, content, zipfile.ZIP_STORED)
        with partial.open("rb+") as file:
            os.fsync(file.fileno())
        open_update(partial, None)
        partial.replace(target)
    except OSError as error:
        raise UpdateRefused(f"{target}: cannot be written: {error.strerror or error}") from error
    finally:
        partial.unlink(missing_ok=True)


def check_wheel(name: str, content: bytes) -> None:
    """Look at the names inside a wheel: what unpacks it shall write nowhere else.

    Raises UpdateRefused.
    """
    try:
        file = io.BytesIO(content)
        size = check_frame(file, WHEEL_LIMITS)
        with zipfile.ZipFile(file) as zip_:
            checked_entries(zip_, size, WHEEL_LIMITS)
    except ZipRefused as error:
        raise UpdateRefused(f"{name}: {error}") from error
    except UNREADABLE as error:
        raise UpdateRefused(f"{name}: is no wheel: {plain(error)}") from error


def _signed(
    zip_: zipfile.ZipFile, entries: dict[str, zipfile.ZipInfo], verify: Verify | None
) -> tuple[bytes, bool]:
    """Return the manifest, and whether it is signed as is asked for. Raises UpdateRefused."""
    if MANIFEST not in entries:
        raise UpdateRefused(f"has no {MANIFEST}: that is no update")
    content = whole(zip_, entries[MANIFEST], MOST_MANIFEST_BYTES)
    signature = b""
    if SIGNATURE in entries:
        signature = whole(zip_, entries[SIGNATURE], _SIGNATURE_BYTES)
    if verify is None:
        return content, bool(signature)
    if not signature:
        raise UpdateRefused("is not signed: `hub update sign` signs it")
    if not verify(content, signature):
        raise UpdateRefused("is signed by nobody whom this machine trusts")
    return content, True


def _manifest(content: bytes) -> UpdateManifest:
    try:
        return decode_update_manifest(content)
    except DecodeError as error:
        raise UpdateRefused(f"{MANIFEST}: {error.reason}") from error


def _check_wheels(
    zip_: zipfile.ZipFile, entries: dict[str, zipfile.ZipInfo], manifest: UpdateManifest
) -> None:
    wheels = {wheel.name: wheel for wheel in manifest.wheels}
    unknown = sorted(set(entries) - set(wheels) - {MANIFEST, SIGNATURE})
    if unknown:
        raise UpdateRefused(f"{shown(unknown[0])}: is in the zip, and not in the manifest")
    missing = sorted(set(wheels) - set(entries))
    if missing:
        raise UpdateRefused(f"{missing[0]}: is in the manifest, and not in the zip")
    for wheel in manifest.wheels:
        entry = entries[wheel.name]
        if entry.file_size != wheel.bytes:
            raise UpdateRefused(
                f"{wheel.name}: has {entry.file_size} bytes, and the manifest says {wheel.bytes}"
            )
        content = bytearray()
        with zip_.open(entry) as stream:
            while chunk := stream.read(_CHUNK):
                content += chunk
        if hashlib.sha256(content).hexdigest() != wheel.sha256:
            raise UpdateRefused(f"{wheel.name}: its SHA-256 is not the one in the manifest")
        check_wheel(wheel.name, bytes(content))


def _add(zip_: zipfile.ZipFile, name: str, content: bytes, how: int) -> None:
    entry = zipfile.ZipInfo(name, _EPOCH)
    entry.external_attr = 0o100644 << 16
    entry.compress_type = how
    zip_.writestr(entry, content)
