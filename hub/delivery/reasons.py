"""Why a message did not arrive, in plain words; never a URL, which would be a secret. Pure."""

import re
from dataclasses import dataclass
from typing import Final

from hub.delivery.words import Both


@dataclass(frozen=True, slots=True)
class Reason:
    """A code, and the number that a server answered with where there is one."""

    code: str
    number: int = 0

    @property
    def words(self) -> Both:
        """Return it as people are told."""
        if self.code == "answered":
            zh, en = _ANSWERS.get(self.number, ("", ""))
            return Both(f"服务器返回 {self.number}{zh}", f"the server answered {self.number}{en}")
        if self.code == "said_no":
            return Both(
                f"平台拒收，错误码 {self.number}", f"the service refused it, code {self.number}"
            )
        return _WORDS.get(self.code, _WORDS["failed"])

    def __str__(self) -> str:
        return f"{self.code}:{self.number}" if self.number else self.code

    @classmethod
    def parse(cls, text: str) -> "Reason":
        """Return what `str` wrote."""
        code, _, number = text.partition(":")
        return cls(code, int(number or 0))


_WORDS: Final = {
    "refused": Both("连接被拒绝：对方没有在监听", "connection refused: nobody listens there"),
    "stalled": Both("超时：对方没有及时答复", "no answer in time"),
    "unknown_host": Both("找不到这个主机名", "the host's name is not known"),
    "unreachable": Both("网络不通", "the network does not lead there"),
    "certificate": Both("对方的证书不可信", "the server's certificate is not trusted"),
    "broken": Both("连接中断", "the connection broke"),
    "log_in": Both("邮件服务器不接受账号或密码", "the mail server does not take name or password"),
    "recipient": Both("邮件服务器不接受收件人", "the mail server does not take the recipient"),
    "no_url": Both("渠道地址读不到", "the channel's URL cannot be read"),
    "bad_url": Both("渠道地址无效", "the channel's URL is not valid"),
    "no_channel": Both("渠道已从配置中删除", "the channel is not configured any more"),
    "failed": Both("发送失败", "it could not be sent"),
}
_ANSWERS: Final = {
    400: ("（请求无效）", " (bad request)"),
    401: ("（未授权）", " (not authorised)"),
    403: ("（禁止）", " (forbidden)"),
    404: ("（地址不存在）", " (no such address)"),
    413: ("（消息太长）", " (message too long)"),
    429: ("（发送过于频繁）", " (too many requests)"),
    500: ("（服务器内部错误）", " (server error)"),
    502: ("（网关错误）", " (bad gateway)"),
    503: ("（服务暂不可用）", " (not available)"),
}
_SIGNS: Final = (
    ("certificate", r"certificate|CERTIFICATE_VERIFY|SSL"),
    ("unknown_host", r"Name or service not known|name resolution|getaddrinfo|NameResolution"),
    ("stalled", r"timed? ?out|Timeout"),
    ("refused", r"Connection refused|\[Errno 111\]"),
    ("unreachable", r"unreachable|\[Errno 101\]|\[Errno 113\]"),
    ("log_in", r"\(535|SMTPAuthentication|authentication failed"),
    ("recipient", r"\(55[0-4]|recipients? refused|SMTPRecipients"),
    (
        "broken",
        r"Connection aborted|reset by peer|Connection broken|unexpectedly closed|Disconnected",
    ),
)
_REJECTED: Final = re.compile(r"rejected our notification: code=(\d{1,9})\b")
_STATUS: Final = re.compile(r"error=(\d{3})\b")


def reason_of(said: str) -> Reason:
    """Return why a message failed, from what the library logged of it."""
    rejected = _REJECTED.search(said)
    if rejected is not None:
        return Reason("said_no", int(rejected[1]))
    status = _STATUS.search(said)
    if status is not None:
        return Reason("answered", int(status[1]))
    for code, sign in _SIGNS:
        if re.search(sign, said, re.IGNORECASE):
            return Reason(code)
    return Reason("failed")
