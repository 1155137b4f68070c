"""Sending a slip by e-mail. The address is nowhere but in the mail: not kept, not in a log."""

import asyncio
import re
import smtplib
import ssl
from dataclasses import dataclass, field
from email.errors import MessageError
from email.message import EmailMessage
from email.utils import make_msgid
from typing import Final, Literal

import structlog

log = structlog.get_logger(__name__)

SECONDS: Final = 10.0
"""For each answer of the mail server."""
MOST_LETTERS: Final = 254
_ADDRESS: Final = re.compile(r"[^\s@<>(),;:\\\"\[\]]{1,64}@[^\s@<>(),;:\\\"\[\]]+\.[^\s@.<>]{2,}")

NotSent = Literal["", "mail_away", "bad_address"]


@dataclass(frozen=True, slots=True)
class Mailbox:
    """Where mails are handed in, and as whom."""

    host: str
    port: int
    sender: str
    tls: Literal["none", "starttls", "tls"] = "starttls"
    user: str = ""
    password: str = field(default="", repr=False)
    seconds: float = SECONDS


def is_address(text: str) -> bool:
    """Tell whether this can be an e-mail address."""
    return len(text) <= MOST_LETTERS and _ADDRESS.fullmatch(text) is not None


async def send_slip(box: Mailbox, address: str, subject: str, text: str) -> NotSent:
    """Send a text; return why it was not sent, nothing when the server took it."""
    if not is_address(address):
        return "bad_address"
    return await asyncio.to_thread(_send, box, address, subject, text)


def _send(box: Mailbox, address: str, subject: str, text: str) -> NotSent:
    mail = EmailMessage()
    try:
        mail["From"], mail["To"], mail["Subject"] = box.sender, address, subject
        mail["Message-ID"] = make_msgid(domain=box.sender.rpartition("@")[2])
        mail.set_content(text)
    except (ValueError, MessageError):
        return "bad_address"
    try:
        with _server(box) as server:
            if box.tls == "starttls":
                server.starttls(context=ssl.create_default_context())
            if box.user:
                server.login(box.user, box.password)
            server.send_message(mail)
    except smtplib.SMTPRecipientsRefused as error:
        codes = {code for code, _ in error.recipients.values()}
        log.warning("mail_refused", codes=sorted(codes))
        # 4xx: not now; 5xx: no such address.
        return "bad_address" if all(code >= 500 for code in codes) else "mail_away"
    except (OSError, smtplib.SMTPException, UnicodeError) as error:
        # What a server says may repeat the address.
        log.warning("mail_not_sent", host=box.host, reason=type(error).__name__)
        return "mail_away"
    return ""


def _server(box: Mailbox) -> smtplib.SMTP:
    if box.tls == "tls":
        context = ssl.create_default_context()
        return smtplib.SMTP_SSL(box.host, box.port, timeout=box.seconds, context=context)
    return smtplib.SMTP(box.host, box.port, timeout=box.seconds)
