"""What a terminal gets lent, renewed, taken back; over a real socket, with a clock that is told."""

import pytest

from link.errors import StoreUnavailable
from tests.unit.hub.library.terminal import BLANK, DATE, HERE, THERE, Clock, Library, Terminal

DUE = "20261227    235959"
LATER = "20270124    235959"


def test_a_loan_from_shelf_to_shelf(kiosk: Terminal) -> None:
    assert kiosk.item("B3").fixed[2:4] == "03"
    lent = kiosk.checkout("P1", "B3")
    assert lent.fixed[:6] == "121NNY"
    assert (lent["AA"], lent["AB"], lent["AJ"], lent["AH"]) == ("P1", "B3", "书目 3", DUE)
    assert lent["AF"] == "借阅成功"
    shown = kiosk.item("B3")
    assert (shown.fixed[2:4], shown["AH"], shown["AP"]) == ("04", DUE, HERE)
    assert "P1" not in shown.line
    assert kiosk.patron("P1", "  Y").all("AU") == ["B3"]
    back = kiosk.checkin("B3")
    assert (back.fixed[:6], back["AQ"]) == ("101YNN", HERE)
    assert kiosk.item("B3").fixed[2:4] == "03"
    assert kiosk.patron("P1", "  Y").fixed[45:49] == "0000"
    # To set a bit once more is safe, whatever the answer.
    assert kiosk.checkin("B3").fixed[:4] == "100Y"


def test_an_item_that_one_already_has(kiosk: Terminal) -> None:
    kiosk.checkout("P1", "B3")
    again = kiosk.checkout("P1", "B3")
    assert (again.fixed[:6], again["AH"], again["AF"]) == ("120YUN", DUE, "您已借阅此文献")
    renewed = kiosk.checkout("P1", "B3", policy="Y")
    assert (renewed.fixed[:6], renewed["AH"]) == ("121YNY", LATER)
    assert kiosk.patron("P1").fixed[45:49] == "0001"
    assert kiosk.checkout("P2", "B3")["AF"] == "此文献已被他人借出，请交给工作人员"


def test_one_renewal_and_no_second_one(kiosk: Terminal) -> None:
    kiosk.checkout("P1", "B3")
    renewed = kiosk.renew("P1", "B3")
    assert (renewed.fixed[:6], renewed["AH"]) == ("301YNY", LATER)
    again = kiosk.renew("P1", "B3")
    assert (again.fixed[:3], again["AF"], again["AH"]) == ("300", "已达到续借次数上限", LATER)
    assert kiosk.renew("P2", "B3")["AF"] == "此文献不在您的名下"
    assert kiosk.renew("P2", "B4")["AF"] == "此文献不在借出状态"
    assert kiosk.renew("P2", "none")["AF"] == "未找到此文献，请交给工作人员"


def test_a_renewal_by_title(kiosk: Terminal) -> None:
    kiosk.checkout("P1", "B3")
    answer = kiosk.ask(f"29NN{DATE}{BLANK}AOjd|AAP1|AJ书目 3|AC|")
    assert (answer.fixed[:3], answer["AB"]) == ("301", "B3")


def test_renewing_all_that_can_be(kiosk: Terminal) -> None:
    for item in ("B3", "B4", "B5"):
        kiosk.checkout("P1", item)
    kiosk.renew("P1", "B4")
    kiosk.hold("P2", "B5")
    answer = kiosk.ask(f"65{DATE}AOjd|AAP1|AC|")
    assert answer.fixed[:11] == "66100010002"
    assert (answer.all("BM"), sorted(answer.all("BN"))) == (["B3"], ["B4", "B5"])


