"""What the audit log says of a change: who, when, what, before, after. Pure.

Every write of a person goes into it, in the transaction of the change itself:

    with records.writing() as connection:
        ...                                                    # the change
        append(connection, entry(who, now_ms, "venue.hours", venue, before, after))

`append` stands in `hub.store.records.audit`.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from hub.access import Who

SUBJECT_LENGTH: Final = 120
_SECRET_FIELD: Final = re.compile(r"password|secret|hash|csrf|private|credential", re.IGNORECASE)
_SECRET_VALUE: Final = re.compile(r"\$argon2|kgn_[\w-]{20}|PRIVATE KEY")

Facts = Mapping[str, Any]
"""Plain values by name, as they can stand in JSON."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One change; `before` and `after` hold only what differs, None where there was nothing."""

    at_ms: int
    who: str
    via: str
    action: str
    """What was done, `thing.verb`: account.created, session.ended."""
    subject: str
    """To which one."""
    before: Facts | None = None
    after: Facts | None = None


def entry(
    who: Who,
    at_ms: int,
    action: str,
    subject: str,
    before: Facts | None = None,
    after: Facts | None = None,
) -> Entry:
    """Return the entry of a change. Raises ValueError when a secret would stand in it."""
    if before is not None and after is not None:
        before, after = (
            {key: value for key, value in before.items() if after.get(key, ...) != value},
            {key: value for key, value in after.items() if before.get(key, ...) != value},
        )
    for facts in (before, after):
        for key, value in (facts or {}).items():
            if _SECRET_FIELD.search(key) or _SECRET_VALUE.search(str(value)):
                raise ValueError(f"{action}: {key!r} looks like a secret: it may not be logged")
    return Entry(at_ms, who.name, who.via, action, subject[:SUBJECT_LENGTH], before, after)
