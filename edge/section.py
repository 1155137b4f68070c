"""What several sections of the configuration are made of."""

from typing import Annotated, Any

from pydantic import Field

Number = Annotated[float, Field(allow_inf_nan=False)]
Pair = tuple[Number, Number]


def repeated(values: list[Any]) -> Any:
    """Return a value that is there twice, None if there is none."""
    return next((value for value in values if values.count(value) > 1), None)
