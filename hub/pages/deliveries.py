"""Deliveries: how channels fare, a test button for each, and what could not be delivered."""

from dataclasses import dataclass
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Request, Response
from starlette.concurrency import run_in_threadpool

from hub.access import Permission, Who
from hub.access.complaints import Complained, Complaint
from hub.delivery.desk import ChannelNow, Tested
from hub.delivery.reasons import Reason
from hub.delivery.told import Told
from hub.delivery.wording import number_of, title_of
from hub.pages.frame import LangQuery, go, minute_of, sentence, show
from hub.pages.words import Words
from hub.runtime import Hub
from hub.store.records.deliveries import DeliveryRecord
from hub.web import NumberInPath, RunningHub
from hub.web_access import Needs, form_of

router = APIRouter(prefix="/deliveries", include_in_schema=False)
KeepsDeliveries = Annotated[Who, Depends(Needs(Permission.DELIVERIES))]

MOST_ROWS: Final = 50
DONE: Final = {
    "retried": Words("已重新排队发送。", "It is tried anew."),
    "dropped": Words("已放弃，原因已记录。", "Given up; the reason is on record."),
}


@dataclass(frozen=True, slots=True)
class ChannelRow:
    """One channel as the page lists it."""

    id: str
    name: Words
    mark: str
    """Class of its state."""
    state: Words
    sent: str
    failed: str
    why: Words | None
    waiting: int
    dead: int
    is_used: bool


@dataclass(frozen=True, slots=True)
class LetterRow:
    """One dead letter as the page lists it."""

    id: int
    number: str
    at: str
    title: Words
    channel: Words
    why: Words
    tries: int
    can_retry: bool


@router.get("")
def show_deliveries(
    request: Request,
    hub: RunningHub,
    _who: KeepsDeliveries,
    *,
    done: str = "",
    lang: LangQuery = "zh",
) -> Response:
    """Return the channels and the dead letters."""
    return _page(request, hub, lang, done=DONE.get(done))


@router.post("/channels/{channel}/test")
async def send_test(
    channel: str, request: Request, hub: RunningHub, who: KeepsDeliveries, lang: LangQuery = "zh"
) -> Response:
    """Send a test message and show what became of it."""

    def send() -> Response:
        return _page(request, hub, lang, tested=(channel, hub.delivery.test(who, channel)))

    return await run_in_threadpool(send)


@router.post("/retry")
async def retry_all(hub: RunningHub, who: KeepsDeliveries, lang: LangQuery = "zh") -> Response:
    """Let every dead letter be tried anew."""
    await run_in_threadpool(hub.delivery.retry_all, who)
    return go("/deliveries", lang, done="retried")


@router.post("/{number}/retry")
async def retry(
    number: NumberInPath,
    request: Request,
    hub: RunningHub,
    who: KeepsDeliveries,
    lang: LangQuery = "zh",
) -> Response:
    """Let a dead letter be tried anew."""

    def write() -> Response:
        try:
            hub.delivery.retry(who, number)
        except Complained as error:
            return _page(request, hub, lang, complaint=error.complaint)
        return go("/deliveries", lang, done="retried")

    return await run_in_threadpool(write)


@router.post("/{number}/drop")
async def drop(
    number: NumberInPath,
    request: Request,
    hub: RunningHub,
    who: KeepsDeliveries,
    lang: LangQuery = "zh",
) -> Response:
    """Give up on a dead letter, with a reason."""
    form = await form_of(request)

    def write() -> Response:
        try:
            hub.delivery.drop(who, number, form.get("reason", [""])[0])
        except Complained as error:
            return _page(request, hub, lang, complaint=error.complaint)
        return go("/deliveries", lang, done="dropped")

    return await run_in_threadpool(write)


def _page(
    request: Request,
    hub: Hub,
    lang: LangQuery,
    *,
    done: Words | None = None,
    complaint: Complaint | None = None,
    tested: tuple[str, Tested] | None = None,
) -> Response:
    channels = hub.delivery.channels()
    names = {now.channel.id: _name(now) for now in channels}
    letters = hub.delivery.dead(MOST_ROWS + 1)
    result, is_bad = _result(names, tested) if tested else (None, False)
    return show(
        request,
        hub,
        "deliveries.html",
        lang,
        status=200 if complaint is None else 422,
        channels=[_channel(now) for now in channels],
        letters=[_letter(letter, names) for letter in letters[:MOST_ROWS]],
        more=len(letters) > MOST_ROWS,
        file=hub.config.alerts is not None,
        links=bool(hub.config.http.public_url),
        done=None if is_bad else result or done,
        error=result if is_bad else sentence(complaint),
    )


def _result(names: dict[str, Words], tested: tuple[str, Tested]) -> tuple[Words, bool]:
    channel, result = tested
    zh, en = names.get(channel, Words(channel, channel))
    if result.reason is None:
        return Words(
            f"{zh}：测试消息 {result.number} 已送达，用时 {result.milliseconds} 毫秒。",
            f"{en}: test message {result.number} arrived, after {result.milliseconds} ms.",
        ), False
    why = result.reason.words
    return Words(
        f"{zh}：测试消息 {result.number} 没有送达。{why.zh}。",
        f"{en}: test message {result.number} did not arrive: {why.en}.",
    ), True


def _name(now: ChannelNow) -> Words:
    return Words(now.channel.name_zh, now.channel.name_en)


def _channel(now: ChannelNow) -> ChannelRow:
    record = now.record
    if now.is_failing:
        mark, state = "breach", Words("发送失败", "failing")
    elif record.sent_ms:
        mark, state = "open", Words("正常", "works")
    else:
        mark, state = "unknown", Words("尚未发送过", "never used yet")
    return ChannelRow(
        now.channel.id,
        _name(now),
        mark,
        state,
        minute_of(record.sent_ms) if record.sent_ms else "",
        minute_of(record.failed_ms) if record.failed_ms else "",
        None if now.reason is None else _words(now.reason),
        record.waiting,
        record.dead,
        now.is_used,
    )


def _letter(letter: DeliveryRecord, names: dict[str, Words]) -> LetterRow:
    told = Told.from_json(letter.told)
    return LetterRow(
        letter.id,
        number_of(letter.id),
        minute_of(told.at_ms),
        Words(title_of(told, "zh"), title_of(told, "en")),
        names.get(letter.channel, Words(letter.channel, letter.channel)),
        _words(Reason.parse(letter.error)),
        letter.attempts,
        letter.channel in names,
    )


def _words(reason: Reason) -> Words:
    return Words(*reason.words)