def test_late_returns_cost_and_block_and_are_paid(kiosk: Terminal, clock: Clock) -> None:
    kiosk.checkout("P1", "B3")
    clock.pass_days(31)
    late = kiosk.patron("P1", " Y")
    assert (late.fixed[2], late.fixed[8], late.all("AT")) == ("Y", "Y", ["B3"])
    assert kiosk.checkout("P1", "B4")["AF"] == "有逾期文献，请先归还"
    back = kiosk.checkin("B3")
    # Due on 27 December, back on the 30th: 0.20 yuan a day.
    assert back.all("AF")[1] == "逾期费用：0.60 元"
    fines = kiosk.patron("P1", "   Y")
    assert (fines["BV"], fines.fixed[49:53]) == ("0.60", "0001")
    number, amount, _, kind, title = fines["AV"].split(maxsplit=4)
    assert (amount, kind, title) == ("0.60", "04", "书目 3")
    assert kiosk.checkout("P1", "B4").fixed[2] == "1"
    for given in ("0.61", "x", "0", "-1"):
        assert kiosk.pay("P1", given).fixed[2] == "N"
    assert kiosk.pay("P1", "0.50", currency="USD")["AF"] == "只接受人民币"
    assert kiosk.pay("P1", "0.50", more="CG999|").fixed[2] == "N"
    paid = kiosk.pay("P1", "0.50", more=f"CG{number}|BKpay-1|")
    assert (paid.fixed[2], paid["BK"]) == ("Y", "pay-1")
    # The same transaction id pays once; another payment may not borrow it.
    assert kiosk.pay("P1", "0.50", more="BKpay-1|").fixed[2] == "Y"
    assert kiosk.pay("P1", "0.10", more="BKpay-1|").fixed[2] == "N"
    assert kiosk.patron("P1")["BV"] == "0.10"
    assert kiosk.pay("P1", "0.1").fixed[2] == "Y"
    assert kiosk.patron("P1")["BV"] == "0.00"


def test_a_book_drop_dates_a_return_back(kiosk: Terminal, clock: Clock) -> None:
    kiosk.checkout("P1", "B3")
    clock.pass_days(30)
    kiosk.ask(f"09N{DATE}20261227    200000AP|AOjd|ABB3|AC|")
    assert kiosk.patron("P1")["BV"] == "0.00"


def test_borrowed_here_returned_there(library: Library, kiosk: Terminal) -> None:
    kiosk.checkout("P1", "B3")
    with library.terminal("kiosk-far") as far:
        back = far.checkin("B3")
        assert (back.fixed[2:6], back["CV"], back["CT"]) == ("1YNY", "04", HERE)
        going = far.item("B3")
        assert (going.fixed[2:4], going["CT"], going["AP"]) == ("10", HERE, THERE)
    arrived = kiosk.checkin("B3")
    assert (arrived.fixed[2:6], arrived["CT"]) == ("1YNN", "")
    assert kiosk.item("B3").fixed[2:4] == "03"


def test_a_hold_from_queue_to_shelf_to_patron(library: Library, kiosk: Terminal) -> None:
    kiosk.checkout("P1", "B3")
    first = kiosk.hold("P2", "B3")
    assert (first.fixed[:4], first["BR"], first["BS"]) == ("161N", "1", HERE)
    second = kiosk.hold("P3", "B3", more=f"BS{THERE}|")
    assert (second["BR"], second["BS"]) == ("2", THERE)
    assert kiosk.hold("P2", "B3")["AF"] == "您已预约此文献"
    assert kiosk.hold("P1", "B3")["AF"] == "您已借阅此文献"
    assert kiosk.hold("P2", "B4", more="BSnowhere|")["AF"] == "没有此取书地点"
    assert kiosk.item("B3")["CF"] == "2"
    assert kiosk.patron("P2", "     Y").all("CD") == ["书目 3"]
    assert kiosk.renew("P1", "B3")["AF"] == "此文献已被预约"
    back = kiosk.checkin("B3")
    assert (back.fixed[2:6], back["CV"], back["CT"]) == ("1YNY", "01", "")
    # Who brings it back sees neither whose it was nor who waits.
    assert "P1" not in back.line
    assert "P2" not in back.line
    shelf = kiosk.item("B3")
    assert (shelf.fixed[2:4], shelf["CM"][:8]) == ("08", "20261206")
    assert kiosk.patron("P2", "Y").all("AS") == ["B3"]
    assert kiosk.checkout("P3", "B3")["AF"] == "此文献已被预约"
    assert kiosk.checkout("P2", "B3").fixed[2] == "1"
    elsewhere = kiosk.checkin("B3")
    assert (elsewhere["CV"], elsewhere["CT"]) == ("02", THERE)
    with library.terminal("kiosk-far") as far:
        assert far.checkin("B3")["CV"] == "01"
        assert far.checkout("P3", "B3").fixed[2] == "1"
    assert kiosk.patron("P3").fixed[37:41] == "0000"


