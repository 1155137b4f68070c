"""Offline transactions as Koha takes them by hand: a `.koc` file. Pure.

    Version=1.0<TAB>Generator=…<TAB>GeneratorVersion=…
    2026-11-29 10:15:00 250<TAB>issue<TAB>CARD<TAB>BARCODE
    2026-11-29 10:16:00 000<TAB>return<TAB>BARCODE

Times are local. Source: the wiki of Koha; its offline module takes each file as often as it is
handed in, so that a file has a name by its content and is handed in once.
"""

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo

from kiosk.lending.transaction import Action, Transaction

GENERATOR = "kaiguan"
_CONTROL = re.compile(r"[\x00-\x1f\x7f]+")


@dataclass(frozen=True, slots=True)
class KocFile:
    """A file for Koha: its name tells its content, `digest` is what the journal knows it by."""

    name: str
    digest: str
    content: bytes
    rows: tuple[Transaction, ...]


def koc_file(transactions: Iterable[Transaction], zone: tzinfo, version: str) -> KocFile:
    """Return the file of what waits for upload, in the order in which it happened.

    Renewals have no row in this form and are left out. The same rows give the same file.
    """
    rows = tuple(
        sorted(
            (one for one in transactions if one.waits_for_upload and one.action in _VERBS),
            key=lambda one: (one.accepted_at_ms, one.id),
        )
    )
    head = f"Version=1.0\tGenerator={GENERATOR}\tGeneratorVersion={version}"
    content = "".join(f"{line}\r\n" for line in (head, *(_line(one, zone) for one in rows)))
    digest = hashlib.sha256(content.encode()).hexdigest()
    day = _time(rows[0].accepted_at_ms, zone).strftime("%Y%m%d") if rows else "empty"
    return KocFile(f"{GENERATOR}-{day}-{digest[:8]}.koc", digest, content.encode(), rows)


def _line(one: Transaction, zone: tzinfo) -> str:
    at = _time(one.accepted_at_ms, zone)
    stamp = f"{at:%Y-%m-%d %H:%M:%S} {at.microsecond // 1000:03}"
    card = (one.patron,) if one.action is Action.BORROW else ()
    parts = (stamp, _VERBS[one.action], *card, one.item_id)
    return "\t".join(_CONTROL.sub(" ", part) for part in parts)


def _time(at_ms: int, zone: tzinfo) -> datetime:
    whole = datetime.fromtimestamp(at_ms // 1000, UTC).astimezone(zone)
    return whole.replace(microsecond=at_ms % 1000 * 1000)


_VERBS = {Action.BORROW: "issue", Action.RETURN: "return"}
