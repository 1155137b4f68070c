"""A stream that stands open gives no more than a new request would."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from hub import lease
from hub.access import Role, Who
from hub.access.account import Account
from hub.config import AccessSection
from tests.accounts import TESTER
from tests.unit.hub.access.serving import Served, serving

STREAMS = (
    "/board/stream",
    "/api/v1/live",
    "/venues/district-library/stream",
    "/devices/district-library/sim/stream",
)
HIDDEN = AccessSection(public_board=False)
SOON = 5.0


@pytest.fixture(autouse=True)
def _looks_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lease, "LOOK_AGAIN_SECONDS", 0.01)


def _disable(served: Served, account: Account) -> None:
    _change(served, account, is_enabled=False)


def _sign_out(served: Served, account: Account) -> None:
    served.hub.office.entrance.end(Who(account.name, "session", account=account.id))


def _let_expire(served: Served, account: Account) -> None:
    assert account
    served.clock.pass_seconds(served.hub.config.access.session_hours * 3600 + 1)


def _take_a_venue(served: Served, account: Account) -> None:
    _change(served, account, venues=("art-museum",))


def _change(
    served: Served,
    account: Account,
    *,
    venues: tuple[str, ...] = ("district-library",),
    is_enabled: bool = True,
) -> None:
    served.hub.office.directory.change(
        TESTER, account.id, role=account.role, venues=venues, is_enabled=is_enabled
    )


@pytest.mark.parametrize("path", STREAMS)
@pytest.mark.parametrize("end", [_disable, _sign_out, _let_expire, _take_a_venue])
async def test_a_stream_ends_with_the_right_to_it(
    tmp_path: Path, path: str, end: Callable[[Served, Account], None]
) -> None:
    async with serving(tmp_path, HIDDEN) as served, served.browser() as browser:
        account = served.account(Role.MANAGER, "district-library")
        served.sign_in(browser, account)
        looked = _looks(served)
        reading = asyncio.create_task(browser.get(path))
        for _ in range(3):
            await asyncio.wait_for(looked.get(), SOON)
        assert not reading.done(), reading.result().text
        end(served, account)
        answer = await asyncio.wait_for(reading, SOON)
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith("text/event-stream")
        assert "event: " in answer.text
        assert len(served.hub.live.feed) == 0


async def test_looking_is_no_use_of_a_session(tmp_path: Path) -> None:
    async with serving(tmp_path) as served, served.browser() as browser:
        account = served.account()
        served.sign_in(browser, account)
        looked = _looks(served)
        reading = asyncio.create_task(browser.get(STREAMS[0]))
        await asyncio.wait_for(looked.get(), SOON)
        [before] = served.hub.office.entrance.sessions(account.id)
        served.clock.pass_seconds(600)
        for _ in range(2):
            await asyncio.wait_for(looked.get(), SOON)
        [after] = served.hub.office.entrance.sessions(account.id)
        assert after.used_ms == before.used_ms
        served.hub.live.feed.close()
        await asyncio.wait_for(reading, SOON)


async def test_a_visitor_is_not_asked_again(tmp_path: Path) -> None:
    async with serving(tmp_path) as served, served.browser() as browser:
        looked = _looks(served)
        served.hub.live.feed.close()
        answer = await asyncio.wait_for(browser.get(STREAMS[1]), SOON)
        assert answer.status_code == 200
        assert looked.empty()


def _looks(served: Served) -> asyncio.Queue[None]:
    """Return a queue that hears of each look at a stream's right."""
    looked: asyncio.Queue[None] = asyncio.Queue()
    loop = asyncio.get_running_loop()
    entrance = served.hub.office.entrance
    identify = entrance.identify

    def heard(session: str | None, token: str | None, *, is_use: bool = True) -> object:
        if not is_use:
            loop.call_soon_threadsafe(looked.put_nowait, None)
        return identify(session, token, is_use=is_use)

    entrance.identify = heard  # type: ignore[method-assign, assignment]
    return looked
