"""A node that tries everything but its own work, and strangers who try to come in."""

import contextlib
import socket
import ssl
import struct
import warnings
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from contracts.ids import NodeId
from contracts.topics import Channel, live_topic, node_topic, packs_topic
from hub.identity import Authority, Enrolment
from hub.store.records import Records
from link.credentials import key_pem, make_key
from link.session import BrokerConfig, Session, Will, take_over, tls_context
from tests.accounts import TESTER
from tests.integration.hub.running import Wire, until
from tests.integration.identity.district import District

pytestmark = pytest.mark.broker

OWN = NodeId("museum", "door")
NEIGHBOUR = NodeId("museum", "back")
OTHER = NodeId("art-museum", "door")
EVE = NodeId("observer", "observer")
"""Not part of any district: hears everything, so that tests see what passed the broker."""


class Place:
    """A broker with one hostile node, its neighbours, the hub's identity and an observer."""

    def __init__(self, folder: Path) -> None:
        self.district = District(folder)
        self.files = {node: self.district.issue(node) for node in (OWN, NEIGHBOUR, OTHER, EVE)}
        self.lists()

    def lists(self) -> None:
        """Write the lists as the hub does, and let the observer hear all."""
        with Records(self.district.config.records_path) as records:
            Enrolment(self.district.config, records).write_lists(datetime.now(UTC))
        with self.district.config.broker_path.joinpath("acl").open("a") as acl:
            acl.write(f"\nuser {EVE}\ntopic readwrite #\ntopic readwrite $SYS/#\n")

    def wire(self, node: NodeId, *subscriptions: str) -> Wire:
        return Wire(self.district.at_broker(self.files[node]), *subscriptions)

    def hub(self, *subscriptions: str) -> Wire:
        return Wire(self.district.as_hub(), *subscriptions)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    place = Place(tmp_path_factory.mktemp("place"))
    with place.district.broker:
        yield place


FORBIDDEN = [
    node_topic(OTHER, Channel.DATA),
    node_topic(OTHER, Channel.STATUS),
    node_topic(NEIGHBOUR, Channel.DATA),
    node_topic(NEIGHBOUR, Channel.STATUS),
    node_topic(NEIGHBOUR, Channel.ACK),
    node_topic(OWN, Channel.ACK),
    node_topic(OWN, Channel.COMMAND),
    node_topic(NodeId(OWN.node, OWN.venue), Channel.DATA),
    live_topic(OWN.venue),
    live_topic(OTHER.venue),
    packs_topic(OWN.venue),
    f"{node_topic(OWN, Channel.DATA)}/more",
    f"kaiguan/v1/{OWN.venue}/data",
    f"kaiguan/v1/{OWN.venue}",
    "kaiguan/v2/museum/door/data",
    "homeassistant/sensor/x/config",
    "homeassistant/status",
    "elsewhere",
    "$SYS/broker/log/N",
    "$share/group/kaiguan/v1/museum/door/data",
]


class TestPublishing:
    @pytest.mark.parametrize("retain", [False, True], ids=["", "retained"])
    def test_nothing_but_its_own_gets_through(self, place: Place, *, retain: bool) -> None:
        allowed = [node_topic(OWN, c) for c in (Channel.DATA, Channel.STATUS, Channel.REPLY)]
        with place.wire(EVE, "kaiguan/#", "homeassistant/#", "elsewhere") as observer:
            with place.wire(OWN) as hostile:
                for topic in FORBIDDEN:
                    hostile.publish(topic, b"forged", retain=retain)
                # What follows on the same connection is handled after all that went before.
                for topic in allowed:
                    hostile.publish(topic, b"own")
                until(lambda: len([1 for _, payload in observer.heard if payload == b"own"]) == 3)
            assert not [topic for topic, payload in observer.heard if payload == b"forged"]
        with place.wire(EVE, "kaiguan/#", "homeassistant/#", "elsewhere") as later:
            later.publish("elsewhere", b"last")
            until(lambda: later.payloads("elsewhere"))
            assert not [topic for topic, payload in later.heard if payload == b"forged"]

    def test_the_hub_says_what_a_hub_says_and_nothing_else(self, place: Place) -> None:
        with place.wire(EVE, "kaiguan/#") as observer, place.hub() as hub:
            for channel in Channel:
                hub.publish(node_topic(OTHER, channel), channel.encode())
            hub.publish(live_topic(OTHER.venue), b"live")
            until(lambda: observer.payloads(live_topic(OTHER.venue)))
            heard = {payload for _, payload in observer.heard}
        assert heard == {b"ack", b"command", b"update", b"live"}

    def test_a_will_on_a_foreign_topic_is_never_said(self, place: Place) -> None:
        with place.wire(EVE, "kaiguan/#") as observer:
            for topic in (node_topic(OTHER, Channel.STATUS), node_topic(OWN, Channel.STATUS)):
                _dies(place, Will(topic, b"the will"))
            until(lambda: observer.payloads(node_topic(OWN, Channel.STATUS)))
            assert not observer.payloads(node_topic(OTHER, Channel.STATUS))


