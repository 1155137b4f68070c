"""Every file for spreadsheets: no text is a formula, and numbers stay numbers."""

import csv
import io
from collections.abc import Iterator
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.access import Role
from hub.api.export import cell
from hub.spreadsheet import harmless
from tests.attacks.doors import ask, doors
from tests.attacks.served import API, A, AttackedHub, B, furnished, tell

FORMULAS: Final = (
    "=1+1", "+1+1", "-1+1", "@SUM(1)", "\t=1+1", "\r=1+1", "\n=1+1", " =1+1", "＝1+1", "＋1", "－1",
    "＠SUM(1)", "\u3000=1", "\ufeff=1", "\u200b=1", '=HYPERLINK("http://evil.example","x")',
    "=cmd|' /C calc'!A0", "-2+3+cmd|' /C calc'!A0", "@A1", '";=1+1', '=1+1","=2', "%0A=1",
    "'=1+1", "==1",
)  # fmt: skip
BEGINS: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
EXPORTS: Final = [d for d in doors() if d.is_safe and d.path.endswith(".csv")]


def is_formula(value: str) -> bool:
    """Tell whether a spreadsheet would reckon with a text; a plain number is none."""
    text = value.lstrip(" \u3000\ufeff\u200b\u00a0")
    return text.startswith(BEGINS) and not is_number(value)


def is_number(value: str) -> bool:
    try:
        float(value)
    except ValueError:
        return False
    return value.isascii()


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AttackedHub]:
    with furnished(tmp_path_factory.mktemp("formulas")) as opened:
        yield opened


def test_every_export_is_known() -> None:
    """One that is added has to be looked at here; there is none in another format."""
    assert {door.path for door in EXPORTS} == {
        f"{API}/venues/{{venue}}/history/{{table}}.csv",
        f"{API}/verdicts.csv",
        f"{API}/feedback.csv",
        f"{API}/rooms/journal.csv",
        f"{API}/series/{{venue}}/{{node}}/{{name}}.csv",
        f"{API}/evidence/{{venue}}/{{node}}/{{source}}.csv",
        "/audit.csv",
    }


def test_no_cell_of_any_export_is_a_formula(served: AttackedHub) -> None:
    with served.caller("admin") as client:
        for n, text in enumerate(FORMULAS):
            body = {"occupancy": n, "reason": text or "x"}
            made = client.post(f"{API}/venues/{A}/head-counts", json=body)
            assert made.status_code in {201, 422}
            told = {"label": text, "scope": ["alerts.read"]}
            assert client.post(f"{API}/tokens", json=told).status_code in {201, 422}
        served.hub.office.directory.create(
            served.hub.office.entrance.nobody, "plain", Role.ADMIN, [], "heron wades in water"
        )
        for door in EXPORTS:
            answer = ask(client, "GET", door.place())
            assert answer.status == 200, (str(door), answer.text[:200])
            assert "attachment" in answer.headers["content-disposition"]
            rows = list(csv.reader(io.StringIO(answer.text.removeprefix("\ufeff"), newline="")))
            assert rows, str(door)
            found = [value for row in rows for value in row if is_formula(value)]
            assert not found, (str(door), found)
            assert len({len(row) for row in rows}) == 1, "a text has made a row or a column"


def test_what_visitors_write_is_none(served: AttackedHub) -> None:
    with served.caller("admin") as client:
        for n, text in enumerate(FORMULAS):
            tell(served, B, served.clock(), text, f"k{n}")
        answer = ask(client, "GET", f"{API}/feedback.csv")
        rows = list(csv.reader(io.StringIO(answer.text.removeprefix("\ufeff"), newline="")))
        assert len(rows) > len(FORMULAS)
        assert not [value for row in rows for value in row if is_formula(value)]


@given(st.text(max_size=12), st.sampled_from(FORMULAS))
def test_no_text_comes_out_as_one(before: str, formula: str) -> None:
    for text in (before, formula, f"{before}{formula}", f" {formula}{before}"):
        told = harmless(text)
        assert not is_formula(told) or is_number(told)
        assert told in {text, f"'{text}"}, "nothing else of it is changed"


@pytest.mark.parametrize("number", [-1, -0.5, 0, 3, -1e-9, 12345678901234])
def test_numbers_stay_numbers(number: float) -> None:
    assert cell(number) == number
    assert float(str(cell(number))) == number


@pytest.mark.parametrize("text", ["清点 3 人", "plain", "a-b", "1+1", "x@y.example", "3", "12:30"])
def test_plain_texts_stay_as_they_are(text: str) -> None:
    assert harmless(text) == text
