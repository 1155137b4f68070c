"""One row of a CSV file as a patron or an item, and back. What is wrong with it is one sentence."""

import re
from collections.abc import Mapping
from datetime import date
from typing import Final

from contracts.sip2.codes import Media, Security
from hub.store.records.stock import ItemRow, PatronRow

PATRON_COLUMNS: Final = (
    *("card", "name", "pin", "address", "email", "phone", "birth_date", "class", "internet"),
    *("home_branch", "blocks", "expires", "unstaffed"),
)
ITEM_COLUMNS: Final = (
    *("barcode", "title", "author", "owner", "home_branch", "media", "kind", "call_number"),
    *("security_marker", "loanable"),
)
_ALIASES: Final = {
    "e_mail": "email",
    "birthdate": "birth_date",
    "internet_flag": "internet",
    "media_type": "media",
    "callnumber": "call_number",
    "security": "security_marker",
    "item_type": "kind",
    "patron_class": "class",
    "expiry": "expires",
}
_MEDIA: Final = {media.name.lower().replace("_", " "): media for media in Media}
_SECURITY: Final = {
    **{marker.name.lower().replace("_", "-"): marker for marker in Security},
    "rfid": Security.OTHER,
}
_YES: Final = frozenset({"y", "yes", "1", "true", "是"})
_NO: Final = frozenset({"n", "no", "0", "false", "否"})
_MOST: Final = 255
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_FORMULA: Final = re.compile(r"'?\s*[=+\-@＝＋－＠]")


def column(name: str) -> str:
    """Return the name of a column as it is known: any case, blanks or dashes, some other words."""
    plain = re.sub(r"[\s-]+", "_", name.strip().lower())
    return _ALIASES.get(plain, plain)


def guarded(value: str) -> str:
    """Return a text with a `'` before it if a spreadsheet would take it for a formula."""
    return f"'{value}" if _FORMULA.match(value) else value


def patron_of(row: Mapping[str, str]) -> tuple[PatronRow, str]:
    """Return a patron and their PIN, empty where the list has none.

    Raises ValueError: which column, and what is wrong with it.
    """
    cells = _Cells(row)
    return (
        PatronRow(
            card=cells.text("card", is_needed=True),
            name=cells.text("name", is_needed=True),
            category=cells.text("class") or "adult",
            address=cells.text("address"),
            email=cells.text("email"),
            phone=cells.text("phone"),
            born_on=cells.day("birth_date"),
            has_internet=cells.truth("internet", default=False),
            home_branch=cells.text("home_branch"),
            blocks=cells.text("blocks"),
            expires_on=cells.day("expires"),
            agreed_on=cells.day("unstaffed") if "unstaffed" in row else None,
        ),
        cells.text("pin"),
    )


def item_of(row: Mapping[str, str]) -> ItemRow:
    """Return an item. Raises ValueError: which column, and what is wrong with it."""
    cells = _Cells(row)
    media = cells.chosen("media", _MEDIA, Media, Media.BOOK)
    return ItemRow(
        barcode=cells.text("barcode", is_needed=True),
        title=cells.text("title", is_needed=True),
        author=cells.text("author"),
        owner=cells.text("owner"),
        home_branch=cells.text("home_branch"),
        media=media,
        category=cells.text("kind") or Media(media).name.lower(),
        call_number=cells.text("call_number"),
        security=cells.chosen("security_marker", _SECURITY, Security, Security.OTHER),
        is_loanable=cells.truth("loanable", default=True),
    )


def written(row: PatronRow | ItemRow) -> tuple[str, ...]:
    """Return the cells of a patron (the PIN empty) or an item, in the order of the columns."""
    if isinstance(row, PatronRow):
        return (
            *(row.card, row.name, "", row.address, row.email, row.phone, row.born_on),
            *(row.category, "ny"[row.has_internet], row.home_branch, row.blocks, row.expires_on),
            row.agreed_on or "",
        )
    return (
        *(row.barcode, row.title, row.author, row.owner, row.home_branch, row.media),
        *(row.category, row.call_number, row.security, "ny"[row.is_loanable]),
    )


class _Cells:
    """Reads the cells of one row."""

    def __init__(self, row: Mapping[str, str]) -> None:
        self._row = row

    def text(self, name: str, *, is_needed: bool = False) -> str:
        value = (self._row.get(name) or "").strip()
        if value.startswith("'") and _FORMULA.match(value):
            value = value[1:]
        if is_needed and not value:
            raise ValueError(f"{name} is empty")
        if len(value) > _MOST:
            raise ValueError(f"{name} has {len(value)} characters; the most is {_MOST}")
        if _CONTROL.search(value) or "|" in value:
            raise ValueError(f"{name} has a character that cannot be sent to a terminal")
        return value

    def day(self, name: str) -> str:
        value = self.text(name)
        digits = re.sub(r"[-/.年月日]", "-", value).strip("-")
        if re.fullmatch(r"\d{8}", digits):
            digits = f"{digits[:4]}-{digits[4:6]}-{digits[6:]}"
        parts = digits.split("-")
        if not value:
            return ""
        try:
            year, month, day = map(int, parts)
            return date(year, month, day).isoformat()
        except (ValueError, OverflowError):
            raise ValueError(f"{name} is {value!r}, and no day: write 1987-05-31") from None

    def truth(self, name: str, *, default: bool) -> bool:
        value = self.text(name).lower()
        if not value:
            return default
        if value not in _YES | _NO:
            raise ValueError(f"{name} is {value!r}: write y or n")
        return value in _YES

    def chosen(
        self,
        name: str,
        words: Mapping[str, str],
        codes: type[Media] | type[Security],
        default: str,
    ) -> str:
        value = self.text(name).lower()
        if not value:
            return str(default)
        found = words.get(value, value)
        if found not in [code.value for code in codes]:
            known = ", ".join(f"{code} {word}" for word, code in words.items())
            raise ValueError(f"{name} is {value!r}; there are {known}")
        return str(found)
