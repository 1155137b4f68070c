"""Find what is to be evaluated: a clip and its truth, the pairs of a folder, a painted door."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from edge.errors import EvaluationError
from edge.evaluate.footage import Footage, of_clip, of_scene
from edge.evaluate.truth import read_truth
from edge.vision.scenes.names import PREFIX

#: What clips are called; everything else in a folder is left alone.
SUFFIXES: Final = (
    *(".avi", ".m2ts", ".m4v", ".mjpeg", ".mjpg", ".mkv", ".mov"),
    *(".mp4", ".mpeg", ".mpg", ".ts", ".webm", ".wmv"),
)


@dataclass(frozen=True)
class Choice:
    """One thing to evaluate; `open` raises SourceError or EvaluationError when it cannot be."""

    name: str
    open: Callable[[], Footage]


def choose(source: str, truth: Path | None, seconds: float | None = None) -> list[Choice]:
    """Say what a source means, in order of name.

    A painted door (`scene:…`) takes no truth; a folder takes a folder, or its own truths; a clip
    takes a file or a folder, or the truth beside it. Raises EvaluationError when there is nothing
    to evaluate.
    """
    if source.startswith(PREFIX):
        if truth is not None:
            raise EvaluationError(
                f"{source}: a painted door knows its own truth: leave {truth} out"
            )
        return [Choice(source, lambda: of_scene(source, seconds))]
    path = Path(source)
    if seconds is not None:
        raise EvaluationError("--seconds: only a painted door can be made shorter or longer")
    if path.is_dir():
        return _of_folder(path, truth)
    beside = truth or path.parent
    return [_of_clip(path, truth_of(path, beside) if beside.is_dir() else beside)]


def truth_of(clip: Path, folder: Path) -> Path:
    """Name the truth file of a clip in a folder."""
    return folder / f"{clip.stem}.json"


def _of_folder(folder: Path, truths: Path | None) -> list[Choice]:
    if truths is not None and not truths.is_dir():
        raise EvaluationError(f"{truths}: the truths of a folder of clips are a folder too")
    try:
        clips = sorted(p for p in folder.iterdir() if p.suffix.lower() in SUFFIXES)
    except OSError as error:
        raise EvaluationError(f"folder {folder}: {error.strerror}") from error
    where = truths or folder
    if not any(truth_of(clip, where).exists() for clip in clips):
        raise EvaluationError(
            f"folder {folder}: holds no clip (NAME.mp4, NAME.avi, …) "
            f"with its truth (NAME.json) in {where}"
        )
    return [_of_clip(clip, truth_of(clip, where)) for clip in clips]


def _of_clip(clip: Path, truth: Path) -> Choice:
    return Choice(clip.name, lambda: of_clip(clip, read_truth(truth)))
