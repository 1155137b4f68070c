"""Guessing passwords and codes: by force, by the clock, all at once."""

import asyncio
import statistics
import time
from pathlib import Path

import httpx
import pytest

from hub.access import Role
from hub.access.complaints import Complained, Complaint
from hub.accounts.hashing import Hasher
from hub.accounts.office import Office
from hub.accounts.turnstile import Crowded, Turnstile
from hub.config import AccessSection
from hub.live.board import wall_ms
from hub.store.records import Records, Wanted
from tests.accounts import PASSWORD, TESTER, an_account, an_office
from tests.unit.hub.access.serving import csrf, leads_to, log_in, serving

API = "/api/v1"


class TestBruteForce:
    async def test_the_delay_grows_and_the_right_password_waits_too(self, tmp_path: Path) -> None:
        async with serving(tmp_path) as served, served.browser() as browser:
            account = served.account()
            for _ in range(5):
                assert (await log_in(browser, account.name, "wrong")).status_code == 401
            for seconds in (2, 4, 8, 16):
                locked = await log_in(browser, account.name)
                assert (locked.status_code, locked.headers["retry-after"]) == (429, str(seconds))
                served.clock.pass_seconds(seconds - 0.1)
                assert (await log_in(browser, account.name)).status_code == 429
                served.clock.pass_seconds(0.1)
                assert (await log_in(browser, account.name, "wrong")).status_code == 401
            served.clock.pass_seconds(32)
            assert (await log_in(browser, account.name)).status_code == 303

    async def test_others_are_let_in_meanwhile(self, tmp_path: Path) -> None:
        async with serving(tmp_path) as served, served.browser("192.0.2.1") as browser:
            account, other = served.account(), served.account()
            for _ in range(6):
                await log_in(browser, account.name, "wrong")
            assert (await log_in(browser, other.name)).status_code == 303
            async with served.browser("192.0.2.2") as elsewhere:
                assert (await log_in(elsewhere, account.name)).status_code == 303

    async def test_many_names_from_one_address(self, tmp_path: Path) -> None:
        async with serving(tmp_path) as served, served.browser("192.0.2.1") as browser:
            account = served.account()
            statuses = [
                (await log_in(browser, f"guess-{n}", "wrong")).status_code for n in range(22)
            ]
            assert statuses == [401] * 20 + [429] * 2
            assert (await log_in(browser, account.name)).status_code == 429

    async def test_one_name_from_many_addresses(self, tmp_path: Path) -> None:
        async with serving(tmp_path) as served:
            account = served.account()
            statuses = []
            for n in range(52):
                async with served.browser(f"192.0.2.{n + 1}") as browser:
                    statuses.append((await log_in(browser, account.name, "wrong")).status_code)
            assert statuses == [401] * 50 + [429] * 2

    async def test_attempts_at_the_same_moment_are_all_counted(self, tmp_path: Path) -> None:
        async with serving(tmp_path) as served, served.browser() as browser:
            account = served.account()
            token = await csrf(browser)
            told = {"name": account.name, "password": "wrong"}
            answers = await asyncio.gather(
                *(
                    browser.post(f"{API}/session", json=told, headers={"X-CSRF-Token": token})
                    for _ in range(12)
                )
            )
            assert sorted(a.status_code for a in answers) == [401] * 5 + [429] * 7

    async def test_the_present_password_cannot_be_guessed_from_inside(self, tmp_path: Path) -> None:
        async with serving(tmp_path) as served, served.browser() as browser:
            served.sign_in(browser, served.account())
            new = "seven white herons wade"
            form = {"old": "wrong", "new": new, "again": new, "csrf": await csrf(browser)}
            pages = [(await browser.post("/account/password", data=form)).text for _ in range(6)]
            assert all(Complaint.PASSWORD_WRONG.zh in page for page in pages[:5])
            assert Complaint.LOCKED.zh in pages[5]

    async def test_a_lock_is_told_once_and_names_no_password(self, tmp_path: Path) -> None:
        async with serving(tmp_path) as served, served.browser() as browser:
            account = served.account()
            for _ in range(8):
                await log_in(browser, account.name, "wrong")
                await log_in(browser, "my secret password", "wrong")
            told = list(served.hub.office.audit.all(Wanted(action="login.locked")))
            assert sorted(t.entry.subject for t in told) == ["", account.name]
            assert "secret" not in repr(told)


class TestTiming:
    def test_an_unknown_name_takes_as_long_as_a_wrong_password(self, tmp_path: Path) -> None:
        """Measured in turns, so that what else the machine does falls on both."""
        with Records(tmp_path / "records.db") as records:
            hasher = Hasher(time_cost=2, memory_kib=16 * 1024)
            policy = AccessSection(free_attempts=20)
            office = Office(records, policy, wall_ms, hasher=hasher)
            office.directory.create(TESTER, "known", Role.ADMIN, (), PASSWORD)
            office.directory.create(TESTER, "gone", Role.ADMIN, (), PASSWORD)
            gone = office.directory.named("gone")
            assert gone is not None
            office.directory.change(TESTER, gone.id, role=Role.ADMIN, venues=(), is_enabled=False)
            spent: dict[str, list[float]] = {"known": [], "gone": [], "unknown": []}
            for turn in range(9):
                for name, times in spent.items():
                    password = PASSWORD if name == "gone" else "wrong wrong wrong"
                    began = time.process_time()
                    let_in = office.entrance.log_in(
                        name, password, address=f"192.0.2.{turn}", agent=""
                    )
                    times.append(time.process_time() - began)
                    assert let_in is None
            office.close()
        medians = {name: statistics.median(times) for name, times in spent.items()}
        assert max(medians.values()) < 1.3 * min(medians.values()), medians


