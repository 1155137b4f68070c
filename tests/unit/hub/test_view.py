import re
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.live.attention import Attention
from hub.live.now import CurvePoint, DeviceNow, VenueNow, ZoneNow
from hub.occupancy import Declared
from hub.pages.view import (
    CURVE_BASE,
    CURVE_WIDTH,
    build_card,
    build_curve,
    build_summary,
    group_by_level,
    since_words,
)
from hub.pages.words import KINDS, kind_words
from hub.venues import Venue, Zone

SHANGHAI = ZoneInfo("Asia/Shanghai")
MIDNIGHT = 1_774_972_800  # 2026-04-01 00:00 in Shanghai
NOON_MS = (MIDNIGHT + 12 * 3600) * 1000
ROOM = Venue(
    "room", "书房", "Room", "book_room", "space", 40, "Asia/Shanghai", (((0, 1440),),) * 7, 240
)


def a_now(**changes: object) -> VenueNow:
    fields: dict[str, object] = {
        "venue": ROOM,
        "occupancy": 20,
        "last_occupancy": 20,
        "quality": "known",
        "since_ms": NOON_MS - 8 * 3_600_000,
        "zero_ms": NOON_MS - 8 * 3_600_000,
        "heard_ms": NOON_MS,
        "last_reading_ms": NOON_MS,
        "entered_today": 33,
        "zones": (),
        "declared": Declared(open=True, always=True),
        "missing": (),
        "curve": (),
        **changes,
    }
    return VenueNow(**fields)  # type: ignore[arg-type]  # a builder with defaults


def test_a_known_number() -> None:
    card = build_card(a_now(), NOON_MS)
    assert (card.occupancy, card.fill, card.mark, card.is_stale) == ("20", 50.0, "known", False)
    assert card.note.zh == "申报 24 小时开放"
    assert card.heard is None


@pytest.mark.parametrize(
    ("occupancy", "fill_class", "mark", "fill"),
    [(36, "", "known", 90.0), (37, "near", "known", 92.5), (40, "near", "known", 100.0)],
)
def test_near_capacity(occupancy: int, fill_class: str, mark: str, fill: float) -> None:
    card = build_card(a_now(occupancy=occupancy), NOON_MS)
    assert (card.fill_class, card.mark, card.fill) == (fill_class, mark, fill)


def test_over_capacity_is_a_breach() -> None:
    card = build_card(a_now(occupancy=41, over_since_ms=5), NOON_MS)
    assert (card.fill_class, card.mark, card.state.en, card.fill) == (
        "over", "breach", "Over capacity", 100.0
    )  # fmt: skip


def test_unknown_is_a_dash_with_what_was_heard_last() -> None:
    card = build_card(
        a_now(occupancy=None, quality="unknown", heard_ms=NOON_MS - 3_600_000), NOON_MS
    )
    assert (card.occupancy, card.is_stale, card.fill) == ("—", True, 0)
    assert card.heard == ("末次 11:00，20 人", "last heard 11:00, 20 inside")


def test_yesterday_is_told_with_its_day() -> None:
    card = build_card(
        a_now(occupancy=None, quality="unknown", heard_ms=NOON_MS - 86_400_000), NOON_MS
    )
    assert card.heard == ("末次 3月31日 12:00，20 人", "last heard Mar 31 12:00, 20 inside")


@pytest.mark.parametrize(
    ("zero_ms", "hint"),
    [(0, ("11:00 起计数", "counted since 11:00")), (5, ("11:00 起有漏看", "gap since 11:00"))],
)
def test_degraded_says_why(zero_ms: int, hint: tuple[str, str]) -> None:
    card = build_card(
        a_now(quality="degraded", since_ms=NOON_MS - 3_600_000, zero_ms=zero_ms), NOON_MS
    )
    assert card.hint == hint


@pytest.mark.parametrize(
    ("declared", "text"),
    [
        (None, "No hours declared"),
        (Declared(open=True, until_s=MIDNIGHT + 20 * 3600), "Declared open until 20:00"),
        (Declared(open=False, until_s=MIDNIGHT + 32 * 3600), "Declared closed until Apr 2 08:00"),
        (Declared(open=False), "No hours declared"),
    ],
)
def test_declared_hours_never_claim_more(declared: Declared | None, text: str) -> None:
    assert build_card(a_now(declared=declared), NOON_MS).note.en == text


def test_zones_are_told_where_there_are_several() -> None:
    hall, attic = Zone("hall", "厅", "Hall"), Zone("attic", "阁", "Attic")
    venue = Venue(**{f: getattr(ROOM, f) for f in ROOM.__slots__} | {"zones": (hall, attic)})
    zones = (ZoneNow("hall", 3, "known", 0), ZoneNow("attic", None, "unknown", 0))
    card = build_card(a_now(venue=venue, zones=zones), NOON_MS)
    assert [(name.en, number) for _, name, number in card.zones] == [("Hall", "3"), ("Attic", "—")]


points = st.lists(st.one_of(st.none(), st.integers(0, 500)), max_size=48).map(
    lambda values: tuple(CurvePoint(MIDNIGHT + i * 1800, v) for i, v in enumerate(values))
)


@given(points, st.one_of(st.none(), st.integers(0, 500)))
def test_every_course_lies_in_its_picture(
    curve: tuple[CurvePoint, ...], occupancy: int | None
) -> None:
    at_ms = (MIDNIGHT + max(0, len(curve) - 1) * 1800 + 60) * 1000
    drawn = build_curve(curve, occupancy, SHANGHAI, at_ms)
    for x, y in re.findall(r"[ML]([\d.-]+) ([\d.-]+)", drawn.line + drawn.area + drawn.tail):
        assert 0 <= float(x) <= CURVE_WIDTH
        assert 0 <= float(y) <= CURVE_BASE
    for x, width in drawn.unknown:
        assert x >= 0
        assert width >= 0
    assert len(drawn.rows) == len(curve)


