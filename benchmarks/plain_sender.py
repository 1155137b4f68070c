"""What a user writes to send readings: paho, QoS 1, a persistent session.

Arguments: port, messages, readings a message, messages a second (0: as fast as it goes).
Prints `ready` when it is connected, `sent N` when all were handed to paho, and `acknowledged N`
when the broker has told of all.
"""

import json
import socket
import sys
import time
from typing import Any

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from benchmarks.peer_readings import reading

TOPIC = "plain/venue/door"
PATIENCE_S = 30.0


def main(port: int, messages: int, rows: int, rate: float) -> None:
    def on_socket_open(_client: Any, _userdata: Any, sock: Any) -> None:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id="plain-door", clean_session=False)
    acknowledged = 0

    def on_publish(*_told: Any) -> None:
        nonlocal acknowledged
        acknowledged += 1

    client.on_socket_open = on_socket_open
    client.on_publish = on_publish
    client.max_inflight_messages_set(100)
    client.reconnect_delay_set(1, 1)
    client.connect("127.0.0.1", port)
    client.loop_start()
    while not client.is_connected():
        time.sleep(0.01)
    print("ready", flush=True)
    began = time.perf_counter()
    for number in range(messages):
        if rate:
            time.sleep(max(0.0, began + number / rate - time.perf_counter()))
        body = [
            {"line": line, "at": at, "entered": entered, "left": left}
            for line, at, entered, left in map(reading, range(number * rows, number * rows + rows))
        ]
        # Without a line paho keeps it in memory, and sends it when there is one again.
        client.publish(TOPIC, json.dumps(body), qos=1)
    print(f"sent {messages}", flush=True)
    deadline = time.monotonic() + PATIENCE_S
    while acknowledged < messages and time.monotonic() < deadline:
        time.sleep(0.05)
    print(f"acknowledged {acknowledged}", flush=True)
    client.disconnect()
    client.loop_stop()


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), float(sys.argv[4]))
