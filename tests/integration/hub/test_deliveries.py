"""From a node's alarm to people, by a real hub, broker, web server and mail server that fail."""

import random
import sqlite3
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import pytest

from contracts.rows import Event
from tests.accounts import bearer
from tests.brokers import Mosquitto
from tests.integration.hub.feeding import Node, a_node, token
from tests.integration.hub.running import HubProcess, Wire, until
from tests.sinks import MailSink, Post, WebSink

pytestmark = pytest.mark.broker

ALERTS = """
[[channel]]
id = "web"
name_zh = "值班群"
name_en = "Duty group"
url_file = "web.url"
per_minute = 600
timeout_seconds = 2

[[channel]]
id = "mail"
name_zh = "邮箱"
name_en = "Mail"
language = "en"
url_file = "mail.url"
per_minute = 600

[[route]]
channels = ["web"]
kinds = ["tamper", "staff_call"]

[[route]]
channels = ["mail"]
kinds = ["tamper"]
severity = "warning"
"""


class Street:
    """A hub whose alarms go to a web server and to a mailbox."""

    def __init__(self, folder: Path, broker: Mosquitto, web: WebSink, mail: MailSink) -> None:
        self.web, self.mail = web, mail
        self.hub = HubProcess(folder / "hub", broker.port, more="")
        config = self.hub.config.read_text("utf-8")
        config = config.replace("port = 0\n", 'port = 0\npublic_url = "https://hub.example"\n')
        self.hub.config.write_text('alerts = "alerts.toml"\n' + config, "utf-8")
        self.file = self.hub.folder / "alerts.toml"
        self.file.write_text(ALERTS, "utf-8")
        (self.hub.folder / "web.url").write_text(web.url)
        (self.hub.folder / "mail.url").write_text(mail.url)
        self.node = a_node("museum").begin(_now_ms() - 60_000)
        self.alarms = 0

    def connect(self, wire: Wire) -> None:
        """Wait until the hub hears the node: what a broker has no subscriber for is gone."""
        status = self.node.status(online=True, at_ms=_now_ms())
        wire.publish(self.node.status_topic, status, retain=True)
        until(lambda: self.hub.get("/devices/museum/sim").get("state") == "online")

    def ring(self, wire: Wire, count: int = 1) -> None:
        """Let a node tell that its housing was opened: an alert of its own each time."""
        for _ in range(count):
            self.alarms += 1
            id_ = token("alarm", str(self.alarms))
            self.node.rows.append(_tamper(self.node, id_))
        wire.send(self.node)

    def call(self, wire: Wire, reason: str) -> None:
        """Let a visitor at a kiosk of that venue call somebody."""
        node, id_ = self.node, token("call", reason)
        data: dict[str, bool | int | float | str] = {"reason": reason}
        node.rows.append(
            Event(node.next(), node.epoch, id_, "staff_call", "kiosk", _now_ms(), data)
        )
        wire.send(node)

    def alerts(self) -> int:
        return int(self.hub.get("/alerts?state=all&kind=tamper&limit=1")["total"])

    def channels(self) -> dict[str, Any]:
        return {each["id"]: each for each in self.hub.get("/deliveries/channels")}

    def post(self, path: str, body: Any = None) -> httpx.Response:
        url = f"{self.hub.url}/api/v1{path}"
        return httpx.post(url, json=body, headers=bearer(self.hub.token), timeout=20)

    def tampers(self) -> set[str]:
        """Return the numbers of the alerts of that kind that the records hold."""
        found = self._read("SELECT number FROM alerts WHERE kind = 'tamper'")
        return {str(number) for (number,) in found}

    def rows(self) -> list[tuple[int, str, str, str]]:
        """Return what the records hold of deliveries: number, event, channel, state."""
        return self._read("SELECT id, event, channel, state FROM deliveries")

    def _read(self, statement: str) -> list[Any]:
        path = f"file:{self.hub.folder}/data/records.db?mode=ro"
        with closing(sqlite3.connect(path, uri=True)) as records:
            return records.execute(statement).fetchall()


def _tamper(node: Node, id_: str) -> Event:
    return Event(node.next(), node.epoch, id_, "tamper", "board", _now_ms())


def _now_ms() -> int:
    return time.time_ns() // 1_000_000


def by_number(posts: list[Post]) -> dict[str, list[Post]]:
    found = defaultdict(list)
    for post in posts:
        found[post.number].append(post)
    return found


@pytest.fixture
def street(tmp_path: Path, mosquitto: Mosquitto) -> Iterator[Street]:
    with WebSink() as web, MailSink() as mail:
        made = Street(tmp_path, mosquitto, web, mail)
        yield made
        # Shown with what failed.
        print(made.rows(), len(web.posts), len(mail.mails), made.hub.log)  # noqa: T201


