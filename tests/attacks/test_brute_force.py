"""Passwords tried over the wire: how long a name and an address wait, and what nobody can tell."""

import asyncio
import random
import statistics
import time
from collections.abc import Iterator
from typing import Final

import httpx
import pytest

from hub.access import Role
from hub.accounts.hashing import Hasher
from tests.accounts import PASSWORD, an_account
from tests.attacks.served import API, AttackedHub, a_client, attacked, csrf_of

FREE, PER_ADDRESS, PER_NAME = 5, 20, 50
"""Wrong passwords before the first delay: of a name at an address, of an address, of a name."""
LONGEST_SECONDS: Final = 900
FORMS: Final = [
    pytest.param(False, id="as JSON"),
    pytest.param(True, id="as a form", marks=pytest.mark.soak),
]


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AttackedHub]:
    with attacked(tmp_path_factory.mktemp("guessing")) as opened:
        # Other names come from other addresses, as a proxy of this machine tells of them.
        opened.accounts["admin"] = an_account(opened.hub.records, Role.ADMIN, (), "admin")
        yield opened


@pytest.fixture
def served(running: AttackedHub) -> AttackedHub:
    """After a day failures are forgotten: each test begins anew."""
    running.clock.pass_seconds(25 * 3600)
    return running


def tries(
    served: AttackedHub, name: str, password: str, address: str, *, form: bool = False
) -> httpx.Response:
    with a_client(served.url, **{"X-Forwarded-For": address}) as client:
        token = csrf_of(client)
        told = {"name": name, "password": password}
        if form:
            return client.post("/login", data={**told, "csrf": token})
        return client.post(f"{API}/session", json=told, headers={"X-CSRF-Token": token})


@pytest.mark.parametrize("form", FORMS)
def test_a_name_is_locked_out_longer_and_longer(served: AttackedHub, form: bool) -> None:
    waits = []
    for n in range(FREE + 12):
        answer = tries(served, "admin", f"wrong {n}", "192.0.2.1", form=form)
        if answer.status_code == 429:
            waits.append(int(answer.headers["Retry-After"]))
            # The right one waits too: it would tell that it is the right one.
            right = tries(served, "admin", PASSWORD, "192.0.2.1", form=form)
            assert right.status_code == 429
            served.clock.pass_seconds(waits[-1])
            assert tries(served, "admin", f"{n}", "192.0.2.1", form=form).status_code == 401
        else:
            assert answer.status_code == 401
    assert waits[:5] == [2, 4, 8, 16, 32]
    assert max(waits) == LONGEST_SECONDS, "a guesser has four tries an hour in the end"
    served.clock.pass_seconds(LONGEST_SECONDS)
    right = tries(served, "admin", PASSWORD, "192.0.2.1", form=form)
    assert right.status_code == (303 if form else 200)


def test_its_owner_comes_in_from_elsewhere_meanwhile(served: AttackedHub) -> None:
    for n in range(FREE + 1):
        tries(served, "admin", f"wrong {n}", "192.0.2.1")
    assert tries(served, "admin", PASSWORD, "192.0.2.1").status_code == 429
    assert tries(served, "admin", PASSWORD, "198.51.100.9").status_code == 200


def test_an_address_that_tries_many_names_is_locked_out(served: AttackedHub) -> None:
    found = [tries(served, f"name {n}", "x", "192.0.2.1").status_code for n in range(22)]
    assert found == [401] * PER_ADDRESS + [429] * 2
    assert tries(served, "admin", PASSWORD, "192.0.2.1").status_code == 429
    assert tries(served, "admin", PASSWORD, "192.0.2.2").status_code == 200


def test_a_network_of_the_newer_protocol_is_one_address(served: AttackedHub) -> None:
    """Who has one address of a /64 has all of them."""
    found = [
        tries(served, f"name {n}", "x", f"2001:db8:1:2::{n:x}").status_code for n in range(1, 23)
    ]
    assert found == [401] * PER_ADDRESS + [429] * 2
    assert tries(served, "admin", PASSWORD, "2001:db8:1:3::1").status_code == 200


@pytest.mark.soak
def test_a_name_that_many_addresses_try_is_locked_out(served: AttackedHub) -> None:
    found = [
        tries(served, "admin", "x", f"198.51.100.{n}").status_code for n in range(PER_NAME + 2)
    ]
    assert found == [401] * PER_NAME + [429] * 2


@pytest.mark.parametrize(
    "spelling",
    ["ADMIN", " admin ", "ａｄｍｉｎ", "admin\u3000"],
    ids=["case", "blanks", "wide", "space"],
)
def test_another_spelling_is_the_same_name(served: AttackedHub, spelling: str) -> None:
    for n in range(FREE):
        tries(served, "admin", f"wrong {n}", "192.0.2.1")
    assert tries(served, spelling, PASSWORD, "192.0.2.1").status_code == 429