def test_a_hold_is_changed_and_cancelled(kiosk: Terminal) -> None:
    kiosk.checkout("P1", "B3")
    kiosk.hold("P2", "B3")
    changed = kiosk.hold("P2", "B3", "*", more=f"BS{THERE}|BW20261201    235959|")
    assert (changed["BS"], changed["BW"]) == (THERE, "20261201    235959")
    assert kiosk.hold("P3", "B3", "*").fixed[2] == "0"
    assert kiosk.hold("P2", "B3", "-").fixed[2] == "1"
    assert kiosk.hold("P2", "B3", "-")["AF"] == "没有此预约"
    assert kiosk.checkin("B3").fixed[2:6] == "1YNN"


def test_any_copy_fulfils_a_hold_unless_one_is_named(kiosk: Terminal) -> None:
    kiosk.checkout("P1", "B1")
    kiosk.hold("P2", "B1", more="BY3|")
    kiosk.checkout("P3", "B2")
    assert kiosk.checkin("B2").fixed[2:6] == "1YNN"
    assert kiosk.checkin("B1")["CV"] == "01"


def test_a_hold_whose_time_is_over(library: Library, kiosk: Terminal, clock: Clock) -> None:
    kiosk.checkout("P1", "B3")
    kiosk.hold("P2", "B3")
    kiosk.checkin("B3")
    clock.pass_days(8)
    library.keep()
    assert kiosk.item("B3").fixed[2:4] == "03"
    assert kiosk.checkout("P3", "B3").fixed[2] == "1"


def test_the_next_in_the_queue_gets_a_copy_whose_hold_is_over(
    library: Library, kiosk: Terminal, clock: Clock
) -> None:
    kiosk.checkout("P1", "B3")
    kiosk.hold("P2", "B3")
    kiosk.hold("P3", "B3")
    kiosk.checkin("B3")
    clock.pass_days(8)
    library.keep()
    shelf = kiosk.item("B3")
    # On the shelf from today on, for another week.
    assert (shelf.fixed[2:4], shelf["CM"][:8]) == ("08", "20261214")
    assert kiosk.patron("P2", "Y").all("AS") == []
    assert kiosk.patron("P3", "Y").all("AS") == ["B3"]
    assert kiosk.checkout("P2", "B3")["AF"] == "此文献已被预约"
    # Who gives up passes it on, too: to where the next one fetches it.
    assert kiosk.hold("P1", "B3", more=f"BS{THERE}|").fixed[2] == "1"
    assert kiosk.hold("P3", "B3", "-").fixed[2] == "1"
    assert kiosk.item("B3").fixed[2:4] == "10"
    with library.terminal("kiosk-far") as far:
        assert far.checkin("B3")["CV"] == "01"
        assert far.checkout("P1", "B3").fixed[2] == "1"


def test_limits_of_a_patron(tmp_path_factory: pytest.TempPathFactory) -> None:
    with Library(tmp_path_factory.mktemp("many"), items=20) as many, many.terminal() as kiosk:
        for n in range(1, 11):
            assert kiosk.checkout("P1", f"B{n}").fixed[2] == "1", n
        assert kiosk.checkout("P1", "B11")["AF"] == "已达到可借数量上限"
        status = kiosk.patron("P1", "  Y", more="BP3|BQ5|")
        assert status.fixed[7] == "Y"
        assert len(status.all("AU")) == 3
        for n in range(1, 6):
            assert kiosk.hold("P2", f"B{n + 2}").fixed[2] == "1", n
        assert kiosk.hold("P2", "B9")["AF"] == "已达到可预约数量上限"


