"""What the authority issues, as OpenSSL sees it; and its files."""

import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding

from contracts.ids import NodeId
from hub.errors import ConfigError, StoreError
from hub.identity.acl import acl_text
from hub.identity.authority import Authority, node_name, read_csr
from hub.identity.files import BrokerFolder, IdentityFolder, names_of, read_certificate
from link.credentials import make_csr, make_key

ROOT = Path(__file__).parents[4]
NOW = datetime(2026, 11, 25, 9, 0, tzinfo=UTC)
NODE = NodeId("museum", "door")


@pytest.fixture(scope="module")
def authority() -> Authority:
    return Authority.make("Jiading District", NOW)


def a_request() -> x509.CertificateSigningRequest:
    csr = read_csr(make_csr(make_key()))
    assert csr is not None
    return csr


def verified(folder: Path, at: datetime, *more: str) -> bool:
    """Ask OpenSSL whether it takes `folder/x.pem` at a time."""
    command = ["openssl", "verify", "-CAfile", str(folder / "authority.pem")]
    command += ["-attime", str(int(at.timestamp())), *more, str(folder / "x.pem")]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


class TestWhatItIssues:
    @pytest.mark.parametrize(
        ("at", "is_good"),
        [
            (datetime(1970, 1, 2, tzinfo=UTC), True),
            (datetime(2020, 1, 1, tzinfo=UTC), True),
            (NOW, True),
            (NOW + timedelta(days=89), True),
            (NOW + timedelta(days=91), False),
        ],
        ids=["clock of 1970", "clock of 2020", "now", "nearly over", "over"],
    )
    def test_a_node_is_good_for_any_clock_that_is_behind(
        self, authority: Authority, tmp_path: Path, at: datetime, *, is_good: bool
    ) -> None:
        issued = authority.issue_node(NODE, a_request(), NOW)
        (tmp_path / "x.pem").write_text(issued.pem)
        (tmp_path / "authority.pem").write_text(authority.certificate_pem)
        (tmp_path / "revoked.pem").write_bytes(authority.revocations([], 1))
        revoked = ("-crl_check", "-CRLfile", str(tmp_path / "revoked.pem"))
        assert verified(tmp_path, at, *revoked, "-purpose", "sslclient") is is_good
        assert not verified(tmp_path, at, "-purpose", "sslserver")

    def test_a_revoked_node_is_not(self, authority: Authority, tmp_path: Path) -> None:
        issued = authority.issue_node(NODE, a_request(), NOW)
        (tmp_path / "x.pem").write_text(issued.pem)
        (tmp_path / "authority.pem").write_text(authority.certificate_pem)
        (tmp_path / "revoked.pem").write_bytes(authority.revocations([issued.serial], 7))
        revoked = ("-crl_check", "-CRLfile", str(tmp_path / "revoked.pem"))
        assert not verified(tmp_path, NOW, *revoked)
        # Many years later the list itself is still in date: an old list shuts nobody out.
        assert (
            x509.load_pem_x509_crl((tmp_path / "revoked.pem").read_bytes()).next_update_utc
            == authority.expires_at
        )

    def test_a_server_has_all_its_names(self, authority: Authority, tmp_path: Path) -> None:
        server = authority.issue_server(["hub.example.org", "10.0.0.1", "图书馆.example"], NOW)
        (tmp_path / "x.pem").write_bytes(server.certificate_pem)
        (tmp_path / "authority.pem").write_text(authority.certificate_pem)
        for at in (datetime(1970, 1, 2, tzinfo=UTC), NOW):
            assert verified(tmp_path, at, "-verify_hostname", "hub.example.org")
            assert verified(tmp_path, at, "-verify_ip", "10.0.0.1")
            assert verified(
                tmp_path, at, "-verify_hostname", "图书馆.example".encode("idna").decode()
            )
            assert not verified(tmp_path, at, "-verify_hostname", "other.example.org")
            assert not verified(tmp_path, at, "-purpose", "sslclient")

    def test_the_wishes_of_a_request_are_not_read(self, authority: Authority) -> None:
        key = make_key()
        name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "hub")])
        wish = x509.BasicConstraints(ca=True, path_length=None)
        csr = (
            x509.CertificateSigningRequestBuilder()
            .subject_name(name)
            .add_extension(wish, critical=True)
            .sign(key, hashes.SHA256())
        )
        found = x509.load_pem_x509_certificate(authority.issue_node(NODE, csr, NOW).pem.encode())
        assert found.subject.rfc4514_string() == "CN=museum/door"
        assert not found.extensions.get_extension_for_class(x509.BasicConstraints).value.ca

    def test_another_authority_of_the_same_name_is_another(self, authority: Authority) -> None:
        other = Authority.make("Jiading District", NOW)
        issued = x509.load_pem_x509_certificate(
            other.issue_node(NODE, a_request(), NOW).pem.encode()
        )
        assert other.has_issued(issued)
        assert not authority.has_issued(issued)

    def test_a_clock_of_before_the_authority_issues_nothing(self, authority: Authority) -> None:
        with pytest.raises(ConfigError, match="set the clock"):
            authority.issue_node(NODE, a_request(), datetime(2020, 1, 1, tzinfo=UTC))

    def test_a_name_has_64_characters(self) -> None:
        assert node_name(NodeId("v" * 32, "n" * 31)) == "v" * 32 + "/" + "n" * 31
        with pytest.raises(ConfigError, match=r"have 65 characters together.* room for 64"):
            node_name(NodeId("v" * 32, "n" * 32))

    @pytest.mark.parametrize("host", ["", "a b", "hub:8883", "http://hub", "-", "a/b", "x" * 300])
    def test_what_is_no_host(self, authority: Authority, host: str) -> None:
        with pytest.raises(ConfigError, match="is no name of a host"):
            authority.issue_server([host], NOW)


