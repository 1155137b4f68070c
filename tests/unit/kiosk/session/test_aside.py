"""Where a returned book is to be laid: every kind of alert in both languages, and none at all."""

import pytest

from contracts.sip2.codes import Alert
from kiosk.lending.effects import Finding, Looked
from kiosk.lending.machine import step
from kiosk.lending.slip import Aside, Ending, aside_of, ending_of, row_of
from kiosk.lending.transaction import Action, Stage, Transaction
from kiosk.session.aside import aside_text
from kiosk.session.events import FactsNow
from kiosk.session.screen import Lang
from kiosk.session.slip_text import slip_lines
from kiosk.session.state import Around
from tests.flows.desk import FACTS

LANGS: tuple[Lang, ...] = ("zh", "en")
AROUND = Around(facts=FactsNow(FACTS))


def returned(
    alert: str = "", bin_: str = "", destination: str = "", action: Action = Action.RETURN
) -> Transaction:
    return Transaction(
        "t1",
        "s1",
        action,
        "3100",
        ("E1",),
        0,
        title="红楼梦",
        stage=Stage.ILS_OK,
        is_accepted=True,
        alert=alert,
        bin=bin_,
        destination=destination,
    )


@pytest.mark.parametrize("alert", [one for one in Alert if one is not Alert.NONE])
def test_every_kind_of_alert_says_why_and_where(alert: Alert) -> None:
    plain = aside_text(Aside(alert), AROUND)
    boxed = aside_text(Aside(alert, "7", "library"), AROUND)
    for text in (plain, boxed):
        assert "{" not in text.zh + text.en
        assert "请" in text.zh
        assert "please" in text.en
    assert "7 号箱" in boxed.zh
    assert boxed.en.endswith("please lay it in bin 7")


def test_a_branch_is_called_by_its_name_and_an_unknown_one_as_the_library_does() -> None:
    named = aside_text(Aside(Alert.HOLD_ELSEWHERE, destination="library"), AROUND)
    assert named.zh.startswith("嘉定区图书馆有读者预约了这本书")
    assert named.en.startswith("It is reserved at Jiading Library:")
    assert "NJ-04" in aside_text(Aside(Alert.TRANSFER, destination="NJ-04"), AROUND).zh
    assert "another library" in aside_text(Aside(Alert.TRANSFER), Around()).en


@pytest.mark.parametrize(
    ("said", "aside"),
    [
        (("", "", ""), None),
        (("00", "", ""), None),
        (("", "", "library"), None),
        (("01", "", ""), Aside(Alert.HOLD_HERE)),
        (("04", "", "x"), Aside(Alert.TRANSFER, "", "x")),
        (("88", "", ""), Aside(Alert.OTHER)),
        (("", "3", ""), Aside(bin="3")),
    ],
    ids=["nothing", "none", "going home", "hold", "transfer", "unheard of", "a bin"],
)
def test_what_the_library_said_of_a_return(said: tuple[str, str, str], aside: Aside | None) -> None:
    assert aside_of(returned(*said)) == aside


def test_only_what_came_back_is_put_aside() -> None:
    assert aside_of(returned("01", action=Action.BORROW)) is None
    refused = Transaction(
        "t1", "s1", Action.RETURN, "3100", (), 0, stage=Stage.REFUSED, alert="01", refusal="no"
    )
    ending = ending_of(refused)
    assert ending is Ending.REFUSED
    assert row_of(refused, ending).aside is None


def test_the_slip_says_it_too() -> None:
    rows = (row_of(returned("01"), Ending.DONE),)
    zh, en = (slip_lines(rows, 0, "Asia/Shanghai", AROUND, lang)[-1] for lang in LANGS)
    assert "请放到预约架" in zh
    assert "please lay it on the holds shelf" in en


def test_an_answer_that_was_lost_is_made_up_for_by_a_look() -> None:
    sent = Transaction("t1", "s1", Action.RETURN, "3100", ("E1",), 0, stage=Stage.SENT)
    state, _ = step(sent, Looked(Finding.AVAILABLE, alert="01"), 0)
    assert aside_of(state) == Aside(Alert.HOLD_HERE)
