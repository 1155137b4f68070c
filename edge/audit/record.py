"""What an audit leaves: instants and directions of taps and crossings, and how they compare."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any, Final, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from edge.counting.accuracy import EARLY_SECONDS, LATE_SECONDS, Accuracy, assess
from edge.counting.geometry import Direction
from edge.counting.scoring import CountedCrossing, TrueCrossing
from edge.errors import EvaluationError

MOST: Final = 20_000
"""Taps, and crossings, of one audit."""
MOST_BYTES: Final = 4 * 2**20
_Seconds = Annotated[float, Field(ge=-60, le=86_400, allow_inf_nan=False)]
Mark = tuple[_Seconds, Literal["in", "out"]]
Span = tuple[_Seconds, _Seconds]


class Record(BaseModel):
    """One audit of one counting line. Instants are seconds since it began."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    version: Literal[1] = 1
    venue: str = Field(max_length=48)
    node: str = Field(max_length=48)
    camera: str = Field(max_length=48)
    line: str = Field(max_length=48)
    began_at: AwareDatetime
    seconds: Annotated[float, Field(ge=0, le=86_400, allow_inf_nan=False)]
    early_seconds: Annotated[float, Field(ge=0, le=10)] = EARLY_SECONDS
    late_seconds: Annotated[float, Field(ge=0, le=10)] = LATE_SECONDS
    software: str = Field("", max_length=100)
    taps: tuple[Mark, ...] = Field(max_length=MOST)
    counted: tuple[Mark, ...] = Field(max_length=MOST)
    gaps: tuple[Span, ...] = Field((), max_length=MOST)

    def accuracy(self) -> Accuracy:
        """Return how well was counted."""
        return assess(
            [TrueCrossing(at, Direction(way)) for at, way in self.taps],
            [CountedCrossing(at, Direction(way)) for at, way in self.counted],
            early_seconds=self.early_seconds,
            late_seconds=self.late_seconds,
            gaps=self.gaps,
        )


def read_record(path: Path) -> Record:
    """Read a record. Raises EvaluationError with one sentence."""
    try:
        if path.stat().st_size > MOST_BYTES:
            raise EvaluationError(f"{path}: is too large for an audit")
        return Record.model_validate_json(path.read_bytes())
    except OSError as error:
        raise EvaluationError(f"{path}: cannot be read: {error.strerror}") from error
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise EvaluationError(f"{path}: {where + ': ' if where else ''}{first['msg']}") from error


def with_accuracy(record: Record) -> dict[str, Any]:
    """Return what is written: the record, and for other programs what comes of it."""
    found = asdict(record.accuracy())
    for name in ("recall", "precision", "count_error"):
        interval = found[name]
        if interval is not None:
            found[name] = dict(zip(("value", "low", "high"), interval, strict=True))
    return {**record.model_dump(mode="json"), "accuracy": found}
