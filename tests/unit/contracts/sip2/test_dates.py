"""Instants of 18 characters, and due dates as systems write them."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from contracts.sip2.dates import read_due, read_instant, write_instant

DAY = (2026, 12, 7)
EAST = timezone(timedelta(hours=8))


def local(*parts: int) -> datetime:
    return datetime(*parts)  # type: ignore[arg-type]  # noqa: DTZ001


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("20261207    183149", local(*DAY, 18, 31, 49)),
        ("20261207   Z183149", datetime(*DAY, 18, 31, 49, tzinfo=UTC)),
        ("20261207Z   183149", datetime(*DAY, 18, 31, 49, tzinfo=UTC)),
        ("20261207 CST183149", local(*DAY, 18, 31, 49)),
        (" " * 18, None),
        ("20261307    183149", None),
        ("20261207    183160", None),
        ("2026１207    183149", None),
        ("20261207", None),
    ],
)
def test_instants(text: str, at: datetime | None) -> None:
    assert read_instant(text) == at
    if at is not None and "CST" not in text and "Z " not in text:
        assert write_instant(at) == text


def test_an_instant_of_another_zone_is_written_in_utc() -> None:
    assert write_instant(datetime(*DAY, 2, 0, tzinfo=EAST)) == "20261206   Z180000"
    assert write_instant(None) == " " * 18


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("20261207    183149", local(*DAY, 18, 31, 49)),
        ("2011-10-28 23:59:59", local(2011, 10, 28, 23, 59, 59)),
        ("08.06.2016", local(2016, 6, 8, 23, 59, 59)),
        ("5/23/2008,23:59", local(2008, 5, 23, 23, 59)),
        ("23/5/2008", local(2008, 5, 23, 23, 59, 59)),
        ("2026年12月7日", local(*DAY, 23, 59, 59)),
        ("2026-12-07T18:31:49+08:00", datetime(*DAY, 18, 31, 49, tzinfo=EAST)),
        ("2026-12-07T18:31:49.125Z", datetime(*DAY, 18, 31, 49, tzinfo=UTC)),
        ("20261207", local(*DAY, 23, 59, 59)),
        ("20261207183149", local(*DAY, 18, 31, 49)),
        ("  2026/12/7  ", local(*DAY, 23, 59, 59)),
        ("in three weeks", None),
        ("2026-13-40", None),
        ("2026-12-07 25:00", None),
        ("", None),
    ],
)
def test_due_dates(text: str, at: datetime | None) -> None:
    assert read_due(text) == at
