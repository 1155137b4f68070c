"""Lists in and out: what is taken, what is told, what a spreadsheet must not run."""

import csv
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.errors import ConfigError
from hub.library.files import Office
from hub.library.rows import guarded, patron_of
from hub.store.records import LendingRecords, Records
from tests.accounts import CHEAP
from tests.integration.hub.running import command

PATRONS = """\
card,name,PIN,address,e-mail,phone,birth date,class,internet flag,home branch,blocks
210001,张三,1234,塔城路 1 号,z@example.org,021-5953,1987-05-31,adult,y,jd,
210002,李四,,,,,1990/1/2,child,n,jd,staff: two cards
"""
ITEMS = """\
barcode,title,author,owner,home branch,media type,call number,security marker,loanable
3100001,论语译注,杨伯峻,jd,jd,book,B222.2/1,rfid,y
3100002,论语译注,杨伯峻,jd,jd,001,B222.2/1,,
3100003,上海词典,,jd,jd,book and cd,Z3,none,n
"""


@pytest.fixture
def records(tmp_path: Path) -> Iterator[Records]:
    with Records(tmp_path / "records.db") as records:
        yield records


@pytest.fixture
def office(records: Records) -> Office:
    return Office(records, CHEAP)


def a_file(folder: Path, text: str, encoding: str = "utf-8") -> Path:
    path = folder / "list.csv"
    path.write_bytes(text.encode(encoding))
    return path


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_patrons_in(office: Office, records: Records, tmp_path: Path, encoding: str) -> None:
    report = office.take("patrons", a_file(tmp_path, PATRONS, encoding))
    assert (report.added, report.refused) == (2, [])
    with records.reading() as connection:
        book = LendingRecords(connection)
        first, second = book.patron("210001"), book.patron("210002")
    assert first is not None
    assert second is not None
    assert (first.name, first.born_on, first.has_internet) == ("张三", "1987-05-31", True)
    assert CHEAP.verify(first.pin_hash, "1234")
    assert (second.category, second.blocks, second.pin_hash) == ("child", "staff: two cards", None)
    assert second.born_on == "1990-01-02"


def test_items_in(office: Office, records: Records, tmp_path: Path) -> None:
    report = office.take("items", a_file(tmp_path, ITEMS))
    assert (report.added, report.refused) == (3, [])
    with records.reading() as connection:
        book = LendingRecords(connection)
        one, two, three = (book.item(f"310000{n}") for n in (1, 2, 3))
    assert one is not None
    assert two is not None
    assert three is not None
    assert one.work == two.work
    assert (three.media, three.security, three.is_loanable) == ("009", "01", False)
    assert three.category == "book_and_cd"


def test_a_second_time_changes_nothing(office: Office, tmp_path: Path) -> None:
    for kind, text in (("patrons", PATRONS), ("items", ITEMS)):
        path = a_file(tmp_path, text)
        office.take(kind, path)  # type: ignore[arg-type]
        again = office.take(kind, path)  # type: ignore[arg-type]
        assert (again.added, again.changed) == (0, 0)
    changed = a_file(tmp_path, PATRONS.replace("1234", "8888").replace("李四", "李五"))
    assert office.take("patrons", changed).changed == 2


def test_bad_rows_are_told_and_the_rest_goes_on(office: Office, tmp_path: Path) -> None:
    text = (
        "barcode,title,media,loanable\n"
        ",nothing,,\n"
        "1,fine,,\n"
        "\n"
        "2,two,scroll,\n"
        "3,three,,perhaps\n"
        f"4,{'x' * 300},,\n"
        "5,a|b,,\n"
        "6,also fine\n"
    )
    path = a_file(tmp_path, text)
    report = office.take("items", path)
    assert report.added == 2
    assert [sentence.removeprefix(f"{path}: ")[:40] for sentence in report.refused] == [
        "line 2: barcode is empty",
        "line 5: media is 'scroll'; there are 000",
        "line 6: loanable is 'perhaps': write y o",
        "line 7: title has 300 characters; the mo",
        "line 8: title has a character that canno",
    ]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "there is no column 'barcode'"),
        ("title\n", "there is no column 'barcode'"),
        ("barcode,title,colour\n", "'colour' is no column; items have barcode, title"),
    ],
)
def test_what_is_no_list(office: Office, tmp_path: Path, text: str, sentence: str) -> None:
    with pytest.raises(ConfigError, match=sentence):
        office.take("items", a_file(tmp_path, text))


