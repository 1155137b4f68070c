"""Who gets a certificate, when, and what the others are told."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from contracts.ids import NodeId
from contracts.joining import (
    Code,
    JoinAnswer,
    JoinRequest,
    RenewAnswer,
    RenewRequest,
    Sealed,
    answer_mac,
    decode_joining,
    key_of,
    make_code,
    request_mac,
)
from hub.config import HubConfig, IdentitySection
from hub.district import read_district
from hub.errors import ConfigError, NotFound
from hub.identity import Enrolment, Joining, Refusal
from hub.identity.authority import Authority
from hub.identity.joining import UNKNOWN
from hub.store.records import Records
from link.credentials import Credential, make_csr, make_key, name_of, parse_certificate
from tests.accounts import TESTER

ROOT = Path(__file__).parents[4]
NOW = datetime(2026, 11, 25, 9, 0, tzinfo=UTC)
NODE = NodeId("museum", "door")


@dataclass
class District:
    enrolment: Enrolment
    joining: Joining
    told: list[NodeId]

    def code(self, node: NodeId = NODE, now: datetime = NOW) -> Code:
        return self.enrolment.enrol(TESTER, node, is_kiosk=False, now=now)

    @property
    def revoked(self) -> int:
        return len(self.enrolment.identities.revoked_serials(int(NOW.timestamp() * 1000)))


@pytest.fixture
def district(tmp_path: Path) -> Iterator[District]:
    section = IdentitySection(broker_hosts=("hub.example.org",), broker_port=8884)
    config = HubConfig(data_dir=tmp_path, identity=section)
    with Records(tmp_path / "records.db") as records:
        records.load(read_district(ROOT / "examples/jiading"))
        enrolment, told = Enrolment(config, records), list[NodeId]()
        joining = Joining(
            enrolment.identities, enrolment.authority(NOW), enrolment.address, told.append
        )
        yield District(enrolment, joining, told)


def a_request(code: Code, csr: str | None = None) -> JoinRequest:
    csr = csr or make_csr(make_key())
    return JoinRequest(code.id, csr, request_mac(key_of(code.secret), code.id, csr))


def answered(code: Code, request: JoinRequest, sealed: Sealed | Refusal) -> JoinAnswer:
    assert isinstance(sealed, Sealed), sealed
    assert sealed.mac == answer_mac(key_of(code.secret), request.csr, sealed.answer)
    return decode_joining(sealed.answer.encode(), JoinAnswer)


class TestJoining:
    def test_a_code_gives_a_certificate(self, district: District) -> None:
        code = district.code()
        request = a_request(code)
        answer = answered(code, request, district.joining.join(request, NOW))
        assert (answer.venue, answer.node) == ("museum", "door")
        assert (answer.broker_host, answer.broker_port) == ("hub.example.org", 8884)
        assert name_of(parse_certificate(answer.certificate)) == "museum/door"
        assert code.fingerprint == district.enrolment.authority(NOW).fingerprint
        assert district.told == [NODE]
        (node,) = district.enrolment.identities.nodes()
        assert (node.id, node.revoked_ms) == (NODE, None)

    def test_the_same_request_gets_the_same_answer_again(self, district: District) -> None:
        code = district.code()
        request = a_request(code)
        first = district.joining.join(request, NOW)
        assert district.joining.join(request, NOW + timedelta(hours=1)) == first
        assert district.told == [NODE]

    def test_a_used_code_gives_nothing_to_another_key(self, district: District) -> None:
        code = district.code()
        district.joining.join(a_request(code), NOW)
        assert district.joining.join(a_request(code), NOW) == Refusal(
            409, "this code was used already, for museum/door"
        )

    def test_it_ends(self, district: District) -> None:
        code = district.code()
        late = district.joining.join(a_request(code), NOW + timedelta(hours=24))
        assert late == Refusal(
            410, "this code was good until 2026-11-26 09:00 UTC: ask for a new one"
        )

    def test_who_does_not_know_the_secret_learns_nothing(self, district: District) -> None:
        code = district.code()
        guess = make_code(0, bytes(10), bytes(32))
        unknown = district.joining.join(a_request(guess), NOW)
        wrong = district.joining.join(a_request(Code(code.id, guess.secret)), NOW)
        late = district.joining.join(
            a_request(Code(code.id, guess.secret)), NOW + timedelta(days=9)
        )
        assert unknown == wrong == late == UNKNOWN

    def test_a_changed_request_is_not_taken(self, district: District) -> None:
        code = district.code()
        request = a_request(code)
        swapped = JoinRequest(code.id, make_csr(make_key()), request.mac)
        assert district.joining.join(swapped, NOW) == UNKNOWN
        assert isinstance(district.joining.join(request, NOW), Sealed)

    def test_a_request_that_is_none_costs_no_code(self, district: District) -> None:
        code = district.code()
        refused = district.joining.join(a_request(code, "no request"), NOW)
        assert isinstance(refused, Refusal)
        assert refused.status == 422
        assert isinstance(district.joining.join(a_request(code), NOW), Sealed)

    def test_a_newer_code_takes_the_place_of_an_unused_one(self, district: District) -> None:
        first, second = district.code(), district.code()
        assert district.joining.join(a_request(first), NOW) == UNKNOWN
        assert isinstance(district.joining.join(a_request(second), NOW), Sealed)

    def test_joining_anew_revokes_what_was_before(self, district: District) -> None:
        for expected in (0, 1, 2):
            district.joining.join(a_request(district.code()), NOW)
            assert district.revoked == expected
        (node,) = district.enrolment.identities.nodes()
        assert node.revoked_ms is None

    def test_a_revoked_node_is_out_until_it_joins_anew(self, district: District) -> None:
        code = district.code()
        request = a_request(code)
        district.joining.join(request, NOW)
        district.enrolment.revoke(TESTER, NODE, "stolen", NOW)
        (node,) = district.enrolment.identities.nodes()
        assert (node.revoked_ms is not None, node.reason) == (True, "stolen")
        assert "user museum/door\ntopic deny #" in district.enrolment.broker.acl_path.read_text()
        # The used code, in the hands of the thief, gives nothing any more.
        again = district.joining.join(request, NOW)
        assert again == Refusal(409, "what this code gave was revoked: ask for a new one")
        district.joining.join(a_request(district.code()), NOW)
        (node,) = district.enrolment.identities.nodes()
        assert node.revoked_ms is None
        assert district.revoked == 1

    def test_revoking_ends_an_open_code(self, district: District) -> None:
        code = district.code()
        district.enrolment.revoke(TESTER, NODE, "a mistake", NOW)
        assert district.joining.join(a_request(code), NOW) == UNKNOWN

    def test_what_cannot_be_enrolled(self, district: District) -> None:
        with pytest.raises(NotFound, match="there is no venue 'musuem'"):
            district.code(NodeId("musuem", "door"))
        with pytest.raises(ConfigError, match="room for 64"):
            district.code(NodeId("district-library", "n" * 48))
        with pytest.raises(NotFound, match="has never joined"):
            district.enrolment.revoke(TESTER, NodeId("museum", "other"), "x", NOW)

    def test_no_secret_is_kept_and_an_ended_code_is_forgotten(
        self, district: District, tmp_path: Path
    ) -> None:
        code = district.code()
        (kept,) = district.enrolment.identities.open_codes(0)
        assert code.secret.hex() not in kept.key
        district.code(NodeId("museum", "back"), NOW + timedelta(days=2))
        assert district.enrolment.identities.code(code.id) is None


class TestRenewal:
    def joined(self, district: District, now: datetime = NOW) -> Credential:
        key, code = make_key(), district.code(now=now)
        request = a_request(code, make_csr(key))
        answer = answered(code, request, district.joining.join(request, now))
        return credential(answer.certificate, key)

    @pytest.mark.parametrize("days", [0, 60, 89, 91, 400])
    def test_the_old_key_gets_a_new_one(self, district: District, days: int) -> None:
        old, key = self.joined(district), make_key()
        at = NOW + timedelta(days=days)
        answer = district.joining.renew(a_renewal(old, make_csr(key)), at)
        assert isinstance(answer, RenewAnswer)
        new = credential(answer.certificate, key)
        assert (new.name, new.expires_at) == ("museum/door", at + timedelta(days=90))
        assert district.revoked == 0

    def test_after_more_than_a_year_a_new_code_is_needed(self, district: District) -> None:
        old = self.joined(district)
        late = district.joining.renew(
            a_renewal(old, make_csr(make_key())), NOW + timedelta(days=491)
        )
        assert late == Refusal(403, "this certificate ended on 2027-02-23 09:00 UTC: join again")

    def test_who_has_not_the_key_gets_nothing(self, district: District) -> None:
        old = self.joined(district)
        csr = make_csr(make_key())
        thief = Credential(old.name, old.expires_at, make_key(), old.certificate)
        other = RenewRequest(old.certificate_pem, make_csr(make_key()), old.prove(csr))
        for request in (a_renewal(thief, csr), other):
            refused = district.joining.renew(request, NOW)
            assert refused == Refusal(403, "the request is not signed with the certificate's key")

    def test_a_revoked_one_gets_nothing(self, district: District) -> None:
        old = self.joined(district)
        district.enrolment.revoke(TESTER, NODE, "stolen", NOW)
        refused = district.joining.renew(a_renewal(old, make_csr(make_key())), NOW)
        assert refused == Refusal(403, "this certificate was revoked (stolen): join again")

    def test_another_authoritys_gets_nothing(self, district: District) -> None:
        key = make_key()
        csr = make_csr(key)
        other = Authority.make("Kaiguan Jiading District", NOW)
        from hub.identity.authority import read_csr  # noqa: PLC0415

        request = read_csr(csr)
        assert request is not None
        foreign = credential(other.issue_node(NODE, request, NOW).pem, key)
        refused = district.joining.renew(a_renewal(foreign, make_csr(make_key())), NOW)
        assert isinstance(refused, Refusal)
        assert re.search("has issued no such certificate", refused.sentence)

    def test_a_renewed_node_can_be_revoked_whole(self, district: District) -> None:
        old = self.joined(district)
        district.joining.renew(a_renewal(old, make_csr(make_key())), NOW)
        district.enrolment.revoke(TESTER, NODE, "stolen", NOW)
        assert district.revoked == 2


def credential(pem: str, key: ec.EllipticCurvePrivateKey) -> Credential:
    certificate = parse_certificate(pem)
    assert certificate.public_key() == key.public_key()
    return Credential(name_of(certificate), certificate.not_valid_after_utc, key, certificate)


def a_renewal(old: Credential, csr: str) -> RenewRequest:
    return RenewRequest(old.certificate_pem, csr, old.prove(csr))
