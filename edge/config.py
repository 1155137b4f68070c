"""The edge agent's configuration: one TOML file, secrets from the environment.

Every field has a description; an unknown key is an error, because a typo must not pass in silence.
"""

import re
from pathlib import Path
from typing import Annotated, Final, Literal, Self

from pydantic import (
    Field,
    field_validator,
    model_validator,
)

from edge.counting.geometry import Anchor, CountingLine, PersonSize, Point
from edge.counting.zone import Zone
from edge.section import Pair, repeated
from edge.serial_section import SerialSection
from edge.vision.detector_names import LEAST_MODEL_SIDE, MOST_MODEL_SIDE, DetectorName
from edge.vision.scenes.names import parse_scene
from link.node_config import Name, NodeConfig, Section

_Size = Annotated[float, Field(gt=0, le=1)]
_Pixels = Annotated[int, Field(ge=LEAST_MODEL_SIDE, le=MOST_MODEL_SIDE)]
_MOST_DIGITS: Final = 3
_STREAMS: Final = ("http://", "https://", "rtsp://", "rtsps://")


class LineSection(Section):
    """A counting line in a camera's picture, in shares of its width and height."""

    name: Name = Field(description="name of the line, as in the hub's records")
    start: Pair = Field(description="one end, x and y from 0 to 1, y downwards")
    end: Pair = Field(description="the other end")
    in_vector: Pair = Field(description="direction of those who come in, x and y")
    anchor: Literal["centre", "foot"] = Field(
        "centre", description="point of a visitor that has to pass: foot for oblique views"
    )

    @model_validator(mode="after")
    def _lies_in_the_picture(self) -> Self:
        self.counting_line()
        return self

    def counting_line(self) -> CountingLine:
        """Return the line as the counter takes it."""
        return CountingLine(
            self.name,
            Point(*self.start),
            Point(*self.end),
            Point(*self.in_vector),
            Anchor(self.anchor),
        )


class ZoneSection(Section):
    """A zone on the floor in a camera's picture, in shares of its width and height."""

    name: Name = Field(description="name of the zone: the sensor that its measures are told of")
    polygon: tuple[Pair, ...] = Field(
        description="its corners in order, x and y from 0 to 1, y downwards; at least three"
    )
    anchor: Literal["centre", "foot"] = Field(
        "centre", description="point of a visitor that has to be inside: foot for oblique views"
    )

    @model_validator(mode="after")
    def _is_a_polygon(self) -> Self:
        self.zone()
        return self

    def zone(self) -> Zone:
        """Return the zone as the counter takes it."""
        corners = tuple(Point(*corner) for corner in self.polygon)
        return Zone(self.name, corners, Anchor(self.anchor))


