"""What a person saw in a clip: the truth file."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from edge.counting.geometry import Anchor, CountingLine, Direction, PersonSize, Point
from edge.counting.scoring import TrueCrossing
from edge.errors import EvaluationError

Pair = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Truth:
    """A clip's counting line and true crossings; `fps` makes the time axis of the annotation."""

    line: CountingLine
    crossings: tuple[TrueCrossing, ...]
    fps: float | None = None
    frames: int | None = None
    person_size: PersonSize | None = None
    clip: str | None = None


def read_truth(path: Path) -> Truth:
    """Read a truth file; raises EvaluationError with one sentence that names the fault's place."""
    try:
        file = _TruthFile.model_validate_json(path.read_bytes())
    except OSError as error:
        raise EvaluationError(f"truth file {path}: {error.strerror}") from error
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise EvaluationError(
            f"truth file {path}: {where + ': ' if where else ''}{first['msg']}"
        ) from error
    anchor = Anchor.FOOT if "foot" in file.anchor.lower() else Anchor.CENTRE
    try:
        start, end = (Point(*p) for p in file.line)
        line = CountingLine("line", start, end, Point(*file.in_vector), anchor)
        person = None if file.person_size is None else PersonSize(*file.person_size)
    except ValueError as error:
        raise EvaluationError(f"truth file {path}: {error}") from error
    rows = tuple(TrueCrossing(r.t, Direction(r.dir), r.uncertain) for r in file.crossings)
    return Truth(line, rows, file.fps, file.frames, person, file.clip)


class _TrueRow(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)
    t: float = Field(ge=0, allow_inf_nan=False)
    dir: Literal["in", "out"]
    uncertain: bool = False


class _TruthFile(BaseModel):
    """What is read of a truth file; the rest of it is for people."""

    model_config = ConfigDict(extra="ignore", frozen=True)
    fps: float | None = Field(default=None, gt=0, le=1000, allow_inf_nan=False)
    frames: int | None = Field(default=None, ge=1)
    clip: str | None = None
    line: tuple[Pair, Pair]
    in_vector: Pair
    anchor: str = "box centre"
    person_size: Pair | None = None
    crossings: list[_TrueRow]
