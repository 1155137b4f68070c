"""Slips by e-mail, against a real mail server; the address is in the mail alone."""

import pytest
from structlog.testing import capture_logs

from kiosk.errands.mailing import Mailbox, is_address, send_slip
from tests.sinks import MailSink

WHO = "reader@example.org"


def box(port: int) -> Mailbox:
    return Mailbox("127.0.0.1", port, "kiosk@example.org", "none", seconds=3)


async def test_a_slip_arrives_as_it_was_written() -> None:
    with MailSink() as sink:
        assert sink._controller is not None
        text = "借 论语译注 (应还 2026-12-27)\n"
        assert await send_slip(box(sink._controller.port), WHO, "借还凭条", text) == ""
        (mail,) = sink.mails
        assert (mail["To"], mail["Subject"]) == (WHO, "借还凭条")
        assert mail.get_content().replace("\r\n", "\n") == text


@pytest.mark.parametrize("is_there", [True, False], ids=["refuses", "away"])
async def test_a_server_that_takes_nothing_is_said_without_the_address(is_there: bool) -> None:
    with capture_logs() as logs, MailSink() as sink:
        sink.mood = "error"
        assert sink._controller is not None
        port = sink._controller.port if is_there else 9
        assert await send_slip(box(port), WHO, "s", "t") == "mail_away"
    assert logs
    assert WHO not in repr(logs)


@pytest.mark.parametrize(
    "text",
    ["", "a", "a@b", "a b@c.de", "a@b.de\nBcc: x@y.de", "@b.de", "a@@b.de", f"{'a' * 300}@b.de"],
    ids=["empty", "a", "no-dot", "blank", "lines", "no-name", "twice", "long"],
)
async def test_what_is_no_address_is_not_tried(text: str) -> None:
    assert not is_address(text)
    assert await send_slip(box(9), text, "s", "t") == "bad_address"
