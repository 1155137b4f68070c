"""What lies on the pad: which items can be lent or returned, and why others cannot. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum

from firmware_bridge.readers.port import SecurityState
from firmware_bridge.readers.tag_access import TagRead
from firmware_bridge.tags import (
    Completeness,
    ItemParts,
    TagContent,
    Unreadable,
    Usage,
    group_parts,
)

USUAL_USAGES: frozenset[Usage | None] = frozenset(
    {
        Usage.CIRCULATING,
        Usage.ACQUISITION,
        Usage.LOCAL_3,
        Usage.LOCAL_4,
        Usage.NO_INFORMATION,
        None,
    }
)
"""Types of usage that are lent; the others are for use here, discarded, equipment or cards."""


class Obstacle(StrEnum):
    """Why nothing is sent for what lies there."""

    BLANK = "blank"
    FOREIGN = "foreign"
    DAMAGED = "damaged"
    UNKNOWN = "unknown"
    PATRON_CARD = "patron_card"
    OTHER_LIBRARY = "other_library"
    NOT_FOR_LOAN = "not_for_loan"
    INCOMPLETE = "incomplete"
    """Parts of the item are missing: `missing` has their numbers."""
    CHECK = "check"
    """Its tags contradict each other: somebody has to look."""


@dataclass(frozen=True, slots=True)
class ItemRules:
    """Which items a kiosk takes. `owners` are ISILs; without any, those of every library."""

    owners: frozenset[str] = frozenset()
    usages: frozenset[Usage | None] = USUAL_USAGES


@dataclass(frozen=True, slots=True)
class PadItem:
    """An item that lies there whole. `off_uids` are its tags whose security bit is off."""

    item_id: str
    owner: str
    title: str
    uids: tuple[str, ...]
    off_uids: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Obstructed:
    """Tags for which nothing is sent, and why."""

    uids: tuple[str, ...]
    obstacle: Obstacle
    item_id: str = ""
    missing: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class OnPad:
    """Everything on the pad, in the order in which it was laid down."""

    items: tuple[PadItem, ...] = field(default=())
    obstructed: tuple[Obstructed, ...] = field(default=())

    def confirmed(self, item_ids: Iterable[str]) -> tuple[PadItem, ...]:
        """Return those items that the patron saw and confirmed; what came later is not there."""
        wanted = frozenset(item_ids)
        return tuple(item for item in self.items if item.item_id in wanted)


USUAL_RULES = ItemRules()


def sort_pad(reads: Iterable[TagRead], rules: ItemRules = USUAL_RULES) -> OnPad:
    """Return what can be done with these tags. An item of several parts is whole or obstructed."""
    reads = tuple(reads)
    obstructed: list[Obstructed] = []
    good: dict[int, TagRead] = {}
    for read in reads:
        obstacle = _obstacle(read, rules)
        if obstacle is None and isinstance(read.content, TagContent):
            good[id(read.content)] = read
        elif obstacle is not None:
            item_id = read.content.item_id if isinstance(read.content, TagContent) else ""
            obstructed.append(Obstructed((read.uid,), obstacle, item_id))
    items: list[PadItem] = []
    for parts in group_parts(
        read.content for read in good.values() if isinstance(read.content, TagContent)
    ):
        tags = [good[id(content)] for content in parts.tags]
        if parts.completeness is Completeness.COMPLETE:
            items.append(_item(parts, tags))
        else:
            incomplete = parts.completeness is Completeness.INCOMPLETE
            obstructed.append(
                Obstructed(
                    tuple(tag.uid for tag in tags),
                    Obstacle.INCOMPLETE if incomplete else Obstacle.CHECK,
                    parts.item_id,
                    parts.missing,
                )
            )
    return OnPad(tuple(items), tuple(obstructed))


def _item(parts: ItemParts, tags: list[TagRead]) -> PadItem:
    title = next((content.title for content in parts.tags if content.title), "")
    return PadItem(
        parts.item_id,
        parts.owner,
        title,
        tuple(tag.uid for tag in tags),
        frozenset(tag.uid for tag in tags if tag.security is SecurityState.OFF),
    )


def _obstacle(read: TagRead, rules: ItemRules) -> Obstacle | None:
    content = read.content
    if isinstance(content, Unreadable):
        return Obstacle(content.reason.value)
    if content.is_patron_card:
        return Obstacle.PATRON_CARD
    if rules.owners and content.owner not in rules.owners:
        return Obstacle.OTHER_LIBRARY
    return None if content.usage in rules.usages else Obstacle.NOT_FOR_LOAN