def test_undoing_a_loan_and_a_return(kiosk: Terminal, library: Library, clock: Clock) -> None:
    kiosk.checkout("P1", "B3")
    with library.terminal("kiosk-2") as other:
        assert other.checkin("B3", more="BIY|").fixed[2] == "0"
    undone = kiosk.checkin("B3", more="BIY|")
    assert (undone.fixed[2], undone["AF"]) == ("1", "操作已撤销")
    assert kiosk.item("B3").fixed[2:4] == "03"
    assert kiosk.patron("P1").fixed[45:49] == "0000"
    kiosk.checkout("P1", "B3")
    clock.pass_days(31)
    kiosk.checkin("B3")
    undone = kiosk.checkout("P1", "B3", more="BIY|")
    # The bit stays as it is.
    assert (undone.fixed[:6], undone["AH"]) == ("121NNN", DUE)
    assert kiosk.patron("P1", "  Y").all("AU") == ["B3"]
    assert kiosk.patron("P1")["BV"] == "0.00"
    assert kiosk.checkout("P2", "B4", more="BIY|").fixed[2] == "0"


def test_undoing_a_loan_gives_the_hold_back(kiosk: Terminal) -> None:
    kiosk.checkout("P1", "B3")
    kiosk.hold("P2", "B3")
    kiosk.checkin("B3")
    kiosk.checkout("P2", "B3")
    assert kiosk.checkin("B3", more="BIY|").fixed[2] == "1"
    assert kiosk.item("B3").fixed[2:4] == "08"
    assert kiosk.patron("P2", "Y").all("AS") == ["B3"]


class TestOffLine:
    """No-block: it has happened already, and is recorded whatever stands against it, once."""

    def out(self, kiosk: Terminal, patron: str, item: str, at: str, more: str = "") -> str:
        due = "20261220    235959"
        said = kiosk.ask(f"11NY202611{at}{due}AOjd|AA{patron}|AB{item}|AC|{more}")
        return said.fixed[2] + said["AH"]

    def back(self, kiosk: Terminal, item: str, at: str) -> str:
        return kiosk.ask(f"09Y202611{at}202611{at}AP|AOjd|AB{item}|AC|").fixed[2]

    def test_time_and_promised_due_date_are_kept(self, kiosk: Terminal) -> None:
        assert self.out(kiosk, "P1", "B3", "27    100000") == "120261220    235959"
        assert kiosk.item("B3")["AH"] == "20261220    235959"

    def test_who_is_blocked_has_it_all_the_same(self, kiosk: Terminal) -> None:
        kiosk.ask(f"01N{DATE}AOjd|ALx|AAP1|AC|")
        assert kiosk.checkout("P1", "B3").fixed[2] == "0"
        assert self.out(kiosk, "P1", "B3", "27    100000")[0] == "1"

    def test_what_was_never_returned_is_returned_and_lent(self, kiosk: Terminal) -> None:
        assert self.out(kiosk, "P1", "B3", "26    100000")[0] == "1"
        assert self.out(kiosk, "P2", "B3", "27    100000")[0] == "1"
        assert kiosk.patron("P1").fixed[45:49] == "0000"
        assert kiosk.patron("P2", "  Y").all("AU") == ["B3"]

    def test_a_journal_that_is_uploaded_again_changes_nothing(self, kiosk: Terminal) -> None:
        for _ in range(3):
            assert self.out(kiosk, "P1", "B3", "24    100000", "BKt-1|")[0] == "1"
            assert self.back(kiosk, "B3", "25    100000") == "1"
            assert self.out(kiosk, "P2", "B3", "26    100000", "BKt-2|")[0] == "1"
            assert kiosk.patron("P1").fixed[45:49] == "0000"
            assert kiosk.patron("P2", "  Y").all("AU") == ["B3"]

    def test_a_loan_that_is_told_after_its_return_is_history(self, kiosk: Terminal) -> None:
        kiosk.checkout("P2", "B3")
        kiosk.checkin("B3")
        assert self.out(kiosk, "P1", "B3", "24    100000", "BKt-1|")[0] == "1"
        assert kiosk.item("B3").fixed[2:4] == "03"
        assert kiosk.patron("P1").fixed[45:49] == "0000"

    def test_an_old_return_ends_no_newer_loan(self, kiosk: Terminal) -> None:
        kiosk.checkout("P1", "B3")
        assert self.back(kiosk, "B3", "25    100000") == "1"
        assert kiosk.item("B3").fixed[2:4] == "04"

    def test_a_renewal_is_recorded_once(self, kiosk: Terminal) -> None:
        self.out(kiosk, "P1", "B3", "24    100000", "BKt-1|")
        for _ in range(2):
            said = kiosk.ask("29NY20261125    10000020270117    235959AOjd|AAP1|ABB3|AC|BKt-2|")
            assert (said.fixed[:4], said["AH"]) == ("301Y", "20270117    235959")
        self.back(kiosk, "B3", "26    100000")
        late = kiosk.ask("29NY20261125    10000020270117    235959AOjd|AAP1|ABB3|AC|BKt-2|")
        assert late.fixed[:6] == "301YNN"
        assert kiosk.item("B3").fixed[2:4] == "03"
        assert kiosk.ask(f"29NY20261127    100000{BLANK}AOjd|AAP1|ABB3|AC|").fixed[2] == "0"

    def test_a_transaction_id_is_carried_out_once(self, kiosk: Terminal) -> None:
        assert kiosk.checkout("P1", "B3", more="BKt-9|").fixed[:4] == "121N"
        again = kiosk.checkout("P1", "B3", more="BKt-9|", policy="Y")
        assert (again.fixed[:4], again["AH"], again["BK"]) == ("121N", DUE, "t-9")

    def test_what_nobody_knows_is_refused(self, kiosk: Terminal) -> None:
        assert self.out(kiosk, "P1", "none", "27    100000")[0] == "0"
        assert self.out(kiosk, "none", "B3", "27    100000")[0] == "0"


