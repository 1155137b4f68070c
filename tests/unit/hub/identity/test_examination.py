"""What the hub's doctor says of authority, certificates and lists: a sentence for each."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from hub.config import BrokerSection, HubConfig, IdentitySection
from hub.identity import Authority, Enrolment
from hub.identity.examination import examine_identity
from hub.store.records import Records

NOW = datetime(2026, 11, 25, 9, 0, tzinfo=UTC)


def a_config(folder: Path, *hosts: str, host: str = "localhost") -> HubConfig:
    return HubConfig(
        data_dir=folder,
        broker=BrokerSection(host=host, tls=True),
        identity=IdentitySection(broker_hosts=hosts or ("localhost", "10.0.0.1")),
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    config = a_config(tmp_path)
    with Records(config.records_path) as records:
        Enrolment(config, records).keep_up(NOW)
    return tmp_path


def told(config: HubConfig, now: datetime = NOW) -> list[tuple[bool, str]]:
    return [(finding.is_fine, finding.text) for finding in examine_identity(config, now)]


def bad(config: HubConfig, now: datetime = NOW) -> list[str]:
    return [text for is_fine, text in told(config, now) if not is_fine]


def test_all_is_well(folder: Path) -> None:
    said = told(a_config(folder))
    assert all(is_fine for is_fine, _ in said)
    assert [text.partition(":")[0] for _, text in said] == [
        "authority",
        "certificate of the broker",
        "certificate of the hub",
    ]


def test_nothing_was_made_yet(tmp_path: Path) -> None:
    ((is_fine, text),) = told(a_config(tmp_path))
    assert is_fine
    assert text.startswith("authority: none at ")


@pytest.mark.parametrize(
    ("days", "words"),
    [
        (
            -3,
            ["it was made on 2026-11-25, and this machine's clock says 2026-11-22: set the clock"],
        ),
        (780, ["certificate of the broker: ", "certificate of the hub: "]),
        (830, ["ended on 2029-02-27; `serve` makes a new one", "ended on 2029-02-27"]),
        (3300, ["ends on 2036-11-25: make a new one, and let all nodes join again", "", ""]),
    ],
)
def test_time_goes_by(folder: Path, days: int, words: list[str]) -> None:
    said = bad(a_config(folder), NOW + timedelta(days=days))
    assert len(said) == len(words)
    for text, part in zip(said, words, strict=True):
        assert part in text


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (lambda f: (f / "identity/authority.key").write_text("x"), "authority's files are damaged"),
        (lambda f: (f / "broker/broker.pem").unlink(), "broker: none at"),
        (
            lambda f: (f / "broker/broker.pem").write_bytes(
                Authority.make("", NOW).issue_server(["localhost"], NOW).certificate_pem
            ),
            "is of another authority; delete it",
        ),
        (lambda f: (f / "broker/revoked.pem").unlink(), "list of revoked certificates is missing"),
        (lambda f: (f / "broker/acl").unlink(), "list of rights is missing"),
        (lambda f: (f / "identity/hub.pem").write_text(""), "certificate of the hub: none at"),
    ],
)
def test_what_is_missing_or_damaged(
    folder: Path, damage: Callable[[Path], object], words: str
) -> None:
    damage(folder)
    (said,) = bad(a_config(folder))
    assert words in said


def test_a_name_that_the_certificate_lacks(folder: Path) -> None:
    (said,) = bad(a_config(folder, "localhost", "hub.example.org", host="192.168.1.9"))
    assert "does not name hub.example.org, 192.168.1.9: put it into identity.broker_hosts" in said
