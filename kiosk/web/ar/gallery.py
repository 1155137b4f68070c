"""What the content packs on this kiosk show: targets for the engine, exhibits for the session."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import structlog

from contracts.hours import Text
from contracts.pack import Hotspot, PackTarget, Prose, Words
from kiosk.ar.camera_model import CameraModel
from kiosk.ar.engine import Engine
from kiosk.ar.fiducials import Marker
from kiosk.ar.library import TargetLibrary
from kiosk.ar.library_file import Picture, open_library
from kiosk.ar.pictures import read_picture
from kiosk.errors import KeepingError, TargetRefused
from kiosk.packs import Pack, PackRefused, PackShelf
from kiosk.packs.shelf import Place
from kiosk.session.exhibit import Exhibit, Spot
from kiosk.session.screen import Lang
from kiosk.web.ar.looking import Eye
from kiosk.web.ar.message import Anchor, Pin

log = structlog.get_logger(__name__)

KEPT: Final = "targets"
"""Folder beside the packs in which enrolled pictures are kept: a start does not enrol anew."""


@dataclass(frozen=True)
class Hung:
    """What one state of the shelf gives."""

    packs: Mapping[str, Pack] = field(default_factory=dict)
    exhibits: Mapping[str, Exhibit] = field(default_factory=dict)
    anchors: Mapping[str, Anchor] = field(default_factory=dict)
    markers: tuple[Marker, ...] = ()
    library: TargetLibrary | None = None


class Gallery:
    """Reads the shelf. `refresh` runs in a thread; everything else sees the last whole state."""

    def __init__(self, shelf: PackShelf) -> None:
        self._shelf = shelf
        self._places: dict[str, Place] = {}
        self._hung = Hung()

    @property
    def exhibits(self) -> Mapping[str, Exhibit]:
        """Return all exhibits, by key."""
        return self._hung.exhibits

    @property
    def anchors(self) -> Mapping[str, Anchor]:
        """Return what is drawn of them, by key."""
        return self._hung.anchors

    def open_eye(self, model: CameraModel) -> Eye:
        """Return an engine that looks for all of them."""
        hung = self._hung
        return Engine(hung.library or TargetLibrary(), hung.markers, model)

    def spoken(self, key: str, lang: Lang) -> tuple[bytes, str] | None:
        """Return what a pack says of an exhibit aloud, None where it says nothing."""
        name, _, target = key.partition("/")
        pack = self._hung.packs.get(name)
        if pack is None:
            return None
        found = next((one for one in pack.manifest.targets if one.name == target), None)
        file = None if found is None else getattr(found.audio, lang)
        return None if file is None else self.medium(name, pack.manifest.version, file)

    def refresh(self) -> bool:
        """Hang what the shelf holds now, and tell whether that is anything else."""
        try:
            places = self._shelf.places()
            if places == self._places:
                return False
            packs = self._shelf.current()
        except KeepingError as error:
            log.warning("packs_not_read", reason=str(error))
            return False
        self._hung = hang(packs, self._shelf.folder / KEPT)
        self._places = places
        log.info("exhibits_hung", packs=len(packs), exhibits=len(self._hung.exhibits))
        return True

    def medium(self, pack: str, version: int, name: str) -> tuple[bytes, str] | None:
        """Return a file of a pack that is shown, None where there is none."""
        found = self._hung.packs.get(pack)
        if found is None or found.manifest.version != version:
            return None
        try:
            return found.read(name), found.file(name).media
        except PackRefused:
            return None


def hang(packs: Iterable[Pack], kept: Path) -> Hung:
    """Make targets, exhibits and anchors of packs; what cannot be a target is told and left out.

    `kept` is the folder in which enrolled pictures are kept.
    """
    exhibits: dict[str, Exhibit] = {}
    anchors: dict[str, Anchor] = {}
    markers: list[Marker] = []
    shown = {pack.manifest.pack: pack for pack in packs}
    library = open_library(kept, _Pictures(shown.values()), refused=_left_out)
    for pack in shown.values():
        for one in pack.manifest.targets:
            key = _key(pack, one)
            height = one.width_mm
            if one.marker is not None:
                try:
                    markers.append(_marker(one, key, markers))
                except TargetRefused as error:
                    _left_out(key, error)
                    continue
            elif (target := library.find(key)) is not None:
                height = target.height_mm
            else:
                continue
            exhibits[key] = exhibit_of(key, one, _address(pack))
            anchors[key] = anchor_of(key, one, (one.width_mm, height), _address(pack))
    return Hung(shown, exhibits, anchors, tuple(markers), library)


class _Pictures(Mapping[str, Picture]):
    """The pictures of packs with their widths, by key; each is decoded when it is asked for."""

    def __init__(self, packs: Iterable[Pack]) -> None:
        self._of = {
            _key(pack, one): (pack, one)
            for pack in packs
            for one in pack.manifest.targets
            if one.marker is None
        }

    def __len__(self) -> int:
        return len(self._of)

    def __iter__(self) -> Iterator[str]:
        return iter(self._of)

    def __getitem__(self, key: str) -> Picture:
        """Raise TargetRefused where the pack is damaged, or the picture."""
        pack, one = self._of[key]
        try:
            picture = read_picture(pack.read(one.picture or ""))
        except PackRefused as error:
            raise TargetRefused(str(error)) from error
        if picture is None:
            raise TargetRefused(f"{key}: {one.picture} cannot be decoded")
        return picture, one.width_mm


def _left_out(key: str, error: TargetRefused) -> None:
    log.warning("target_left_out", target=key, reason=str(error))


def _key(pack: Pack, one: PackTarget) -> str:
    return f"{pack.manifest.pack}/{one.name}"


def exhibit_of(key: str, target: PackTarget, address: str) -> Exhibit:
    """Return what the session tells of a target: the story's first paragraph as its caption."""
    story = target.story
    first = Text(_first(story.zh), _first(story.en)) if story.zh or story.en else None
    title = _text(target.caption)
    is_longer = first is not None and (first.zh, first.en) != (story.zh, story.en)
    return Exhibit(
        key,
        title,
        first or title,
        story=_prose(story) if is_longer else None,
        place=None if target.place is None else _text(target.place),
        venue=target.venue or "",
        spots=tuple(_spot(hotspot, address) for hotspot in target.hotspots),
        picture=f"{address}{target.pictures[0]}" if target.pictures else "",
    )


