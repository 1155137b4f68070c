"""What is typed into the forms: it fails, or it is taken; it never does anything else."""

from pathlib import Path

import pytest

from hub.access.complaints import Complained
from hub.accounts.hashing import Hasher
from tests.accounts import PASSWORD, an_account
from tests.unit.hub.access.serving import csrf, log_in, serving

API = "/api/v1"


class TestInput:
    @pytest.mark.parametrize(
        "name",
        [
            "<script>alert(1)</script>",
            '"><img src=x onerror=alert(1)>',
            "{{ 7*7 }}",
            "' OR '1'='1",
            "x'); DROP TABLE accounts; --",
            "%s%n%x",
            "../../etc/passwd",
            "\x00",
            "\ud800".encode("utf-8", "surrogatepass").decode("latin-1"),
            "𝓪" * 500,
        ],
    )
    async def test_names_do_nothing_but_fail(self, tmp_path: Path, name: str) -> None:
        async with serving(tmp_path) as served, served.browser() as browser:
            admin = served.account()
            answer = await log_in(browser, name, name)
            assert answer.status_code == 401
            for raw in ("<script>", "<img", "49"):
                assert f'value="{raw}' not in answer.text
            assert "<script>alert" not in answer.text
            assert "<img src=x" not in answer.text
            served.sign_in(browser, admin)
            form = {"name": name, "role": "supervisor", "csrf": await csrf(browser)}
            refused = await browser.post("/accounts", data=form)
            assert refused.status_code == 422
            assert "<script>alert" not in refused.text
            found = await browser.get("/audit", params={"who": name, "subject": name})
            assert found.status_code == (200 if len(name) <= 100 else 422)
            assert "<script>alert" not in found.text
            assert [a.name for a in served.hub.office.directory.all()] == [admin.name]

    async def test_what_looks_the_same_is_one_account(self, tmp_path: Path) -> None:
        async with serving(tmp_path) as served, served.browser() as browser:
            served.account(name="李Li")
            assert (await log_in(browser, "李ｌｉ")).status_code == 303
            with pytest.raises(Complained, match="taken"):
                served.account(name="李LI")

    async def test_a_password_is_the_same_from_any_keyboard(self, tmp_path: Path) -> None:
        async with serving(tmp_path) as served, served.browser() as browser:
            an_account(served.hub.records, name="li", password="café-herons-wade")
            assert (await log_in(browser, "li", "cafe\u0301-ｈerons-wade")).status_code == 303

    async def test_a_very_long_password_is_not_hashed(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        async with serving(tmp_path) as served, served.browser() as browser:
            account = served.account()

            def hashed(*_: object) -> bool:
                raise AssertionError("it was hashed")

            monkeypatch.setattr(Hasher, "verify", hashed)
            for password in ("x" * 1025, "汉" * 342):
                assert (await log_in(browser, account.name, password)).status_code == 401
            assert (await log_in(browser, account.name, "x" * 100_000)).status_code == 403
            monkeypatch.undo()
            with pytest.raises(Complained, match="1024"):
                an_account(served.hub.records, password="x" * 1025)
            an_account(served.hub.records, name="longest", password="heron wades " * 85)
            assert (await log_in(browser, "longest", "heron wades " * 85)).status_code == 303

    @pytest.mark.parametrize(
        "body",
        [b"", b"{", b"[]", b"null", b'{"name": 1}', b'{"name": "a", "password": "b", "x": 1}'],
    )
    async def test_bodies_that_are_no_log_in(self, tmp_path: Path, body: bytes) -> None:
        async with serving(tmp_path) as served, served.browser() as browser:
            headers = {"X-CSRF-Token": await csrf(browser), "Content-Type": "application/json"}
            answer = await browser.post(f"{API}/session", content=body, headers=headers)
            assert answer.status_code == 422
            assert answer.headers["content-type"] == "application/problem+json"

    async def test_forms_with_many_fields_or_other_types(self, tmp_path: Path) -> None:
        async with serving(tmp_path) as served, served.browser() as browser:
            served.sign_in(browser, served.account())
            token = await csrf(browser)
            many = "&".join(f"venues=v{n}" for n in range(400)) + f"&csrf={token}"
            form = {"Content-Type": "application/x-www-form-urlencoded"}
            answers = [
                await browser.post("/accounts", content=many, headers=form),
                await browser.post("/accounts", content=b"csrf=\xff\xfe", headers=form),
                await browser.post("/accounts", files={"csrf": token.encode()}),
                await browser.post("/accounts", content=f"csrf={token}".encode()),
            ]
            assert [a.status_code for a in answers] == [403] * 4

    @pytest.mark.parametrize(
        "then",
        ["https://evil.example", "//evil.example", "/\\evil.example", "javascript:alert(1)", "x"],
    )
    async def test_log_in_leads_to_no_other_site(self, tmp_path: Path, then: str) -> None:
        async with serving(tmp_path) as served, served.browser() as browser:
            form = {"name": served.account().name, "password": PASSWORD}
            form["csrf"] = await csrf(browser)
            answer = await browser.post("/login", params={"next": then}, data=form)
            assert answer.headers["location"] == "/?lang=zh"

    async def test_log_in_leads_on_to_where_somebody_wanted(self, tmp_path: Path) -> None:
        async with serving(tmp_path) as served, served.browser() as browser:
            account = served.account()
            to = await browser.get("/audit?who=li&lang=en")
            page = await browser.get(to.headers["location"])
            assert 'action="/login?lang=en&amp;next=/audit%3Fwho%3Dli%26lang%3Den"' in page.text
            form = {"name": account.name, "password": PASSWORD, "csrf": await csrf(browser)}
            answer = await browser.post("/login?lang=en&next=/audit%3Fwho%3Dli", data=form)
            assert answer.headers["location"] == "/audit?who=li&lang=en"
