"""Where the evaluation clips are; tests that need them skip where they are absent."""

import os
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def shared() -> Path:
    """Folder of the evaluation clips, which are not the project's to publish."""
    beside = Path(__file__).resolve().parents[3].parent / "shared"
    folder = Path(os.environ.get("KAIGUAN_SHARED", beside))
    if not (folder / "clips").is_dir():
        pytest.skip(f"no evaluation clips: {folder}/clips is absent; set KAIGUAN_SHARED")
    return folder
