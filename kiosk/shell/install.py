"""Putting the files in place that make a machine a kiosk, and looking whether they are there."""

from pathlib import Path
from typing import Literal

from kiosk.errors import InstallError
from kiosk.shell.files import MODE, ShellFile
from link.placing import place

Standing = Literal["same", "new", "other"]


def standing(root: Path, file: ShellFile) -> Standing:
    """Tell whether a file is there as it should be. Raises InstallError."""
    path = root / file.path
    try:
        if path.is_symlink():
            return "same" if file.target and str(path.readlink()) == file.target else "other"
        if not path.exists():
            return "new"
        is_same = not file.target and path.read_bytes() == file.content
        return "same" if is_same and path.stat().st_mode & 0o777 == MODE else "other"
    except OSError as error:
        raise InstallError(f"{path}: cannot be read: {error.strerror}") from error


def put(root: Path, file: ShellFile) -> None:
    """Put a file in place, in one step; what was there is kept beside it. Raises InstallError."""
    path = root / file.path
    try:
        _make_folders(path.parent)
        if standing(root, file) == "other":
            # A name that no program reads as its configuration.
            path.replace(path.with_name(f"{path.name}.before-kaiguan"))
        if file.target:
            path.unlink(missing_ok=True)
            path.symlink_to(file.target)
            return
        place(path, file.content, MODE)
        path.chmod(MODE)  # whatever umask there is
    except OSError as error:
        raise InstallError(f"{path}: cannot be written: {error.strerror}") from error


def _make_folders(folder: Path) -> None:
    """Make folders that anybody may read, whatever umask there is: the browser has to."""
    if folder.exists():
        return
    _make_folders(folder.parent)
    folder.mkdir()
    folder.chmod(0o755)


def differing(root: Path, files: tuple[ShellFile, ...]) -> list[str]:
    """Return the files that are not there as they should be, from `/`. Raises InstallError."""
    return [f"/{one.path}" for one in files if standing(root, one) != "same"]
