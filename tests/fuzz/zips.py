"""Content packs that were built to harm: whole and signed, with one thing in them that is wrong.

Damage anywhere in a zip is mostly found by its checksums. So here the zip around the fault is
sound: manifest, hashes and signature are made to fit, that the fault is met where it lies.
"""

import io
import json
import random
import struct
import zipfile
import zlib
from collections.abc import Callable
from typing import Any

from contracts.pack import MANIFEST, SIGNATURE
from kiosk.ar.pictures import read_picture
from link.packs import PackRefused, facts_of, open_archive, read_file, sign_pack
from link.packs.models import check_model
from link.packs.pictures import check_picture
from tests.fuzz.campaign import sentence
from tests.fuzz.mutations import _TEXTS, JSON_RAWS, as_json, damaged, spoilt
from tests.packs import KEY, PUBLIC, Entries, a_glb, a_png, contents, gltf, manifest_of, zipped

NAMES = (
    *(
        "../evil",
        "/etc/x",
        "a/../b.png",
        "C:x",
        "x\\y",
        "gate.png",
        "GATE.PNG",
        "x/",
        "models/",
        "é.png",
    ),
    *("a\x00b.png", "manifest.json", "x" * 300 + ".png", "\u202egnp.png", "con", ".", "..", ""),
)


def a_jpeg(dice: random.Random) -> bytes:
    """Return the bytes of something like a JPEG."""
    parts = [b"\xff\xd8"]
    for _ in range(dice.randrange(6)):
        marker = dice.choice(
            (0xE0, 0xE1, 0xFE, 0xDB, 0xC0, 0xC2, 0xC4, 0xDA, 0xD9, 0xD0, 0xFF, 0x01)
        )
        body = dice.randbytes(dice.randrange(20))
        length = dice.choice((len(body) + 2, len(body) + 2, 0, 1, 0xFFFF))
        parts.append(struct.pack(">BBH", 0xFF, marker, length) + body)
    return b"".join(parts)


def a_picture(dice: random.Random) -> bytes:
    """Return a PNG whose head, chunks or checksums are not right, or what is no PNG."""
    if dice.random() < 0.3:
        return a_jpeg(dice)
    png = bytearray(a_png(dice.choice((1, 8, 200)), dice.choice((1, 6, 200))))
    match dice.randrange(6):
        case 0:
            struct.pack_into(
                ">II", png, 16, dice.choice((0, 1, 8192, 2**31)), dice.choice((0, 8193, 2**32 - 1))
            )
        case 1:
            struct.pack_into(">BBBBB", png, 24, *(dice.randrange(256) for _ in range(5)))
        case 2:
            struct.pack_into(">I", png, 8, dice.choice((0, 12, 2**31, 2**32 - 1)))
        case 3:
            return damaged(dice, bytes(png))
        case 4:
            head = struct.pack(
                ">IIBBBBB", *(dice.choice((1, 64, 3000)) for _ in range(2)), 8, 2, 0, 0, 1
            )
            body = zlib.compress(bytes(dice.randrange(100_000)))
            chunks = (
                (b"IHDR", head),
                (dice.choice((b"IDAT", b"zTXt", b"acTL")), body),
                (b"IEND", b""),
            )
            return b"\x89PNG\r\n\x1a\n" + b"".join(
                struct.pack(">I", len(data))
                + kind
                + data
                + struct.pack(">I", zlib.crc32(kind + data))
                for kind, data in chunks
            )
        case _:
            pass
    if dice.random() < 0.6:
        struct.pack_into(">I", png, 29, zlib.crc32(bytes(png[12:29])))
    return bytes(png)


def a_model(dice: random.Random) -> bytes:
    """Return a GLB whose JSON has one fault, its lengths mostly right."""
    if dice.random() < 0.15:
        return damaged(dice, a_glb())
    tree: dict[str, Any] = gltf()
    if dice.random() < 0.1:
        tree["images"] = [{"mimeType": "image/png", "bufferView": 0}]
    if dice.random() < 0.4:
        tree["materials"] = [{}]
        tree["nodes"] += [{"children": [0]}, {"children": [1], "mesh": 0}]
        tree["accessors"].append(
            {"bufferView": 0, "componentType": 5121, "count": 36, "type": "SCALAR"}
        )
    text = as_json(dice, spoilt(dice, tree, JSON_RAWS) if dice.random() < 0.9 else tree)
    text += b" " * (-len(text) % 4)
    binary = struct.pack(
        "<9f3H2x", 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 1, dice.choice((2, 2, 2, 3, 65_535))
    )
    if dice.random() < 0.1:
        binary = dice.randbytes(dice.choice((0, 3, 44, 100)))
    length = dice.choice((*[len(text)] * 9, 0, 2**32 - 1, len(text) + 4))
    body = struct.pack("<II", length, 0x4E4F534A) + text
    body += struct.pack("<II", len(binary), dice.choice((*[0x004E4942] * 9, 1))) + binary
    return struct.pack("<4sII", b"glTF", dice.choice((*[2] * 9, 1)), 12 + len(body)) + body


