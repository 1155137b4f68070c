"""What a user writes to store readings: paho with a persistent session, influxdb-client.

Arguments: port, URL of InfluxDB, database, `careful` or `batching`. Careful: each message is
written before its callback returns, and paho acknowledges it after that. Batching: the client's
own batches, as its documentation begins with; a message is acknowledged when it is in memory.
Lines are made by hand, which is faster than the client's points.
"""

import json
import signal
import socket
import sys
from typing import Any

import paho.mqtt.client as mqtt
from influxdb_client import InfluxDBClient, WriteOptions, WritePrecision
from influxdb_client.client.write_api import SYNCHRONOUS
from paho.mqtt.enums import CallbackAPIVersion

from benchmarks.plain_sender import TOPIC

MEASUREMENT, TAG = "plain", "line"


def main(port: int, url: str, database: str, way: str) -> None:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    store = InfluxDBClient(url=url, token="", org="-")
    options = (
        SYNCHRONOUS if way == "careful" else WriteOptions(batch_size=1000, flush_interval=1000)
    )
    writes = store.write_api(write_options=options)

    def on_message(_client: Any, _userdata: Any, message: Any) -> None:
        lines = [
            f"{MEASUREMENT},{TAG}={row['line']} entered={row['entered']}i,left={row['left']}i"
            f" {row['at']}"
            for row in json.loads(message.payload)
        ]
        writes.write(bucket=database, record=lines, write_precision=WritePrecision.S)

    def on_socket_open(_client: Any, _userdata: Any, sock: Any) -> None:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id="plain-writer", clean_session=False)
    client.on_message = on_message
    client.on_socket_open = on_socket_open
    client.on_connect = lambda c, *_: c.subscribe(TOPIC, 1)
    client.on_subscribe = lambda *_: print("ready", flush=True)
    client.reconnect_delay_set(1, 1)
    client.connect("127.0.0.1", port)
    client.loop_forever(retry_first_connection=True)


if __name__ == "__main__":
    main(int(sys.argv[1]), *sys.argv[2:5])
