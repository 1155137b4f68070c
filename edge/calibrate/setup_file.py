"""The configuration file of an installer: one camera of it is read, drawn anew and written back.

Comments, order and every other key stay as they are. What is written is checked by the rules of
`edge.config` before it takes the file's place, and the version before stays beside it as `.bak`.
"""

import hashlib
import os
import re
import shutil
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import tomlkit
from tomlkit.exceptions import TOMLKitError
from tomlkit.items import AoT, Table

from edge.calibrate.plan import Plan, plan_of
from edge.config import CameraSection
from edge.config_file import checked
from edge.errors import ConfigError, FileChanged
from link.config_file import read

_DIGITS: Final = 4
_PLACEHOLDER: Final = {
    "name": "not-drawn-yet",
    "start": [0.0, 0.5],
    "end": [1.0, 0.5],
    "in_vector": [0.0, 1.0],
}
"""Stands for the lines of a camera that has none yet: the rest of the file is checked with it."""


class SetupFile:
    """One camera of a configuration file.

    `camera` names it; None takes the only one. With a `source` a camera that is not there is added
    when it is saved. Raises ConfigError with one sentence.
    """

    def __init__(self, path: Path, camera: str | None = None, source: str | None = None) -> None:
        self.path = path.resolve()
        content = read(self.path)
        self._stamp = _stamp(self.path)
        name = _chosen(self.path, content, camera, source)
        self._source = source
        self._name = name
        self.config = checked(self.path, self._whole(content, name, source))
        self.camera: CameraSection = next(c for c in self.config.cameras if c.name == name)
        drawn = tuple(line for line in self.camera.lines if line.name != _PLACEHOLDER["name"])
        self.plan = plan_of(self.camera.model_copy(update={"lines": drawn}))

    @property
    def taken_names(self) -> list[str]:
        """Names that the file gives to other lines, zones and sensors."""
        names: list[str] = []
        for camera in self.config.cameras:
            if camera.name != self._name:
                names += [line.name for line in camera.lines]
                names += [zone.name for zone in camera.zones]
        for device in self.config.serial:
            names += [*device.lines, *device.contacts, *device.climates]
        return names

    def save(self, plan: Plan) -> Path:
        """Write a plan, and return where the version before is kept.

        Raises ConfigError when the file would not be right with it, FileChanged when somebody else
        wrote the file meanwhile.
        """
        if _stamp(self.path) != self._stamp:
            raise FileChanged(
                f"{self.path} was changed by somebody else since it was read: start again, so that"
                " nothing of it is lost"
            )
        text = self._written(plan)
        config = checked(self.path, tomllib.loads(text))
        kept = self.path.with_name(f"{self.path.name}.bak")
        beside = self.path.with_name(f"{self.path.name}.new")
        try:
            with beside.open("w", encoding="utf-8") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            shutil.copystat(self.path, beside)
            shutil.copy2(self.path, kept)
            beside.replace(self.path)
        except OSError as error:
            beside.unlink(missing_ok=True)
            raise ConfigError(f"{self.path}: cannot be written: {error.strerror}") from error
        self._stamp, self.config, self.plan = _stamp(self.path), config, plan
        return kept

    def _whole(self, content: Mapping[str, Any], name: str, source: str | None) -> dict[str, Any]:
        """Return the content with what is still to be drawn."""
        cameras = [dict(camera) for camera in content.get("cameras", [])]
        if all(camera.get("name") != name for camera in cameras):
            cameras.append({"name": name, "source": source})
        for number, camera in enumerate(cameras):
            if not camera.get("lines"):
                stand_in = {**_PLACEHOLDER, "name": f"{_PLACEHOLDER['name']}-{number}"}
                camera["lines"] = [_PLACEHOLDER if camera.get("name") == name else stand_in]
        return {**content, "cameras": cameras}

    def _written(self, plan: Plan) -> str:
        """Return the file's text with the plan in it."""
        before = self.path.read_text("utf-8")
        try:
            document = tomlkit.parse(before)
        except TOMLKitError as error:
            raise ConfigError(f"{self.path}: is not TOML: {error}") from error
        wanted = tomllib.loads(before)
        cameras = wanted.setdefault("cameras", [])
        mine = next((c for c in cameras if c.get("name") == self._name), None)
        if mine is None:
            mine = {"name": self._name, "source": self._source}
            cameras.append(mine)
            if "cameras" not in document:
                document.append("cameras", tomlkit.aot())
            added = tomlkit.table()
            added.update(mine)
            document["cameras"].append(added)
        _put(mine, plan)
        table = next(c for c in document["cameras"] if c["name"] == self._name)
        _write(table, mine)
        text = tomlkit.dumps(document)
        # A header follows a blank line, as a hand would write it.
        spaced = re.sub(r"(?m)^([^\s#\[].*)\n(?=\[)", r"\1\n\n", text)
        for told in (spaced, text):
            if _is_so(told, wanted):
                return told
        raise ConfigError(
            f"{self.path}: cameras: is written in a form that cannot be changed in place: write"
            " each camera as [[cameras]] and each line as [[cameras.lines]]"
        )