def test_days_as_people_write_them() -> None:
    for written in ("1987-05-31", "1987/5/31", "1987.5.31", "19870531", "1987年5月31日"):
        row, _ = patron_of({"card": "1", "name": "n", "birth_date": written})
        assert row.born_on == "1987-05-31"
    with pytest.raises(ValueError, match=r"birth_date is '31\.5\.87', and no day"):
        patron_of({"card": "1", "name": "n", "birth_date": "31.5.87"})


def test_out_and_in_again(office: Office, records: Records, tmp_path: Path) -> None:
    office.take("patrons", a_file(tmp_path, PATRONS.replace("张三", "=1+1")))
    out = tmp_path / "out.csv"
    assert office.give("patrons", out) == 2
    with out.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert (rows[0]["name"], rows[0]["pin"]) == ("'=1+1", "")
    assert "argon2" not in out.read_text("utf-8-sig")
    again = office.take("patrons", out)
    assert (again.unchanged, again.changed, again.refused) == (2, 0, [])
    with records.reading() as connection:
        patron = LendingRecords(connection).patron("210001")
        assert patron is not None
        assert patron.name == "=1+1"
    with pytest.raises(ConfigError, match="writes over nothing"):
        office.give("patrons", out)


@given(st.text(st.characters(exclude_categories=["C"], exclude_characters="|"), min_size=1))
def test_what_is_guarded_is_no_formula_and_comes_back(text: str) -> None:
    value = text.strip()[:200].strip()
    shown = guarded(value)
    assert shown.lstrip()[:1] not in set("=+-@")
    if value:
        assert patron_of({"card": shown, "name": "n"})[0].card == value


class TestCommands:
    @pytest.fixture
    def config(self, tmp_path: Path) -> str:
        path = tmp_path / "hub.toml"
        path.write_text('data_dir = "data"\n')
        return str(path)

    def test_import_and_export(self, config: str, tmp_path: Path) -> None:
        path = a_file(tmp_path, ITEMS + ",x,,,,,,,\n")
        done = command("circulation", "import", "items", str(path), "--config", config)
        assert done.exit_code == 1
        assert "line 5: barcode is empty" in done.stderr
        assert "items: 3 added, 0 changed, 0 unchanged, 1 refused" in done.stdout
        out = tmp_path / "out.csv"
        done = command("circulation", "export", "items", str(out), "--config", config)
        assert (done.exit_code, out.read_text("utf-8-sig").count("\n")) == (0, 4)

    def test_terminals(self, config: str) -> None:
        made = command(
            "circulation", "terminal", "add", "k-1", "--branch", "jd", "--config", config
        )
        assert "password: " in made.stdout
        listed = command("circulation", "terminal", "list", "--config", config)
        assert listed.stdout == "k-1: jd, utf-8, zh\n"
        assert (
            command("circulation", "terminal", "revoke", "k-1", "--config", config).exit_code == 0
        )
        listed = command("circulation", "terminal", "list", "--config", config)
        assert listed.stdout == "k-1: jd, utf-8, zh, revoked\n"
        again = command("circulation", "terminal", "revoke", "k-1", "--config", config)
        assert (again.exit_code, again.stderr[:24]) == (1, "there is no terminal 'k-")
        bad = command("circulation", "terminal", "add", "K 1", "--branch", "jd", "--config", config)
        assert (bad.exit_code, "is not a name" in bad.stderr) == (2, True)
        assert "audit" not in bad.stdout
