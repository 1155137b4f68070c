"""Every route for every role, and what a manager reaches of a venue that is another's."""

from collections.abc import Iterator
from typing import Any, Final

import httpx
import pytest

from hub.access import Role
from hub.store.records import Wanted
from tests.attacks.doors import FORM_FIELDS, Door, ask, doors, numbers_for
from tests.attacks.served import API, WISHES, A, AttackedHub, B, a_client, furnished
from tests.unit.hub.access.test_routes_and_roles import TABLE

CALLERS: Final = {
    "nobody": "nobody",
    "manager": "manager",
    "other": "other manager",
    "supervisor": "supervisor",
    "admin": "admin",
    "token": "token",
}
"""Who comes here, and who that is in the table of routes and roles."""


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AttackedHub]:
    with furnished(tmp_path_factory.mktemp("roles")) as opened:
        yield opened


@pytest.fixture(scope="module")
def objects(served: AttackedHub) -> dict[str, dict[str, int]]:
    return {venue: served.objects(venue) for venue in (A, B)}


@pytest.mark.parametrize("role", CALLERS)
def test_a_role_opens_what_the_table_says(
    served: AttackedHub, objects: dict[str, dict[str, int]], role: str
) -> None:
    """Over the wire, with objects that are there: whom the table refuses is refused."""
    wrong = []
    with served.caller(role) as client:
        signed_in = session_of(client)
        before = changes(served)
        for door in doors():
            allowed = CALLERS[role] in TABLE[door.method, door.path]
            if door.path in {"/setup", "/login"} or allowed:
                continue
            # This machine's own programs may read the metrics.
            afar = {"X-Forwarded-For": "192.0.2.7"} if door.path == "/metrics" else {}
            place = door.place(**numbers_for(door, objects[A], served))
            answer = ask(client, door.method, place, headers=afar, **body_of(door))
            after = changes(served)
            if not is_shut(answer.status, answer.headers) or after != before:
                wrong.append((str(door), answer.status))
            before = after
        assert session_of(client) == signed_in, "refused because nobody asked any more"
    assert not wrong


def session_of(client: httpx.Client) -> str | None:
    """Return the name that a client is signed in with."""
    told: str | None = client.get(f"{API}/session").json()["name"]
    return told


def body_of(door: Door) -> dict[str, Any]:
    if door.is_safe:
        return {}
    names = door.body if door.is_api else FORM_FIELDS
    return {"json" if door.is_api else "data": dict.fromkeys(names, "1")}


def is_shut(status: int, headers: httpx.Headers) -> bool:
    to_log_in = status in {303, 307} and headers.get("location", "").startswith("/login")
    return status in {401, 403} or to_log_in


class TestOfAnotherVenue:
    """`other` runs the art museum. All that is asked here is the museum's, by its number."""

    @pytest.mark.parametrize("door", [d for d in doors() if "{venue}" in d.path], ids=str)
    def test_its_name_in_the_path_is_refused(
        self, served: AttackedHub, objects: dict[str, dict[str, int]], door: Door
    ) -> None:
        if CALLERS["other"] in TABLE[door.method, door.path]:
            assert "nobody" in TABLE[door.method, door.path], "what visitors may see, and no more"
            return
        with served.caller("other") as client:
            place = door.place(**numbers_for(door, objects[A], served))
            assert is_shut(*status_of(client, door.method, place, **body_of(door)))

    @pytest.mark.parametrize("door", [d for d in doors() if "{venue}" in d.path
                                      and "{number}" in d.path], ids=str)  # fmt: skip
    def test_its_numbers_under_ones_own_venue(
        self, served: AttackedHub, objects: dict[str, dict[str, int]], door: Door
    ) -> None:
        """The venue of the path is one's own, the object that it names is not."""
        # Some may be used by the district only: its own door stays shut, whatever the number.
        may = TABLE[door.method, door.path]
        role = (
            "other"
            if CALLERS["other"] in may or CALLERS["manager"] in may
            else "supervisor"
            if CALLERS["supervisor"] in may
            else "admin"
        )
        with served.caller(role) as client:
            before = changes(served)
            told = {**numbers_for(door, objects[A], served), "venue": B}
            fields = {"why": "mine", "confirmed": "1", "save": "1", "reason": "mine"}
            if door.method == "DELETE":
                more: dict[str, Any] = {}
            elif door.is_api:
                more = {"json": {"why": "mine", "confirmed": True}}
            else:
                more = {"data": fields}
            answer = ask(client, door.method, door.place(**told), **more)
            assert answer.status == 404, answer.text[:300]
            assert changes(served) == before

    @pytest.mark.parametrize("action", ["acknowledged", "assigned", "commented", "cleared"])
    def test_its_alerts(
        self, served: AttackedHub, objects: dict[str, dict[str, int]], action: str
    ) -> None:
        number = objects[A]["alert"]
        with served.caller("other") as client:
            before = changes(served)
            form = {"text": "mine", "reason": "mine", "to": "other"}
            answers = [
                ask(client, "POST", f"/alerts/{number}/{action}", data=form),
                ask(client, "POST", "/alerts/acknowledged", data={"number": [str(number)]}),
                ask(client, "GET", f"/alerts/{number}"),
                ask(client, "GET", f"{API}/alerts/{number}"),
                ask(client, "POST", f"{API}/alerts/{number}/acknowledgement"),
                ask(client, "POST", f"{API}/alerts/{number}/clearing", json={"reason": "mine"}),
                ask(client, "PUT", f"{API}/alerts/{number}/assignee", json={"to": "other"}),
                ask(client, "POST", f"{API}/alerts/{number}/comments", json={"text": "mine"}),
            ]
            assert [a.status for a in answers] == [403] * len(answers)
            assert changes(served) == before

    @pytest.mark.parametrize(
        "place",
        [
            f"{API}/alerts?state=all", "/alerts?state=all", f"{API}/alerts?state=all&venue={A}",
            f"/alerts?state=all&venue={A}", f"{API}/verdicts?venue={A}", f"{API}/verdicts",
            f"{API}/verdicts.csv", f"{API}/verdicts.csv?venue={A}", "/duties",
            "/duties/list", f"/duties?q={A}", f"{API}/series", f"{API}/devices",
            f"{API}/attention", f"{API}/feedback", f"{API}/feedback.csv", "/kiosks",
            f"{API}/rooms", f"{API}/rooms/journal", f"{API}/rooms/journal.csv", "/rooms",
            f"/rooms/journal?room={A}",
        ],
    )  # fmt: skip
    def test_lists_leave_it_out(self, served: AttackedHub, place: str) -> None:
        with served.caller("supervisor") as client:
            whole = ask(client, "GET", place).text
        with served.caller("other") as client:
            answer = ask(client, "GET", place)
        # What was asked for comes back in links and fields of the page: only data may not.
        theirs = answer.text.replace(f"venue={A}", "").replace(f"q={A}", "")
        theirs = theirs.replace(f'value="{A}"', "")
        assert answer.status == 403 if "/verdicts?venue" in place else answer.status == 200
        marks = {f'"{A}"', f",{A},", f"{A}/", f"/venues/{A}", f"\n{A},", WISHES[A]}
        assert not [mark for mark in marks if mark in theirs and f"art-{mark}" not in theirs]
        assert A in whole or len(whole) >= len(answer.text)

    @pytest.mark.parametrize("place", ["series", "devices", "feedback"])
    def test_a_filter_for_it_is_refused(self, served: AttackedHub, place: str) -> None:
        with served.caller("other") as client:
            assert client.get(f"{API}/{place}", params={"venue": A}).status_code == 403


