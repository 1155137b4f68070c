"""Items of several parts: a book with its disc is lent when all of its tags lie there."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from firmware_bridge.tags.content import TagContent


class Completeness(StrEnum):
    """Whether all parts of an item are there."""

    COMPLETE = "complete"
    INCOMPLETE = "incomplete"
    CHECK = "check"
    """The tags do not tell: somebody has to look."""


@dataclass(frozen=True, slots=True)
class ItemParts:
    """One item and its tags in the field. `present` and `missing` are part numbers, in order."""

    item_id: str
    owner: str
    parts: int
    present: tuple[int, ...]
    missing: tuple[int, ...]
    completeness: Completeness
    tags: tuple[TagContent, ...]


def group_parts(contents: Iterable[TagContent]) -> list[ItemParts]:
    """Return the items of these tags, in the order of their first tags; patron cards are left out.

    A tag that names no number of parts is taken for its item, complete, when it is the only one:
    most of those on shelves were written so.
    """
    items: dict[tuple[str, str], list[TagContent]] = {}
    for content in contents:
        if not content.is_patron_card:
            items.setdefault((content.item_id, content.owner), []).append(content)
    return [_item(tags) for tags in items.values()]


def _item(tags: list[TagContent]) -> ItemParts:
    parts = max(tag.parts for tag in tags)
    numbers = sorted(tag.part for tag in tags)
    agree = all(tag.parts == parts for tag in tags)
    is_numbered = len(set(numbers)) == len(numbers) and numbers[0] > 0 and numbers[-1] <= parts
    missing: tuple[int, ...] = ()
    if len(tags) == 1 and parts <= 1:
        completeness = Completeness.COMPLETE
    elif not (agree and is_numbered):
        completeness = Completeness.CHECK
    else:
        missing = tuple(number for number in range(1, parts + 1) if number not in numbers)
        completeness = Completeness.INCOMPLETE if missing else Completeness.COMPLETE
    first = tags[0]
    return ItemParts(
        first.item_id, first.owner, parts, tuple(numbers), missing, completeness, tuple(tags)
    )
