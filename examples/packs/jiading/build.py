"""The sample pack: drawn, modelled, packed and signed; a second time it is only looked up."""

import hashlib
import json
import tomllib
from pathlib import Path
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from examples.packs.jiading import models
from examples.packs.jiading.postcards import NAMES, SIZE_MM, picture
from examples.packs.jiading.sheet import write_sheet
from link.packs import build_pack, read_private_key

PACK: Final = "jiading"
VERSION: Final = 1
MADE: Final = "2026-11-29"
SHEET: Final = f"{PACK}-postcards.pdf"
_QUALITY: Final = 92
_HERE: Final = Path(__file__).parent


def build(folder: Path, key: Path | Ed25519PrivateKey | None = None) -> Path:
    """Return the pack's zip in a folder, signed with a key or its PEM file; unsigned without one.

    What was built there before by these very scripts, and signed by this key, is taken as it is.
    Raises ConfigError: the key cannot be read.
    """
    signer = read_private_key(key) if isinstance(key, Path) else key
    zip_, stamp = folder / f"{PACK}.zip", folder / f"{PACK}.stamp"
    made_of = _digest(signer)
    if zip_.exists() and stamp.exists() and stamp.read_text("utf-8") == made_of:
        return zip_
    folder.mkdir(parents=True, exist_ok=True)
    source = folder / PACK
    write_source(source)
    build_pack(source, zip_, signer)
    stamp.write_text(made_of, "utf-8")
    return zip_


def build_sheet(folder: Path) -> Path:
    """Return the sheet of postcards to print, PDF; made once in a folder."""
    path = folder / SHEET
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        write_sheet(path)
    return path


def write_source(folder: Path) -> None:
    """Write the folder that the pack is built of: pictures, models, and what a person would say."""
    (folder / "models").mkdir(parents=True, exist_ok=True)
    for name in NAMES:
        picture(name).save(folder / f"{name}.jpg", quality=_QUALITY, subsampling=0)
        (folder / f"models/{name}.glb").write_bytes(models.glb(name))
    sketch = {
        "format": 1,
        "pack": PACK,
        "version": VERSION,
        "title": _words()["title"],
        "made": MADE,
        "targets": [target(name) for name in NAMES],
    }
    text = json.dumps(sketch, ensure_ascii=False, indent=2) + "\n"
    (folder / "pack.json").write_text(text, "utf-8")


def target(name: str) -> dict[str, Any]:
    """Return what the manifest says of one card."""
    files = {"picture": f"{name}.jpg", "model": f"models/{name}.glb"}
    said: dict[str, Any] = _words()["targets"][name]
    return {"name": name, "width_mm": SIZE_MM[0]} | files | said


def _words() -> dict[str, Any]:
    return tomllib.loads((_HERE / "words.toml").read_text("utf-8"))


def _digest(signer: Ed25519PrivateKey | None) -> str:
    """Return a digest of all that a pack is made of: these scripts and the key's public half."""
    digest = hashlib.sha256()
    for path in sorted([*_HERE.glob("*.py"), _HERE / "words.toml"]):
        digest.update(path.read_bytes())
    digest.update(b"" if signer is None else signer.public_key().public_bytes_raw())
    return digest.hexdigest()
