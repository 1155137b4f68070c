"""Deliveries in a served hub: from an alert on, API, page, metrics, doctor; what is never shown."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from hub.access import Role
from hub.alerts import AlertKind, Condition
from hub.alerts.alert import AlertEvent, Change
from hub.config import BrokerSection, HttpSection, HubConfig
from hub.delivery.desk import DeliveryDesk
from hub.delivery.examination import examine_delivery
from hub.delivery.from_alerts import told_of
from hub.delivery.reasons import Reason
from hub.delivery.told import Told
from hub.delivery.wording import compose
from hub.delivery.words import KINDS
from hub.errors import ConfigError
from hub.store.records import Wanted
from tests.accounts import TESTER
from tests.unit.hub.access.serving import FORM, Served, csrf, serving
from tests.unit.hub.delivery.desks import FakeSender, soon
from tests.unit.hub.delivery.events import book, channel
from tests.unit.hub.test_api import API

SECRET = "s3cret-robot-key"
TWO = [channel("duty", url=f"wecombot://{SECRET}"), channel("mail", name_zh="邮箱", language="en")]


@dataclass
class Room:
    """A served hub with two channels, and a supervisor at a browser."""

    served: Served
    browser: httpx.AsyncClient
    sender: FakeSender
    csrf: str

    @property
    def desk(self) -> DeliveryDesk:
        return self.served.hub.delivery

    def hold(self, *subjects: str, **changes: Any) -> None:
        """Let housings be open."""
        now_ms = self.served.clock.at_ms
        told = [
            Condition(
                AlertKind.TAMPER, "museum", s, now_ms, None, "外壳被打开", "opened", **changes
            )
            for s in subjects
        ]
        self.served.hub.alerts.hold("museum", "test", told)

    async def form(self, path: str, **fields: str) -> httpx.Response:
        data = {"csrf": self.csrf, **fields}
        return await self.browser.post(path, data=data, headers={"content-type": FORM})


@pytest.fixture
async def room(tmp_path: Path) -> AsyncIterator[Room]:
    sender = FakeSender()
    async with serving(tmp_path) as served:
        served.hub.delivery.sender = sender
        made = book({"channels": ["duty", "mail"]}, channels=TWO, delivery={"tries": 1})
        served.hub.delivery.reload(made)
        account = served.account(Role.SUPERVISOR, name="Zhao Min 13800138000")
        async with served.browser() as browser:
            served.sign_in(browser, account)
            token = await csrf(browser)
            browser.headers["X-CSRF-Token"] = token
            yield Room(served, browser, sender, token)


async def test_an_alert_its_escalation_and_its_end_go_by_every_channel(room: Room) -> None:
    room.hold("door")
    await soon(lambda: room.desk.counts["sent"] == 2)
    room.served.clock.pass_seconds(2 * 3600)
    room.served.hub.alerts.tick()
    await soon(lambda: room.desk.counts["sent"] == 4)
    room.hold()
    room.served.clock.pass_seconds(120)
    room.served.hub.alerts.tick()
    await soon(lambda: room.desk.counts["sent"] == 6)
    titles = [message.title for message in room.sender.sent["duty"]]
    assert titles == [
        "【警告】嘉定博物馆：设备被打开",
        "【升级·警告】嘉定博物馆：设备被打开",
        "【已解除】嘉定博物馆：设备被打开",
    ]
    assert room.sender.sent["mail"][0].title == "[Warning] Jiading Museum: Tampering"


async def test_nobody_is_named_in_a_message(room: Room) -> None:
    """Who saw it, who sees to it, why it was cleared: on the desk, and nowhere else."""
    hub = room.served.hub
    room.hold("door")
    [alert] = [a for a in hub.alerts.open if a.kind is AlertKind.TAMPER]
    who = "Zhao Min 13800138000"
    hub.alerts.assign(TESTER, alert.number, who)
    hub.alerts.comment(TESTER, alert.number, f"{who} is on the way")
    hub.alerts.clear(TESTER, alert.number, f"{who} closed it")
    await soon(lambda: room.desk.counts["sent"] == 4)
    for messages in room.sender.sent.values():
        assert len(messages) == 2
        for message in messages:
            assert "Zhao" not in message.title + message.body
            assert TESTER.name not in message.title + message.body


def test_what_no_message_tells_of() -> None:
    alert: Any = None
    for what in ("acknowledged", "assigned", "commented", "corrected", "lapsed"):
        assert told_of(AlertEvent(alert, Change(1, 0, what)), None, "Asia/Shanghai") is None


def test_every_kind_that_there_is_has_words() -> None:
    assert set(KINDS) == {*(kind.value for kind in AlertKind), "test"}


async def test_an_outbox_that_cannot_be_written_holds_the_alert_back_too(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub = room.served.hub
    with hub.records.writing() as connection:
        connection.exec_driver_sql(
            "CREATE TRIGGER full BEFORE INSERT ON deliveries BEGIN"
            " SELECT RAISE(ABORT, 'database or disk is full'); END"
        )
    room.hold("door")
    assert hub.alerts.is_waiting
    assert room.sender.sent == {}
    with hub.records.writing() as connection:
        connection.exec_driver_sql("DROP TRIGGER full")
    hub.alerts.tick()
    await soon(lambda: room.desk.counts["sent"] == 2)
    [alert] = [a for a in hub.alerts.open if a.kind is AlertKind.TAMPER]
    assert len(room.desk.outbox.of_alert(str(alert.number))) == 2


async def test_api_channels_test_and_dead_letters(room: Room) -> None:
    room.sender.failing["duty"] = Reason("answered", 500)
    room.hold("door")
    await soon(lambda: room.desk.counts["dead"] and room.desk.counts["sent"])
    answer = await room.browser.get(f"{API}/deliveries/channels")
    duty, mail = answer.json()
    assert (duty["is_failing"], duty["dead"], duty["last_error"]["code"]) == (
        True,
        1,
        "answered:500",
    )
    assert (mail["is_failing"], mail["last_sent"] is not None) == (False, True)
    [letter] = (await room.browser.get(f"{API}/deliveries/dead")).json()
    assert (letter["kind"], letter["channel"], letter["tries"]) == ("tamper", "duty", 1)
    assert letter["error"]["en"] == "the server answered 500 (server error)"
    failed = (await room.browser.post(f"{API}/deliveries/channels/duty/test")).json()
    assert (failed["is_sent"], failed["error"]["zh"]) == (
        False,
        "服务器返回 500（服务器内部错误）",
    )
    room.sender.failing.clear()
    retried = await room.browser.post(f"{API}/deliveries/dead/{letter['id']}/retry")
    assert retried.status_code == 204
    room.served.clock.pass_seconds(61)
    await soon(lambda: room.sender.sent["duty"])
    again = await room.browser.post(f"{API}/deliveries/dead/{letter['id']}/retry")
    assert again.status_code == 422
    missing = await room.browser.post(f"{API}/deliveries/channels/nobody/test")
    assert missing.status_code == 404
    metrics = (await room.browser.get("/metrics")).text
    for line in (
        "kaiguan_delivery_dead_total 1.0",
        'kaiguan_deliveries{channel="duty",state="dead"} 0.0',
        'kaiguan_channel_failing{channel="mail"} 0.0',
    ):
        assert line in metrics


async def test_the_page_tests_retries_and_drops_without_any_script(room: Room) -> None:
    page = (await room.browser.get("/deliveries?lang=zh")).text
    assert "没有未送达的通知" in page
    assert "尚未发送过" in page
    good = await room.form("/deliveries/channels/mail/test?lang=zh")
    assert "测试消息 KG-1 已送达" in good.text
    room.sender.failing["duty"] = Reason("stalled")
    bad = await room.form("/deliveries/channels/duty/test?lang=en")
    assert "did not arrive: no answer in time." in bad.text
    room.hold("door", "lid")
    await soon(lambda: room.desk.counts["dead"] == 2, 20)
    page = (await room.browser.get("/deliveries?lang=zh")).text
    assert page.count("超时：对方没有及时答复") == 3
    first, second = [letter.id for letter in room.desk.dead(10)]
    wrong = await room.form(f"/deliveries/{first}/drop?lang=zh", reason=" ")
    assert (wrong.status_code, "原因请写" in wrong.text) == (422, True)
    done = await room.form(f"/deliveries/{first}/drop?lang=zh", reason="已电话告知")
    assert done.headers["location"] == "/deliveries?done=dropped&lang=zh"
    assert (await room.form(f"/deliveries/{second}/retry")).status_code == 303
    assert (await room.form("/deliveries/retry")).status_code == 303
    log = [e.entry.action for e in room.served.hub.office.audit.all(Wanted(action="delivery"))]
    assert log == ["delivery.retried", "delivery.dropped", "delivery.tested", "delivery.tested"]
    for shown in (page, good.text, bad.text, (await room.browser.get("/audit")).text):
        assert SECRET not in shown


ALERTS = """
[[channel]]
id = "duty"
name_zh = "值班群"
name_en = "Duty group"
url_file = "duty.url"

