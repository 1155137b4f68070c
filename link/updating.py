"""Making and signing updates, with the library of the hub's machine.

A folder of wheels becomes one zip; the district's key signs its manifest, as it signs content
packs' (`link.packs.signing`), over another text, so that neither stands for the other.
"""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from contracts.errors import DecodeError
from contracts.update import (
    MOST_UPDATE_BYTES,
    MOST_WHEELS,
    Kind,
    UpdateManifest,
    Wheel,
    encode_update_manifest,
    update_text,
)
from updater.archive import (
    UpdateFacts,
    Verify,
    check_wheel,
    manifest_bytes,
    open_update,
    read_wheel,
    write_update,
)
from updater.errors import UpdateRefused

PROJECT = "kaiguan"


@dataclass(frozen=True, slots=True)
class Sketch:
    """What a person says of an update; its version is that of the wheel of this project."""

    kind: Kind
    made: date
    python: tuple[str, ...]
    machines: tuple[str, ...]
    least_version: str
    config_form: int


def build_update(
    folder: Path, target: Path, sketch: Sketch, key: Ed25519PrivateKey | None = None
) -> UpdateManifest:
    """Make an update out of the wheels of a folder, signed if there is a key.

    Raises UpdateRefused: nothing was written in place of `target`.
    """
    wheels = _wheels(folder)
    listed = tuple(
        Wheel(name, hashlib.sha256(content).hexdigest(), len(content))
        for name, content in sorted(wheels.items())
    )
    manifest = UpdateManifest(
        kind=sketch.kind,
        version=_version(wheels),
        made=sketch.made.isoformat(),
        python=sketch.python,
        machines=sketch.machines,
        least_version=sketch.least_version,
        config_form=sketch.config_form,
        wheels=listed,
    )
    try:
        text = encode_update_manifest(manifest)
    except DecodeError as error:
        raise UpdateRefused(error.reason) from error
    write_update(target, text, None if key is None else _sign(text, key), wheels)
    return manifest


def sign_update(path: Path, key: Ed25519PrivateKey) -> UpdateManifest:
    """Sign an update in place of any signature before. Raises UpdateRefused."""
    facts = open_update(path, None)
    text = manifest_bytes(path)
    wheels = {wheel.name: read_wheel(path, wheel) for wheel in facts.manifest.wheels}
    write_update(path, text, _sign(text, key), wheels)
    return facts.manifest


def facts_of_update(path: Path, keys: Sequence[Ed25519PublicKey] = ()) -> UpdateFacts:
    """Look an update through; `is_signed`: by one of the keys. Raises UpdateRefused."""
    facts = open_update(path, None)
    if not facts.is_signed or not keys:
        return replace(facts, is_signed=False)
    try:
        return open_update(path, verified_by(keys))
    except UpdateRefused:
        return replace(facts, is_signed=False)


def verified_by(keys: Iterable[Ed25519PublicKey]) -> Verify:
    """Return what tells whether one of the keys signed a manifest."""
    known = tuple(keys)

    def verify(manifest: bytes, signature: bytes) -> bool:
        for key in known:
            try:
                key.verify(signature, update_text(manifest))
            except InvalidSignature:
                continue
            return True
        return False

    return verify


def _sign(manifest: bytes, key: Ed25519PrivateKey) -> bytes:
    return key.sign(update_text(manifest))


def _wheels(folder: Path) -> dict[str, bytes]:
    """Read the wheels of a folder, each of them looked at. Raises UpdateRefused."""
    wheels: dict[str, bytes] = {}
    size = 0
    try:
        for path in sorted(folder.iterdir()):
            if path.suffix != ".whl":
                raise UpdateRefused(f"{path.name}: is no wheel; an update holds wheels only")
            size += path.stat().st_size
            if size > MOST_UPDATE_BYTES or len(wheels) >= MOST_WHEELS:
                raise UpdateRefused(f"{folder}: more than an update may hold")
            wheels[path.name] = path.read_bytes()
            check_wheel(path.name, wheels[path.name])
    except OSError as error:
        raise UpdateRefused(f"{folder}: cannot be read: {error.strerror or error}") from error
    return wheels


def _version(wheels: Iterable[str]) -> str:
    own = [name for name in wheels if name.startswith(f"{PROJECT}-")]
    if len(own) != 1:
        raise UpdateRefused(f"one wheel of {PROJECT} is needed, and there are {len(own)}")
    return own[0].split("-")[1]
