"""Whatever ends a hold, the copy that stood there for it goes to whoever waits next."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection

from contracts.sip2.line import decode
from hub.circulation.book import HoldState, ItemState
from hub.circulation.decide import next_hold
from hub.library.handlers import HANDLERS
from hub.library.upkeep import upkeep
from hub.library.visit import Visit
from hub.store.records import LendingRecords, Records
from tests.unit.hub.library.terminal import BLANK, DATE, HERE, THERE, stock
from tests.unit.hub.library.terminal import settings as library_settings

SETTINGS = library_settings()
DAY_MS = 86_400_000
BEGINS_MS = 1_795_914_000_000
COPIES = ("B1", "B2")
PATRONS = 6

branches = st.sampled_from([HERE, THERE])
patrons = st.integers(1, PATRONS).map("P{}".format)
copies = st.sampled_from(COPIES)
holds = st.tuples(st.just("hold"), patrons, branches, copies, st.booleans(), st.integers(5, 60))
# Who waits, then what happens: mostly copies that come back and time that passes.
queues = st.lists(holds, min_size=2, max_size=8)
steps = st.lists(
    st.one_of(
        st.tuples(st.just("checkin"), copies, branches),
        st.tuples(st.just("days"), st.sampled_from([1, 4, 8])),
        st.tuples(st.just("cancel"), patrons),
        st.tuples(st.just("checkout"), patrons, copies, branches),
        holds,
    ),
    min_size=3,
    max_size=30,
)


@pytest.fixture(scope="module")
def records(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Records]:
    path: Path = tmp_path_factory.mktemp("shelf") / "records.db"
    with Records(path) as records:
        stock(records, patrons=PATRONS, items=len(COPIES))
        yield records


class Town:
    """One work in two copies, two branches, six who want it, and a clock."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.book = LendingRecords(connection)
        self.now_ms = BEGINS_MS
        for table in ("holds", "fees", "loans"):
            connection.exec_driver_sql(f"DELETE FROM {table}")
        connection.exec_driver_sql("UPDATE items SET state = 'available', destination = ''")
        for copy in COPIES:
            self.ask(f"11NN{DATE}{BLANK}AOjd|AAP1|AB{copy}|AC|")

    def ask(self, line: str, branch: str = HERE) -> str:
        message = decode(line.encode())
        visit = Visit(message, self.book, SETTINGS, "kiosk-1", branch, self.now_ms)
        return HANDLERS[message.code](visit).fixed

    def is_any_on_the_open_shelf(self) -> bool:
        return any(self.item(copy) is ItemState.AVAILABLE for copy in COPIES)

    def item(self, barcode: str) -> ItemState:
        item = self.book.item(barcode)
        assert item is not None
        return item.state

    def step(self, what: str, *given: object) -> None:
        match what, *given:
            case "hold", patron, branch, copy, is_this_one, days:
                # Who asks for what stands on the open shelf takes it from there.
                if not self.is_any_on_the_open_shelf():
                    kind = "BY3|" if is_this_one else ""
                    self.ask(f"15+{DATE}AOjd|AA{patron}|AB{copy}|AC|BS{branch}|{kind}")
                    self.connection.exec_driver_sql(
                        "UPDATE holds SET expires_ms = ? WHERE id = (SELECT max(id) FROM holds)"
                        " AND state = 'waiting'",
                        (self.now_ms + int(str(days)) * DAY_MS,),
                    )
            case "cancel", patron:
                self.ask(f"15-{DATE}AOjd|AA{patron}|ABB1|AC|")
            case "checkin", copy, branch:
                self.ask(f"09N{DATE}{BLANK}AP|AOjd|AB{copy}|AC|", str(branch))
            case "checkout", patron, copy, branch:
                self.ask(f"11NN{DATE}{BLANK}AOjd|AA{patron}|AB{copy}|AC|", str(branch))
            case "days", days:
                self.now_ms += int(str(days)) * DAY_MS
                upkeep(self.book, SETTINGS.rules.holds, self.now_ms, history_days=180)

    def check(self) -> None:
        work = self.book.item("B1")
        assert work is not None
        holds = self.book.holds_of_work(work.work)
        ready = {one.copy: one for one in holds if one.state is HoldState.READY}
        assert len(ready) == sum(one.state is HoldState.READY for one in holds)
        for barcode in COPIES:
            item = self.book.item(barcode)
            assert item is not None
            if item.state is ItemState.AVAILABLE:
                assert next_hold(item.id, holds) is None, f"{barcode} is free, and somebody waits"
            if item.state is ItemState.ON_HOLD_SHELF:
                one = ready[item.id]
                assert one.expires_ms is not None
                assert one.expires_ms >= self.now_ms


@settings(max_examples=60, deadline=None)
@given(queue=queues, taken=steps)
def test_no_copy_is_free_while_somebody_waits_for_it(
    records: Records, queue: list[tuple[object, ...]], taken: list[tuple[object, ...]]
) -> None:
    with records.writing() as connection:
        town = Town(connection)
        for what, *given_ in [*queue, *taken]:
            town.step(str(what), *given_)
            town.check()


@pytest.mark.parametrize(
    ("pickup", "state", "destination", "expires_after_days"),
    [(HERE, ItemState.ON_HOLD_SHELF, "", 7), (THERE, ItemState.IN_TRANSIT, THERE, None)],
)
def test_where_a_copy_goes_whose_hold_is_over(
    records: Records,
    pickup: str,
    state: ItemState,
    destination: str,
    expires_after_days: int | None,
) -> None:
    with records.writing() as connection:
        town = Town(connection)
        town.step("hold", "P2", HERE, "B1", True, 30)
        # Its own time is over on the day on which the copy becomes free: it gets none.
        town.step("hold", "P3", HERE, "B1", True, 7)
        town.step("hold", "P4", pickup, "B1", True, 30)
        town.step("checkin", "B1", HERE)
        town.step("days", 8)
        item = town.book.item("B1")
        assert item is not None
        assert (item.state, item.branch, item.destination) == (state, HERE, destination)
        (left,) = town.book.holds_of_work(item.work)
        assert (left.copy, left.pickup) == (item.id, pickup)
        days = expires_after_days
        assert left.expires_ms == (None if days is None else town.now_ms + days * DAY_MS)
        # Checked in where it stood, it goes the same way.
        town.step("checkin", "B1", HERE)
        again = town.book.item("B1")
        assert again == item
