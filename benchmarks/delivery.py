"""An alert to a web server: from a node's alarm and from its alert on, until the message is there.

A node tells that its housing was opened, one alarm after the other; a real broker and hub, a web
server on loopback. Then 200 alerts at once, to see what the outbox takes.
"""

import statistics
import time
from datetime import datetime
from pathlib import Path

from benchmarks.processes import broker, get, hub
from benchmarks.report import Result
from contracts.rows import Event
from tests.integration.hub.feeding import Node, a_node, token
from tests.integration.hub.running import Wire, until
from tests.sinks import WebSink

ROUNDS = 40
BURST = 200
JIADING = Path(__file__).parents[1] / "examples" / "jiading"
ALERTS = """
[[channel]]
id = "web"
name_zh = "值班群"
name_en = "Duty group"
url = "{url}"
per_minute = 600

[[route]]
channels = ["web"]
kinds = ["tamper"]
"""


def measure(folder: Path) -> list[Result]:
    folder.mkdir()
    with (
        WebSink() as web,
        broker(folder) as port,
        hub(folder, port, JIADING, alerts=ALERTS.format(url=web.url)) as (_, api),
        Wire(port) as wire,
    ):
        node = a_node("museum").begin(_now_ms() - 60_000)
        wire.publish(node.status_topic, node.status(online=True, at_ms=_now_ms()), retain=True)
        until(lambda: get(api, "/api/v1/devices/museum/sim")["state"] == "online")
        whole = []
        for number in range(ROUNDS):
            began = time.monotonic()
            _ring(wire, node, number, 1)
            until(lambda: len(web.posts) > number)  # noqa: B023  called at once
            whole.append(web.posts[-1].at - began)
        raised = _raised(api)
        since = [post.at_ms - at_ms for post, at_ms in zip(web.posts, raised, strict=True)]
        web.posts.clear()
        began = time.monotonic()
        _ring(wire, node, ROUNDS, BURST)
        until(lambda: len(web.posts) >= BURST, 120)
        burst = web.posts[BURST - 1].at - began
    since.sort()
    return [
        Result(
            "alert to webhook, p95",
            since[ROUNDS * 95 // 100] / 1000,
            "s",
            at_most=2,
            note=f"median {statistics.median(since):.0f} ms, longest {since[-1]:.0f} ms",
        ),
        Result(
            "alarm of a node to webhook, median",
            statistics.median(whole),
            "s",
            note=f"longest {max(whole):.2f} s; broker, intake, alert desk, outbox, apprise",
        ),
        Result(
            f"{BURST} alerts at once, until the last message",
            burst,
            "s",
            note="one channel, one message after the other, each noted durably",
        ),
    ]


def _ring(wire: Wire, node: Node, number: int, count: int) -> None:
    for each in range(count):
        id_ = token("bench", str(number), str(each))
        node.rows.append(Event(node.next(), node.epoch, id_, "tamper", "board", _now_ms()))
    wire.send(node)


def _raised(api: int) -> list[int]:
    """Return when each alert was raised, in order."""
    path = f"/api/v1/alerts?state=all&kind=tamper&limit={ROUNDS}"
    found = sorted(get(api, path)["alerts"], key=lambda alert: alert["number"])
    return [_unix_ms(alert["raised"]) for alert in found]


def _unix_ms(text: str) -> int:
    return round(datetime.fromisoformat(text).timestamp() * 1000)


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
