"""What kiosks ask of the hub: the facts of a venue, and the cards that may not borrow."""

import json
from collections.abc import AsyncIterator
from datetime import date
from functools import partial
from pathlib import Path

import pytest

from contracts.blocked_cards import decode_blocked_cards
from contracts.door_cards import decode_door_cards
from contracts.hours import hours_sentence
from contracts.venue_facts import decode_facts
from hub.access import Permission, Role
from hub.api.cards import years_before
from hub.circulation.book import CardState
from hub.store.records.lending import LendingRecords
from hub.store.records.stock import PatronRow, StockRecords
from tests.accounts import TESTER, bearer
from tests.unit.hub.access.serving import Served, serving

API = "/api/v1"
ROOM = "book-room-zhouqiao"


@pytest.fixture
async def served(tmp_path: Path) -> AsyncIterator[Served]:
    async with serving(tmp_path) as opened:
        yield opened


async def test_a_venue_is_told_of_as_on_its_own_page_and_with_its_neighbours(
    served: Served,
) -> None:
    async with served.browser() as kiosk:
        answer = await kiosk.get(f"{API}/venues/{ROOM}/facts")
        page = (await kiosk.get(f"{API}/venues/{ROOM}/hours")).json()
    assert answer.status_code == 200, answer.text
    told = decode_facts(answer.content)
    assert (told.venue, told.name_zh) == (ROOM, "我嘉书房·州桥")
    said = hours_sentence(told.hours, told.at_ms // 1000)
    assert page["text"] == {"zh": said.zh, "en": said.en}
    assert [list(one) for one in told.hours.sessions] == page["sessions"]
    away = [one.metres or 0 for one in told.nearby]
    assert away == sorted(away)
    assert 0 < away[0] < 3000
    assert ROOM not in {one.venue for one in told.nearby}
    assert len(told.nearby) == 12


async def test_what_did_not_change_is_not_sent_again(served: Served) -> None:
    async with served.browser() as kiosk:
        first = await kiosk.get(f"{API}/venues/{ROOM}/facts")
        served.clock.pass_seconds(60)
        again = await kiosk.get(
            f"{API}/venues/{ROOM}/facts", headers={"if-none-match": first.headers["etag"]}
        )
        other = await kiosk.get(f"{API}/venues/nowhere/facts")
    assert (again.status_code, again.content) == (304, b"")
    assert other.status_code == 404


async def test_cards_that_may_not_borrow_are_told_as_salted_hashes(served: Served) -> None:
    stock = StockRecords(served.hub.records)
    rows = [
        PatronRow("C-GOOD", "读者甲"),
        PatronRow("C-BLOCKED", "读者乙", blocks="欠费"),
        PatronRow("C-ENDED", "读者丙", expires_on="2020-01-01"),
        PatronRow("C-LOST", "读者丁"),
    ]
    stock.put_patrons(rows)
    with served.hub.records.writing() as connection:
        LendingRecords(connection).set_card_state("C-LOST", CardState.LOST)
    owner = served.account(Role.ADMIN)
    tokens = served.hub.office.tokens
    token = tokens.create(
        TESTER, owner, "kiosk", frozenset({Permission.CARDS}), venues=None, days=1
    )[1]
    async with served.browser(**bearer(token)) as kiosk:
        answer = await kiosk.get(f"{API}/circulation/cards/blocked")
        again = await kiosk.get(f"{API}/circulation/cards/blocked")
        elsewhere = await kiosk.get(f"{API}/devices")
    assert answer.status_code == 200, answer.text
    cards = decode_blocked_cards(answer.content)
    blocked = {row.card for row in rows if cards.blocks(row.card)}
    assert blocked == {"C-BLOCKED", "C-ENDED", "C-LOST"}
    assert b"C-" not in answer.content
    assert set(json.loads(answer.content)["blocked"]).isdisjoint(again.json()["blocked"])
    assert elsewhere.status_code == 403
    async with served.browser() as stranger:
        assert (await stranger.get(f"{API}/circulation/cards/blocked")).status_code == 401


async def test_cards_for_a_door_are_those_whom_the_rooms_rules_let_in(served: Served) -> None:
    stock = StockRecords(served.hub.records)
    grown = partial(PatronRow, agreed_on="2026-01-02", born_on="1990-01-01")
    rows = [
        grown("C-GOOD", "读者甲"),
        grown("C-UNTIL", "读者乙", expires_on="2099-12-31"),
        grown("C-BLOCKED", "读者丙", blocks="欠费"),
        grown("C-ENDED", "读者丁", expires_on="2020-01-01"),
        grown("C-YOUNG", "读者戊", born_on="2020-01-01"),
        grown("C-AGELESS", "读者己", born_on=""),
        grown("C-NEVER", "读者庚", agreed_on=""),
        grown("C-CHILD", "读者辛", category="child"),
    ]
    stock.put_patrons(rows)
    owner = served.account(Role.ADMIN)
    scope = frozenset({Permission.CARDS})
    token = served.hub.office.tokens.create(TESTER, owner, "door", scope, venues=None, days=1)[1]

    async with served.browser(**bearer(token)) as kiosk:

        async def let_in(asked: str) -> set[str]:
            answer = await kiosk.get(f"{API}/circulation/cards/door{asked}")
            assert answer.status_code == 200, answer.text
            assert b"C-" not in answer.content
            assert b"1990" not in answer.content
            cards = decode_door_cards(answer.content)
            return {row.card for row in rows if cards.lets_in(row.card, "2026-11-29")}

        strict = await let_in("?min_age=14&classes=adult")
        of_all = await let_in("?min_age=14")
        without = await let_in("?agreed=false")
        refused = await kiosk.get(f"{API}/circulation/cards/door?age=14")
        late = decode_door_cards((await kiosk.get(f"{API}/circulation/cards/door")).content)
    assert strict == {"C-GOOD", "C-UNTIL"}
    assert of_all == strict | {"C-CHILD"}
    assert without == of_all | {"C-YOUNG", "C-AGELESS", "C-NEVER"}
    assert refused.status_code == 422
    assert late.lets_in("C-UNTIL", "2099-12-31")
    assert not late.lets_in("C-UNTIL", "2100-01-01")


def test_a_birthday_on_the_last_of_february_counts_from_the_day_before_march() -> None:
    assert years_before(date(2028, 2, 29), 14) == date(2014, 2, 28)
    assert years_before(date(2026, 11, 29), 14) == date(2012, 11, 29)
