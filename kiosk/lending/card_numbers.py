"""How a card's number comes of what a reader read. Pure."""

import re
from dataclasses import dataclass
from typing import Literal

Rule = Literal["as_read", "decimal", "decimal_reversed"]


@dataclass(frozen=True, slots=True)
class CardRule:
    """`pattern` is what a number looks like; its group `number`, if it has one, is the number."""

    rule: Rule = "as_read"
    pattern: str = ""

    def number_of(self, text: str) -> str | None:
        """Return the number, None for what is no card of ours."""
        number = _converted(self.rule, text.strip())
        if number is None or not number or not number.isprintable():
            return None
        if not self.pattern:
            return number
        found = re.fullmatch(self.pattern, number)
        if found is None:
            return None
        return str(found.groupdict().get("number") or number)


def _converted(rule: Rule, text: str) -> str | None:
    if rule == "as_read":
        return text
    try:
        uid = bytes.fromhex(text)
    except ValueError:
        return None
    value = int.from_bytes(uid, "little" if rule == "decimal_reversed" else "big")
    return f"{value:010}"
