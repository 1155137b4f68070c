"""Lists of cards for kiosks that may be alone: who may not borrow, who may enter a room."""

import secrets
from datetime import date, datetime
from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, Field

from contracts.blocked_cards import hash_card
from hub.access import Permission, Who
from hub.api.deps import known_parameters
from hub.api.problems import PROBLEMS
from hub.store.records.lending import LendingRecords
from hub.web import RunningHub
from hub.web_access import Needs

router = APIRouter(
    prefix="/api/v1/circulation/cards",
    responses=PROBLEMS,
    dependencies=[Depends(known_parameters)],
)

ReadsCards = Annotated[Who, Depends(Needs(Permission.CARDS))]
SALT_BYTES = 24


class BlockedCardsOut(BaseModel):
    """What `contracts.blocked_cards` reads: no number of a card is in it."""

    at_ms: Annotated[int, Field(description="when it was made, Unix ms")]
    salt: Annotated[str, Field(description="another one each time")]
    blocked: Annotated[
        list[str],
        Field(description="first 16 hexadecimal digits of HMAC-SHA256(salt, number of the card)"),
    ]


class DoorCardsOut(BaseModel):
    """What `contracts.door_cards` reads: no number of a card is in it, and no date of birth."""

    at_ms: Annotated[int, Field(description="when it was made, Unix ms")]
    salt: Annotated[str, Field(description="another one each time")]
    until: Annotated[
        dict[str, str],
        Field(description="by the card's hash, as above: its last day, empty where there is none"),
    ]


@router.get("/blocked", summary="Cards that may not borrow, as salted hashes")
def blocked(hub: RunningHub, _who: ReadsCards) -> BlockedCardsOut:
    """Return the lost, ended and blocked cards of the embedded library system."""
    at_ms = hub.live.at_ms
    today = datetime.fromtimestamp(at_ms / 1000, ZoneInfo(hub.config.circulation.timezone)).date()
    with hub.records.reading() as connection:
        numbers = LendingRecords(connection).blocked_cards(today)
    salt = secrets.token_urlsafe(SALT_BYTES)
    # Sorted by hash: the order of the numbers would tell something of them.
    hashes = sorted({hash_card(salt, number) for number in numbers})
    return BlockedCardsOut(at_ms=at_ms, salt=salt, blocked=hashes)


@router.get("/door", summary="Cards that open an unstaffed room, as salted hashes")
def door(
    hub: RunningHub,
    _who: ReadsCards,
    min_age: Annotated[int, Query(ge=0, le=120, description="whole years; 0: of any age")] = 0,
    classes: Annotated[
        list[str] | None, Query(description="of these classes alone", max_length=50)
    ] = None,
    agreed: Annotated[bool, Query(description="only of those who agreed to the rules")] = True,
) -> DoorCardsOut:
    """Return the good cards of those who may enter, by the rules that the room asks with."""
    at_ms = hub.live.at_ms
    today = datetime.fromtimestamp(at_ms / 1000, ZoneInfo(hub.config.circulation.timezone)).date()
    born_until = None if not min_age else years_before(today, min_age)
    with hub.records.reading() as connection:
        found = LendingRecords(connection).door_cards(
            today, born_until, frozenset(classes or ()), agreed=agreed
        )
    salt = secrets.token_urlsafe(SALT_BYTES)
    hashes = {hash_card(salt, number): until for number, until in found}
    return DoorCardsOut(at_ms=at_ms, salt=salt, until=dict(sorted(hashes.items())))


def years_before(day: date, years: int) -> date:
    """Return the last day on which somebody was born who is so many years old on a day."""
    # Who was born on 29 February has their birthday on 1 March in other years.
    try:
        return day.replace(year=day.year - years)
    except ValueError:
        return day.replace(year=day.year - years, day=28)