def _chosen(path: Path, content: Mapping[str, Any], camera: str | None, source: str | None) -> str:
    cameras = content.get("cameras", [])
    names = [c.get("name") for c in cameras if isinstance(c, dict)] if cameras else []
    if camera is None and source is not None:
        camera = "camera"
    if camera is None:
        if len(names) == 1:
            return str(names[0])
        if not names:
            raise ConfigError(
                f"{path}: has no camera yet: name one with --camera NAME --source SOURCE"
            )
        raise ConfigError(f"{path}: which camera? Say --camera {' or '.join(map(str, names))}")
    if camera in names and source is not None:
        raise ConfigError(f"{path}: {camera} is there already, with a source of its own")
    if camera not in names and source is None:
        known = ", ".join(map(str, names)) or "there is none"
        raise ConfigError(
            f"{path}: no camera is named {camera!r} ({known}); a new one needs --source"
        )
    return camera


def _is_so(text: str, wanted: Mapping[str, Any]) -> bool:
    try:
        return tomllib.loads(text) == wanted
    except tomllib.TOMLDecodeError:
        return False


def _put(camera: dict[str, Any], plan: Plan) -> None:
    """Put a plan into the plain content of a camera; what has its default is left out."""
    sized = plan.person_size is not None
    grows = sized and plan.person_growth > 0
    for key, value, is_told in (
        ("person_size", _rounded(plan.person_size or ()), sized),
        ("person_growth", _rounded(plan.person_growth), grows),
        ("person_row", _rounded(plan.person_row), grows),
    ):
        if is_told:
            camera[key] = value
        else:
            camera.pop(key, None)
    for key, parts in (("lines", plan.lines), ("zones", plan.zones)):
        told = [_rounded(part.model_dump(exclude_defaults=True)) for part in parts]
        if told:
            camera[key] = told
        else:
            camera.pop(key, None)


def _write(table: Table, wanted: Mapping[str, Any]) -> None:
    """Bring a table to its wanted content; what is as wanted is not touched."""
    for key in [key for key in table if key not in wanted]:
        del table[key]
    # Values first: what comes after a sub-table's header would belong to it.
    for key, value in sorted(wanted.items(), key=lambda item: _is_tables(item[1])):
        if not _is_tables(value):
            if key not in table or table[key] != value:
                table[key] = value
        elif isinstance(table.get(key), AoT):
            _write_all(table[key], value)
        else:
            table[key] = tomlkit.aot()
            _write_all(table[key], value)


def _write_all(tables: AoT, wanted: list[dict[str, Any]]) -> None:
    known = {table["name"]: table for table in tables}
    while len(tables):
        del tables[0]
    for content in wanted:
        table = known.get(content["name"])
        if table is None:
            table = tomlkit.table()
        _write(table, content)
        tables.append(table)


def _is_tables(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and isinstance(value[0], dict)


def _rounded(value: Any) -> Any:
    """Round shares to what a hand can draw, and turn tuples into lists."""
    if isinstance(value, float):
        return round(value, _DIGITS)
    if isinstance(value, dict):
        return {key: _rounded(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [_rounded(part) for part in value]
    return value


def _stamp(path: Path) -> str:
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror}") from error