def anchor_of(key: str, target: PackTarget, size_mm: tuple[float, float], address: str) -> Anchor:
    """Return what the page draws on a target."""
    pins = tuple(Pin(one.name, _text(one.title), one.at_mm) for one in target.hotspots)
    model = "" if target.model is None else f"{address}{target.model}"
    return Anchor(key, _text(target.caption), size_mm, pins, model)


def _marker(one: PackTarget, key: str, others: Iterable[Marker]) -> Marker:
    assert one.marker is not None  # noqa: S101  as `hang` has looked
    marker = Marker(one.marker.dictionary, one.marker.number, one.width_mm, key)
    for other in others:
        if (other.dictionary, other.number) == (marker.dictionary, marker.number):
            raise TargetRefused(f"{key}: its marker is that of {other.name} already")
    return marker


def _address(pack: Pack) -> str:
    return f"/ar/media/{pack.manifest.pack}/{pack.manifest.version}/"


def _spot(hotspot: Hotspot, address: str) -> Spot:
    picture = "" if hotspot.picture is None else f"{address}{hotspot.picture}"
    return Spot(hotspot.name, _text(hotspot.title), _prose(hotspot.text), picture)


def _text(words: Words) -> Text:
    return Text(words.zh, words.en)


def _prose(prose: Prose) -> Text:
    # Said in one language only, it is better read in that one than not at all.
    return Text(prose.zh or prose.en, prose.en or prose.zh)


def _first(story: str) -> str:
    return story.strip().partition("\n")[0]