class CameraSection(Section):
    """A camera or a video file."""

    name: Name = Field(description="name of the camera in status and logs")
    source: str = Field(
        description="device number, http(s):// or rtsp:// address, path of a video file, or "
        "scene:SEED or scene:NAME:SEED[:HEIGHT] for a painted door"
    )
    pace: Literal["real", "fast"] = Field(
        "real", description="fast: a file or scene as fast as it can be read, with its own time"
    )
    repeat: bool = Field(False, description="begin a file anew when it ends")
    person_size: tuple[_Size, _Size] | None = Field(
        None,
        description="width and height of a visitor at the line, as shares; learnt when absent",
    )
    person_growth: Annotated[float, Field(ge=0, le=4)] = Field(
        0.0,
        description="how much larger a visitor is a whole picture further down, as a share; 0 when "
        "the camera looks straight down",
    )
    person_row: Annotated[float, Field(ge=0, le=1)] = Field(
        0.5, description="how far down the picture the box of `person_size` ends"
    )
    lock_exposure: bool = Field(
        False, description="hold exposure and white balance of a device after three seconds"
    )
    detector: DetectorName = Field(
        "blob", description="what finds visitors in a picture: blob, knn or onnx"
    )
    model: Path | None = Field(
        None, description="the network of onnx, a file relative to this one; of no other detector"
    )
    model_size: tuple[_Pixels, _Pixels] = Field(
        (640, 640), description="width and height in pixels of the picture that the network takes"
    )
    model_class: int = Field(
        0, ge=0, description="number of the class person among those of the network, from 0"
    )
    model_score: float = Field(
        0.5, gt=0, le=1, description="score from which what the network finds is a visitor"
    )
    lines: tuple[LineSection, ...] = Field(description="counting lines, at least one")
    zones: tuple[ZoneSection, ...] = Field((), description="zones in which visitors dwell")

    @field_validator("lines")
    @classmethod
    def _has_one(cls, lines: tuple[LineSection, ...]) -> tuple[LineSection, ...]:
        # As a length of the field, a bad line would also be told as a missing one.
        if not lines:
            raise ValueError("a camera without a line counts nothing")
        return lines

    @field_validator("source")
    @classmethod
    def _can_be_opened_at_all(cls, source: str) -> str:
        # A reason never repeats the source: there may be a password in it.
        if not source.strip():
            raise ValueError("is empty")
        if not source.isprintable():
            raise ValueError("holds a character that cannot be printed")
        if source.isdecimal() and len(source) > _MOST_DIGITS:
            raise ValueError("no device has such a number")
        if "://" in source and not source.startswith(_STREAMS):
            raise ValueError(f"an address begins with one of {', '.join(_STREAMS)}")
        if source.startswith("scene:"):
            parse_scene(source)
        return source

    @model_validator(mode="after")
    def _growth_has_a_size(self) -> Self:
        if self.person_size is None and self.person_growth > 0:
            raise ValueError("person_growth is given without person_size")
        return self

    def person(self) -> PersonSize | None:
        """Return the size of a visitor as the counter takes it, None when it is to be learnt."""
        if self.person_size is None:
            return None
        width, height = self.person_size
        return PersonSize(width, height, growth=self.person_growth, at_y=self.person_row)

    @model_validator(mode="after")
    def _can_be_held(self) -> Self:
        if self.lock_exposure and not re.fullmatch(r"(?:/dev/video)?\d{1,3}", self.source):
            raise ValueError("lock_exposure is for a device such as 0 or /dev/video0")
        return self

    @model_validator(mode="after")
    def _has_a_model_for_a_network(self) -> Self:
        if self.detector == "onnx" and self.model is None:
            raise ValueError('detector "onnx" needs a model: the path of an ONNX file')
        told = sorted(key for key in self.model_fields_set if key.startswith("model"))
        if self.detector != "onnx" and told:
            raise ValueError(f"{told[0]} is given, but the detector {self.detector!r} has no model")
        return self

    @property
    def is_file(self) -> bool:
        """Tell whether the source is the path of a video file."""
        return not (self.source.isdecimal() or self.source.startswith((*_STREAMS, "scene:")))


class EdgeConfig(NodeConfig):
    """Everything that an edge agent needs to know."""

    cameras: tuple[CameraSection, ...] = ()
    serial: tuple[SerialSection, ...] = ()

    @model_validator(mode="after")
    def _names_are_unique(self) -> Self:
        devices = [c.name for c in self.cameras] + [d.name for d in self.serial]
        lines = [line.name for camera in self.cameras for line in camera.lines]
        lines += [zone.name for camera in self.cameras for zone in camera.zones]
        for device in self.serial:
            lines += device.told()
        for kind, names in (("device", devices), ("line, zone or sensor", lines)):
            twice = repeated(names)
            if twice is not None:
                raise ValueError(f"{kind} {twice!r} is named twice")
        self._check_ports()
        if not devices:
            raise ValueError("neither [[cameras]] nor [[serial]]: there is nothing to count with")
        return self

    def _check_ports(self) -> None:
        first: dict[str, SerialSection] = {}
        for device in self.serial:
            other = first.setdefault(device.port, device)
            if other is device:
                continue
            if not (device.shares_its_line and other.shares_its_line):
                raise ValueError(f"port {device.port!r} is named twice")
            if device.settings != other.settings:
                raise ValueError(
                    f"{other.name} and {device.name} are on one line: set baudrate and parity alike"
                )
        units = [(device.port, device.unit) for device in self.serial if device.shares_its_line]
        twice = repeated(units)
        if twice is not None:
            unit = "no unit" if twice[1] is None else f"unit {twice[1]}"
            raise ValueError(f"{unit} of the line {twice[0]!r} is named twice")