def test_an_unwatched_stretch_is_no_line() -> None:
    curve = tuple(CurvePoint(MIDNIGHT + i * 1800, v) for i, v in enumerate([4, None, 6]))
    drawn = build_curve(curve, 7, SHANGHAI, (MIDNIGHT + 3660) * 1000)
    assert (drawn.line.count("M"), drawn.tail.count("M")) == (2, 1)
    assert len(drawn.unknown) == 1
    assert drawn.rows == (("00:00", 4), ("00:30", None), ("01:00", 6))


def test_a_course_is_drawn_where_it_belongs() -> None:
    values = [0, 10, None, 4]
    curve = tuple(CurvePoint(MIDNIGHT + i * 1800, v) for i, v in enumerate(values))
    drawn = build_curve(curve, 8, SHANGHAI, (MIDNIGHT + 6300) * 1000)
    # Half an hour is 130/48 wide; ten people, the peak, reach from the base (35) up to 3.
    assert drawn.line == "M0.0 35.0L2.7 3.0M8.1 22.2"
    assert drawn.tail == "M8.1 22.2L9.5 9.4"
    assert drawn.area == ("M0.0 35.0L2.7 3.0L2.7 35.0L0.0 35.0ZM8.1 22.2L8.1 35.0L8.1 35.0Z")
    # What lies between the last watched instant and the next one is not known.
    assert drawn.unknown == ((2.7, 5.4),)
    assert (drawn.end, drawn.peak) == ((9.5, 9.4), 10)
    unknown_now = build_curve(curve, None, SHANGHAI, (MIDNIGHT + 6300) * 1000)
    assert unknown_now.end is None
    assert unknown_now.unknown == ((2.7, 6.8),)
    nothing = build_curve((), None, SHANGHAI, NOON_MS)
    assert (nothing.line, nothing.unknown, nothing.peak, nothing.rows) == ("", (), None, ())


def test_a_few_people_are_no_peak() -> None:
    curve = (CurvePoint(MIDNIGHT, 0), CurvePoint(MIDNIGHT + 1800, 1))
    drawn = build_curve(curve, 1, SHANGHAI, (MIDNIGHT + 1800) * 1000)
    assert drawn.line + drawn.tail == "M0.0 35.0L2.7 28.6M2.7 28.6L2.7 28.6"


def test_only_a_count_with_gaps_has_a_doubt() -> None:
    assert build_card(a_now(), NOON_MS).hint is None
    assert build_card(a_now(quality="degraded", since_ms=0), NOON_MS).hint is None


def test_a_venue_without_capacity_has_a_number_and_no_bar() -> None:
    venue = Venue(**{f: getattr(ROOM, f) for f in ROOM.__slots__} | {"capacity": None})
    card = build_card(a_now(venue=venue, occupancy=1_234), NOON_MS)
    assert (card.occupancy, card.capacity, card.fill, card.fill_class) == ("1,234", None, 0, "")


def test_since_when_is_told_in_the_venues_own_time() -> None:
    item = Attention("offline", "unknown", "", "", "", "", NOON_MS - 60_000)
    assert since_words(item, SHANGHAI, NOON_MS) == (
        "11:59 起，1 分钟",
        "since 11:59, for 1 minute",
    )
    assert since_words(item, ZoneInfo("UTC"), NOON_MS) == (
        "03:59 起，1 分钟",
        "since 03:59, for 1 minute",
    )
    never = Attention("unknown", "unknown", "", "", "", "", 0)
    assert since_words(never, SHANGHAI, NOON_MS).en == "Never heard"


def test_the_largest_venue_comes_first_then_by_name() -> None:
    def venue(id_: str, capacity: int | None) -> VenueNow:
        fields = {f: getattr(ROOM, f) for f in ROOM.__slots__}
        return a_now(venue=Venue(**fields | {"id": id_, "capacity": capacity}))

    nows = {id_: venue(id_, c) for id_, c in (("z", 5), ("b", 9), ("y", None), ("a", 9))}
    ((_, ordered),) = group_by_level(nows)
    assert [now.venue.id for now in ordered] == ["a", "b", "z", "y"]


def test_summary_adds_only_what_is_told() -> None:
    nows = [a_now(), a_now(occupancy=None, quality="unknown"), a_now(quality="degraded")]
    devices = [
        DeviceNow("room", "pi", "online"),
        DeviceNow("room", "x", "expected"),
        DeviceNow("room", "y", "offline"),
    ]
    summary = build_summary(nows, devices, 3)
    assert (summary.inside, summary.entered, summary.venues_known) == ("40", "99", 1)
    assert (summary.venues, summary.degraded, summary.unknown) == (3, 1, 1)
    assert (summary.devices_online, summary.devices, summary.refused) == (1, 3, 3)
    assert build_summary([nows[1]], (), 0).inside == "—"


def test_groups_in_the_boards_order() -> None:
    district = Venue(
        "library", "馆", "L", "district_library", "district", 9, "Asia/Shanghai", ROOM.hours, 240
    )
    groups = group_by_level({"room": a_now(), "library": a_now(venue=district)})
    assert [words.en for words, _ in groups] == ["District", "Book rooms, spaces"]


def test_an_unknown_kind_is_called_as_it_is_written() -> None:
    assert kind_words("tea_house").en == "tea house"
    assert kind_words("book_room") is KINDS["book_room"]