@pytest.mark.parametrize("told", ["192.0.2.1, 127.0.0.1", "127.0.0.1, 192.0.2.1"])
def test_an_address_of_ones_own_choice_does_not_count(served: AttackedHub, told: str) -> None:
    """A proxy adds whom it sees at the end; what was there before is the guesser's."""
    for n in range(FREE):
        tries(served, "admin", f"wrong {n}", f"203.0.113.{n}, 192.0.2.1")
    assert tries(served, "admin", PASSWORD, told).status_code == 429


def test_attempts_at_the_same_moment_are_all_counted(served: AttackedHub) -> None:
    async def burst() -> list[int]:
        headers = {"X-Forwarded-For": "192.0.2.1"}
        async with httpx.AsyncClient(base_url=served.url, headers=headers, verify=False) as client:
            token = (await client.get(f"{API}/session")).json()["csrf_token"]
            client.headers["X-CSRF-Token"] = token
            answers = await asyncio.gather(
                *(
                    client.post(f"{API}/session", json={"name": "admin", "password": f"{n}"})
                    for n in range(20)
                )
            )
            return sorted(answer.status_code for answer in answers)

    assert asyncio.run(burst()) == [401] * FREE + [429] * 15


def test_a_present_password_is_counted_too(served: AttackedHub) -> None:
    with served.caller("admin", **{"X-Forwarded-For": "192.0.2.1"}) as client:
        new = "heron wades in shallow water"
        for n in range(FREE + 1):
            form = {"old": f"wrong {n}", "new": new, "again": new}
            answer = client.post("/account/password", data=form)
        assert answer.status_code == 422
        assert "稍后" in answer.text
    assert tries(served, "admin", PASSWORD, "192.0.2.1").status_code == 429


NAMES: Final = ("admin", "nobody at all", "disabled", "")


def test_every_answer_is_the_same_for_a_name_that_nobody_has(served: AttackedHub) -> None:
    """Status, headers, body: with the name itself taken out, they are the same."""
    disabled = an_account(served.hub.records, Role.ADMIN, (), "disabled")
    served.hub.office.directory.change(
        served.hub.office.entrance.nobody, disabled.id, role=Role.ADMIN, venues=(), is_enabled=False
    )
    for form in (False, True):
        for attempts, status in ((1, 401), (FREE + 1, 429)):
            told = []
            for name in NAMES:
                address = f"192.0.2.{random.Random(f'{name}{form}{attempts}').randrange(1, 255)}"
                for _ in range(attempts):
                    answer = tries(served, name, "wrong", address, form=form)
                assert answer.status_code == status
                text = answer.text.replace(f'value="{name}"', 'value=""')
                headers = [(k, v) for k, v in answer.headers.items()
                           if k not in {"date", "set-cookie", "content-length"}]  # fmt: skip
                told.append((headers, *(part for part in text.split('"') if len(part) != 43)))
            assert all(one == told[0] for one in told), (form, status)


@pytest.mark.parametrize("form", FORMS)
def test_time_tells_no_name(tmp_path_factory: pytest.TempPathFactory, form: bool) -> None:
    """With a hash that costs something, in turn, over the wire: the medians are of one size."""
    with attacked(tmp_path_factory.mktemp("time")) as served:
        hasher = Hasher(time_cost=2, memory_kib=4096)
        guard = served.hub.office.guard
        guard._hasher = hasher
        directory = served.hub.office.directory
        directory._hasher = hasher
        there = an_account_by(served, hasher, "there")
        took: dict[str, list[float]] = {"there": [], "absent": []}
        order = random.Random(7)
        for n in range(24):
            pair = [there, "absent"]
            order.shuffle(pair)
            for name in pair:
                address = f"198.51.{n}.{1 + (name == there)}"
                begun = time.perf_counter()
                assert tries(served, name, "wrong", address, form=form).status_code == 401
                took[name].append(time.perf_counter() - begun)
                # Each is a first try, and none of them comes to a lock.
                forget(served)
        there_s, absent_s = (statistics.median(took[name]) for name in ("there", "absent"))
    assert abs(there_s - absent_s) < 0.25 * max(there_s, absent_s), (there_s, absent_s)


def an_account_by(served: AttackedHub, hasher: Hasher, name: str) -> str:
    made = served.hub.office.directory.create(
        served.hub.office.entrance.nobody, name, Role.ADMIN, [], PASSWORD
    )
    assert not hasher.is_outdated(_stored(served, name))
    return made.account.name


def _stored(served: AttackedHub, name: str) -> str:
    found = served.hub.office.guard._accounts.named(name)
    assert found is not None
    return found[1]


def forget(served: AttackedHub) -> None:
    served.clock.pass_seconds(25 * 3600)
