"""Certificates renew themselves; what keeps them from it is said, and counting goes on."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from contracts.messages import CertificateStatus
from link.credentials import read_credential
from link.renewal import Renewal
from link.session import Session
from tests.integration.edge.agents import Agent, a_board, a_serial, until
from tests.integration.hub.running import until as await_
from tests.integration.identity.district import NODE, District

pytestmark = pytest.mark.broker


def a_renewal(
    district: District,
    path: Path,
    *,
    hub: str | None = None,
    is_clock_set: bool = True,
    is_ended_there: bool = False,
    told: Callable[[], None] = lambda: None,
) -> Renewal:
    return Renewal(
        hub or district.hub.url,
        path,
        district.authority,
        is_clock_set=lambda: is_clock_set,
        is_ended_there=lambda: is_ended_there,
        renewed=told,
        changed=lambda: None,
    )


def ends(path: Path) -> datetime:
    return read_credential(path).expires_at


def age(days: int) -> datetime:
    """Return when a certificate was made that is so old."""
    return datetime.now(UTC) - timedelta(days=days)


@pytest.mark.parametrize(
    ("days", "is_clock_set", "is_ended_there", "is_renewed"),
    [
        (59, True, False, False),
        (61, True, False, True),
        (100, True, False, True),
        (61, False, False, False),
        (1, False, True, True),
    ],
    ids=["young", "due", "ended", "due, but no clock", "no clock, and the broker says so"],
)
async def test_when_it_is_renewed(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    days: int,
    *,
    is_clock_set: bool,
    is_ended_there: bool,
    is_renewed: bool,
) -> None:
    district = District(tmp_path)
    path = _issued(district, monkeypatch, days)
    before, told = path.read_bytes(), list[int]()
    with district.hub:
        renewal = a_renewal(
            district,
            path,
            is_clock_set=is_clock_set,
            is_ended_there=is_ended_there,
            told=lambda: told.append(1),
        )
        assert await renewal.look()
    assert (path.read_bytes() != before) is is_renewed
    assert bool(told) is is_renewed
    assert path.stat().st_mode & 0o777 == 0o600 or not is_renewed
    assert renewal.status() == CertificateStatus(int(ends(path).timestamp() * 1000))
    if is_renewed:
        assert ends(path) - datetime.now(UTC) > timedelta(days=89)


async def test_why_it_could_not_be_is_told_and_nothing_is_lost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    district = District(tmp_path)
    path = _issued(district, monkeypatch, 70)
    before = path.read_bytes()
    renewal = a_renewal(district, path, hub="http://127.0.0.1:1")
    assert not await renewal.look()
    status = renewal.status()
    assert status is not None
    assert status.trouble.startswith("the hub at http://127.0.0.1:1 cannot be reached")
    assert status.expires_ms == int(ends(path).timestamp() * 1000)
    assert path.read_bytes() == before
    with district.hub:
        assert await a_renewal(district, path).look()


async def test_a_running_agent_renews_and_comes_back_with_the_new_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its certificate has ended: the broker refuses it, the hub renews it, and it is in."""
    district = District(tmp_path)
    path = _issued(district, monkeypatch, 95)
    with district.broker, district.hub:
        session = Session(district.at_broker(path), "with the old one")
        session.open()
        try:
            await_(lambda: session.refused)
            assert "it has ended, or one of the two clocks is wrong" in str(session.refused)
            assert session.is_certificate_ended
        finally:
            session.close()
        config = tmp_path / "edge.toml"
        config.write_text(
            f'[node]\nvenue = "{NODE.venue}"\nnode = "{NODE.node}"\n'
            f'[broker]\nhost = "localhost"\nport = {district.broker.port}\ntls = true\n'
            f'tls_ca = "{district.authority}"\ntls_certificate = "{path}"\n'
            f'[identity]\nhub = "{district.hub.url}"\n[clock]\ntrust = "always"\n'
            + a_serial(tmp_path / "tty", lines="lines = { front = 0 }\n")
        )
        with Agent(config) as agent:
            async with a_board(tmp_path / "tty"):
                await until(lambda: agent.said("certificate_renewed") != [])
                await until(lambda: agent.said("broker_connected") != [])
            assert await asyncio.to_thread(agent.stop) == 0
    assert ends(path) - datetime.now(UTC) > timedelta(days=89)


def _issued(district: District, monkeypatch: pytest.MonkeyPatch, days: int) -> Path:
    """Give the node a certificate of the past: the authority lets none be made before itself."""
    with monkeypatch.context() as patch:
        patch.setattr("hub.identity.authority.Authority.made_at", datetime(2020, 1, 1, tzinfo=UTC))
        path = district.issue(NODE, age(days))
    path.chmod(0o600)
    return path
