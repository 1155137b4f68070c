"""What can be said of a pack before it goes to kiosks, line by line."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Final

from contracts.pack import PackTarget
from kiosk.ar.library import TargetLibrary
from kiosk.ar.pictures import read_picture
from kiosk.ar.target import Advice, enrol
from kiosk.packs.pack import Pack, open_pack
from link.packs import PackRefused, read_public_keys

ADVICE: Final[dict[Advice, str]] = {
    Advice.GOOD: "good",
    Advice.LITTLE_TEXTURE: "too little texture: add a marker beside it, or more picture",
    Advice.ONE_SPOT: "its details lie in one spot: covered there it is lost; add a marker",
    Advice.REPEATS: "it repeats, so that places are mistaken for each other: add a marker",
    Advice.SMALL: "it has few pixels: give a larger picture",
}
"""What to do about a picture before it is printed."""
_MIB = 1024 * 1024


def examined(
    path: Path, keys: Sequence[Path], progress: Callable[[str], None] = lambda _name: None
) -> Iterator[str]:
    """Look a pack through, then tell of it, and enrol each picture as a kiosk does.

    Without keys nobody's signature is looked at. Raises PackRefused, ConfigError, TargetRefused.
    """
    trusted = read_public_keys(keys)
    pack = open_pack(path, trusted, allow_unsigned=not keys)
    manifest = pack.manifest
    size = path.stat().st_size / _MIB
    signed = "signed" if pack.is_signed else "whose signature it bears was not looked at"
    yield (
        f"ok    {manifest.pack} {manifest.version}, {manifest.title.zh} {manifest.title.en}:"
        f" {len(manifest.targets)} targets, {len(manifest.files)} files, {size:.1f} MiB; {signed}"
    )
    library = TargetLibrary()
    try:
        for target in manifest.targets:
            progress(target.name)
            yield from _lines(pack, target, library)
    finally:
        library.close()


def _lines(pack: Pack, target: PackTarget, library: TargetLibrary) -> Iterator[str]:
    if target.picture is None:
        assert target.marker is not None  # noqa: S101  the manifest has one of both
        marker = f"marker {target.marker.dictionary} {target.marker.number}"
        yield f"ok    {target.name}: {marker}, {target.width_mm:g} mm"
        return
    picture = read_picture(pack.read(target.picture))
    if picture is None:
        raise PackRefused(f"{target.picture}: is damaged: it cannot be decoded")
    width, height = pack.pixels[target.picture]
    enrolled = enrol(picture, target.name, target.width_mm)
    mark = "ok   " if enrolled.advice is Advice.GOOD else "weak "
    yield (
        f"{mark} {target.name}: {target.picture}, {width} x {height} pixels,"
        f" {target.width_mm:g} mm, score {enrolled.score:.2f}: {ADVICE[enrolled.advice]}"
    )
    alike = library.near(enrolled)
    if alike:
        yield (
            f"alike {target.name} looks like {', '.join(alike)}: one may be taken for the other;"
            " let them differ, or give one a marker"
        )
    library.add(enrolled)
