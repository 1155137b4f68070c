"""What somebody with bad intentions tries with cookies, forms and tokens of others."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from hub.access import Role
from hub.accounts.hashing import digest
from hub.backup import back_up, restore
from hub.config import AccessSection
from tests.accounts import PASSWORD, TESTER, a_token, bearer
from tests.unit.hub.access.serving import csrf, leads_to, log_in, serving

API = "/api/v1"


class TestForgery:
    @pytest.mark.parametrize(
        ("path", "form"),
        [
            ("/logout", {}),
            ("/account/password", {"old": PASSWORD, "new": "x" * 20, "again": "x" * 20}),
            ("/accounts", {"name": "mallory", "role": "admin"}),
            ("/tokens", {"label": "x", "scope": "accounts.change", "days": "30"}),
        ],
    )
    async def test_without_the_token_of_the_session_nothing_is_done(
        self, tmp_path: Path, path: str, form: dict[str, str]
    ) -> None:
        async with serving(tmp_path) as served:
            admin, other = served.account(), served.account()
            async with served.browser() as browser, served.browser() as elsewhere:
                served.sign_in(browser, admin)
                served.sign_in(elsewhere, other)
                before = len(served.hub.office.directory.all())
                foreign = await csrf(elsewhere)
                for given in (None, "", "x", foreign, foreign + "x"):
                    sent = form if given is None else {**form, "csrf": given}
                    assert (await browser.post(path, data=sent)).status_code == 403, given
                assert len(served.hub.office.directory.all()) == before
                assert (await browser.get("/account")).status_code == 200

    async def test_the_header_counts_as_the_field_does(self, tmp_path: Path) -> None:
        async with serving(tmp_path) as served, served.browser() as browser:
            served.sign_in(browser, served.account())
            told = {"name": "li", "role": "supervisor"}
            assert (await browser.post(f"{API}/accounts", json=told)).status_code == 403
            headers = {"X-CSRF-Token": await csrf(browser)}
            made = await browser.post(f"{API}/accounts", json=told, headers=headers)
            assert made.status_code == 201

    @pytest.mark.parametrize(
        ("headers", "status"),
        [
            ({"Sec-Fetch-Site": "cross-site"}, 403),
            ({"Sec-Fetch-Site": "same-site"}, 403),
            ({"Origin": "http://evil.example"}, 403),
            ({"Origin": "null"}, 403),
            ({"Sec-Fetch-Site": "same-origin", "Origin": "http://proxied.example"}, 303),
            ({"Origin": "http://127.0.0.1"}, 303),
            ({}, 303),
        ],
    )
    async def test_what_the_browser_says_of_the_sender(
        self, tmp_path: Path, headers: dict[str, str], status: int
    ) -> None:
        async with serving(tmp_path) as served, served.browser() as browser:
            served.sign_in(browser, served.account())
            form = {"csrf": await csrf(browser)}
            answer = await browser.post("/logout", data=form, headers=headers)
            assert answer.status_code == status

    async def test_log_in_needs_a_token_too(self, tmp_path: Path) -> None:
        """Else a page elsewhere could sign its visitor in as somebody it watches."""
        async with serving(tmp_path) as served, served.browser() as browser:
            name = served.account().name
            form = {"name": name, "password": PASSWORD}
            assert (await browser.post("/login", data=form)).status_code == 403
            async with served.browser() as elsewhere:
                foreign = await csrf(elsewhere)
            answer = await browser.post("/login", data={**form, "csrf": foreign})
            assert answer.status_code == 403
            assert "kaiguan_session" not in browser.cookies
            # The page that comes back has a token that fits.
            assert (await log_in(browser, name)).status_code == 303

    async def test_a_token_in_authorization_needs_none(self, tmp_path: Path) -> None:
        async with serving(tmp_path) as served, served.browser() as program:
            headers = bearer(a_token(served.hub.records))
            told = {"name": "li", "role": "supervisor"}
            made = await program.post(f"{API}/accounts", json=told, headers=headers)
            assert made.status_code == 201

    async def test_a_bad_token_is_not_mended_by_a_cookie(self, tmp_path: Path) -> None:
        async with serving(tmp_path) as served, served.browser() as browser:
            served.sign_in(browser, served.account())
            for given in ("kgn_nothing", "nothing", "", "kgn_" + "x" * 500):
                answer = await browser.get(f"{API}/devices", headers=bearer(given))
                assert answer.status_code == 401
                assert answer.headers["www-authenticate"] == "Bearer"


class TestSessions:
    async def test_log_in_gives_an_id_that_nobody_knew_before(self, tmp_path: Path) -> None:
        async with serving(tmp_path) as served, served.browser() as browser:
            account = served.account()
            planted = "p" * 43
            browser.cookies.set("kaiguan_session", planted)
            browser.cookies.set("kaiguan_form", "f" * 43)
            assert (await log_in(browser, account.name)).status_code == 303
            held = [c.value for c in browser.cookies.jar if c.name == "kaiguan_session"]
            assert planted not in held[-1:]
            async with served.browser() as attacker:
                attacker.cookies.set("kaiguan_session", planted)
                assert (await attacker.get(f"{API}/devices")).status_code == 401

    async def test_a_second_log_in_ends_the_first_session(self, tmp_path: Path) -> None:
        async with serving(tmp_path) as served, served.browser() as browser:
            account = served.account()
            await log_in(browser, account.name)
            first = browser.cookies["kaiguan_session"]
            headers = {"X-CSRF-Token": await csrf(browser)}
            told = {"name": account.name, "password": PASSWORD}
            again = await browser.post(f"{API}/session", json=told, headers=headers)
            assert again.status_code == 200
            assert browser.cookies["kaiguan_session"] != first
            async with served.browser() as other:
                other.cookies.set("kaiguan_session", first)
                assert (await other.get(f"{API}/devices")).status_code == 401

    async def test_cookies_are_shut(self, tmp_path: Path) -> None:
        async with serving(tmp_path) as served:
            account = served.account()
            for origin, secure in (("http://127.0.0.1", False), ("https://hub.example", True)):
                async with served.browser(origin=origin) as browser:
                    answer = await log_in(browser, account.name)
                    cookies = answer.headers.get_list("set-cookie")
                    session = next(c for c in cookies if c.startswith("kaiguan_session="))
                    assert "HttpOnly" in session
                    assert "SameSite=lax" in session
                    assert ("Secure" in session) is secure

    async def test_only_a_hash_of_the_id_is_stored(self, tmp_path: Path) -> None:
        async with serving(tmp_path) as served, served.browser() as browser:
            account = served.account()
            await log_in(browser, account.name)
            token = a_token(served.hub.records, account)
            id_ = browser.cookies["kaiguan_session"]
            with served.hub.records.reading() as connection:
                connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
            stored = b"".join(p.read_bytes() for p in (tmp_path / "data").glob("records.db*"))
            assert digest(id_).encode() in stored
            for secret in (id_, token, PASSWORD):
                assert secret.encode() not in stored

    async def test_unused_or_old_it_ends(self, tmp_path: Path) -> None:
        access = AccessSection(idle_minutes=30, session_hours=2)
        async with serving(tmp_path, access) as served, served.browser() as browser:
            served.sign_in(browser, served.account())
            for _ in range(5):
                served.clock.pass_seconds(20 * 60)
                assert (await browser.get("/account")).status_code == 200
            served.clock.pass_seconds(20 * 60)  # two hours are over
            assert leads_to(await browser.get("/account")) == "/login"
            served.sign_in(browser, served.account())
            served.clock.pass_seconds(30 * 60)
            assert leads_to(await browser.get("/account")) == "/login"

    async def test_a_change_takes_effect_at_once(self, tmp_path: Path) -> None:
        async with serving(tmp_path) as served, served.browser() as browser:
            served.account()
            account = served.account(Role.MANAGER, "museum")
            program = bearer(a_token(served.hub.records, account))
            served.sign_in(browser, account)
            change = served.hub.office.directory.change

            async def statuses(path: str) -> tuple[int, int]:
                async with served.browser(**program) as machine:
                    return (await browser.get(path)).status_code, (
                        await machine.get(path)
                    ).status_code

            theirs = f"{API}/devices?venue=art-museum"
            assert await statuses(theirs) == (403, 403)
            change(TESTER, account.id, role=Role.MANAGER, venues=["art-museum"], is_enabled=True)
            assert await statuses(theirs) == (200, 200)
            assert await statuses(f"{API}/devices?venue=museum") == (403, 403)
            change(TESTER, account.id, role=Role.ADMIN, venues=(), is_enabled=True)
            assert await statuses(f"{API}/accounts") == (200, 200)
            change(TESTER, account.id, role=Role.SUPERVISOR, venues=(), is_enabled=False)
            assert await statuses(theirs) == (401, 401)
            # Enabled again, old sessions stay ended; the token is the account's.
            change(TESTER, account.id, role=Role.SUPERVISOR, venues=(), is_enabled=True)
            assert await statuses(theirs) == (401, 200)

    async def test_log_out_everywhere(self, tmp_path: Path) -> None:
        async with serving(tmp_path) as served, served.browser() as one, served.browser() as two:
            account, other = served.account(), served.account()
            served.sign_in(one, account)
            served.sign_in(two, account)
            async with served.browser() as third:
                served.sign_in(third, other)
                form = {"csrf": await csrf(one)}
                assert leads_to(await one.post("/account/sessions/end", data=form)) == "/login"
                assert (await two.get(f"{API}/devices")).status_code == 401
                assert (await third.get(f"{API}/devices")).status_code == 200

    async def test_nobody_ends_the_session_of_somebody_else(self, tmp_path: Path) -> None:
        async with serving(tmp_path) as served, served.browser() as one, served.browser() as two:
            served.sign_in(one, served.account())
            served.sign_in(two, served.account())
            key = digest(two.cookies["kaiguan_session"])
            form = {"csrf": await csrf(one)}
            await one.post(f"/account/sessions/{key}/end", data=form)
            assert (await two.get(f"{API}/devices")).status_code == 200

    async def test_a_new_password_ends_the_others(self, tmp_path: Path) -> None:
        async with serving(tmp_path) as served, served.browser() as one, served.browser() as two:
            account = served.account()
            served.sign_in(one, account)
            served.sign_in(two, account)
            new = "seven white herons wade"
            form = {"old": PASSWORD, "new": new, "again": new, "csrf": await csrf(one)}
            assert leads_to(await one.post("/account/password", data=form)) == "/account"
            assert (await one.get("/account")).status_code == 200
            assert leads_to(await two.get("/account")) == "/login"
            async with served.browser() as third:
                assert (await log_in(third, account.name)).status_code == 401
                assert (await log_in(third, account.name, new)).status_code == 303

    async def test_one_account_has_a_bounded_number_of_sessions(self, tmp_path: Path) -> None:
        async with serving(tmp_path) as served, served.browser() as browser:
            account = served.account()
            served.sign_in(browser, account)
            for _ in range(60):
                served.hub.office.entrance.open(account, address="", agent="")
            assert len(served.hub.office.entrance.sessions(account.id)) == 50


async def test_what_a_manager_is_shown_is_of_their_venues(tmp_path: Path) -> None:
    async with serving(tmp_path) as served, served.browser() as browser:
        served.sign_in(browser, served.account(Role.MANAGER, "museum", "art-museum"))
        devices = (await browser.get(f"{API}/devices")).json()
        assert {d["venue"] for d in devices} == {"museum", "art-museum"}
        assert (await browser.get("/")).status_code == 200


async def test_the_header_says_who_is_signed_in(tmp_path: Path) -> None:
    async with serving(tmp_path) as served, served.browser() as browser:
        assert 'href="/login?lang=zh"' in (await browser.get("/")).text
        served.sign_in(browser, served.account(Role.MANAGER, "museum", name="李雷"))
        page = (await browser.get("/?lang=en")).text
        assert "李雷" in page
        assert 'action="/logout?lang=en"' in page
        assert "/accounts" not in page
        assert 'href="/login' not in page


async def test_a_restored_hub_knows_no_session(tmp_path: Path) -> None:
    """Tested with the backup's files: whoever had them may have had cookies too."""
    async with serving(tmp_path / "old") as served, served.browser() as browser:
        served.sign_in(browser, served.account())
        made = back_up(served.hub.config, tmp_path / "backup", datetime.now(UTC))
        cookie = browser.cookies["kaiguan_session"]
        config = served.hub.config.model_copy(update={"data_dir": tmp_path / "new/data"})
    restore(config, made)
    async with serving(tmp_path / "new") as served, served.browser() as browser:
        browser.cookies.set("kaiguan_session", cookie)
        assert (await browser.get(f"{API}/devices")).status_code == 401
        assert len(served.hub.office.directory.all()) == 1
