"""The targets of `guided` that read files: configurations, rules, records, lists."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import atheris

with atheris.instrument_imports(
    include=["edge.config", "edge.serial_section", "kiosk.config", "hub.config", "hub.district",
             "hub.alerts", "hub.delivery", "hub.lawbook", "hub.compliance", "hub.hours",
             "hub.circulation", "hub.library", "kiosk.ar.camera_model", "edge.audit",
             "edge.evaluate"],
    enable_loader_override=False,
):  # fmt: skip
    from hub.errors import ConfigError
    from hub.library.files import _rows
    from hub.library.rows import item_of, patron_of
    from tests.fuzz.campaign import sentence
    from tests.fuzz.files import CASES, Files
    from tests.fuzz.lists import KINDS


Target = tuple[Callable[[bytes], object], list[bytes]]


def of_files(folder: Path) -> dict[str, Target]:
    """Return a target for every file that is read, and for lists."""
    folder.mkdir()
    files = Files(folder)

    def reading(name: str) -> Callable[[bytes], object]:
        return lambda data: files.look(name, data)

    def listing(kind: Any, read: Callable[[Any], object]) -> Callable[[bytes], object]:
        path = folder / f"{kind}.csv"

        def look(data: bytes) -> None:
            path.write_bytes(data)
            try:
                for _, row in _rows(path, kind):
                    _read(row, read)
            except ConfigError as error:
                sentence(error)

        return look

    return {
        **{name: (reading(name), [*case.goods]) for name, case in CASES.items()},
        "patrons": (listing("patrons", patron_of), [KINDS["patrons"].encode()]),
        "items": (listing("items", item_of), [KINDS["items"].encode()]),
    }


def _read(row: Any, read: Callable[[Any], object]) -> None:
    try:
        read(row if isinstance(row, dict) else {})
    except ValueError as error:
        sentence(error)
