"""The brokers of the tests are real, empty, and come back on their port."""

import threading
from pathlib import Path

import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from examples.demo.broker import LOOPBACK
from tests.brokers import BROKERS, Broker, answers, free_port

pytestmark = pytest.mark.broker


def test_a_message_goes_through(broker: Broker) -> None:
    arrived = threading.Event()

    def subscribe(client: mqtt.Client, *_: object) -> None:
        client.subscribe("a/b", qos=1)

    def publish(client: mqtt.Client, *_: object) -> None:
        client.publish("a/b", b"x", qos=1)

    client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id="probe")
    client.on_connect = subscribe
    client.on_subscribe = publish
    client.on_message = lambda *_: arrived.set()
    client.connect(LOOPBACK, broker.port)
    client.loop_start()
    came = arrived.wait(10)
    client.disconnect()
    client.loop_stop()
    assert came


@pytest.mark.parametrize("kind", BROKERS)
def test_a_killed_broker_comes_back_on_its_port(kind: str, tmp_path: Path) -> None:
    with BROKERS[kind](tmp_path) as broker:
        port, first = broker.port, broker.pid
        broker.kill9()
        assert not answers(port)
        broker.start()
        assert answers(port)
        assert (broker.port, broker.pid) != (port, first)
        assert broker.port == port
    assert not answers(port)


def test_a_broker_that_cannot_start_says_why(tmp_path: Path) -> None:
    broken = BROKERS["mosquitto"](tmp_path)
    broken.extra = "no_such_setting true"  # type: ignore[attr-defined]  # mosquitto's own
    with pytest.raises(RuntimeError, match="no_such_setting"):
        broken.start()


def test_free_ports_differ() -> None:
    assert len({free_port() for _ in range(50)}) == 50
