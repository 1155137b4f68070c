"""apprise against real servers that work, fail, stall, refuse and come back."""

import logging
import socket
import time
from collections.abc import Iterator
from typing import Any

import apprise
import pytest
from apprise.plugins.dingtalk import NotifyDingTalk
from apprise.plugins.feishu import NotifyFeishu
from apprise.plugins.wecombot import NotifyWeComBot

from hub.delivery.book import Channel
from hub.delivery.by_apprise import AppriseSender
from hub.delivery.reading import channel_url
from hub.delivery.sending import send_within
from hub.delivery.wording import Message, compose
from hub.errors import ConfigError
from tests.brokers import free_port
from tests.sinks import MailSink, WebSink
from tests.unit.hub.delivery.events import LATE, channel

MESSAGE = Message("【警告】嘉定博物馆：未按时开放", "门锁仍闭\n编号：KG-7", "warning")


@pytest.fixture
def sink() -> Iterator[WebSink]:
    with WebSink() as opened:
        yield opened


def way(url: str, seconds: int = 1) -> Channel:
    return Channel.model_validate(channel(url=url, timeout_seconds=seconds))


def sender() -> AppriseSender:
    def url(of: Channel) -> str:
        assert of.url is not None
        return of.url.get_secret_value()

    return AppriseSender(url)


def test_a_webhook_is_sent_title_text_and_tone(sink: WebSink) -> None:
    assert sender().send(way(sink.url), compose(LATE, "zh", 7, "")) is None
    [post] = sink.posts
    assert post.path == "/hook"
    assert post.json["title"] == "【警告】嘉定博物馆：未按时开放"
    assert post.json["type"] == "warning"
    assert post.number == "KG-7"


def test_a_mail_is_sent_with_subject_and_text() -> None:
    with MailSink() as mail:
        assert sender().send(way(mail.url), compose(LATE, "zh", 7, "")) is None
        [got] = mail.mails
        assert got["subject"] == "【警告】嘉定博物馆：未按时开放"
        assert got["to"] == "duty@example.org"
        assert (got["from"], got["x-application"]) == ("hub@example.org", "Kaiguan")
        body = got.get_body()
        assert body is not None
        assert "门锁仍闭" in body.get_content()
        assert "编号：KG-7" in body.get_content()
        mail.mood = "error"
        reason = sender().send(way(mail.url), MESSAGE)
        assert reason is not None
        assert (reason.code, mail.refused) == ("failed", 1)
    reason = sender().send(way(mail.url.replace("127.0.0.1", "127.0.0.1")), MESSAGE)
    assert reason is not None
    assert reason.code == "refused"


@pytest.mark.parametrize(
    ("mood", "code"),
    [("error", "answered:500"), ("stall", "stalled"), ("hang up", "broken")],
)
def test_why_a_webhook_failed(sink: WebSink, mood: Any, code: str) -> None:
    sink.mood = mood
    began = time.monotonic()
    assert str(sender().send(way(sink.url), MESSAGE)) == code
    assert time.monotonic() - began < 3
    sink.recover()
    assert sender().send(way(sink.url), MESSAGE) is None


