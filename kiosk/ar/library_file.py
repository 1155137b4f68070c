"""A library kept on disk: its features and its index, so that a start does not enrol anew.

A folder with `targets.npz` and, where there is an index, `index.ann`. What is damaged or of other
pictures, settings or releases of OpenCV is made again; nothing of the folder is trusted further
than its numbers.
"""

import hashlib
import io
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np
import structlog
from numpy.typing import NDArray

from kiosk.ar.cores import on_all_cores
from kiosk.ar.library import TargetLibrary
from kiosk.ar.neighbours import HAS_INDEX, AnnNeighbours
from kiosk.ar.settings import ArSettings
from kiosk.ar.shelf import Kept, Shelf, Stock
from kiosk.ar.target import SMALLEST_SIDE, Advice, Target, digest_of, enrol
from kiosk.errors import TargetRefused
from link.placing import place

log = structlog.get_logger(__name__)

TARGETS: Final = "targets.npz"
INDEX: Final = "index.ann"
Picture = tuple[NDArray[np.uint8], float]
"""A picture as `enrol` takes it, and its width in millimetres."""


def save_library(library: TargetLibrary, folder: Path) -> None:
    """Merge what waits, and keep a library in a folder. Raises OSError."""
    library.settle()
    folder.mkdir(parents=True, exist_ok=True)
    shelf = library.shelf()
    members = shelf.index.members if shelf.index is not None else ()
    index = b""
    if shelf.index is not None and isinstance(shelf.index.neighbours, AnnNeighbours):
        made = folder / f".{INDEX}.made"
        shelf.index.neighbours.save(made)
        made.replace(folder / INDEX)
        index = (folder / INDEX).read_bytes()
    arrays: dict[str, Any] = {"index": np.array(hashlib.sha256(index).hexdigest())}
    for number, kept in enumerate(members):
        if kept.target.name in library:
            target = kept.target
            arrays[f"{number}.gray"] = target.gray
            arrays[f"{number}.places"] = target.places.astype(np.float32)
            arrays[f"{number}.bits"] = target.bits
            arrays[f"{number}.words"] = np.array([target.name, target.advice.value, target.digest])
            arrays[f"{number}.numbers"] = np.array(
                [target.width_mm, target.height_mm, target.flat, target.score], np.float64
            )
    arrays["number"] = np.array(len(members))
    content = io.BytesIO()
    np.savez(content, **arrays)
    place(folder / TARGETS, content.getvalue(), 0o644)


def open_library(
    folder: Path,
    pictures: Mapping[str, Picture],
    settings: ArSettings | None = None,
    refused: Callable[[str, TargetRefused], None] | None = None,
) -> TargetLibrary:
    """Make a library of these pictures by name; take from the folder what is the same there.

    What had to be made is kept. Each picture is asked for once, in one of several threads. One that
    cannot be a target is told to `refused` and left out; without that TargetRefused is raised. A
    folder that cannot be read or written costs time only, and is logged.
    """
    settings = settings or ArSettings()
    library = TargetLibrary(settings)
    kept, index = _read(folder)
    by_digest = {target.digest: target for target in kept}

    def made(name: str) -> Target | TargetRefused:
        try:
            picture, width_mm = pictures[name]
            digest = digest_of(picture, name, width_mm, settings.enrol)
            return by_digest.get(digest) or enrol(picture, name, width_mm, settings.enrol)
        except TargetRefused as error:
            return error

    targets = []
    for name, target in zip(pictures, on_all_cores(made, pictures), strict=True):
        if isinstance(target, Target):
            targets.append(target)
        elif refused is None:
            raise target
        else:
            refused(name, target)
    if index is not None and len(targets) == len(kept) and set(targets) == set(kept):
        members = tuple(Kept(target, settings) for target in kept)
        bits = np.vstack([target.bits for target in kept])
        try:
            neighbours = AnnNeighbours(bits, settings.recogniser, index)
        except ValueError as error:
            log.warning("ar_index_refused", reason=str(error))
        else:
            stock = Stock.of(members, settings.recogniser, neighbours)
            library.put(Shelf({one.target.name: one for one in members}, stock))
            return library
    library.add_all(targets)
    library.settle()
    try:
        save_library(library, folder)
    except OSError as error:
        log.warning("ar_library_not_kept", folder=str(folder), reason=str(error))
    return library


def _read(folder: Path) -> tuple[list[Target], Path | None]:
    """Return the targets that a folder keeps, and its index if that is of them."""
    try:
        with (
            (folder / TARGETS).open("rb") as file,
            np.load(file, allow_pickle=False) as arrays,
        ):
            number = int(arrays["number"])
            targets = [_target(arrays, k) for k in range(number) if f"{k}.gray" in arrays]
            wanted = str(arrays["index"])
        if not HAS_INDEX or len(targets) != number:
            return targets, None
        index = (folder / INDEX).read_bytes()
    except FileNotFoundError:
        return [], None
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
        log.warning("ar_library_unreadable", folder=str(folder), reason=str(error))
        return [], None
    is_same = hashlib.sha256(index).hexdigest() == wanted
    return targets, folder / INDEX if is_same else None


def _target(arrays: Mapping[str, NDArray[Any]], number: int) -> Target:
    """Raise ValueError or KeyError for numbers that do not belong together."""
    gray, places, bits, words, numbers = (
        arrays[f"{number}.{part}"] for part in ("gray", "places", "bits", "words", "numbers")
    )
    name, advice, digest = (str(word) for word in words)
    width_mm, height_mm, flat, score = (float(value) for value in numbers)
    if (
        gray.ndim != 2
        or gray.dtype != np.uint8
        or min(gray.shape) < SMALLEST_SIDE
        or bits.dtype != np.uint8
        or bits.shape != (len(places), 32)
        or places.shape != (len(bits), 2)
        or not 0 <= flat <= len(bits)
    ):
        raise ValueError(f"target {number}: its parts do not belong together")
    return Target(
        name,
        width_mm,
        height_mm,
        gray,
        places.astype(np.float64),
        bits,
        int(flat),
        score,
        Advice(advice),
        digest,
    )
