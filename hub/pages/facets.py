"""The filters of the board as a form shows them: options with their words and counts. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from hub.pages.filters import FACETS, Choice, Facts, counts
from hub.pages.words import FACET_NAMES, LEVELS, OPTIONS, Words, kind_words


@dataclass(frozen=True, slots=True)
class Option:
    """One value that can be chosen; an empty value is all of them."""

    value: str
    words: Words
    count: int
    is_chosen: bool


@dataclass(frozen=True, slots=True)
class Facet:
    """One thing that venues are chosen by."""

    name: str
    words: Words
    options: tuple[Option, ...]


def build_facets(venues: Sequence[Facts], choice: Choice) -> list[Facet]:
    """Return the filters, each option with how many venues it would leave."""
    counted = counts(venues, choice)
    facets = []
    for name in FACETS:
        chosen = getattr(choice, name)
        # What was asked for stays an option, also where no venue has it any more.
        present = {getattr(venue, name) for venue in venues} | {chosen}
        words = {"": OPTIONS["all"], **_words(name, present)}
        options = [
            Option(value, text, counted[name][value], value == chosen)
            for value, text in words.items()
        ]
        facets.append(Facet(name, FACET_NAMES[name], tuple(options)))
    return facets


def _words(name: str, present: set[str]) -> dict[str, Words]:
    if name == "kind":
        return {kind: kind_words(kind) for kind in sorted(present - {""})}
    if name == "level":
        return {level: words for level, words in LEVELS.items() if level in present}
    return {
        value.removeprefix(f"{name}."): words
        for value, words in OPTIONS.items()
        if value.startswith(f"{name}.")
    }