def test_an_alarm_reaches_people_though_servers_fail_stall_and_come_back(
    street: Street, mosquitto: Mosquitto
) -> None:
    web, mail, hub = street.web, street.mail, street.hub
    with hub, Wire(mosquitto.port) as wire:
        street.connect(wire)
        street.ring(wire)
        until(lambda: web.posts and mail.mails)
        [post], [letter] = web.posts, mail.mails
        assert post.json["title"] == "【警告】嘉定博物馆：设备被打开"
        assert "可靠程度：" in post.json["message"]
        assert "依据：https://hub.example/" in post.json["message"]
        assert letter["subject"] == "[Warning] Jiading Museum: Tampering"
        # It was over when it was told: no second message says so.
        web.status, web.mood = 503, "error"
        street.ring(wire)
        failing = until(lambda: street.channels()["web"]["is_failing"] and street.channels()["web"])
        assert failing["last_error"]["en"] == "the server answered 503 (not available)"
        assert failing["waiting"] >= 1
        until(lambda: len(mail.mails) == 2)
        assert not street.channels()["mail"]["is_failing"]
        tested = street.post("/deliveries/channels/web/test").json()
        assert (tested["is_sent"], tested["error"]["code"]) == (False, "answered:503")
        web.recover()
        assert street.post("/deliveries/channels/web/test").json()["is_sent"]
        until(lambda: len([p for p in web.posts if "测试" not in p.json["title"]]) == 2)
        assert until(lambda: not street.channels()["web"]["is_failing"])
        # The file changes: the new channels hold, a wrong one changes nothing.
        street.file.write_text(ALERTS.replace('channels = ["web"]', 'channels = ["mail"]'), "utf-8")
        until(lambda: "alerts_file_read" in hub.log)
        street.file.write_text(ALERTS.replace('"web"]', '"nobody"]'), "utf-8")
        until(lambda: "alerts_file_refused" in hub.log)
        assert "there is no channel 'nobody'" in hub.log
        before = len(web.posts)
        street.ring(wire)
        until(lambda: len(mail.mails) == 3)
        assert len(web.posts) == before
        for secret in (web.url, mail.url, "example.org"):
            assert secret not in hub.log


def test_a_call_at_a_kiosk_reaches_whoever_is_on_duty(street: Street, mosquitto: Mosquitto) -> None:
    with street.hub, Wire(mosquitto.port) as wire:
        street.connect(wire)
        began = time.monotonic()
        street.call(wire, "unwell")
        [post] = until(lambda: street.web.posts)
        print(f"{time.monotonic() - began:.2f} s")  # noqa: T201
        assert "嘉定博物馆" in post.json["title"]
        assert "读者呼叫" in post.json["title"]
        assert "读者在自助机旁呼叫帮助" in post.json["message"]


@pytest.mark.chaos
def test_killed_in_the_middle_nothing_is_lost_and_doubles_can_be_seen(
    street: Street, mosquitto: Mosquitto
) -> None:
    seed = random.randrange(2**32)
    print(f"seed {seed}")  # noqa: T201  so that a run that failed can be had again
    chance, web, hub = random.Random(seed), street.web, street.hub
    with Wire(mosquitto.port) as wire:
        for kill in ("sending", "burst", "none"):
            with hub:
                street.connect(wire)
                taken, heard = len(web.posts), len(web.refused)
                web.mood = "stall" if kill == "sending" else "fine"
                street.ring(wire, 12)
                if kill == "sending":
                    # It was heard, and the hub dies before it knows.
                    until(lambda: len(web.refused) > heard)  # noqa: B023  it is called at once
                elif kill == "burst":
                    some = taken + chance.randrange(1, 10)
                    until(lambda: len(web.posts) >= some)  # noqa: B023
                else:
                    until(lambda: {state for *_, state in street.rows()} == {"sent"}, 60)
                # `with` ends it by SIGKILL.
            web.recover()
    rows = street.rows()
    alerts = {event.split(":")[0] for _, event, _, _ in rows}
    assert alerts == street.tampers()
    # Exactly one delivery of each alert to each channel, and every one of them arrived.
    assert len(rows) == 2 * len(alerts)
    assert len(alerts) >= 12
    posts = by_number(web.posts)
    assert set(posts) == {f"KG-{id_}" for id_, _, channel, _ in rows if channel == "web"}
    for same in posts.values():
        assert len({post.body for post in same}) == 1
    mails = [str(mail.get_body().get_content()) for mail in street.mail.mails]  # type: ignore[union-attr]
    said = {text.strip().rpartition("Number: ")[2] for text in mails}
    assert said == {f"KG-{id_}" for id_, _, channel, _ in rows if channel == "mail"}
