"""Deliveries: how channels fare, a test message, and what could not be delivered."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, ConfigDict, Field

from hub.access import Permission, Who
from hub.api.deps import known_parameters
from hub.api.models import instant, maybe
from hub.api.problems import PROBLEMS
from hub.delivery.desk import REASON_LENGTH, ChannelNow, Tested
from hub.delivery.reasons import Reason
from hub.delivery.told import Told
from hub.delivery.wording import number_of
from hub.store.records.deliveries import DeliveryRecord
from hub.web import MOST_NUMBER, NumberInPath, RunningHub
from hub.web_access import Needs

router = APIRouter(
    prefix="/api/v1/deliveries", responses=PROBLEMS, dependencies=[Depends(known_parameters)]
)

KeepsDeliveries = Annotated[Who, Depends(Needs(Permission.DELIVERIES))]


class WhyOut(BaseModel):
    """Why a message did not arrive."""

    code: str
    zh: str
    en: str

    @classmethod
    def of(cls, reason: Reason) -> "WhyOut":
        """Return a reason as the API tells it."""
        return cls(code=str(reason), zh=reason.words.zh, en=reason.words.en)


class ChannelOut(BaseModel):
    """A channel and how it fares; its URL is told to nobody."""

    id: str
    name_zh: str
    name_en: str
    language: str
    per_minute: int
    is_used: Annotated[bool, Field(description="a route leads to it")]
    is_failing: Annotated[bool, Field(description="nothing arrived since a try failed")]
    waiting: int
    dead: int
    last_sent: datetime | None
    last_failed: datetime | None
    last_error: WhyOut | None

    @classmethod
    def of(cls, now: ChannelNow) -> "ChannelOut":
        """Return a channel as the API tells it."""
        return cls(
            id=now.channel.id,
            name_zh=now.channel.name_zh,
            name_en=now.channel.name_en,
            language=now.channel.language,
            per_minute=now.channel.per_minute,
            is_used=now.is_used,
            is_failing=now.is_failing,
            waiting=now.record.waiting,
            dead=now.record.dead,
            last_sent=maybe(now.record.sent_ms),
            last_failed=maybe(now.record.failed_ms),
            last_error=None if now.reason is None else WhyOut.of(now.reason),
        )


class TestedOut(BaseModel):
    """What became of a test message."""

    number: str
    is_sent: bool
    milliseconds: int
    error: WhyOut | None

    @classmethod
    def of(cls, tested: Tested) -> "TestedOut":
        """Return it as the API tells it."""
        return cls(
            number=tested.number,
            is_sent=tested.reason is None,
            milliseconds=tested.milliseconds,
            error=None if tested.reason is None else WhyOut.of(tested.reason),
        )


class DeadLetterOut(BaseModel):
    """A delivery that was given up."""

    id: int
    number: Annotated[str, Field(description="as its message calls it")]
    channel: str
    alert: str
    step: str
    kind: str
    severity: str
    venue: str | None
    zh: str
    en: str
    happened: datetime
    tries: int
    last_failed: datetime | None
    error: WhyOut

    @classmethod
    def of(cls, letter: DeliveryRecord) -> "DeadLetterOut":
        """Return a dead letter as the API tells it."""
        told = Told.from_json(letter.told)
        return cls(
            id=letter.id,
            number=number_of(letter.id),
            channel=letter.channel,
            alert=letter.alert,
            step=told.step,
            kind=told.kind,
            severity=told.severity,
            venue=told.venue or None,
            zh=told.zh,
            en=told.en,
            happened=instant(told.at_ms),
            tries=letter.attempts,
            last_failed=maybe(letter.failed_ms),
            error=WhyOut.of(Reason.parse(letter.error)),
        )


class Dropping(BaseModel):
    """Why somebody gives up on a dead letter."""

    model_config = ConfigDict(extra="forbid")

    reason: Annotated[str, Field(min_length=1, max_length=REASON_LENGTH)]


@router.get("/channels", summary="How the channels to people fare")
def list_channels(hub: RunningHub, _who: KeepsDeliveries) -> list[ChannelOut]:
    """Return every channel in the order of the file."""
    return [ChannelOut.of(now) for now in hub.delivery.channels()]


@router.post("/channels/{channel}/test", summary="Send a test message by a channel")
def test_channel(channel: str, hub: RunningHub, who: KeepsDeliveries) -> TestedOut:
    """Send it at once; answer what became of it, after the channel's time-out at the latest."""
    return TestedOut.of(hub.delivery.test(who, channel))


@router.get("/dead", summary="What could not be delivered")
def list_dead_letters(
    hub: RunningHub,
    _who: KeepsDeliveries,
    before: Annotated[
        int | None, Query(ge=1, le=MOST_NUMBER, description="older than this id")
    ] = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> list[DeadLetterOut]:
    """Return dead letters, newest first."""
    return [DeadLetterOut.of(letter) for letter in hub.delivery.dead(limit, before)]


@router.post("/dead/{number}/retry", summary="Try a dead letter anew", status_code=204)
def retry_dead_letter(number: NumberInPath, hub: RunningHub, who: KeepsDeliveries) -> None:
    """Let it be tried as if it were new."""
    hub.delivery.retry(who, number)


@router.post("/dead/{number}/drop", summary="Give up on a dead letter", status_code=204)
def drop_dead_letter(
    number: NumberInPath, told: Dropping, hub: RunningHub, who: KeepsDeliveries
) -> None:
    """Take it off the list; who, when and why stay on record."""
    hub.delivery.drop(who, number, told.reason)