class TestAtTheSameMoment:
    async def test_log_ins_do_not_get_into_each_others_way(self, tmp_path: Path) -> None:
        async with serving(tmp_path) as served:
            accounts = [served.account() for _ in range(10)]
            browsers = [served.browser() for _ in accounts]
            answers = await asyncio.gather(
                *(log_in(b, a.name) for b, a in zip(browsers, accounts, strict=True))
            )
            assert [a.status_code for a in answers] == [303] * 10
            for browser, account in zip(browsers, accounts, strict=True):
                told = (await browser.get(f"{API}/session")).json()
                assert told["name"] == account.name
                await browser.aclose()

    async def test_a_crowd_is_told_to_come_again(self) -> None:
        turnstile = Turnstile(most=3)
        try:
            gate = asyncio.Event()
            loop = asyncio.get_running_loop()

            def wait() -> None:
                asyncio.run_coroutine_threadsafe(gate.wait(), loop).result(10)

            waiting = [asyncio.create_task(turnstile.through(wait)) for _ in range(3)]
            await asyncio.sleep(0)
            with pytest.raises(Crowded):
                await turnstile.through(wait)
            gate.set()
            await asyncio.gather(*waiting)
            await turnstile.through(lambda: None)
        finally:
            turnstile.close()

    async def test_two_first_accounts_are_one(self, tmp_path: Path) -> None:
        with Records(tmp_path / "records.db") as records:
            offices = [an_office(records) for _ in range(4)]
            results = await asyncio.gather(
                *(
                    asyncio.to_thread(office.directory.set_up, f"first-{n}", PASSWORD)
                    for n, office in enumerate(offices)
                ),
                return_exceptions=True,
            )
            assert sum(isinstance(result, Complained) for result in results) == 3
            assert len(offices[0].directory.all()) == 1

    async def test_two_admins_cannot_disable_each_other(self, tmp_path: Path) -> None:
        with Records(tmp_path / "records.db") as records:
            office = an_office(records)
            ids = [an_account(records, name=name).id for name in ("one", "two")]
            results = await asyncio.gather(
                *(
                    asyncio.to_thread(
                        office.directory.change,
                        TESTER,
                        id_,
                        role=Role.ADMIN,
                        venues=(),
                        is_enabled=False,
                    )
                    for id_ in ids
                ),
                return_exceptions=True,
            )
            assert sum(isinstance(result, Complained) for result in results) == 1
            assert sum(account.is_enabled for account in office.directory.all()) == 1


class TestSetUp:
    async def test_at_the_hub_no_code_is_asked_for(self, tmp_path: Path) -> None:
        async with serving(tmp_path) as served, served.browser() as browser:
            assert leads_to(await browser.get("/login")) == "/setup"
            assert 'name="code"' not in (await browser.get("/setup")).text
            answer = await set_up(browser)
            assert leads_to(answer) == "/"
            assert (await browser.get("/accounts")).status_code == 200
            assert leads_to(await browser.get("/setup")) == "/login"
            assert leads_to(await set_up(browser)) == "/login"

    @pytest.mark.parametrize(
        ("address", "origin"),
        [
            ("192.0.2.7", "http://hub.example"),
            ("192.0.2.7", "http://127.0.0.1"),
            # A proxy on this machine, or a name that was made to lead here.
            ("127.0.0.1", "http://hub.example"),
            ("127.0.0.1", "http://127.0.0.1.evil.example"),
            ("127.0.0.1", "http://localhost.evil.example:8080"),
        ],
    )
    async def test_from_elsewhere_only_with_the_code(
        self, tmp_path: Path, address: str, origin: str
    ) -> None:
        async with serving(tmp_path) as served, served.browser(address, origin) as browser:
            assert 'name="code"' in (await browser.get("/setup")).text
            for code in ("", "xxxx-xxxx-xxxx"):
                assert Complaint.SETUP_CODE.zh in (await set_up(browser, code=code)).text
            assert served.hub.office.directory.is_empty
            code = served.hub.office.set_up_code.code.upper()
            assert leads_to(await set_up(browser, code=f" {code} ")) == "/"

    async def test_the_code_cannot_be_guessed(self, tmp_path: Path) -> None:
        async with (
            serving(tmp_path) as served,
            served.browser("192.0.2.7", "http://hub.example") as browser,
        ):
            for _ in range(5):
                await set_up(browser, code="wrong")
            code = served.hub.office.set_up_code.code
            assert Complaint.LOCKED.zh in (await set_up(browser, code=code)).text
            served.clock.pass_seconds(2)
            assert leads_to(await set_up(browser, code=code)) == "/"

    @pytest.mark.parametrize(
        ("changed", "complaint"),
        [
            ({"password": "short", "again": "short"}, Complaint.PASSWORD_SHORT),
            ({"again": "something else"}, Complaint.PASSWORDS_DIFFER),
            ({"name": "<b>"}, Complaint.NAME_FORM),
        ],
    )
    async def test_what_is_wrong_is_told(
        self, tmp_path: Path, changed: dict[str, str], complaint: Complaint
    ) -> None:
        async with serving(tmp_path) as served, served.browser() as browser:
            answer = await set_up(browser, **changed)
            assert answer.status_code == 422
            assert complaint.zh in answer.text
            assert PASSWORD not in answer.text
            assert served.hub.office.directory.is_empty


async def set_up(browser: httpx.AsyncClient, **changed: str) -> httpx.Response:
    form = {"name": "admin", "password": PASSWORD, "again": PASSWORD, **changed}
    return await browser.post("/setup", data={**form, "csrf": await csrf(browser)})