def test_a_sink_that_drips_byte_by_byte_is_given_up_in_time(
    sink: WebSink, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hub.delivery.sending.GRACE_SECONDS", 0.2)
    sink.mood = "drip"
    began = time.monotonic()
    assert str(send_within(sender(), way(sink.url), MESSAGE)) == "stalled"
    assert time.monotonic() - began < 3
    sink.recover()


def test_nobody_listens_no_such_host_no_such_scheme() -> None:
    assert str(sender().send(way(f"json://127.0.0.1:{free_port()}/x"), MESSAGE)) == "refused"
    assert str(sender().send(way("json://no-such-host.invalid/x"), MESSAGE)) == "unknown_host"
    assert str(sender().send(way("nosuch://secret-key"), MESSAGE)) == "bad_url"


def test_a_mail_server_that_says_nothing_is_given_up_in_time() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"mailto://127.0.0.1:{silent.getsockname()[1]}?from=a@example.org&to=b@example.org"
        began = time.monotonic()
        assert str(sender().send(way(f"{url}&mode=insecure"), MESSAGE)) == "stalled"
        assert time.monotonic() - began < 4


def test_two_messages_at_once_are_not_held_back_by_apprise(sink: WebSink) -> None:
    ours, began = sender(), time.monotonic()
    for _ in range(3):
        assert ours.send(way(sink.url), MESSAGE) is None
    assert time.monotonic() - began < 2


ROBOTS = [
    (NotifyWeComBot, "notify_url", "wecombot://abcd-key", "/send?key={key}"),
    (
        NotifyDingTalk,
        "notify_url",
        "dingtalk://SEC123@abcdtoken/",
        "/robot/send?access_token={token}",
    ),
    (NotifyFeishu, "notify_url", "feishu://abcd-token/", "/hook/{token}/"),
]


@pytest.mark.parametrize(
    ("robot", "place", "url", "path"), ROBOTS, ids=lambda v: getattr(v, "__name__", "")
)
def test_what_robots_are_posted(
    sink: WebSink,
    monkeypatch: pytest.MonkeyPatch,
    robot: Any,
    place: str,
    url: str,
    path: str,
) -> None:
    monkeypatch.setattr(robot, place, f"http://127.0.0.1:{sink.port}{path}")
    sink.answer = b'{"errcode": 0, "code": 0}'
    assert sender().send(way(url), MESSAGE) is None
    [post] = sink.posts
    text = f"{MESSAGE.title}\r\n{MESSAGE.body}"
    if robot is NotifyFeishu:
        assert post.path == "/hook/abcd-token/"
        assert post.json == {"msg_type": "text", "content": {"text": text}}
    elif robot is NotifyDingTalk:
        assert post.path.startswith("/robot/send?access_token=abcdtoken&timestamp=")
        assert "&sign=" in post.path
        assert post.json["msgtype"] == "text"
        assert post.json["text"] == {"content": text}
    else:
        assert post.path == "/send?key=abcd-key"
        assert post.json == {"msgtype": "text", "text": {"content": text}}


@pytest.mark.parametrize(
    ("robot", "place", "url", "path"), ROBOTS, ids=lambda v: getattr(v, "__name__", "")
)
def test_a_robot_that_answers_200_and_refuses_has_not_taken_it(
    sink: WebSink,
    monkeypatch: pytest.MonkeyPatch,
    robot: Any,
    place: str,
    url: str,
    path: str,
) -> None:
    monkeypatch.setattr(robot, place, f"http://127.0.0.1:{sink.port}{path}")
    sink.answer = b'{"errcode": 45009, "errmsg": "api freq out of limit", "code": 11232}'
    reason = sender().send(way(url), MESSAGE)
    assert reason is not None
    assert reason.code == "said_no"
    assert "4500" in reason.words.en or "11232" in reason.words.en
    sink.answer = b"no json at all"
    assert sender().send(way(url), MESSAGE) is None


def test_no_secret_goes_to_a_log(
    sink: WebSink, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither of apprise nor of what it stands on, whose words a hub lets through from warnings."""
    said: list[str] = []

    class Log(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            said.append(record.getMessage())

    root = logging.getLogger()
    monkeypatch.setattr(root, "handlers", [Log()])
    monkeypatch.setattr(root, "level", logging.WARNING)
    root.warning("heard")
    sink.mood = "error"
    secret = "s3cret-key-of-a-robot"
    for url in (
        f"json://127.0.0.1:{sink.port}/{secret}",
        f"json://127.0.0.1:{free_port()}/{secret}",
        f"nosuch://{secret}",
        f"mailtos://user:{secret}@127.0.0.1:{free_port()}",
    ):
        reason = sender().send(way(url), MESSAGE)
        assert reason is not None
        assert secret not in f"{reason} {reason.words}"
    out = capfd.readouterr()
    assert said == ["heard"]
    assert secret not in out.out + out.err


def test_where_a_url_comes_from(tmp_path: Any) -> None:
    (tmp_path / "url").write_text("json://127.0.0.1/from-file\n")
    one = {"id": "a", "name_zh": "甲", "name_en": "A"}
    by_file = Channel.model_validate({**one, "url_file": "url"})
    by_variable = Channel.model_validate({**one, "url_variable": "KAIGUAN_DUTY"})
    given = {"KAIGUAN_DUTY": " json://127.0.0.1/from-variable "}
    assert channel_url(by_file, tmp_path, {}) == "json://127.0.0.1/from-file"
    assert channel_url(by_variable, tmp_path, given) == "json://127.0.0.1/from-variable"
    for wrong, content, says in (
        (by_variable, None, "KAIGUAN_DUTY is not set"),
        (by_file, "secret words that are no URL", "no URL of apprise"),
        (by_file, "json://a\njson://b-secret", "no URL of apprise"),
    ):
        if content:
            (tmp_path / "url").write_text(content)
        with pytest.raises(ConfigError, match=says) as caught:
            channel_url(wrong, tmp_path, {})
        assert "secret w" not in str(caught.value)
    (tmp_path / "url").unlink()
    with pytest.raises(ConfigError, match="cannot be read as a secret"):
        channel_url(by_file, tmp_path, {})


def test_apprise_checks_feishu_itself_and_neither_wecom_nor_dingtalk() -> None:
    """Should it learn to, `_Reading` can go."""
    assert apprise.__version__
    for robot, is_checked in (
        (NotifyFeishu, True),
        (NotifyWeComBot, False),
        (NotifyDingTalk, False),
    ):
        names = robot.send.__code__.co_consts
        assert any(each == "code" for each in names if isinstance(each, str)) is is_checked
