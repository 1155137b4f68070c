"""The audit log: complete, in the change's own transaction, never changed, without secrets."""

import json
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from hub.access import Permission, Role
from hub.accounts.hashing import digest
from hub.store.records import AuditLog, Records, Wanted
from link.errors import StoreUnavailable
from tests.accounts import PASSWORD, TESTER, an_account, an_office
from tests.unit.hub.access.serving import csrf, serving

API = "/api/v1"


class TestAudit:
    async def test_every_change_is_told_with_before_and_after(self, tmp_path: Path) -> None:
        async with serving(tmp_path) as served, served.browser() as browser:
            admin = served.account(name="boss")
            served.sign_in(browser, admin)
            headers = {"X-CSRF-Token": await csrf(browser)}
            told = {"name": "李雷", "role": "manager", "venues": ["museum"]}
            made = (await browser.post(f"{API}/accounts", json=told, headers=headers)).json()
            number = made["account"]["id"]
            place = f"{API}/accounts/{number}"
            change = {"venues": ["art-museum"], "enabled": False}
            assert (await browser.patch(place, json=change, headers=headers)).status_code == 200
            assert (await browser.post(f"{place}/reset", headers=headers)).status_code == 200
            token = {"label": "wall", "scope": ["devices.read"], "venues": ["museum"]}
            made_token = await browser.post(f"{API}/tokens", json=token, headers=headers)
            secret = made_token.json()["secret"]
            id_ = made_token.json()["token"]["id"]
            await browser.delete(f"{API}/tokens/{id_}", headers=headers)
            found = (await browser.get(f"{API}/audit?who=boss")).json()["entries"]
            actions = [
                "session.opened",
                "account.created",
                "account.changed",
                "account.reset",
                "token.created",
                "token.revoked",
            ]
            assert [e["action"] for e in reversed(found)] == actions
            changed = found[3]
            assert changed["before"] == {"enabled": True, "venues": ["museum"]}
            assert changed["after"] == {"enabled": False, "venues": ["art-museum"]}
            assert changed["subject"] == "李雷"
            everything = json.dumps(found)
            for hidden in (secret, made["password"], "argon2", digest(secret)):
                assert hidden not in everything

    def test_a_change_and_its_entry_come_together(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with Records(tmp_path / "records.db") as records:
            office = an_office(records)

            def fail(*_: object) -> None:
                raise IntegrityError("audit", {}, Exception("no room"))

            monkeypatch.setattr("hub.store.records.accounts.append", fail)
            with pytest.raises(StoreUnavailable):
                office.directory.create(TESTER, "li", Role.ADMIN, (), PASSWORD)
            assert office.directory.is_empty

    @pytest.mark.parametrize("statement", ["DELETE FROM audit", "UPDATE audit SET who = 'x'"])
    def test_the_database_lets_nothing_be_changed(self, tmp_path: Path, statement: str) -> None:
        with Records(tmp_path / "records.db") as records:
            an_account(records)
            with (
                pytest.raises(StoreUnavailable, match="append-only"),
                records.writing() as connection,
            ):
                connection.execute(text(statement))
            assert AuditLog(records).count(Wanted()) == 1

    async def test_pages_and_filters(self, tmp_path: Path) -> None:
        async with serving(tmp_path) as served, served.browser() as browser:
            served.sign_in(browser, served.account(Role.SUPERVISOR))
            for n in range(60):
                served.account(name=f"li-{n:02}")
            first = await browser.get("/audit?action=account&lang=en")
            assert first.text.count("<tr>") == 51
            assert "61 entries" in first.text
            older = first.text.partition('href="/audit?action=account&amp;before=')[2]
            second = await browser.get(
                f"/audit?action=account&before={older.partition('&')[0]}&lang=en"
            )
            assert second.text.count("<tr>") == 12
            assert "li-59" not in second.text
            none = await browser.get("/audit?since=2090-01-01&until=nonsense")
            assert "没有符合条件的记录" in none.text
            one = await browser.get(f"{API}/audit?subject=li-07")
            assert [e["subject"] for e in one.json()["entries"]] == ["li-07"]
            paged = (await browser.get(f"{API}/audit?limit=40")).json()
            rest = (await browser.get(f"{API}/audit?limit=40&before={paged['next']}")).json()
            ids = [e["id"] for e in (*paged["entries"], *rest["entries"])]
            assert ids == sorted(set(ids), reverse=True)
            assert rest["next"] is None

    async def test_the_file_is_for_spreadsheets(self, tmp_path: Path) -> None:
        async with serving(tmp_path) as served, served.browser() as browser:
            account = served.account(name="李雷")
            served.hub.office.tokens.create(
                TESTER,
                account,
                "=cmd|' /C calc'!A0",
                frozenset({Permission.DEVICES}),
                venues=None,
                days=1,
            )
            token = served.hub.office.tokens.all()[0]
            served.hub.office.tokens.revoke(TESTER, token.id)
            served.sign_in(browser, account)
            answer = await browser.get("/audit.csv")
            assert answer.text.startswith("\ufeffid,at,who,via,action,subject,before,after")
            assert "李雷" in answer.text
            assert ",'=cmd" in answer.text
            assert "attachment" in answer.headers["content-disposition"]
            only = await browser.get("/audit.csv?action=token.revoked")
            assert len(only.text.splitlines()) == 2