[[channel]]
id = "spare"
name_zh = "备用"
name_en = "Spare"
url_variable = "KAIGUAN_SPARE"

[[route]]
channels = ["duty"]
"""


def test_the_doctor_looks_at_channels_and_tells_no_url(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "alerts.toml"
    config = HubConfig(data_dir=tmp_path, alerts=file, broker=BrokerSection(enabled=False))
    file.write_text(ALERTS)
    (tmp_path / "duty.url").write_text(f"wecombot://{SECRET}")
    monkeypatch.setenv("KAIGUAN_SPARE", f"nosuch://{SECRET}")
    found = {finding.text: finding.is_fine for finding in examine_delivery(config)}
    assert found == {
        "deliveries: 2 channels, 1 routes": True,
        "channel duty: wecombot, at most 10 a minute": True,
        "channel spare: apprise cannot use its URL, which begins with nosuch://": False,
        "channel spare: no route leads to it; add one or take it out": False,
        "http.public_url is not set, so messages carry no link to the evidence": False,
    }
    file.write_text(ALERTS.replace('"duty"]', '"dutty"]'))
    [wrong] = examine_delivery(config)
    assert "there is no channel 'dutty'; there are duty, spare" in wrong.text
    [none] = examine_delivery(config.model_copy(update={"alerts": None}))
    assert none.is_fine


def test_a_wrong_file_says_where(tmp_path: Path) -> None:
    desk: Any = DeliveryDesk.read
    for wrong, says in (
        ({"channel": [channel(per_minute=0)]}, "channel.0.per_minute: "),
        ({"channel": [channel(url=None)]}, "channel.0: give one of url_file, url_variable and url"),
        ({"route": [{"channel": ["x"]}]}, "route.0.channels: "),
    ):
        with pytest.raises(ConfigError, match=r"alerts\.toml") as caught:
            desk(None, wrong, tmp_path / "alerts.toml")
        assert says in str(caught.value)


def test_where_people_reach_the_hub_is_an_address() -> None:
    for url in ("", "https://hub.example.cn", "http://10.0.0.3:8080/kaiguan"):
        assert HttpSection(public_url=url).public_url == url
    for url in ("hub.example.cn", "ftp://x", "https://", "https://user:pw@x", "https://x?a=b"):
        with pytest.raises(ValueError, match="public_url"):
            HttpSection(public_url=url)


def test_a_message_of_an_alert_without_a_venue_is_of_the_hub() -> None:
    told = Told.from_json(
        '{"event": "1", "alert": "1", "step": "raised", "kind": "hub_trouble", "severity":'
        ' "critical", "audience": "admin", "venue": "", "place_zh": "", "place_en": "",'
        ' "timezone": "Asia/Shanghai", "since_ms": 0, "until_ms": null, "at_ms": 0, "zh": "磁盘满",'
        ' "en": "disk full", "certainty": "known", "link": ""}'
    )
    assert compose(told, "zh", 1, "").title == "【紧急】开馆中枢：中枢故障"
    assert compose(told, "en", 1, "").title == "[Critical] Kaiguan hub: Hub trouble"
