"""Content packs: what a kiosk's camera shall know, and what it shows when it sees it. Pure.

A pack is a zip: `manifest.json`, its signature `manifest.sig`, and the files that the manifest
names with their hashes, and nothing else (docs/packs.md). A hub announces its venue's packs, by
hash, on `kaiguan/v1/{venue}/packs`.

A place on a target is in millimetres from the picture's top left: x right, y down, z out of the
paper. A model is in metres from the picture's middle, as glTF has it: x right, y out of the paper,
z towards the picture's lower edge.
"""

import re
from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta, Struct

from contracts.decoding import decoded
from contracts.ids import require_name
from contracts.rows import Millis, Name

FORMAT: Final = 1
MANIFEST: Final = "manifest.json"
SIGNATURE: Final = "manifest.sig"

MOST_PACK_BYTES: Final = 256 * 1024 * 1024
MOST_MANIFEST_BYTES: Final = 512 * 1024
MOST_TARGETS: Final = 200
MOST_FILES: Final = 1000
MOST_PACKS: Final = 50
MOST_ANNOUNCEMENT_BYTES: Final = 64 * 1024

FILE_PATTERN: Final = r"^[a-z0-9][a-z0-9_-]*(/[a-z0-9][a-z0-9_-]*){0,3}(\.[a-z0-9]{1,8})$"
"""A file in a pack: lower case, no dot but the one before its ending, at most three folders."""
_FILE = re.compile(FILE_PATTERN)

SHA256_PATTERN: Final = r"^[0-9a-f]{64}$"

Media = Literal[
    "image/png",
    "image/jpeg",
    "model/gltf-binary",
    "audio/mpeg",
    "audio/ogg",
    "video/mp4",
    "video/webm",
]
"""What may be in a pack. Whatever a file says of itself, it is read as this and nothing else."""

PICTURES: Final = frozenset({"image/png", "image/jpeg"})
MODELS: Final = frozenset({"model/gltf-binary"})
AUDIO: Final = frozenset({"audio/mpeg", "audio/ogg"})
VIDEOS: Final = frozenset({"video/mp4", "video/webm"})

ENDINGS: Final[dict[str, Media]] = {
    "png": "image/png",
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
    "glb": "model/gltf-binary",
    "mp3": "audio/mpeg",
    "ogg": "audio/ogg",
    "mp4": "video/mp4",
    "webm": "video/webm",
}
"""Which media a file's ending stands for, where a pack is made from a folder."""

_MIB: Final = 1024 * 1024
MOST_BYTES: Final[dict[str, int]] = {
    "image/png": 16 * _MIB,
    "image/jpeg": 16 * _MIB,
    "model/gltf-binary": 16 * _MIB,
    "audio/mpeg": 32 * _MIB,
    "audio/ogg": 32 * _MIB,
    "video/mp4": 128 * _MIB,
    "video/webm": 128 * _MIB,
}
"""How large a file may be, unpacked."""

Sha256 = Annotated[str, Meta(pattern=SHA256_PATTERN)]
FileName = Annotated[str, Meta(max_length=100, extra_json_schema={"pattern": FILE_PATTERN})]
Version = Annotated[int, Meta(ge=1, le=1_000_000)]
Label = Annotated[str, Meta(min_length=1, max_length=200)]
Story = Annotated[str, Meta(max_length=4000)]
Day = Annotated[str, Meta(pattern=r"^\d{4}-\d{2}-\d{2}$")]
Millimetres = Annotated[float, Meta(ge=-2000.0, le=2000.0)]
WidthMm = Annotated[float, Meta(ge=10.0, le=2000.0)]
Dictionary = Literal[
    "DICT_5X5_100", "DICT_5X5_250", "DICT_6X6_250", "DICT_APRILTAG_36h11", "DICT_4X4_50"
]
"""Markers by OpenCV's names; 4X4 takes a picture's corner for a marker now and then."""


class Words(Struct, frozen=True):
    """A short text in both languages."""

    zh: Label
    en: Label


class Prose(Struct, frozen=True, omit_defaults=True):
    """A long text in both languages; lines end paragraphs."""

    zh: Story = ""
    en: Story = ""


class Spoken(Struct, frozen=True, omit_defaults=True):
    """Files that speak, by language."""

    zh: FileName | None = None
    en: FileName | None = None


class MarkerOf(Struct, frozen=True):
    """Which marker a target is; its edge is the target's `width_mm`."""

    dictionary: Dictionary
    number: Annotated[int, Meta(ge=0, le=586)]


class Hotspot(Struct, frozen=True, omit_defaults=True):
    """A place on a target that can be touched, and what it tells.

    `at_mm` is from the picture's top left: x right, y down, z out of the paper.
    """

    name: Name
    at_mm: tuple[Millimetres, Millimetres, Millimetres]
    title: Words
    text: Prose
    picture: FileName | None = None

    def __post_init__(self) -> None:
        require_name(self.name)


