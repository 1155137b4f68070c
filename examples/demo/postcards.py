"""What the demo's kiosk sees: `python -m examples.demo.postcards --film FILE --shelf FOLDER`.

Builds the sample pack into the kiosk's shelf, and draws a film of its postcards in a hand, which
plays where a camera would be. Both are made once for a state folder. Then it waits to be ended, as
the demo's processes do, as a program of a few kilobytes.
"""

import argparse
import os
from pathlib import Path
from typing import Final

from examples.demo.postcard_film import Card, PostcardFilm, write_film
from examples.packs.jiading.build import build
from examples.packs.jiading.postcards import NAMES, SIZE_MM, draw_postcard
from kiosk.packs import PackShelf

_PATIENCE: Final = 10
"""Niceness: whoever is counted or lends comes first."""


def main() -> None:
    """Make film and pack unless they are there, and wait."""
    parser = argparse.ArgumentParser(prog="python -m examples.demo.postcards", description=__doc__)
    parser.add_argument("--film", type=Path, required=True, help="the film to draw")
    parser.add_argument("--shelf", type=Path, required=True, help="the kiosk's shelf of packs")
    given = parser.parse_args()
    os.nice(_PATIENCE)
    given.shelf.mkdir(parents=True, exist_ok=True)
    if not given.film.exists():
        write_film(the_film(), given.film)
    # The pack comes last: once the kiosk has it, it offers to look.
    sample = build(given.shelf.parent / "sample")
    PackShelf(given.shelf, allow_unsigned=True).install(sample)
    os.execvp("sleep", ["sleep", "infinity"])


def the_film() -> PostcardFilm:
    """Return the film of all postcards of the sample pack."""
    return PostcardFilm([Card(name, draw_postcard(name), SIZE_MM[0]) for name in NAMES])


if __name__ == "__main__":
    main()
