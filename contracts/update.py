"""A release for nodes as one file: what its manifest says, and on which nodes it may run. Pure.

An update is a zip: `manifest.json`, its signature `manifest.sig` and the wheels that the manifest
names with their hashes, and nothing else (docs/updates.md). The updater of a node reads this module
with the system's Python alone: it imports nothing but the standard library and this package's own
errors.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final, Literal, cast, get_args

from contracts.errors import DecodeError, RefusalCode

FORMAT: Final = 1
MANIFEST: Final = "manifest.json"
SIGNATURE: Final = "manifest.sig"

MOST_UPDATE_BYTES: Final = 512 * 1024 * 1024
MOST_MANIFEST_BYTES: Final = 256 * 1024
MOST_WHEELS: Final = 200

Kind = Literal["edge", "kiosk"]
KINDS: Final = get_args(Kind)
_ARTICLES: Final = {"edge": "an edge", "kiosk": "a kiosk"}

_VERSION: Final = re.compile(r"(0|[1-9]\d{0,4})\.(0|[1-9]\d{0,4})\.(0|[1-9]\d{0,4})")
_WHEEL: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.+-]{0,180}\.whl")
_SHA256: Final = re.compile(r"[0-9a-f]{64}")
_PYTHON: Final = re.compile(r"3\.\d{1,2}")
_MACHINE: Final = re.compile(r"[a-z0-9_]{1,20}")
_DAY: Final = re.compile(r"\d{4}-\d{2}-\d{2}")


@dataclass(frozen=True, slots=True)
class Wheel:
    """One wheel of an update; `bytes` is its size."""

    name: str
    sha256: str
    bytes: int


@dataclass(frozen=True, slots=True)
class UpdateManifest:
    """What an update is and holds.

    `python` and `machines` are those that its wheels are for, `machines` empty: any. It may be
    installed over `least_version` and later. `config_form` grows when a configuration that was
    written for this release cannot be read by the ones before it.
    """

    kind: Kind
    version: str
    made: str
    python: tuple[str, ...]
    machines: tuple[str, ...]
    least_version: str
    config_form: int
    wheels: tuple[Wheel, ...]
    format: int = FORMAT


@dataclass(frozen=True, slots=True)
class Machine:
    """A node that an update is meant for: what runs there, and on what.

    `version` is empty where nothing was installed yet.
    """

    kind: str
    python: str
    machine: str
    version: str = ""
    config_form: int = 0


def version_key(version: str) -> tuple[int, int, int]:
    """Return what versions are compared by. Raises DecodeError."""
    found = _VERSION.fullmatch(version)
    if found is None:
        raise _wrong(f"{version[:40]!r} is no version: three numbers as in 0.2.0")
    return int(found[1]), int(found[2]), int(found[3])


def why_not(manifest: UpdateManifest, here: Machine, *, allow_downgrade: bool = False) -> str:
    """Return why an update may not be installed on a node, in one sentence; empty: it may."""
    if manifest.kind != here.kind:
        return (
            f"is for {_ARTICLES[manifest.kind]}, and this is {_ARTICLES.get(here.kind, here.kind)}"
        )
    if manifest.machines and here.machine not in manifest.machines:
        return f"is built for {', '.join(manifest.machines)}, and this machine is {here.machine}"
    if here.python not in manifest.python:
        return f"is built for Python {', '.join(manifest.python)}, and here is {here.python}"
    if not here.version:
        return ""
    new, old = version_key(manifest.version), version_key(here.version)
    if new < old and not allow_downgrade:
        return f"{manifest.version} is older than {here.version}, which runs: a downgrade is asked"
    if old < version_key(manifest.least_version):
        return (
            f"needs {manifest.least_version} or later to be there before it, and {here.version}"
            " runs: install one between them first"
        )
    if manifest.config_form < here.config_form:
        return (
            f"reads configurations of form {manifest.config_form}, and the one here is of form"
            f" {here.config_form}"
        )
    return ""


def decode_update_manifest(payload: bytes) -> UpdateManifest:
    """Read a manifest. Raises DecodeError: which key, and what is wrong with it."""
    if len(payload) > MOST_MANIFEST_BYTES:
        raise DecodeError(
            RefusalCode.TOO_LARGE, f"{len(payload)} bytes; at most {MOST_MANIFEST_BYTES}"
        )
    try:
        read = json.loads(payload.decode("utf-8"), parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise DecodeError(RefusalCode.NOT_JSON, "is not JSON") from error
    if not isinstance(read, dict):
        raise _wrong("is no object")
    if read.get("format") != FORMAT:
        raise _wrong(f"format: {str(read.get('format'))[:20]!r} is not {FORMAT}")
    kind = _text(read, "kind")
    if kind not in KINDS:
        raise _wrong(f"kind: {kind[:40]!r} is none of {', '.join(KINDS)}")
    wheels = tuple(_wheel(one, n) for n, one in enumerate(_list(read, "wheels", MOST_WHEELS)))
    names = [wheel.name for wheel in wheels]
    if not names or len(set(names)) != len(names):
        raise _wrong("wheels: none, or one of them twice")
    version, least = _text(read, "version"), _text(read, "least_version")
    version_key(version)
    version_key(least)
    return UpdateManifest(
        kind=cast("Kind", kind),
        version=version,
        made=_matching(read, "made", _DAY),
        python=_texts(read, "python", _PYTHON, least=1),
        machines=_texts(read, "machines", _MACHINE, least=0),
        least_version=least,
        config_form=_number(read, "config_form", 10_000),
        wheels=wheels,
    )


def encode_update_manifest(manifest: UpdateManifest) -> bytes:
    """Return a manifest as the bytes that are signed. Raises DecodeError: it is none."""
    payload = json.dumps(asdict(manifest), indent=2, sort_keys=True).encode() + b"\n"
    decode_update_manifest(payload)
    return payload


def update_text(manifest: bytes) -> bytes:
    """Return what the signature of a manifest is of: never the text of another kind of file."""
    return b"kaiguan update 1\n" + manifest


def update_path(sha256: str) -> str:
    """Return where a hub serves an update's zip."""
    return f"/api/v1/updates/{sha256}"


