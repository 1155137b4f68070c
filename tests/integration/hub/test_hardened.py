"""A hub as it runs, seen from outside: TLS, what strangers are answered, what is logged."""

import datetime as dt
import ssl
from pathlib import Path

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.brokers import Mosquitto
from tests.integration.hub.running import HubProcess, Wire, command, until

pytestmark = pytest.mark.broker

SECRETS = (
    "kgn_A-token-of-nobody",
    "hunter2-and-more",
    "reader-310114199001011234",
    "s3ss10n-c00k13",
)


def a_certificate(folder: Path) -> tuple[Path, Path]:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = dt.datetime.now(dt.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    certificate_file, key_file = folder / "hub.pem", folder / "hub.key"
    certificate_file.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    key_file.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return certificate_file, key_file


def test_tls_of_its_own(tmp_path: Path, mosquitto: Mosquitto) -> None:
    certificate, key = a_certificate(tmp_path)
    hub = HubProcess(tmp_path / "hub", mosquitto.port)
    files = f'[http]\ntls_certificate = "{certificate}"\ntls_key = "{key}"\n'
    hub.config.write_text(hub.config.read_text().replace("[http]\n", files))
    with hub:
        assert hub.url.startswith("https://")
        trusted = ssl.create_default_context(cafile=certificate)
        url = hub.url.replace("127.0.0.1", "localhost")
        with httpx.Client(verify=trusted) as client:
            answer = client.get(f"{url}/login")
            assert answer.status_code == 200
            assert answer.headers["strict-transport-security"] == "max-age=31536000"
            cookies = answer.headers.get_list("set-cookie")
            assert all("secure" in cookie.lower() for cookie in cookies)


def test_others_are_not_served_in_clear(tmp_path: Path) -> None:
    config = tmp_path / "hub.toml"
    config.write_text('[http]\nhost = "0.0.0.0"\n')
    found = command("serve", "--config", str(config))
    assert found.exit_code == 2
    assert "tls_certificate" in found.output
    assert "behind_proxy = true" in found.output
    assert len(found.output.strip().splitlines()) == 1


PATHS = (
    "/",
    "/docs",
    "/login",
    "/no-such-page",
    "/static/tokens.css",
    "/api/v1/venues",
    "/healthz",
)


def test_every_kind_of_answer_is_guarded(tmp_path: Path, mosquitto: Mosquitto) -> None:
    with HubProcess(tmp_path / "hub", mosquitto.port) as hub:
        for path in PATHS:
            headers = httpx.get(hub.url + path).headers
            assert "server" not in headers
            policy = headers["content-security-policy"]
            assert policy.startswith("default-src 'none'")
            assert "unsafe" not in policy
            assert "frame-ancestors" in policy
            for name in ("x-content-type-options", "referrer-policy", "permissions-policy"):
                assert headers[name], (path, name)
            assert headers["cross-origin-opener-policy"] == "same-origin"
        foreign = httpx.get(hub.url, headers={"Host": "evil.example"})
        assert foreign.status_code == 421


def test_nothing_of_a_person_and_no_secret_is_logged(tmp_path: Path, mosquitto: Mosquitto) -> None:
    token, password, reader, cookie = SECRETS
    with HubProcess(tmp_path / "hub", mosquitto.port) as hub, Wire(mosquitto.port) as wire:
        until(lambda: hub.get("/health")["broker"]["connected"])
        with httpx.Client(base_url=hub.url) as client:
            headers = {"Authorization": f"Bearer {token}", "Cookie": f"kaiguan_session={cookie}"}
            for path in ("/api/v1/devices", f"/?reader={reader}", f"/api/v1/venues/{reader}"):
                client.get(path, headers=headers)
            for _ in range(7):
                client.post("/api/v1/session", json={"name": reader, "password": password})
                client.post("/login", data={"name": password, "password": password})
        wire.publish("kaiguan/v1/museum/sim/data", f'{{"patron": "{reader}"}}'.encode())
        wire.publish("kaiguan/v1/museum/sim/status", reader.encode())
        until(lambda: hub.get("/health")["intake"]["refusals"])
        until(lambda: "refused" in hub.log)
        assert hub.stop() == 0
        for secret in (*SECRETS, hub.token):
            assert secret not in hub.log
