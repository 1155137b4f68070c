"""What every section of the configuration is made of."""

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from contracts.ids import NAME_PATTERN

Name = Annotated[str, Field(pattern=NAME_PATTERN)]
Number = Annotated[float, Field(allow_inf_nan=False)]
Pair = tuple[Number, Number]


class Section(BaseModel):
    """A part of the configuration; an unknown key in it is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def repeated(values: list[Any]) -> Any:
    """Return a value that is there twice, None if there is none."""
    return next((value for value in values if values.count(value) > 1), None)