class TestUpwards:
    """What would make a role larger than it is."""

    def test_fields_that_nobody_gave(self, served: AttackedHub) -> None:
        with served.caller("manager") as client:
            for place in ("/account/password", f"/account?role={Role.ADMIN}"):
                ask(client, "POST", place, data={"role": "admin", "venues": [A, B]})
            told = client.get(f"{API}/session").json()
            assert (told["role"], told["venues"]) == ("manager", [A])

    def test_a_role_in_the_body_or_a_header(self, served: AttackedHub) -> None:
        headers = {"X-Role": "admin", "X-Forwarded-User": "admin", "X-Remote-User": "admin"}
        headers |= {"X-Original-URL": "/accounts", "X-Rewrite-URL": "/accounts"}
        with served.caller("manager", **headers) as client:
            assert client.get(f"{API}/accounts").status_code == 403
            assert client.get("/", follow_redirects=False).text.count("supervisor@") == 0
            body = {"name": "planted", "role": "admin"}
            assert client.post(f"{API}/accounts", json=body).status_code == 403

    def test_no_token_for_more_than_its_account(self, served: AttackedHub) -> None:
        manager = served.accounts["manager"]
        with served.caller("admin") as admin:
            told = {"label": "more", "scope": ["accounts.change", "alerts.read"], "venues": [A, B]}
            made = admin.post(f"{API}/tokens", json={**told, "account": manager.id}).json()
        with a_client(served.url) as program:
            program.headers["Authorization"] = f"Bearer {made['secret']}"
            assert program.get(f"{API}/accounts").status_code == 403
            assert program.get(f"{API}/alerts", params={"venue": B}).json()["total"] == 0
            assert program.post(f"{API}/tokens", json=told).status_code == 403

    def test_sessions_of_others_go_on(self, served: AttackedHub) -> None:
        with served.caller("admin") as admin, served.caller("manager") as manager:
            (theirs,) = served.hub.office.entrance.sessions(served.accounts["admin"].id)[:1]
            ask(manager, "POST", f"/account/sessions/{theirs.key}/end")
            assert admin.get(f"{API}/session").json()["name"] == "admin"

    def test_the_near_spelling_of_a_path_opens_nothing(self, served: AttackedHub) -> None:
        spellings = ("/Accounts", "/accounts/", "/accounts;x", "/./accounts",
                     "/%61ccounts", "/accounts%20", "/accounts.json", "/accounts%2f",
                     "/static/../accounts", "/accounts?lang=zh&lang=en")  # fmt: skip
        with served.caller("manager") as client:
            for place in (*spellings, *(f"{API}{spelling}" for spelling in spellings)):
                for method in ("GET", "HEAD", "POST", "TRACE", "PROPFIND"):
                    answer = ask(client, method, place)
                    assert answer.status >= 300, (method, place)
                    assert "supervisor" not in answer.text, (method, place)


def status_of(
    client: httpx.Client, method: str, place: str, **more: Any
) -> tuple[int, httpx.Headers]:
    answer = ask(client, method, place, **more)
    return answer.status, answer.headers


def changes(served: AttackedHub) -> int:
    """Return how many changes the audit log knows, but for the test's own sessions."""
    log = served.hub.office.audit
    return sum(not e.entry.action.startswith("session.") for e in log.all(Wanted()))
