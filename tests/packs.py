"""Small content packs for tests: pictures, models and zips that are made, sound or broken."""

import hashlib
import io
import json
import random
import struct
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from contracts.pack import MANIFEST, SIGNATURE
from link.packs import build_pack, sign_pack

Entries = dict[str, bytes]
KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
PUBLIC = KEY.public_key()
OTHER = Ed25519PrivateKey.from_private_bytes(bytes(range(1, 33)))


def a_png(width: int = 8, height: int = 6, shade: int = 90) -> bytes:
    """Return a grey PNG."""
    rows = b"".join(b"\0" + bytes([shade]) * width for _ in range(height))
    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        for kind, body in ((b"IHDR", head), (b"IDAT", zlib.compress(rows)), (b"IEND", b""))
    )


def gltf() -> dict[str, Any]:
    """Return the glTF of one triangle."""
    return {
        "asset": {"version": "2.0"},
        "scene": 0,
        "scenes": [{"nodes": [0]}],
        "nodes": [{"mesh": 0}],
        "meshes": [{"primitives": [{"attributes": {"POSITION": 0}, "indices": 1}]}],
        "accessors": [
            {"bufferView": 0, "componentType": 5126, "count": 3, "type": "VEC3"},
            {"bufferView": 1, "componentType": 5123, "count": 3, "type": "SCALAR"},
        ],
        "bufferViews": [
            {"buffer": 0, "byteLength": 36},
            {"buffer": 0, "byteOffset": 36, "byteLength": 6},
        ],
        "buffers": [{"byteLength": 44}],
    }


def a_glb(
    change: Callable[[dict[str, Any]], object] = lambda _model: None,
    *,
    indices: tuple[int, int, int] = (0, 1, 2),
) -> bytes:
    """Return a GLB of one triangle; `change` may break its glTF."""
    model = gltf()
    change(model)
    text = json.dumps(model).encode()
    text += b" " * (-len(text) % 4)
    binary = struct.pack("<9f3H2x", 0, 0, 0, 1, 0, 0, 0, 1, 0, *indices)
    body = struct.pack("<II", len(text), 0x4E4F534A) + text
    body += struct.pack("<II", len(binary), 0x004E4942) + binary
    return struct.pack("<4sII", b"glTF", 2, 12 + len(body)) + body


def sketch(pack: str = "town", version: int = 1) -> dict[str, Any]:
    """Return what a person writes of a pack of one picture and one marker."""
    return {
        "format": 1,
        "pack": pack,
        "version": version,
        "title": {"zh": "老城", "en": "The old town"},
        "made": "2026-11-29",
        "targets": [
            {
                "name": "gate",
                "picture": "gate.png",
                "width_mm": 148,
                "caption": {"zh": "门", "en": "Gate"},
                "model": "models/gate.glb",
                "hotspots": [
                    {
                        "name": "lion",
                        "at_mm": [40, 60, 5],
                        "title": {"zh": "石狮", "en": "A stone lion"},
                        "text": {"zh": "石头做的。", "en": "It is of stone."},
                    }
                ],
            },
            {
                "name": "shelf",
                "marker": {"dictionary": "DICT_5X5_100", "number": 7},
                "width_mm": 50,
                "caption": {"zh": "书架", "en": "Shelf"},
            },
        ],
    }


def a_folder(folder: Path, pack: str = "town", version: int = 1, shade: int = 90) -> Path:
    """Write a folder that a pack is built of."""
    (folder / "models").mkdir(parents=True, exist_ok=True)
    (folder / "pack.json").write_text(json.dumps(sketch(pack, version)), encoding="utf-8")
    (folder / "gate.png").write_bytes(a_png(shade=shade))
    (folder / "models/gate.glb").write_bytes(a_glb())
    return folder


def a_pack(
    folder: Path,
    pack: str = "town",
    version: int = 1,
    *,
    is_signed: bool = True,
    sound_bytes: int = 0,
) -> Path:
    """Build a pack in a folder and return its zip, with so many bytes of noise for a sound."""
    made = a_folder(folder / f"{pack}-{version}", pack, version, shade=90 + version)
    if sound_bytes:
        noise = random.Random(version).randbytes(sound_bytes)
        (made / "noise.ogg").write_bytes(b"OggS" + noise)
    path = folder / f"{pack}-{version}.zip"
    build_pack(made, path, KEY if is_signed else None)
    return path


def contents() -> Entries:
    """Return the files of a sound pack, without manifest and signature."""
    return {"gate.png": a_png(), "models/gate.glb": a_glb()}


def manifest_of(files: Entries) -> dict[str, Any]:
    """Return a manifest that fits these files."""
    media = {"png": "image/png", "jpg": "image/jpeg", "glb": "model/gltf-binary"}
    return sketch() | {
        "files": [
            {
                "name": name,
                "sha256": hashlib.sha256(content).hexdigest(),
                "bytes": len(content),
                "media": media[name.rpartition(".")[2]],
            }
            for name, content in files.items()
        ]
    }


def zipped(entries: Entries, how: int = zipfile.ZIP_DEFLATED) -> bytes:
    """Return a zip of entries as they are."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", how) as zip_:
        for name, content in entries.items():
            zip_.writestr(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), content, how)
    return file.getvalue()


def signed_zip(
    files: Entries | None = None,
    change: Callable[[dict[str, Any]], object] = lambda _manifest: None,
    key: Ed25519PrivateKey = KEY,
) -> bytes:
    """Return a signed pack; `change` may break its manifest before it is signed."""
    files = contents() if files is None else files
    manifest = manifest_of(files)
    change(manifest)
    text = json.dumps(manifest).encode()
    return zipped({MANIFEST: text, SIGNATURE: sign_pack(text, key)} | files)
