"""The SIP2 client against a library system that follows a script, line by line."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import replace

import pytest

from contracts.sip2 import fields as f
from contracts.sip2 import parts as p
from contracts.sip2.forms import Code
from contracts.sip2.line import Encoding, decode, encode
from contracts.sip2.message import Message, compose
from contracts.sip2.splitter import LineSplitter
from kiosk.desk.sip2_account import Account
from kiosk.desk.sip2_client import Sip2Client
from kiosk.errors import NotSent, NotSupported, ReplyLost
from tests.lending.benches import quick

ALL = "YYYYYYYYYYYYYYYY"
SECONDS = 0.15
CHECKOUT = compose(Code.CHECKOUT, f.INSTITUTION.of("CN"), f.PATRON.of("p1"), f.ITEM.of("i1"))
QUESTION = compose(Code.ITEM_INFORMATION, f.INSTITUTION.of("CN"), f.ITEM.of("i1"))


def status(supported: str = ALL, timeout: int = 999, retries: int = 3) -> Message:
    return compose(
        Code.SYSTEM_STATUS,
        p.ONLINE.of(True),
        p.TIMEOUT.of(timeout),
        p.RETRIES.of(retries),
        f.INSTITUTION.of("CN"),
        f.SUPPORTED.of(supported),
    )


def lent(item: str = "i1", title: str = "") -> Message:
    return compose(
        Code.CHECKOUT_ANSWER, p.OK.of(True), f.PATRON.of("p1"), f.ITEM.of(item), f.TITLE.of(title)
    )


def of_item(item: str = "i1", title: str = "") -> Message:
    return compose(Code.ITEM_INFORMATION_ANSWER, f.ITEM.of(item), f.TITLE.of(title))


class Script:
    """Answers each line by the next of its functions; 93 and 99 are answered by themselves."""

    def __init__(self, *answers: Callable[[bytes], bytes], says: Message | None = None) -> None:
        self.answers = [*answers]
        self.says = says or status()
        self.lines: list[bytes] = []
        self.greetings = 0
        self.is_checked = True

    def hear(self, line: bytes) -> bytes:
        if line[:2] in {b"93", b"99"}:
            self.greetings += line[:2] == b"93"
            said = compose(Code.LOGIN_ANSWER, p.OK.of(True)) if line[:2] == b"93" else self.says
            return encode(said.numbered(number(line)), is_checked=self.is_checked)
        self.lines.append(line)
        return self.answers.pop(0)(line) if self.answers else b""


def number(line: bytes) -> int | None:
    return decode(line).sequence


def answer(message: Message) -> Callable[[bytes], bytes]:
    return lambda line: encode(message.numbered(number(line)))


def replay(message: Message, sequence: int | None = None) -> Callable[[bytes], bytes]:
    """Answer as to a 97: without the number of what was asked."""
    return lambda _: encode(message.numbered(sequence))


def damaged(message: Message) -> Callable[[bytes], bytes]:
    return lambda line: encode(message.numbered(number(line))).replace(b"AB", b"AX")


def silence(_: bytes) -> bytes:
    return b""


def again(_: bytes) -> bytes:
    return encode(compose(Code.REQUEST_TERMINAL_RESEND))


@asynccontextmanager
async def talking(script: Script, name: str = "embedded") -> AsyncIterator[Sip2Client]:
    writers: set[asyncio.StreamWriter] = set()
    serving: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        serving.add(task)
        writers.add(writer)
        lines = LineSplitter()
        with suppress(OSError):
            while chunk := await reader.read(4096):
                for line in lines.feed(chunk):
                    writer.write(script.hear(line))
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    account = Account("127.0.0.1", port, quick(name, SECONDS), user="kiosk", password="secret")
    client = Sip2Client(account, wait_seconds=0.02, settle_seconds=0.01)
    try:
        async with asyncio.timeout(20):
            yield client
    finally:
        await client.close()
        for writer in writers:
            writer.transport.abort()
        server.close()
        await server.wait_closed()
        if serving:
            await asyncio.wait(serving)


async def test_a_request_has_the_next_number_and_what_is_sent_again_the_same_bytes() -> None:
    script = Script(answer(of_item()), silence, answer(of_item()))
    async with talking(script) as client:
        await client.ask(QUESTION)
        await client.ask(QUESTION)
    first, second, third = script.lines
    assert second == third
    assert number(second) == (number(first) or 0) + 1
    assert client.counts["resent"] == 1


@pytest.mark.parametrize(("name", "sent"), [("embedded", 4), ("koha", 1), ("evergreen", 1)])
async def test_a_change_is_sent_again_only_where_repeats_are_known(name: str, sent: int) -> None:
    script = Script()
    async with talking(script, name) as client:
        with pytest.raises(ReplyLost):
            await client.ask(CHECKOUT)
        assert not client.is_open
    assert len(script.lines) == sent
    assert len(set(script.lines)) == 1


@pytest.mark.parametrize(("name", "is_sent_again"), [("embedded", True), ("koha", False)])
async def test_a_96_has_a_request_sent_again_where_that_is_harmless(
    name: str, is_sent_again: bool
) -> None:
    script = Script(again, answer(lent()))
    async with talking(script, name) as client:
        if is_sent_again:
            assert (await client.ask(CHECKOUT))[p.OK]
            assert script.lines[0] == script.lines[1]
        else:
            with pytest.raises(ReplyLost):
                await client.ask(CHECKOUT)


async def test_a_damaged_answer_is_asked_for_by_97_without_a_number() -> None:
    script = Script(damaged(lent()), replay(lent(), 0))
    async with talking(script) as client:
        assert (await client.ask(CHECKOUT))[p.OK]
    assert script.lines[1] == b"97AZFEF5"


async def test_what_comes_again_without_a_number_may_be_the_answer_before() -> None:
    """Both questions are of one item: the answer of before would fit, and is not taken."""
    script = Script(answer(of_item(title="old")), damaged(of_item()), replay(of_item(title="old")))
    async with talking(script) as client:
        await client.ask(QUESTION)
        with pytest.raises(ReplyLost):
            await client.ask(QUESTION)


@pytest.mark.parametrize(
    "stranger",
    [
        lambda line: encode(lent().numbered(((number(line) or 0) + 9) % 10)),
        lambda line: encode(lent("another").numbered(number(line))),
        lambda line: encode(of_item().numbered(number(line))),
    ],
    ids=["other-number", "other-item", "other-message"],
)
async def test_an_answer_to_something_else_is_dropped(stranger: Callable[[bytes], bytes]) -> None:
    def both(line: bytes) -> bytes:
        return stranger(line) + answer(lent(title="right"))(line)

    async with talking(Script(both)) as client:
        assert (await client.ask(CHECKOUT)).text(f.TITLE) == "right"
        assert client.counts["late"] == 1


async def test_an_answer_that_lost_its_checksum_is_damaged() -> None:
    def tail_lost(line: bytes) -> bytes:
        return encode(lent(title="wrong").numbered(number(line))).replace(b"|AY", b"|BY")

    script = Script(tail_lost, replay(lent(title="right"), 0))
    async with talking(script) as client:
        assert (await client.ask(CHECKOUT)).text(f.TITLE) == "right"


async def test_a_system_without_checksums_is_heard() -> None:
    script = Script(lambda _: encode(lent(), is_checked=False))
    script.is_checked = False
    async with talking(script) as client:
        assert (await client.ask(CHECKOUT))[p.OK]


async def test_what_the_system_does_not_take_is_not_sent() -> None:
    script = Script(says=status("YNYYYYYYYYYYYYYY"))
    async with talking(script) as client:
        with pytest.raises(NotSupported, match="message 11"):
            await client.ask(CHECKOUT)
    assert script.lines == []


@pytest.mark.parametrize(
    ("tenths", "seconds"), [(999, SECONDS), (0, SECONDS), (1, SECONDS), (50, 5.0)]
)
async def test_a_time_out_is_never_shorter_than_the_profiles(tenths: int, seconds: float) -> None:
    async with talking(Script(says=status(timeout=tenths))) as client:
        found = await client.refresh()
        assert found.timeout_seconds == seconds
        assert found.is_online is (tenths != 0)


async def test_after_a_failure_waits_grow_and_nothing_is_sent_meanwhile() -> None:
    async with talking(Script()) as client:
        pass
    client = Sip2Client(client.account, wait_seconds=60.0)
    with pytest.raises(NotSent, match="cannot be reached"):
        await client.ask(QUESTION)
    began = asyncio.get_running_loop().time()
    with pytest.raises(NotSent, match="does not answer"):
        await client.ask(QUESTION)
    assert asyncio.get_running_loop().time() - began < 1
    assert client.counts["connections"] == 0


async def test_a_refused_account_is_told_with_what_to_do() -> None:
    script = Script()
    script.hear = lambda line: encode(  # type: ignore[method-assign]
        compose(Code.LOGIN_ANSWER, p.OK.of(False)).numbered(number(line))
    )
    async with talking(script) as client:
        with pytest.raises(NotSent, match="refuses the account 'kiosk': check its password"):
            await client.ask(QUESTION)
        assert "secret" not in repr(client.account)


async def test_a_request_that_is_cancelled_leaves_no_answer_for_the_next() -> None:
    script = Script(silence, answer(of_item()))
    async with talking(script) as client:
        await client.refresh()
        asking = asyncio.create_task(client.ask(CHECKOUT))
        async with asyncio.timeout(30):
            while not script.lines:  # noqa: ASYNC110
                await asyncio.sleep(0.005)
        asking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asking
        assert not client.is_open
        assert (await client.ask(QUESTION)).text(f.ITEM) == "i1"
        assert script.greetings == 2


async def test_an_idle_connection_is_kept_up_and_a_broken_one_opened_again() -> None:
    script = Script()
    async with talking(script) as client:
        client.account = replace(
            client.account, profile=replace(client.account.profile, idle_seconds=0)
        )
        running = asyncio.create_task(client.run())
        try:
            async with asyncio.timeout(30):
                while client.counts["connections"] < 1:  # noqa: ASYNC110
                    await asyncio.sleep(0.01)
                await client.close()
                while client.counts["connections"] < 2:  # noqa: ASYNC110
                    await asyncio.sleep(0.01)
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)


async def test_bytes_one_by_one_line_feeds_and_other_encodings_are_read() -> None:
    async with talking(Script(answer(of_item(title="论语")))) as client:
        client.account = replace(
            client.account, profile=replace(client.account.profile, encoding=Encoding.UTF_8)
        )
        assert (await client.ask(QUESTION)).text(f.TITLE) == "论语"
