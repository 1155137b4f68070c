"""What the doctor says of disk and clock, which no test can make full or wrong."""

from pathlib import Path
from typing import NamedTuple

import pytest

from edge import doctor
from link.clock import Instant
from link.node_config import SpoolSection


class Usage(NamedTuple):
    total: int
    used: int
    free: int


@pytest.mark.parametrize(
    ("free", "is_fine", "words"),
    [
        (10**9, True, "disk: 1,000 MB free at "),
        (3 * 10**8, False, "and the spool may grow by 268 MB: make room, or lower spool.max_mib"),
        (0, False, "disk: 0 MB free at "),
    ],
)
def test_the_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, free: int, *, is_fine: bool, words: str
) -> None:
    monkeypatch.setattr("shutil.disk_usage", lambda _folder: Usage(10**10, 0, free))
    finding = doctor._disk(SpoolSection(path=tmp_path / "spool.db", max_mib=256))
    assert finding.is_fine is is_fine
    assert words in finding.text


@pytest.mark.parametrize("is_set", [True, False])
def test_the_clock(monkeypatch: pytest.MonkeyPatch, *, is_set: bool) -> None:
    class Clock:
        def __init__(self, _trust: str) -> None:
            pass

        def look(self) -> Instant:
            return Instant(0, 0, is_set)

    monkeypatch.setattr(doctor, "SystemClock", Clock)
    finding = doctor._clock("kernel")
    assert finding.is_fine is is_set
    assert ("no time server was reached since this machine started" in finding.text) is not is_set
