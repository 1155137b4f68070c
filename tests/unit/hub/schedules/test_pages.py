"""The calendar without a script: month, forms, preview, saving, withdrawing; public hours."""

import re
from collections.abc import AsyncIterator
from datetime import date, timedelta
from pathlib import Path

import httpx
import pytest

from hub.access import GRANTABLE, Role
from hub.compliance.clocktext import read_sessions
from hub.pages.schedule_forms import read_hours
from hub.pages.staff_words import ACTIONS, PERMISSIONS
from hub.schedules import Declaration
from tests.unit.hub.access.serving import Served, csrf, serving

CALENDAR = "/venues/district-library/schedule"
HOURS = "/venues/district-library/hours"


@pytest.fixture
async def served(tmp_path: Path) -> AsyncIterator[Served]:
    async with serving(tmp_path) as served:
        yield served


@pytest.fixture
async def browser(served: Served) -> AsyncIterator[httpx.AsyncClient]:
    """Somebody who runs the library and is signed in."""
    account = served.account(Role.MANAGER, "district-library", name="keeper")
    async with served.browser() as browser:
        served.sign_in(browser, account)
        browser.headers["X-CSRF-Token"] = await csrf(browser)
        yield browser


def today(served: Served) -> date:
    venue = served.hub.live.declared["district-library"]
    return served.hub.schedules.of(venue).clock.day_of(served.clock.at_ms // 1000)


def declared(served: Served) -> tuple[Declaration, ...]:
    told = served.hub.schedules.declarations("district-library")
    return tuple(one for one in told if one.kind != "district")


async def test_the_month_shows_each_day_and_its_hours(browser: httpx.AsyncClient) -> None:
    page = (await browser.get(f"{CALENDAR}?month=2026-10&lang=en")).text
    assert "October 2026" in page
    assert len(re.findall(r'<td class="in', page)) == 31
    assert "13:00–20:00" in page
    assert "National Day" in page
    assert "make-up workday" in page
    assert (await browser.get(f"{CALENDAR}?month=2026-13")).status_code == 422


async def test_a_day_of_the_month_opens_its_form(browser: httpx.AsyncClient) -> None:
    page = (await browser.get(f"{CALENDAR}?month=2030-10&day=2030-10-09")).text
    assert re.search(r'<details class="sheet form" id="exception" open>', page)
    assert 'name="from" value="2030-10-09"' in page


async def test_a_form_is_shown_first_and_saved_only_then(
    served: Served, browser: httpx.AsyncClient
) -> None:
    day = today(served) + timedelta(days=9)
    form = {"from": str(day), "until": str(day), "hours": "08:30–22:00", "why": "灯会"}
    shown = await browser.post(f"{CALENDAR}/exception", data=form)
    assert shown.status_code == 200
    assert "保存之前" in shown.text
    assert declared(served) == ()
    hidden = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', shown.text))
    del hidden["csrf"]
    assert hidden == {**form, "save": "1"}
    saved = await browser.post(f"{CALENDAR}/exception", data=hidden)
    assert (saved.status_code, saved.headers["location"]) == (
        303,
        f"{CALENDAR}?done=declared&lang=zh",
    )
    [one] = declared(served)
    assert (one.reason, one.who) == ("灯会", "keeper")


async def test_a_breach_is_marked_and_asked_about(
    served: Served, browser: httpx.AsyncClient
) -> None:
    day = today(served) + timedelta(days=20)
    week = dict.fromkeys(("mon", "tue", "wed", "thu", "fri", "sat"), "09:00-16:00")
    form = {**week, "sun": "闭馆", "effective_from": str(day), "why": "人手不足"}
    shown = (await browser.post(f"{CALENDAR}/timetable?lang=en", data=form)).text
    assert 'class="broken"' in shown
    assert 'name="confirmed"' in shown
    assert "42.00 h" in shown
    refused = await browser.post(f"{CALENDAR}/timetable?lang=en", data=form | {"save": "1"})
    assert refused.status_code == 422
    assert "only when that is confirmed" in refused.text
    assert declared(served) == ()
    meant = form | {"save": "1", "confirmed": "1"}
    assert (await browser.post(f"{CALENDAR}/timetable", data=meant)).status_code == 303
    assert len(declared(served)) == 1


async def test_a_notice_reaches_the_public_page_and_goes_when_withdrawn(
    served: Served, browser: httpx.AsyncClient
) -> None:
    day = today(served)
    form = {
        "from": f"{day}T00:00",
        "until": f"{day + timedelta(days=3)}T00:00",
        "reason": "突发",
        "zh": "水管爆裂 <b>",
        "en": "a burst pipe",
        "why": "水管爆裂",
        "channels": "门口，微信",
        "save": "1",
        "confirmed": "1",
    }
    assert (await browser.post(f"{CALENDAR}/notice", data=form)).status_code == 303
    [one] = declared(served)
    async with served.browser() as visitor:
        page = (await visitor.get(f"{HOURS}?lang=en")).text
        assert "Closed at short notice" in page
        assert "a burst pipe" in page
        assert "水管爆裂 &lt;b&gt;" in (await visitor.get(HOURS)).text
        asked = await browser.post(f"{CALENDAR}/{one.id}/withdrawn", data={})
        assert "撤回的原因" in asked.text
        gone = {"save": "1", "why": "修好了", "confirmed": "1"}
        answer = await browser.post(f"{CALENDAR}/{one.id}/withdrawn", data=gone)
        assert answer.status_code == 303
        assert "short notice" not in (await visitor.get(f"{HOURS}?lang=en")).text
    listed = (await browser.get(f"{CALENDAR}?lang=en")).text
    assert "withdrawn by keeper" in listed
    assert "修好了" in listed
    again = await browser.post(f"{CALENDAR}/{one.id}/withdrawn", data=gone)
    assert again.status_code == 422


async def test_a_mistake_is_told_beside_the_form_that_keeps_what_was_typed(
    browser: httpx.AsyncClient,
) -> None:
    form = {"from": "2030-01-05", "until": "", "hours": "half past eight", "why": "x<y"}
    answer = await browser.post(f"{CALENDAR}/exception?lang=en", data=form)
    assert answer.status_code == 422
    assert "write hours as 08:30-12:00" in answer.text.lower()
    assert 'value="half past eight"' in answer.text
    assert "x&lt;y" in answer.text
    form |= {"hours": "closed", "why": ""}
    assert "A reason has" in (await browser.post(f"{CALENDAR}/exception?lang=en", data=form)).text


async def test_the_venues_page_tells_this_weeks_hours_and_leads_on(
    browser: httpx.AsyncClient, served: Served
) -> None:
    day = today(served)
    form = {"from": str(day), "until": str(day), "hours": "00:00-24:00", "why": "夜场", "save": "1"}
    assert (await browser.post(f"{CALENDAR}/exception", data=form)).status_code == 303
    page = (await browser.get("/venues/district-library?lang=en")).text
    assert "24 hours" in page
    assert f'href="{CALENDAR}?lang=en"' in page
    async with served.browser() as visitor:
        page = (await visitor.get("/venues/district-library?lang=en")).text
        assert f'href="{HOURS}?lang=en"' in page
        assert f'href="{CALENDAR}' not in page


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("8:30–12:00，13:00～17:00", "08:30-12:00, 13:00-17:00"),
        ("08：30至20：00", "08:30-20:00"),
        ("闭馆", "closed"),
        ("全天", "24h"),
        ("18:00-2:00", "18:00-26:00"),
    ],
)
def test_hours_are_read_as_people_here_type_them(typed: str, meant: str) -> None:
    assert read_hours(typed) == read_sessions(meant)


def test_whoever_makes_a_token_or_reads_the_log_is_told_in_words() -> None:
    assert set(PERMISSIONS) == GRANTABLE
    assert {"schedule.declared", "schedule.withdrawn"} <= set(ACTIONS)
