"""Alerts in the console: acknowledged, cleared with a reason, what the hub refuses is said."""

import json
from collections.abc import Callable
from typing import cast

import httpx
import pytest
from textual.pilot import Pilot
from textual.widgets import DataTable, Static

from hub.console.alert_screen import AlertsScreen
from hub.console.client import HubAway, HubClient, NotAllowed, Refused
from hub.console.state import Looked, State, step
from hub.console.state import Told as AlertTold
from tests.unit.hub.console.telling import ALERTS, NOW, Told, a_console


async def until(pilot: Pilot[None], is_so: Callable[[], bool]) -> None:
    """Wait for something to become true, at most ten seconds."""
    for _ in range(200):
        if is_so():
            return
        await pilot.pause(0.05)
    raise AssertionError("it never became true")


def told() -> bytes:
    return ALERTS[0].model_dump_json().encode()


async def test_an_alert_is_acknowledged_and_cleared_with_a_reason() -> None:
    console = a_console(lang="en")
    feed = cast("Told", console.feed)
    async with console.run_test(size=(100, 30)) as pilot:
        await until(pilot, lambda: bool(console.state.alerts))
        await pilot.press("g")
        await until(pilot, lambda: isinstance(console.screen, AlertsScreen))
        await until(pilot, lambda: console.screen.query_one(DataTable).row_count == len(ALERTS))
        await pilot.press("down", "x")
        await until(pilot, lambda: feed.done == [("acknowledge", "2")])
        seen = {"mei", None}
        await until(pilot, lambda: {a.acknowledged_by for a in console.state.alerts or ()} == seen)
        await pilot.press("c", "enter")
        assert len(feed.done) == 1, "nothing is cleared without a reason"
        await pilot.press(*"false", "enter")
        await until(pilot, lambda: feed.done[1:] == [("clear", "2", "false")])
        left = [1, 3, 4, 5]
        await until(pilot, lambda: [a.number for a in console.state.alerts or ()] == left)
        await pilot.press("c", "escape")
        assert isinstance(console.screen, AlertsScreen), "the field is left first"
        await pilot.press("escape")
        await until(pilot, lambda: not isinstance(console.screen, AlertsScreen))


@pytest.mark.parametrize(
    ("refusal", "said"),
    [
        (Refused("this alert is closed"), "this alert is closed"),
        (NotAllowed(), "this token may not see to alerts"),
        (HubAway("silent"), "the hub is silent"),
    ],
    ids=["refused", "not allowed", "away"],
)
async def test_what_cannot_be_done_is_said(refusal: Exception, said: str) -> None:
    console = a_console(lang="en")
    cast("Told", console.feed).refusal = refusal
    async with console.run_test(size=(100, 30)) as pilot:
        await until(pilot, lambda: bool(console.state.alerts))
        await pilot.press("g")
        await until(pilot, lambda: isinstance(console.screen, AlertsScreen))
        await until(pilot, lambda: console.screen.query_one(DataTable).row_count == len(ALERTS))
        await pilot.press("x")
        await until(pilot, lambda: said in str(console.screen.query_one("#note", Static).render()))
        assert len(console.state.alerts or ()) == len(ALERTS)


async def test_a_screen_that_is_going_is_not_drawn() -> None:
    console = a_console(lang="en")
    async with console.run_test(size=(100, 30)) as pilot:
        await pilot.press("g")
        await until(pilot, lambda: isinstance(console.screen, AlertsScreen))
        await until(pilot, lambda: bool(console.screen.query("#link")))
        await console.screen.query_one("#link").remove()
        console.draw()


def test_what_is_over_and_seen_leaves_the_list() -> None:
    state = step(State(), Looked((), (), ALERTS))
    seen = ALERTS[2].model_copy(update={"acknowledged": NOW})
    assert [a.number for a in step(state, AlertTold(seen)).alerts or ()] == [1, 2, 4, 5]
    moved = ALERTS[0].model_copy(update={"assigned_to": "li"})
    assert (step(state, AlertTold(moved)).alerts or ())[0].assigned_to == "li"


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (httpx.Response(409, json={"detail": "this alert is closed"}), Refused),
        (httpx.Response(403), NotAllowed),
        (httpx.Response(500), HubAway),
        (httpx.Response(200, content=b"?"), HubAway),
    ],
    ids=["closed", "not allowed", "error", "no hub"],
)
async def test_the_client_says_what_became_of_it(
    answer: httpx.Response, error: type[Exception]
) -> None:
    transport = httpx.MockTransport(lambda _request: answer)
    async with HubClient("http://hub", transport=transport) as hub:
        with pytest.raises(error):
            await hub.acknowledge(1)


async def test_the_client_sends_the_reason() -> None:
    sent: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        sent.append(request)
        return httpx.Response(200, content=told())

    async with HubClient("http://hub", transport=httpx.MockTransport(answer)) as hub:
        assert (await hub.clear(7, "误报")).number == 1
    assert sent[0].url.path == "/api/v1/alerts/7/clearing"
    assert json.loads(sent[0].content) == {"reason": "误报"}