class TestListening:
    @pytest.mark.parametrize(
        "wish",
        [
            "#",
            "+/+/+/+/+",
            "kaiguan/#",
            "kaiguan/v1/+/+/data",
            "kaiguan/v1/+/+/status",
            "kaiguan/v1/+/+/ack",
            "kaiguan/v1/+/live",
            "homeassistant/#",
            "$SYS/#",
            "$SYS/broker/log/N",
            node_topic(NEIGHBOUR, Channel.ACK),
            node_topic(NEIGHBOUR, Channel.COMMAND),
            node_topic(OTHER, Channel.STATUS),
            f"$share/group/{node_topic(OTHER, Channel.DATA)}",
        ],
    )
    def test_it_hears_nothing_of_others(self, place: Place, wish: str) -> None:
        own = node_topic(OWN, Channel.COMMAND)
        with (
            place.wire(OWN, wish, own) as hostile,
            place.wire(EVE) as anybody,
            place.hub() as hub,
        ):
            for node in (NEIGHBOUR, OTHER):
                for channel in Channel:
                    anybody.publish(node_topic(node, channel), b"of others")
            anybody.publish(live_topic(OWN.venue), b"of others")
            anybody.publish("homeassistant/status", b"of others")
            anybody.publish("elsewhere", b"of others")
            anybody.publish(own, b"after all that")
            hub.publish(own, b"for it")
            until(lambda: {b"after all that", b"for it"} <= set(hostile.payloads(own)))
            assert {topic for topic, _ in hostile.heard} <= {
                own,
                node_topic(OWN, Channel.ACK),
                node_topic(OWN, Channel.STATUS),
            }


class TestPretending:
    def test_another_user_name_is_not_read(self, place: Place) -> None:
        config = place.district.at_broker(place.files[OWN])
        spoofed = BrokerConfig(
            host=config.host,
            port=config.port,
            username="hub",
            password="whatever",
            tls=True,
            tls_ca=config.tls_ca,
            tls_certificate=config.tls_certificate,
        )
        with place.wire(EVE, "kaiguan/#") as observer, Wire(spoofed) as hostile:
            hostile.publish(node_topic(OTHER, Channel.ACK), b"forged")
            hostile.publish(node_topic(OWN, Channel.DATA), b"own")
            until(lambda: observer.payloads(node_topic(OWN, Channel.DATA)))
            assert not observer.payloads(node_topic(OTHER, Channel.ACK))

    def test_a_client_id_gives_no_rights_and_cannot_be_guessed(self, place: Place) -> None:
        """Whoever knows a client id can cut it: so it carries the boot, and nobody reads that."""
        victim = Session(place.district.at_broker(place.files[OTHER]), "art-museum.door.1f3a9c00")
        victim.open()
        try:
            until(lambda: victim.connected)
            for guess in ("art-museum.door", "art-museum/door", "art-museum.door."):
                take_over(place.district.at_broker(place.files[OWN]), guess)
            assert victim.connected
            thief = Session(place.district.at_broker(place.files[OWN]), "art-museum.door.1f3a9c00")
            with place.wire(EVE, "kaiguan/#") as observer:
                thief.open()
                until(lambda: thief.connected)
                thief.publish(node_topic(OTHER, Channel.DATA), b"forged")
                thief.publish(node_topic(OWN, Channel.DATA), b"own")
                until(lambda: observer.payloads(node_topic(OWN, Channel.DATA)))
                assert not observer.payloads(node_topic(OTHER, Channel.DATA))
                thief.close()
        finally:
            victim.close()

    def test_a_payload_that_is_too_large_ends_the_connection(self, place: Place) -> None:
        lost: list[int] = []
        session = Session(
            place.district.at_broker(place.files[OWN]),
            "large",
            on_lost=lambda: lost.append(1),
        )
        with place.wire(EVE, "kaiguan/#") as observer:
            session.open()
            try:
                until(lambda: session.connected)
                session.publish(node_topic(OWN, Channel.DATA), bytes(300_000), qos=0)
                until(lambda: lost)
                assert not observer.payloads(node_topic(OWN, Channel.DATA))
            finally:
                session.close()


