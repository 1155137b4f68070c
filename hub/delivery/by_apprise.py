"""Sending a message by apprise: the only place that knows it.

What apprise logs may hold URLs, which are secrets: it is heard here, turned into a reason, and goes
nowhere else.
"""

import json
import logging
import sys
import threading
from collections.abc import Callable
from types import ModuleType
from typing import Any, Final

import apprise
import requests
from apprise.plugins import dingtalk, wecombot

from hub.delivery.book import Channel
from hub.delivery.reasons import Reason, reason_of
from hub.delivery.wording import Message
from hub.errors import ConfigError

_TYPES: Final = {
    "info": apprise.NotifyType.INFO,
    "warning": apprise.NotifyType.WARNING,
    "failure": apprise.NotifyType.FAILURE,
    "success": apprise.NotifyType.SUCCESS,
}
_ASSET: Final = apprise.AppriseAsset(
    # Who mails are from, and no picture that a reader's program would fetch from elsewhere.
    app_id="Kaiguan",
    app_desc="Kaiguan",
    app_url="",
    image_url_mask="",
    image_url_logo="",
)
_heard = threading.local()


class AppriseSender:
    """Sends through apprise; `url_of` reads a channel's URL, and raises ConfigError."""

    def __init__(self, url_of: Callable[[Channel], str]) -> None:
        self._url_of = url_of
        _load()
        _listen()

    def prepare(self) -> None:
        """Nothing is left to load: that was done when this was made."""

    def send(self, channel: Channel, message: Message) -> Reason | None:
        """Send one message. The URL is read each time: a secret that changes takes effect."""
        try:
            url = self._url_of(channel)
        except ConfigError:
            return Reason("no_url")
        _heard.said, _heard.refused = [], None
        try:
            way = plugin(url, channel.timeout_seconds)
            if way is None:
                return Reason("bad_url")
            is_sent = way.notify(
                body=message.body,
                title=message.title,
                notify_type=_TYPES[message.tone],
                body_format=apprise.NotifyFormat.TEXT,
            )
            if is_sent:
                return None
            return _heard.refused or reason_of("\n".join(_heard.said))
        except Exception as error:  # noqa: BLE001  a hundred libraries' errors; none stops the others
            return reason_of(f"{type(error).__name__}: {error}")
        finally:
            _heard.said, _heard.refused = None, None


def plugin(url: str, timeout_seconds: float) -> Any:
    """Return apprise's way of a URL, None where it knows none."""
    way = apprise.Apprise.instantiate(url, asset=_ASSET, suppress_exceptions=True)
    if way is None:
        return None
    way.socket_connect_timeout = way.socket_read_timeout = float(timeout_seconds)
    # How often a channel is used is decided by `hub.delivery.pacing`; and apprise tries once.
    way.request_rate_per_sec = 0
    return way


def knows(url: str) -> bool:
    """Tell whether apprise can use a URL; nothing of it goes to a log."""
    _load()
    _listen()
    return plugin(url, 1) is not None


class _Ear(logging.Handler):
    """Hears what apprise logs in a thread that sends, and lets nothing through."""

    def emit(self, record: logging.LogRecord) -> None:
        said: list[str] | None = getattr(_heard, "said", None)
        if said is not None and len(said) < 100:
            said.append(record.getMessage())


class _Reading:
    """Stands in for `requests` in plugins that take any answer 200 for a yes.

    The robots of WeCom and DingTalk answer 200 and say in the body that they refused.
    """

    def __getattr__(self, name: str) -> Any:
        return getattr(requests, name)

    def post(self, *args: Any, **options: Any) -> requests.Response:
        answer = requests.post(*args, **options)  # noqa: S113  the plugin gives its own
        try:
            code = json.loads(answer.content[:100_000]).get("errcode", 0)
        except (ValueError, AttributeError):
            code = 0
        if answer.status_code == 200 and isinstance(code, int) and code:
            _heard.refused = Reason("said_no", code)
            answer.status_code = 502
        return answer


def _load() -> None:
    """Let apprise load its plugins, which takes longer than a message may."""
    # Python 3.13 has no such module; before it, whoever asks for it is warned. apprise makes itself
    # this stand-in where there is none. Filters of warnings are no way: they are of all threads.
    shim = ModuleType("imghdr")
    vars(shim)["what"] = lambda *_args: None
    sys.modules.setdefault("imghdr", shim)
    plugin("json://127.0.0.1:9", 1)


def _listen() -> None:
    logger = logging.getLogger("apprise")
    if not any(isinstance(each, _Ear) for each in logger.handlers):
        logger.addHandler(_Ear())
        logger.setLevel(logging.DEBUG)
        logger.propagate = False
    for module in (wecombot, dingtalk):
        vars(module)["requests"] = _Reading()