def is_sha256(text: str) -> bool:
    """Tell whether a text has the form of a hash."""
    return _SHA256.fullmatch(text) is not None


def _wheel(read: object, number: int) -> Wheel:
    if not isinstance(read, dict):
        raise _wrong(f"wheels.{number}: is no object")
    return Wheel(
        _matching(read, "name", _WHEEL),
        _matching(read, "sha256", _SHA256),
        _number(read, "bytes", MOST_UPDATE_BYTES, least=1),
    )


def _text(read: Mapping[str, Any], key: str) -> str:
    found = read.get(key)
    if not isinstance(found, str):
        raise _wrong(f"{key}: a text is needed")
    return found


def _matching(read: Mapping[str, Any], key: str, pattern: re.Pattern[str]) -> str:
    found = _text(read, key)
    if pattern.fullmatch(found) is None:
        raise _wrong(f"{key}: {found[:80]!r} has not the form {pattern.pattern}")
    return found


def _number(read: Mapping[str, Any], key: str, most: int, *, least: int = 0) -> int:
    found = read.get(key)
    if not isinstance(found, int) or isinstance(found, bool) or not least <= found <= most:
        raise _wrong(f"{key}: a whole number from {least} to {most} is needed")
    return found


def _list(read: Mapping[str, Any], key: str, most: int) -> list[Any]:
    found = read.get(key)
    if not isinstance(found, list) or len(found) > most:
        raise _wrong(f"{key}: a list of at most {most} is needed")
    return found


def _texts(
    read: Mapping[str, Any], key: str, pattern: re.Pattern[str], *, least: int
) -> tuple[str, ...]:
    found = _list(read, key, 20)
    if len(found) < least:
        raise _wrong(f"{key}: at least {least} is needed")
    return tuple(_matching({key: one}, key, pattern) for one in found)


def _no_constant(name: str) -> object:
    raise ValueError(f"{name} is no JSON")


def _wrong(reason: str) -> DecodeError:
    return DecodeError(RefusalCode.INVALID, reason)
