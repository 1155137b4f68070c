"""The floor: a bare paho subscriber that counts messages and does nothing else.

Arguments: port, messages to wait for. Prints `ready`, then messages a second.
"""

import socket
import sys
import threading
import time
from typing import Any

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from contracts.topics import Channel, every_node


def main(port: int, expected: int) -> None:
    seen, first, done = 0, 0.0, threading.Event()

    def on_message(_client: Any, _userdata: Any, _message: Any) -> None:
        nonlocal seen, first
        seen += 1
        if seen == 1:
            first = time.perf_counter()
        if seen == expected:
            done.set()

    def on_socket_open(_client: Any, _userdata: Any, sock: Any) -> None:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id="floor")
    client.on_message = on_message
    client.on_socket_open = on_socket_open
    client.on_connect = lambda c, *_: c.subscribe(every_node(Channel.DATA), 1)
    client.on_subscribe = lambda *_: print("ready", flush=True)
    client.connect("127.0.0.1", port)
    client.loop_start()
    if not done.wait(120):
        print(f"only {seen} of {expected} arrived", file=sys.stderr)
        sys.exit(1)
    print(expected / (time.perf_counter() - first), flush=True)
    client.disconnect()
    client.loop_stop()


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
