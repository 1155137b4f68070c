"""Lists of patrons and items as CSV files that no program should have written."""

import random
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from hub.errors import ConfigError
from hub.library.files import Kind, Office
from hub.library.rows import ITEM_COLUMNS, PATRON_COLUMNS
from hub.store.records import Records
from tests.accounts import CHEAP
from tests.fuzz.campaign import sentence
from tests.fuzz.mutations import _TEXTS, damaged

PATRONS = (
    ",".join(PATRON_COLUMNS)
    + "\r\nP1,李雷,1234,塔城路 1 号,p1@example.org,021-1,1987-05-31,adult,y,museum,,2027-01-01\r\n"
    + 'P2,"Wang, Fang",,,,,19900101,child,n,,overdue,\r\n'
)
ITEMS = (
    ";".join(ITEM_COLUMNS)
    + "\r\nB1;论语译注;杨伯峻;jd;museum;book;book;B222/1;rfid;y\r\n"
    + 'B2;"三国; 上";;;;001;;;00;n\r\n'
)
CELLS = (
    *(
        "=1+1",
        "'=1+1",
        "@x",
        "\t=1",
        "+86",
        "-5",
        '"',
        '""',
        '"a',
        'a"b',
        "a\x85b",
        "a\x0bb",
        "a\x1cb",
    ),
    *("1987-02-30", "0000-00-00", "1987年5月31日", "99991231", "١٩٨٧-٠٥-٣١", "x" * 300, "书" * 255),
    *("a|b", "a\nb", "\ud800", "\x00", "magazine", "999", "是", "maybe", "x" * 140_000),
)
KINDS: dict[Kind, str] = {"patrons": PATRONS, "items": ITEMS}


def a_list(dice: random.Random, kind: Kind) -> bytes:
    """Return a file of one to thirty rows, something wrong in some of them."""
    sound = KINDS[kind]
    head, *rows = sound.splitlines()
    mark = ";" if kind == "items" else ","
    lines = [head]
    for _ in range(dice.choice((1, 1, 2, 3, 30))):
        cells = dice.choice(rows).split(mark)
        for _ in range(dice.choice((0, 1, 1, 2))):
            at = dice.randrange(len(cells))
            match dice.randrange(5):
                case 0:
                    del cells[at]
                    cells.append("")
                case 1:
                    cells.insert(at, "")
                case 2:
                    cells[at] = dice.choice(_TEXTS)
                case _:
                    cells[at] = dice.choice(CELLS[:-1]) if dice.random() < 0.995 else CELLS[-1]
        lines.append(mark.join(cells))
    text = dice.choice(("\r\n", "\n", "\r")).join(lines) + "\n"
    encoding = dice.choice(("utf-8", "utf-8", "utf-8-sig", "gb18030", "utf-16"))
    data = text.encode(encoding, "replace")
    if dice.random() < 0.3:
        data = damaged(dice, data, (sound.encode(),))
    return data


class Unwritten:
    """Records that take all rows, and keep none."""

    def pin_hashes(self, cards: Iterable[str]) -> dict[str, str]:
        """Return no hashes: every PIN is new."""
        del cards
        return {}

    def put_patrons(self, rows: Iterable[object]) -> Counter[str]:
        """Take rows."""
        return Counter(added=len(list(rows)))

    put_items = put_patrons


class AtTheOffice:
    """Imports lists into the records of a library, a good one now and then."""

    def __init__(self, records: Records, folder: Path) -> None:
        self._office = Office(records, CHEAP)
        self._light = Office(records, CHEAP)
        self._light._stock = Unwritten()  # type: ignore[assignment]
        self._file = folder / "list.csv"
        self._goods = 0

    def feed(self, dice: random.Random, number: int) -> str:
        """Import one bad list."""
        if number % 50 == 0:
            self.good()
        kind: Kind = "items" if number % 2 else "patrons"
        content = a_list(dice, kind)
        self._file.write_bytes(content)
        try:
            # What reads them is the same; a hundred thousand commits would try the database alone.
            office = self._light if number // 2 % 10 else self._office
            report = office.take(kind, self._file)
        except ConfigError as error:
            sentence(error)
            return "no list"
        except Exception as error:
            raise AssertionError(f"{kind}: {error!r} of {content[:3000]!r}") from error
        for told in report.refused:
            sentence(ValueError(told))
            assert ": line" in told, told
        return "some refused" if report.refused else "taken"

    def good(self) -> None:
        """Import a sound list: every row of it is there."""
        self._goods += 1
        rows = [f"G{self._goods}-{n},读者 {n}" for n in range(3)]
        self._file.write_text("card,name\n" + "\n".join(rows) + "\n", "utf-8")
        report = self._office.take("patrons", self._file)
        assert (report.added, report.refused) == (3, [])


@contextmanager
def an_office(folder: Path) -> Iterator[AtTheOffice]:
    """Open the records of a library of its own."""
    with Records(folder / "records.db") as records, records.kept_open():
        yield AtTheOffice(records, folder)
