"""Write the sample pack and the sheet to print: `python -m examples.packs.jiading FOLDER [KEY]`."""

import sys
from pathlib import Path

from examples.packs.jiading.build import build, build_sheet
from link.errors import LinkError


def main(arguments: list[str]) -> int:
    """Build both and tell where they are; 2 where the arguments cannot be used."""
    if not 1 <= len(arguments) <= 2:
        print(__doc__, file=sys.stderr)
        return 2
    folder, *key = (Path(argument) for argument in arguments)
    try:
        print(build(folder, key[0] if key else None))
    except LinkError as error:
        print(error, file=sys.stderr)
        return 2
    print(build_sheet(folder))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