class TestRequests:
    def test_other_keys_and_false_signatures_are_not_read(self) -> None:
        strange = rsa.generate_private_key(65537, 2048)
        curve = ec.generate_private_key(ec.SECP384R1())
        empty = x509.CertificateSigningRequestBuilder().subject_name(x509.Name([]))
        for key in (strange, curve):
            pem = empty.sign(key, hashes.SHA256()).public_bytes(Encoding.PEM).decode()
            assert read_csr(pem) is None
        good = make_csr(make_key())
        lines = good.splitlines()
        lines[-2] = lines[-2][:-4] + ("AAA=" if lines[-2][-4:] != "AAA=" else "BBB=")
        assert read_csr("\n".join(lines)) is None
        for text in ("", "no request", "-----BEGIN CERTIFICATE REQUEST-----\n", "é"):
            assert read_csr(text) is None


class TestFiles:
    def test_the_authority_is_made_once_and_its_key_is_for_us_only(self, tmp_path: Path) -> None:
        folder = IdentityFolder(tmp_path / "identity")
        made = folder.make_authority("X", NOW)
        assert folder.make_authority("Y", NOW).fingerprint == made.fingerprint
        assert (tmp_path / "identity").stat().st_mode & 0o777 == 0o700
        assert (tmp_path / "identity/authority.key").stat().st_mode & 0o777 == 0o600

    @pytest.mark.parametrize(
        ("damage", "reason"),
        [
            (lambda f: (f / "authority.key").write_text("x"), "files are damaged"),
            (lambda f: (f / "authority.pem").unlink(), "cannot be read"),
            (
                lambda f: (f / "authority.pem").write_text(Authority.make("", NOW).certificate_pem),
                "do not belong",
            ),
        ],
    )
    def test_a_damaged_one_is_told_and_never_replaced(
        self, tmp_path: Path, damage: object, reason: str
    ) -> None:
        folder = IdentityFolder(tmp_path)
        folder.make_authority("X", NOW)
        damage(tmp_path)  # type: ignore[operator]
        with pytest.raises(StoreError, match=reason):
            folder.make_authority("X", NOW)

    def test_a_server_certificate_is_renewed_in_its_last_third_or_for_other_names(
        self, authority: Authority, tmp_path: Path
    ) -> None:
        broker = BrokerFolder(tmp_path)
        assert broker.keep_server(authority, ("hub", "10.0.0.1"), NOW)
        assert not broker.keep_server(authority, ("hub", "10.0.0.1"), NOW + timedelta(days=549))
        assert broker.keep_server(authority, ("hub", "10.0.0.1"), NOW + timedelta(days=551))
        assert broker.keep_server(authority, ("hub",), NOW + timedelta(days=551))
        assert broker.keep_server(Authority.make("", NOW), ("hub",), NOW + timedelta(days=551))
        certificate = read_certificate(broker.certificate_path)
        assert certificate is not None
        assert names_of(certificate) == [x509.DNSName("hub")]
        assert (tmp_path / "broker.key").stat().st_mode & 0o777 == 0o640

    def test_the_hubs_own_is_kept_the_same_way(self, authority: Authority, tmp_path: Path) -> None:
        folder = IdentityFolder(tmp_path)
        folder.keep_hub(authority, NOW)
        first = folder.hub_path.read_bytes()
        folder.keep_hub(authority, NOW + timedelta(days=500))
        assert folder.hub_path.read_bytes() == first
        folder.keep_hub(authority, NOW + timedelta(days=600))
        assert folder.hub_path.read_bytes() != first
        assert folder.hub_path.stat().st_mode & 0o777 == 0o600

    def test_lists_are_written_when_they_change_and_each_is_newer(
        self, authority: Authority, tmp_path: Path
    ) -> None:
        broker = BrokerFolder(tmp_path)
        numbers, made = [], []
        for serials in ([], ["a1"], ["a1", "b2"], ["b2"]):
            assert broker.write_lists(authority, serials, acl_text())
            assert not broker.write_lists(authority, serials, acl_text())
            revoked = x509.load_pem_x509_crl(broker.revoked_path.read_bytes())
            assert {f"{entry.serial_number:x}" for entry in revoked} == set(serials)
            number = revoked.extensions.get_extension_for_class(x509.CRLNumber).value.crl_number
            numbers.append(number)
            made.append(revoked.last_update_utc)
        assert numbers == [1, 2, 3, 4]
        assert sorted(set(made)) == made
        assert broker.write_lists(authority, ["b2"], acl_text([NODE]))
        # A list of another authority is no list of ours, and the next one is newer than it.
        assert broker.write_lists(Authority.make("", NOW), ["b2"], acl_text([NODE]))


def test_the_access_list() -> None:
    text = acl_text([NODE, NodeId("art", "kiosk")], [NodeId("art", "kiosk")])
    assert text.startswith(acl_text())
    assert text.removeprefix(acl_text()) == (
        "\nuser museum/door\ntopic read kaiguan/v1/museum/live\n"
        "topic read kaiguan/v1/museum/packs\n\nuser art/kiosk\ntopic deny #\n"
    )


def test_the_access_list_beside_the_brokers_configuration_is_the_one_that_is_written() -> None:
    assert (ROOT / "docker/mosquitto/acl").read_text("utf-8") == acl_text()