def test_an_item_that_may_not_leave(library: Library, kiosk: Terminal) -> None:
    with library.records.writing() as connection:
        connection.exec_driver_sql("UPDATE items SET is_loanable = 0 WHERE barcode = 'B3'")
        connection.exec_driver_sql("UPDATE items SET security = '01' WHERE barcode = 'B4'")
    assert kiosk.checkout("P1", "B3")["AF"] == "此文献不外借"
    # What has no marker needs none cleared.
    assert kiosk.checkout("P1", "B4").fixed[:6] == "121NNN"


def test_an_item_is_lent_once_whatever_the_code_believes(library: Library, kiosk: Terminal) -> None:
    kiosk.checkout("P1", "B3")
    with library.records.writing() as connection:
        connection.exec_driver_sql("UPDATE items SET state = 'available' WHERE barcode = 'B3'")
    assert kiosk.checkout("P2", "B3")["AF"] == "此文献已被他人借出，请交给工作人员"
    with (
        pytest.raises(StoreUnavailable, match="UNIQUE constraint failed"),
        library.records.writing() as connection,
    ):
        connection.exec_driver_sql(
            "INSERT INTO loans (item, patron, out_ms, due_ms, renewals, out_branch, out_terminal,"
            " `transaction`, back_terminal) SELECT item, 2, 0, 0, 0, '', '', '', '' FROM loans"
        )


def test_a_history_without_names(library: Library, kiosk: Terminal, clock: Clock) -> None:
    kiosk.checkout("P1", "B3")
    kiosk.checkin("B3")
    kiosk.checkout("P1", "B4")
    clock.pass_days(181)
    library.keep()
    with library.records.reading() as connection:
        rows = connection.exec_driver_sql("SELECT patron, back_ms FROM loans ORDER BY id").all()
        answers = connection.exec_driver_sql("SELECT count(*) FROM terminal_answers").scalar()
    assert rows[0][0] is None
    assert rows[1] == (1, None)
    assert answers == 0
