"""A session's id: nobody's choice, new when it matters, dead when it should be, well kept."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import httpx
import pytest

from hub.access import Role
from tests.accounts import PASSWORD, an_account
from tests.attacks.served import API, AttackedHub, a_client, attacked, csrf_of

COOKIE: Final = "kaiguan_session"
NEW: Final = "heron wades in shallow water"


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AttackedHub]:
    with attacked(tmp_path_factory.mktemp("sessions")) as opened:
        yield opened


@pytest.fixture
def name(served: AttackedHub) -> str:
    account = an_account(served.hub.records, Role.ADMIN)
    return account.name


def log_in(client: httpx.Client, name: str, password: str = PASSWORD) -> httpx.Response:
    form = {"name": name, "password": password, "csrf": csrf_of(client)}
    return client.post("/login", data=form)


def is_in(served: AttackedHub, cookie: str) -> bool:
    """Tell whether somebody who holds this id is signed in."""
    with a_client(served.url) as thief:
        thief.cookies.set(COOKIE, cookie)
        return thief.get(f"{API}/session").json()["name"] is not None


@pytest.mark.parametrize("planted", ["x" * 43, "1", "A" * 43, "../../x", "0" * 500])
def test_an_id_that_was_planted_is_never_used(served: AttackedHub, name: str, planted: str) -> None:
    with a_client(served.url) as client:
        client.cookies.set(COOKIE, planted)
        client.cookies.set("kaiguan_form", planted)
        answer = log_in(client, name)
        assert answer.status_code == 303
        given = answer.cookies[COOKIE]
        assert given != planted
        assert len(given) == 43
    assert not is_in(served, planted)
    assert is_in(served, given)


def test_an_id_in_the_address_is_not_read(served: AttackedHub, name: str) -> None:
    with a_client(served.url) as client:
        id_ = log_in(client, name).cookies[COOKIE]
    with a_client(served.url) as thief:
        for place in (f"/account?{COOKIE}={id_}", f"/account;{COOKIE}={id_}"):
            assert thief.get(place).status_code in {303, 404}


def test_each_log_in_has_another_id_and_ends_the_one_before(served: AttackedHub, name: str) -> None:
    with a_client(served.url) as client:
        ids = [log_in(client, name).cookies[COOKIE] for _ in range(3)]
    assert len(set(ids)) == 3
    assert [is_in(served, id_) for id_ in ids] == [False, False, True]


def test_a_new_password_gives_a_new_id_and_another_token(served: AttackedHub, name: str) -> None:
    """Whoever took the id before, from wherever, is out: that is why passwords are changed."""
    with a_client(served.url) as client, a_client(served.url) as other:
        before = log_in(client, name).cookies[COOKIE]
        elsewhere = log_in(other, name).cookies[COOKIE]
        token = csrf_of(client)
        form = {"old": PASSWORD, "new": NEW, "again": NEW, "csrf": token}
        answer = client.post("/account/password", data=form)
        assert answer.status_code == 303
        after = answer.cookies[COOKIE]
        assert after != before
        assert csrf_of(client) != token
        assert client.get("/account").status_code == 200
    assert [is_in(served, id_) for id_ in (before, elsewhere, after)] == [False, False, True]


@pytest.mark.parametrize("way", ["page", "api", "everywhere", "one"])
def test_log_out_ends_it_at_the_hub(served: AttackedHub, name: str, way: str) -> None:
    with a_client(served.url) as client:
        id_ = log_in(client, name).cookies[COOKIE]
        token = {"X-CSRF-Token": csrf_of(client)}
        if way == "api":
            answer = client.delete(f"{API}/session", headers=token)
        elif way == "one":
            account = served.hub.office.directory.named(name)
            assert account is not None
            (one,) = served.hub.office.entrance.sessions(account.id)
            answer = client.post(f"/account/sessions/{one.key}/end", headers=token)
        else:
            place = "/logout" if way == "page" else "/account/sessions/end"
            answer = client.post(place, headers=token)
        assert answer.status_code in {204, 303}
        gone = answer.headers["set-cookie"]
        assert f'{COOKIE}=""' in gone
        assert "Max-Age=0" in gone
    assert not is_in(served, id_)


def test_a_disabled_account_and_a_reset_end_it(served: AttackedHub, name: str) -> None:
    office = served.hub.office
    account = office.directory.named(name)
    assert account is not None
    with a_client(served.url) as client:
        id_ = log_in(client, name).cookies[COOKIE]
        office.directory.reset(office.entrance.nobody, account.id)
        assert not is_in(served, id_)


def test_ids_are_kept_as_hashes_and_stand_in_no_log(
    served: AttackedHub, name: str, capfd: pytest.CaptureFixture[str]
) -> None:
    with a_client(served.url) as client:
        id_ = log_in(client, name).cookies[COOKIE]
        page = client.get("/account").text
    assert id_ not in page
    data: Path = served.hub.config.data_dir
    for path in data.rglob("*"):
        if path.is_file():
            assert id_.encode() not in path.read_bytes(), path
    told = capfd.readouterr()
    assert id_ not in told.out + told.err


@pytest.mark.parametrize("proto", ["http", "https"])
def test_cookies_are_shut(served: AttackedHub, name: str, proto: str) -> None:
    headers = {"X-Forwarded-Proto": proto}
    with a_client(served.url, **headers) as client:
        first = client.get("/login").headers.get_list("set-cookie")
        # A jar keeps no Secure cookie of a line in clear; the proxy's browser does.
        name_, _, value = first[0].partition(";")[0].partition("=")
        client.headers["Cookie"] = f"{name_}={value}"
        token = client.get(f"{API}/session").json()["csrf_token"]
        answer = client.post("/login", data={"name": name, "password": PASSWORD, "csrf": token})
        assert answer.status_code == 303, answer.text[:300]
        for cookie in (*first, *answer.headers.get_list("set-cookie")):
            parts = {part.strip().lower() for part in cookie.split(";")}
            if "max-age=0" in parts:
                continue
            assert {"httponly", "samesite=lax", "path=/"} <= parts
            assert ("secure" in parts) == (proto == "https")
            assert not any(part.startswith("domain") for part in parts)