def a_pack(dice: random.Random) -> bytes:
    """Return a signed pack with one kind of fault."""
    files: Entries = contents()
    match dice.randrange(6):
        case 0:
            files["gate.png"] = a_picture(dice)
        case 1 | 2:
            files["models/gate.glb"] = a_model(dice)
        case 3:
            return damaged(dice, _signed(files, manifest_of(files)))
        case 4:
            return _odd_zip(dice, files)
        case _:
            return _signed(
                files, manifest_of(files), lambda tree: as_json(dice, spoilt(dice, tree, JSON_RAWS))
            )
    return _signed(files, manifest_of(files))


def _signed(
    files: Entries,
    manifest: dict[str, Any],
    write: Callable[[Any], bytes] = lambda tree: json.dumps(tree).encode(),
) -> bytes:
    text = write(manifest)
    return zipped({MANIFEST: text, SIGNATURE: sign_pack(text, KEY)} | files)


def _odd_zip(dice: random.Random, files: Entries) -> bytes:
    """Return a sound pack in a zip that says something odd of one of its entries."""
    text = json.dumps(manifest_of(files)).encode()
    entries = {MANIFEST: text, SIGNATURE: sign_pack(text, KEY)} | files
    if dice.random() < 0.4:
        name = dice.choice((*NAMES, *_TEXTS[:40])).encode("utf-8", "replace").decode()
        entries[name[:60_000]] = dice.choice((b"", b"x", bytes(300_000)))
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as zip_:
        for name, content in entries.items():
            info = zipfile.ZipInfo(name or "x", (1980, 1, 1, 0, 0, 0))
            if dice.random() < 0.2:
                info.external_attr = dice.choice((0o120777, 0o040755, 0o010644, 0o100644)) << 16
            if dice.random() < 0.1:
                info.extra = dice.choice((b"\x01\x00\x04\x00abcd", b"\x75\x70\x09\x00" + bytes(9)))
            if dice.random() < 0.05:
                info.comment = b"c" * 100
            how = dice.choice((zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_DEFLATED))
            if dice.random() < 0.05:
                how = dice.choice((zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA))
            zip_.writestr(info, content, how)
        if dice.random() < 0.1:
            zip_.comment = b"after"
    data = bytearray(file.getvalue())
    for _ in range(dice.choice((0, 1, 2))):
        # The numbers that a reader steps by: of the local heads, the directory, its end.
        marks = [
            at for at in range(len(data) - 4) if data[at : at + 2] == b"PK" and data[at + 2] < 7
        ]
        at = min(len(data) - 4, dice.choice(marks) + dice.randrange(4, 46))
        width = dice.choice(("<H", "<I"))
        most = 2 ** (8 * struct.calcsize(width)) - 1
        struct.pack_into(
            width, data, at, dice.choice((0, 1, most, most // 2, dice.randrange(most)))
        )
    return bytes(data)


def feed(dice: random.Random, number: int) -> str:
    """Let a pack be looked through, or a picture or a model of one."""
    match number % 4:
        case 0:
            return _look("model", lambda: check_model("m.glb", a_model(dice)))
        case 1:
            return _picture(a_picture(dice))
        case _:
            pack = a_pack(dice)
            return _look("pack", lambda: _open(pack))


def _open(pack: bytes) -> None:
    facts = open_archive(pack, [PUBLIC])
    for file in facts.manifest.files:
        read_file(pack, file)
    # Unsigned, the same is looked at.
    assert facts_of(pack).manifest == facts.manifest


def _picture(content: bytes) -> str:
    media = "image/png" if content.startswith(b"\x89") else "image/jpeg"
    try:
        width, height = check_picture("p", content, media)
    except PackRefused as error:
        sentence(error)
        return "picture refused"
    decoded = read_picture(content)
    if decoded is None:
        return "picture undecodable"
    # Turned perhaps, as a camera's picture says of itself; never larger than was looked at.
    assert sorted(decoded.shape[:2]) == sorted((height, width)), (decoded.shape, width, height)
    return "picture read"


def _look(what: str, look: Callable[[], object]) -> str:
    try:
        look()
    except PackRefused as error:
        sentence(error)
        return f"{what} refused"
    return f"{what} read"


def good() -> None:
    """A sound pack is taken."""
    assert open_archive(_signed(contents(), manifest_of(contents())), [PUBLIC]).is_signed