class TestComingIn:
    def test_no_certificate(self, place: Place) -> None:
        assert "asks for a certificate, and this node has none" in refused(place, None)

    def test_one_signed_by_itself(self, place: Place, tmp_path: Path) -> None:
        path = a_certificate(tmp_path, make_key(), issuer=None)
        assert "of another authority" in refused(place, path)

    def test_one_of_another_authority_of_the_same_name(self, place: Place, tmp_path: Path) -> None:
        other = Authority.make("Jiading District", datetime.now(UTC))
        path = a_certificate(tmp_path, make_key(), issuer=other)
        assert "does not take this node's certificate: it is of another" in refused(place, path)

    def test_one_that_has_ended(self, place: Place, tmp_path: Path) -> None:
        path = a_certificate(tmp_path, make_key(), issuer=ours(place), days=(-100, -1))
        assert "it has ended, or one of the two clocks is wrong" in refused(place, path)

    def test_one_that_is_not_valid_yet(self, place: Place, tmp_path: Path) -> None:
        path = a_certificate(tmp_path, make_key(), issuer=ours(place), days=(1, 90))
        assert "does not take this node's certificate" in refused(place, path)

    def test_a_servers_certificate_is_no_nodes(self, place: Place, tmp_path: Path) -> None:
        server = ours(place).issue_server(["x"], datetime.now(UTC))
        path = tmp_path / "server.pem"
        path.write_bytes(server.both)
        assert "does not take this node's certificate" in refused(place, path)

    def test_an_older_tls(self, place: Place) -> None:
        context = tls_context(place.district.at_broker(place.files[OWN]))
        context.maximum_version = ssl.TLSVersion.TLSv1_2
        with _handshake(place, context) as line:
            assert line.version() == "TLSv1.2"
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            context.minimum_version = ssl.TLSVersion.TLSv1_1
            context.maximum_version = ssl.TLSVersion.TLSv1_1
        context.set_ciphers("DEFAULT:@SECLEVEL=0")
        with pytest.raises(ssl.SSLError):
            _handshake(place, context)

    def test_no_tls_at_all(self, place: Place) -> None:
        with socket.create_connection(("127.0.0.1", place.district.broker.port), 5) as line:
            line.sendall(b"\x10\x0e\x00\x04MQTT\x04\x02\x00\x3c\x00\x02me")
            with contextlib.suppress(ConnectionResetError):
                assert not line.recv(10).startswith(b"\x20")

    def test_a_broker_of_the_wrong_name_is_left_alone(self, tmp_path: Path) -> None:
        district = District(tmp_path, hosts=("hub.example.org",))
        file = district.issue(OWN)
        with district.broker:
            for host in ("localhost", "127.0.0.1"):
                session = Session(district.at_broker(file, host=host), "x")
                session.open()
                try:
                    until(lambda: session.refused)  # noqa: B023
                    assert (
                        f"the broker at {host}:{district.broker.port} shows a certificate"
                        in str(session.refused)
                    )
                    assert "it is not our broker, or it was set up without this" in str(
                        session.refused
                    )
                finally:
                    session.close()


