"""What an installer draws for one camera, checked by the same rules as the configuration."""

from typing import Annotated, Final, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from edge.config import CameraSection, LineSection, ZoneSection
from edge.counting.geometry import CountingLine, PersonSize
from edge.counting.zone import Zone

MOST_LINES: Final = 16
MOST_ZONES: Final = 16
_Share = Annotated[float, Field(gt=0, le=1, allow_inf_nan=False)]


class Plan(BaseModel):
    """Lines, zones and, where it is not to be learnt, the size of a person; may be empty."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    lines: tuple[LineSection, ...] = Field((), max_length=MOST_LINES)
    zones: tuple[ZoneSection, ...] = Field((), max_length=MOST_ZONES)
    person_size: tuple[_Share, _Share] | None = None
    person_growth: Annotated[float, Field(ge=0, le=4, allow_inf_nan=False)] = 0.0
    person_row: Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)] = 0.5

    @model_validator(mode="after")
    def _names_are_unique(self) -> Self:
        names = [line.name for line in self.lines] + [zone.name for zone in self.zones]
        twice = next((name for name in names if names.count(name) > 1), None)
        if twice is not None:
            raise ValueError(f"{twice!r} is named twice")
        return self

    def counting_lines(self) -> tuple[CountingLine, ...]:
        """Return the lines as the counter takes them."""
        return tuple(line.counting_line() for line in self.lines)

    def counting_zones(self) -> tuple[Zone, ...]:
        """Return the zones as the counter takes them."""
        return tuple(zone.zone() for zone in self.zones)

    def person(self) -> PersonSize | None:
        """Return the size of a person, None when it is to be learnt."""
        if self.person_size is None:
            return None
        width, height = self.person_size
        return PersonSize(width, height, growth=self.person_growth, at_y=self.person_row)


def plan_of(camera: CameraSection) -> Plan:
    """Return what a configuration says of a camera."""
    return Plan(
        lines=camera.lines,
        zones=camera.zones,
        person_size=camera.person_size,
        person_growth=camera.person_growth,
        person_row=camera.person_row,
    )