class PackTarget(Struct, frozen=True, omit_defaults=True):
    """What the camera looks for, a picture or a marker, and what belongs to it.

    `venue` names the venue that it is about: where it is, whether it is open and busy now.
    """

    name: Name
    width_mm: WidthMm
    caption: Words
    picture: FileName | None = None
    marker: MarkerOf | None = None
    story: Prose = Prose()
    place: Words | None = None
    venue: Name | None = None
    model: FileName | None = None
    audio: Spoken = Spoken()
    pictures: Annotated[tuple[FileName, ...], Meta(max_length=20)] = ()
    video: FileName | None = None
    hotspots: Annotated[tuple[Hotspot, ...], Meta(max_length=12)] = ()

    def __post_init__(self) -> None:
        require_name(self.name)
        if self.venue is not None:
            require_name(self.venue)
        if (self.picture is None) == (self.marker is None):
            raise ValueError(f"target {self.name!r}: a picture or a marker, and not both")
        _once(f"target {self.name!r}: hotspot", [hotspot.name for hotspot in self.hotspots])

    def files(self) -> list[tuple[str, frozenset[str]]]:
        """Return each file that it names, with what it may be."""
        named = [
            (self.picture, PICTURES),
            (self.model, MODELS),
            (self.audio.zh, AUDIO),
            (self.audio.en, AUDIO),
            (self.video, VIDEOS),
            *((picture, PICTURES) for picture in self.pictures),
            *((hotspot.picture, PICTURES) for hotspot in self.hotspots),
        ]
        return [(name, kinds) for name, kinds in named if name is not None]


class PackFile(Struct, frozen=True):
    """One file of a pack; `bytes` is its size unpacked."""

    name: FileName
    sha256: Sha256
    bytes: Annotated[int, Meta(ge=1, le=max(MOST_BYTES.values()))]
    media: Media

    def __post_init__(self) -> None:
        if _FILE.fullmatch(self.name) is None:
            raise ValueError(
                f"{self.name!r} is no name of a file in a pack: lower-case letters, digits, - and"
                " _, an ending, and at most three folders"
            )
        if self.bytes > MOST_BYTES[self.media]:
            most = MOST_BYTES[self.media] // _MIB
            raise ValueError(
                f"{self.name}: {self.bytes} bytes; {self.media} has at most {most} MiB"
            )


class PackManifest(Struct, frozen=True, omit_defaults=True):
    """What a pack is and holds. `version` grows; `made` is a date, ISO 8601."""

    format: Literal[1]
    pack: Name
    version: Version
    title: Words
    made: Day
    targets: Annotated[tuple[PackTarget, ...], Meta(min_length=1, max_length=MOST_TARGETS)]
    files: Annotated[tuple[PackFile, ...], Meta(max_length=MOST_FILES)] = ()

    def __post_init__(self) -> None:
        require_name(self.pack)
        _once("target", [target.name for target in self.targets])
        _once("file", [file.name for file in self.files])
        media = {file.name: file.media for file in self.files}
        for target in self.targets:
            for name, kinds in target.files():
                if name not in media:
                    raise ValueError(f"target {target.name!r} names {name!r}, which is no file")
                if media[name] not in kinds:
                    raise ValueError(
                        f"target {target.name!r}: {name!r} is {media[name]}, and"
                        f" {' or '.join(sorted(kinds))} is needed there"
                    )
        markers = [
            f"{target.marker.dictionary} {target.marker.number}"
            for target in self.targets
            if target.marker is not None
        ]
        _once("marker", markers)


class AnnouncedPack(Struct, frozen=True):
    """A pack that kiosks of a venue shall have: `sha256` and `bytes` are of the zip."""

    pack: Name
    version: Version
    sha256: Sha256
    bytes: Annotated[int, Meta(ge=1, le=MOST_PACK_BYTES)]

    def __post_init__(self) -> None:
        require_name(self.pack)


class Packs(Struct, frozen=True):
    """All packs of a venue, said again whole with each change; what is not in it is withdrawn."""

    packs: Annotated[tuple[AnnouncedPack, ...], Meta(max_length=MOST_PACKS)]
    at_ms: Millis

    def __post_init__(self) -> None:
        _once("pack", [pack.pack for pack in self.packs])


def pack_path(sha256: str) -> str:
    """Return where a hub serves a pack's zip."""
    return f"/api/v1/packs/{sha256}"


def decode_manifest(payload: bytes) -> PackManifest:
    """Read a manifest. Raises DecodeError."""
    return decoded(_manifest, payload, MOST_MANIFEST_BYTES)


def encode_manifest(manifest: PackManifest) -> bytes:
    """Return a manifest as the bytes that are signed."""
    return msgspec.json.format(msgspec.json.encode(manifest), indent=2) + b"\n"


def decode_packs(payload: bytes) -> Packs:
    """Read an announcement. Raises DecodeError."""
    return decoded(_packs, payload, MOST_ANNOUNCEMENT_BYTES)


def encode_packs(packs: Packs) -> bytes:
    """Return an announcement as JSON."""
    return msgspec.json.encode(packs)


def signed_text(manifest: bytes) -> bytes:
    """Return what the signature of a manifest is of."""
    return b"kaiguan pack 1\n" + manifest


def _once(what: str, names: list[str]) -> None:
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise ValueError(f"{what} {name!r} stands there twice")
        seen.add(name)


_manifest = msgspec.json.Decoder(PackManifest)
_packs = msgspec.json.Decoder(Packs)