class TestRevoked:
    def test_it_is_muted_while_connected_and_does_not_come_back(self, tmp_path: Path) -> None:
        """Without any hub that cuts: what the two lists do by themselves after SIGHUP."""
        place = Place(tmp_path)
        own = node_topic(OWN, Channel.DATA)
        with (
            place.district.broker,
            place.wire(EVE, "kaiguan/#") as observer,
            place.wire(OWN, node_topic(OWN, Channel.ACK)) as hostile,
            place.wire(OTHER) as other,
            place.hub() as hub,
        ):
            hostile.publish(own, b"before")
            until(lambda: observer.payloads(own))
            with Records(place.district.config.records_path) as records:
                _note_joined(records, OWN)
                Enrolment(place.district.config, records).revoke(
                    TESTER, OWN, "a test", datetime.now(UTC)
                )
            place.lists()
            place.district.broker.reload()
            hostile.publish(own, b"after")
            hub.publish(node_topic(OWN, Channel.ACK), b"ack")
            other.publish(node_topic(OTHER, Channel.DATA), b"others go on")
            until(lambda: observer.payloads(node_topic(OTHER, Channel.DATA)))
            until(lambda: observer.payloads(node_topic(OWN, Channel.ACK)))
            assert observer.payloads(own) == [b"before"]
            assert not hostile.heard
            assert "it was revoked" in refused(place, place.files[OWN])


def refused(place: Place, certificate: Path | None) -> str:
    """Return why the broker does not let somebody in."""
    session = Session(place.district.at_broker(certificate), "somebody")
    session.open()
    try:
        until(lambda: session.refused or session.connected)
        assert not session.connected
        return session.refused or ""
    finally:
        session.close()


def ours(place: Place) -> Authority:
    with Records(place.district.config.records_path) as records:
        return Enrolment(place.district.config, records).authority(datetime.now(UTC))


def a_certificate(
    folder: Path,
    key: ec.EllipticCurvePrivateKey,
    *,
    issuer: Authority | None,
    days: tuple[int, int] = (-1, 90),
) -> Path:
    """Make a node's certificate as nobody would issue it."""
    now = datetime.now(UTC)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, str(OWN))])
    signing: Any = key
    by = name
    if issuer is not None:
        signing = serialization.load_pem_private_key(issuer.private_pem(), None)
        by = x509.load_pem_x509_certificate(issuer.certificate_pem.encode()).subject
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(by)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now + timedelta(days=days[0]))
        .not_valid_after(now + timedelta(days=days[1]))
        .sign(signing, hashes.SHA256())
    )
    path = folder / "certificate.pem"
    path.write_bytes(key_pem(key) + certificate.public_bytes(serialization.Encoding.PEM))
    return path


def _handshake(place: Place, context: ssl.SSLContext) -> ssl.SSLSocket:
    line = socket.create_connection(("127.0.0.1", place.district.broker.port), 5)
    try:
        return context.wrap_socket(line, server_hostname="localhost")
    except BaseException:
        line.close()
        raise


def _dies(place: Place, will: Will) -> None:
    """Connect with a will, wait for the answer, and vanish."""
    context = tls_context(place.district.at_broker(place.files[OWN]))
    text: Callable[[bytes], bytes] = lambda data: struct.pack("!H", len(data)) + data  # noqa: E731
    body = b"\x00\x04MQTT\x04" + bytes([0b0010_1110]) + b"\x00\x3c" + text(b"dying")
    body += text(will.topic.encode()) + text(will.payload)
    with _handshake(place, context) as line:
        line.sendall(b"\x10" + bytes([len(body)]) + body)
        line.recv(10)


def _note_joined(records: Records, node: NodeId) -> None:
    with records.writing() as connection:
        connection.exec_driver_sql(
            "INSERT INTO node_identities VALUES (?, ?, 0, 1, NULL, '')", (node.venue, node.node)
        )
