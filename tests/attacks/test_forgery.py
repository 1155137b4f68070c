"""Every route that changes something, asked from another site or without the session's token."""

import os
import random
import sys
from collections.abc import Collection, Iterator
from typing import Any, Final

import pytest

from hub.store.records import Wanted
from tests.attacks.doors import FORM_FIELDS, Door, ask, doors, numbers_for
from tests.attacks.served import API, A, AttackedHub, csrf_of, furnished

OWN_PROOF: Final = {f"{API}/join", f"{API}/join/renew"}
"""A node's: no cookie counts there, and what it brings is signed."""
CHANGING: Final = [d for d in doors() if not d.is_safe and d.path not in OWN_PROOF]
EVIL: Final = "http://evil.example"
SEED: Final = int(os.environ.get("KAIGUAN_SEEDS", "20261130").split(",")[0])


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AttackedHub]:
    with furnished(tmp_path_factory.mktemp("forgery")) as opened:
        yield opened


@pytest.fixture(scope="module")
def objects(served: AttackedHub) -> dict[str, int]:
    return served.objects(A)


def forgeries(own: str, others: str) -> dict[str, dict[str, Any]]:
    """Return headers and form fields of forged requests, by what is wrong with them."""
    right = {"X-CSRF-Token": own}
    return {
        "no token": {},
        "an empty token": {"headers": {"X-CSRF-Token": ""}},
        "another session's token": {"headers": {"X-CSRF-Token": others}},
        "a token that is cut": {"headers": {"X-CSRF-Token": own[:-1]}},
        "a token of other letters": {"headers": {"X-CSRF-Token": ("é" * len(own)).encode()}},
        "another session's token in the form": {"form": {"csrf": others}},
        "the token in the address": {"params": {"csrf": own}},
        "the token in a form of another kind": {"files": {"csrf": own}},
        "the right token from another origin": {"headers": {**right, "Origin": EVIL}},
        "the right token from no origin": {"headers": {**right, "Origin": "null"}},
        "the right token from another port": {"headers": {**right, "Origin": "http://127.0.0.1:1"}},
        "the right token from another site": {"headers": {**right, "Sec-Fetch-Site": "cross-site"}},
        "the right token from a sister": {"headers": {**right, "Sec-Fetch-Site": "same-site"}},
    }


WRONG: Final = frozenset(forgeries("", ""))


@pytest.mark.parametrize("door", CHANGING, ids=str)
def test_a_forged_request_changes_nothing(
    served: AttackedHub, objects: dict[str, int], door: Door
) -> None:
    """Without a token, and in two other ways; the long run takes all of them."""
    chosen = random.Random(f"{SEED} {door}")
    sys.stdout.write(f"seed {SEED}\n")
    forge(served, objects, door, {"no token", *chosen.sample(sorted(WRONG), 2)})


@pytest.mark.soak
@pytest.mark.parametrize("door", CHANGING, ids=str)
def test_no_forged_request_changes_anything(
    served: AttackedHub, objects: dict[str, int], door: Door
) -> None:
    forge(served, objects, door, WRONG)


def forge(
    served: AttackedHub, objects: dict[str, int], door: Door, chosen: Collection[str]
) -> None:
    """Ask a door in the chosen wrong ways; each is refused, and nothing is done."""
    # Log-in and set-up are nobody's, the rest is an admin's: whoever could do most.
    is_entrance = door.path in {"/login", "/setup", f"{API}/session"} and door.method == "POST"
    role = "nobody" if is_entrance else "admin"
    with served.caller(role) as client, served.caller("admin") as other:
        own, others = csrf_of(client), csrf_of(other)
        del client.headers["X-CSRF-Token"]
        before = entries(served)
        for wrong, how in forgeries(own, others).items():
            if wrong not in chosen:
                continue
            more: dict[str, Any] = {k: how[k] for k in ("headers", "params") if k in how}
            fields = dict.fromkeys(door.body if door.is_api else FORM_FIELDS, "1")
            if "files" in how:
                more["files"] = {key: (None, value) for key, value in how["files"].items()}
            elif "form" in how or not door.is_api:
                more["data"] = {**fields, **how.get("form", {})}
            else:
                more["json"] = fields
            place = door.place(**numbers_for(door, objects, served))
            answer = ask(client, door.method, place, **more)
            # A page leads back to its own form, or says 403; the API says 403.
            assert answer.status in {403, 422}, (wrong, answer.status, answer.text[:200])
            if answer.status == 422:
                assert "params" in how, (wrong, "refused for something else than its token")
        assert entries(served) == before, "something was done"


@pytest.mark.parametrize("door", [d for d in CHANGING if d.is_api and d.body], ids=str)
def test_what_a_form_of_another_site_can_send_is_no_json(
    served: AttackedHub, objects: dict[str, int], door: Door
) -> None:
    """A form may send text/plain that reads as JSON, with cookies and without being asked."""
    with served.caller("admin") as client:
        del client.headers["X-CSRF-Token"]
        before = entries(served)
        for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data"):
            answer = ask(
                client,
                door.method,
                door.place(**numbers_for(door, objects, served)),
                content=b'{"name": "planted", "csrf": "="}',
                headers={"Content-Type": kind, "Origin": EVIL},
            )
            assert answer.status == 403
        assert entries(served) == before


def test_reading_changes_nothing(served: AttackedHub, objects: dict[str, int]) -> None:
    """What a link or a picture of another site can let a browser ask."""
    with served.caller("admin") as client:
        before = entries(served)
        for door in doors():
            if door.is_safe:
                place = door.place(**numbers_for(door, objects, served))
                headers = {"Sec-Fetch-Site": "cross-site"}
                assert ask(client, "GET", place, headers=headers).status in {*range(500), 503}
        for door in CHANGING:
            place = door.place(**numbers_for(door, objects, served))
            asked = {"_method": door.method, "csrf": "1"}
            meant = {"X-HTTP-Method-Override": door.method}
            answer = ask(client, "GET", place, params=asked, headers=meant)
            assert answer.status in {*range(500), 503}
        assert entries(served) == before


def test_a_preflight_of_another_site_allows_nothing(served: AttackedHub) -> None:
    asked = {"Origin": EVIL, "Access-Control-Request-Method": "DELETE"}
    with served.caller("admin", **asked) as client:
        for door in doors():
            answer = ask(client, "OPTIONS", door.place())
            assert not [name for name in answer.headers if name.startswith("access-control")]
            assert answer.status >= 400


def test_the_token_lets_its_own_session_do_it(served: AttackedHub) -> None:
    """The requests above fail for what is wrong with them, not because all of them would."""
    for origin in (None, served.url):
        with served.caller("admin", **({"Origin": origin} if origin else {})) as client:
            before = entries(served)
            body = {"occupancy": 2, "reason": "seen"}
            assert client.post(f"{API}/venues/{A}/head-counts", json=body).status_code == 201
            form = {"occupancy": "2", "reason": "seen", "csrf": client.headers.pop("X-CSRF-Token")}
            assert client.post(f"/venues/{A}/head-counts", data=form).status_code == 303
            assert entries(served) == before + 2


def entries(served: AttackedHub) -> int:
    """Return how many changes the audit log knows; log-ins of the test itself are none."""
    log = served.hub.office.audit
    return sum(not e.entry.action.startswith("session.opened") for e in log.all(Wanted()))
