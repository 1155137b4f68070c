"""The line itself: log-in, checksums, repetition, limits, and what a hub that ends leaves."""

import itertools
import re
import socket
import ssl
import threading
from pathlib import Path

import pytest
from structlog.testing import capture_logs

import hub.library.server as server_module
from contracts.sip2.codes import SUPPORT_ORDER
from hub.errors import ConfigError
from hub.library.handlers import HANDLERS, SUPPORTED, WRITES
from hub.library.terminals import TerminalDesk
from hub.sections import Sip2Section
from link.errors import StoreUnavailable
from tests.accounts import CHEAP, TESTER
from tests.integration.hub.running import until
from tests.integration.hub.test_hardened import a_certificate
from tests.unit.hub.library.terminal import BLANK, DATE, PASSWORD, Clock, Library, Said, Terminal

numbers = itertools.count(10)


def fresh() -> tuple[str, str]:
    """Return a patron and an item of the shared library that no other test has."""
    number = next(numbers)
    return f"P{number}", f"B{number}"


class TestSayingHello:
    def test_the_status_says_what_there_is(self, terminal: Terminal) -> None:
        answer = terminal.ask("9908002.00")
        assert re.fullmatch(r"98YYYYYY100003\d{8}    \d{6}2\.00", answer.fixed)
        assert (answer["AO"], answer["AM"], answer["BX"]) == ("jd", "嘉定区", "Y" * 16)

    def test_everything_that_bx_promises_has_an_answer(self, terminal: Terminal) -> None:
        assert SUPPORTED == "Y" * 16
        assert set(HANDLERS) > WRITES
        for said, (_, codes) in zip(SUPPORTED, SUPPORT_ORDER, strict=True):
            handled = {"93", "99", "96", "97", *HANDLERS}
            assert (said == "Y") == set(codes).issubset(handled)

    def test_status_before_log_in(self, shared: Library) -> None:
        with Terminal(shared.server.port) as terminal:
            assert terminal.ask("9908002.00").line.startswith("98Y")

    def test_nothing_else_before_log_in(self, shared: Library) -> None:
        with Terminal(shared.server.port) as terminal:
            assert terminal.checkout("P1", "B1").fixed[:6] == "120NUN"
            assert terminal.checkin("B1").fixed[:4] == "100N"
            told = terminal.patron("P1")
            assert (told.fixed[:16], told["AE"], told["BL"]) == ("64YYYY          ", "", "N")
            assert terminal.item("B1").fixed[:4] == "1801"
            assert terminal.log_in() == "941"
            assert terminal.item("B1").fixed[:4] == "1803"

    def test_three_wrong_log_ins_are_borne(self, shared: Library) -> None:
        with Terminal(shared.server.port) as terminal:
            for wrong in ("", "x", PASSWORD + " "):
                assert terminal.log_in(password=wrong) == "940"
            assert terminal.log_in() == "941"
        with Terminal(shared.server.port) as terminal:
            for _ in range(4):
                assert terminal.log_in("nobody") == "940"
            assert terminal.is_closed()

    def test_no_other_algorithm_than_none(self, shared: Library) -> None:
        with Terminal(shared.server.port) as terminal:
            assert terminal.ask(f"9310CNkiosk-1|CO{PASSWORD}|").line[:3] == "940"

    def test_a_revoked_terminal(self, library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("hub.library.session.LOOK_AGAIN_SECONDS", 0.0)
        with library.terminal() as kiosk:
            assert kiosk.checkout("P1", "B3").fixed[2] == "1"
            TerminalDesk(library.records, CHEAP, library.clock).revoke(TESTER, "kiosk-1")
            assert kiosk.checkout("P1", "B4")["AF"] == "终端尚未登录，请联系工作人员"
            assert kiosk.log_in() == "940"


class TestTheLine:
    @pytest.mark.parametrize("end", [b"\r", b"\n", b"\r\n"])
    @pytest.mark.parametrize("by_bytes", [False, True])
    def test_every_end_of_line_and_byte_by_byte(
        self, shared: Library, end: bytes, by_bytes: bool
    ) -> None:
        patron, item = fresh()
        with shared.terminal(end=end, by_bytes=by_bytes) as terminal:
            assert terminal.checkout(patron, item).fixed[2] == "1"
            assert terminal.checkin(item).fixed[2] == "1"

    def test_two_requests_in_one_piece(self, terminal: Terminal) -> None:
        first = terminal.line(f"17{DATE}AOjd|ABB1|", 1)
        second = terminal.line(f"17{DATE}AOjd|ABB2|", 2)
        terminal.socket.sendall(first + b"\r" + second + b"\r")
        assert "ABB1|" in terminal.read()
        assert "ABB2|" in terminal.read()

    def test_gb18030(self, shared: Library) -> None:
        patron, item = fresh()
        with shared.terminal("kiosk-gb", encoding="gb18030") as terminal:
            assert terminal.checkout(patron, item)["AF"] == "借阅成功"
            assert terminal.ask(f"19{DATE}AOjd|AB{item}|CH封面破损|")["CH"] == "封面破损"
        with shared.terminal() as terminal:
            assert terminal.item(item)["CH"] == "封面破损"

    def test_without_sequence_number_and_checksum(self, shared: Library) -> None:
        patron, item = fresh()
        with Terminal(shared.server.port) as terminal:
            assert terminal.ask_raw(f"9300CNkiosk-1|CO{PASSWORD}|".encode()) == "941"
            lent = terminal.ask_raw(f"11NN{DATE}{BLANK}AOjd|AA{patron}|AB{item}|AC|".encode())
            assert lent.startswith("121N")
            answer = terminal.ask_raw(f"17{DATE}AOjd|AB{item}|AC|".encode())
            assert answer.startswith("1804")
            assert answer.endswith("|")

    def test_a_checkout_that_lost_its_trailer_on_the_way_lends_nothing(
        self, shared: Library
    ) -> None:
        patron, item = fresh()
        with Terminal(shared.server.port) as terminal:
            # A log-in may begin without.
            assert terminal.ask_raw(f"9300CNkiosk-1|CO{PASSWORD}|".encode()) == "941"
            before = shared.server.worker.counts["refused"]
            assert terminal.item(item).fixed[2:4] == "03"
            line = terminal.line(f"11NN{DATE}{BLANK}AOjd|AA{patron}|AB{item}|AC|", 5)
            begins = line.rindex(b"AY5AZ")
            cuts = range(begins - len("|AC|"), len(line))
            for cut in cuts:
                assert terminal.ask_raw(line[:cut]) == "96AZ", line[:cut]
                assert terminal.item(item).fixed[2:4] == "03"
            assert shared.server.worker.counts["refused"] == before + len(cuts)
            # Whole, it is no repetition of what was never done.
            assert terminal.ask_raw(line).startswith("121N")
        # Another connection of the same terminal may do without again.
        with Terminal(shared.server.port) as terminal:
            assert terminal.ask_raw(f"9300CNkiosk-1|CO{PASSWORD}|".encode()) == "941"
            assert terminal.ask_raw(f"17{DATE}AOjd|AB{item}|AC|".encode()).startswith("1804")

    def test_where_checksums_may_stop(self, tmp_path: Path) -> None:
        with (
            Library(tmp_path, may_checksums_stop=True) as library,
            library.terminal() as terminal,
        ):
            assert terminal.ask_raw(f"17{DATE}AOjd|ABB1|AC|".encode()).startswith("1803")

    def test_a_bad_checksum_asks_again_and_does_nothing(self, terminal: Terminal) -> None:
        patron, item = fresh()
        line = terminal.line(f"11NN{DATE}{BLANK}AOjd|AA{patron}|AB{item}|AC|", 5)
        assert terminal.ask_raw(line[:-1] + b"!") != ""
        assert terminal.ask_raw(line[:-4] + b"0000") == "96AZ"
        assert terminal.item(item).fixed[2:4] == "03"

    def test_the_last_answer_again(self, shared: Library) -> None:
        with Terminal(shared.server.port) as terminal:
            assert terminal.ask_raw(b"97AZFEF5") == "96AZ"
            assert terminal.log_in() == "941"
            answer = terminal.ask_raw(terminal.line(f"17{DATE}AOjd|ABB1|", 3))
            assert terminal.ask_raw(b"97AZFEF5") == answer
            assert terminal.ask_raw(b"97") == answer

    @pytest.mark.parametrize(
        "line", [b"88xyz|", b"12nonsense", b"not sip at all", b"11N", b"96AZFEF6", b"\x80\xff\x01"]
    )
    def test_what_is_no_request_keeps_the_line(self, terminal: Terminal, line: bytes) -> None:
        assert terminal.ask_raw(line).startswith("96")
        assert terminal.item("B1").fixed[2:4] == "03"

    def test_an_overlong_line(self, terminal: Terminal) -> None:
        terminal.send(b"17" + b"x" * 70_000)
        assert terminal.read().startswith("96")
        assert terminal.item("B1").fixed[2:4] == "03"

    def test_fields_that_nobody_knows_and_any_order(self, terminal: Terminal) -> None:
        patron, item = fresh()
        said = terminal.ask(f"11NN{DATE}{BLANK}ZZ?|AB{item}|AC|XX|AA{patron}|AOelsewhere|")
        assert (said.fixed[2], said["AO"]) == ("1", "elsewhere")


class TestRepetition:
    def lend(self, terminal: Terminal, patron: str, item: str, sequence: int = 4) -> bytes:
        text = f"11YN{DATE}{BLANK}AOjd|AA{patron}|AB{item}|AC|"
        return terminal.line(text, sequence)

    def test_the_same_bytes_get_the_same_answer(self, shared: Library) -> None:
        patron, item = fresh()
        with shared.terminal() as terminal:
            line = self.lend(terminal, patron, item)
            answer = terminal.ask_raw(line)
            assert answer.startswith("121N")
            assert terminal.ask_raw(line) == answer
        # On a new connection, and with other end of line, too.
        with shared.terminal(end=b"\r\n") as terminal:
            assert terminal.ask_raw(line) == answer
            assert terminal.patron(patron).fixed[45:49] == "0001"
            # A new number is a new request: by now a renewal.
            assert terminal.ask_raw(self.lend(terminal, patron, item, 5)).startswith("121Y")

    def test_another_terminal_repeats_nothing(self, shared: Library) -> None:
        patron, item = fresh()
        with shared.terminal() as one, shared.terminal("kiosk-2") as other:
            line = self.lend(one, patron, item)
            one.ask_raw(line)
            assert other.ask_raw(line).startswith("121Y")

    def test_after_a_restart_of_the_hub(self, library: Library) -> None:
        with library.terminal() as terminal:
            line = self.lend(terminal, "P1", "B3")
            answer = terminal.ask_raw(line)
        library.again()
        with library.terminal() as terminal:
            assert terminal.ask_raw(line) == answer
            assert library.server.worker.counts["repeated"] == 1

    def test_after_a_minute_it_is_new(self, library: Library, clock: Clock) -> None:
        with library.terminal() as terminal:
            line = self.lend(terminal, "P1", "B3")
            terminal.ask_raw(line)
            clock.now_ms += 61_000
            assert terminal.ask_raw(line).startswith("121Y")

    def test_swapped_digits_have_the_same_checksum_and_are_no_repetition(
        self, shared: Library
    ) -> None:
        with shared.terminal() as terminal:
            first = self.lend(terminal, "P1", "B67")
            second = self.lend(terminal, "P1", "B76")
            assert first[-4:] == second[-4:]
            assert "|ABB67|" in terminal.ask_raw(first)
            assert "|ABB76|" in terminal.ask_raw(second)

    def test_a_terminal_that_dates_all_alike(self, shared: Library) -> None:
        patron, item = fresh()
        with shared.terminal() as terminal:
            for _ in range(12):
                assert terminal.checkout(patron, item, policy="Y").fixed[2] == "1"
                assert terminal.checkin(item).fixed[2] == "1"
            assert terminal.item(item).fixed[2:4] == "03"
        for _ in range(3):
            with shared.terminal() as terminal:
                assert terminal.checkout(patron, item).fixed[:4] == "121N"
                assert terminal.item(item).fixed[2:4] == "04"
                assert terminal.checkin(item).fixed[2] == "1"

    def test_a_late_duplicate_on_its_own_connection(self, shared: Library) -> None:
        patron, item = fresh()
        with shared.terminal() as terminal:
            line = self.lend(terminal, patron, item)
            answer = terminal.ask_raw(line)
            terminal.ask_raw(terminal.line(f"09N{DATE}{BLANK}AP|AOjd|AB{item}|AC|", 5))
            assert terminal.ask_raw(line) == answer
            assert terminal.item(item).fixed[2:4] == "03"

    def test_nothing_readable_is_kept_beside_the_answer(self, library: Library) -> None:
        with library.terminal() as terminal:
            terminal.ask_raw(self.lend(terminal, "P1", "B3"))
        with library.records.reading() as connection:
            rows = connection.exec_driver_sql("SELECT checksum, subject FROM terminal_answers")
            assert all("B3" not in f"{row}" and "P1" not in f"{row}" for row in rows)


class TestPatrons:
    def test_pins(self, shared: Library, terminal: Terminal) -> None:
        patron, item = fresh()
        right = terminal.patron(patron, more="AD1234|")
        assert (right["BL"], right["CQ"], right["BE"]) == ("Y", "Y", f"p{patron[1:]}@example.org")
        assert (right["PB"], right["PC"], right["PI"]) == ("19870531", "adult", "N")
        wrong = terminal.patron(patron, more="AD4321|")
        assert (wrong["BL"], wrong["CQ"], wrong["AE"], wrong["BD"]) == ("Y", "N", "", "")
        assert terminal.checkout(patron, item, more="AD0000|")["AF"] == "密码不正确"
        unverified = terminal.patron(patron)
        assert unverified["CQ"] == ""
        nobody = terminal.patron("nobody", more="AD1234|")
        assert (nobody.fixed[2:6], nobody["BL"], nobody["AE"]) == ("YYYY", "N", "")

    def test_wrong_pins_lock_for_a_while(self, library: Library, clock: Clock) -> None:
        with library.terminal() as kiosk:
            for _ in range(5):
                assert kiosk.patron("P1", more="AD9|")["AF"] == "密码不正确"
            assert kiosk.patron("P1", more="AD1234|")["AF"] == "密码错误次数过多，请稍后再试"
            assert kiosk.patron("P2", more="AD1234|")["CQ"] == "Y"
            clock.now_ms += 11_000
            assert kiosk.patron("P1", more="AD1234|")["CQ"] == "Y"

    def test_a_pin_is_tried_once_a_session(self, library: Library) -> None:
        with library.terminal() as kiosk:
            desk = library.server._pins
            kiosk.patron("P1", more="AD1234|")
            assert desk.known("P1", "1234") is not None
            assert desk.known("P1", "4321") is None
            kiosk.ask(f"35{DATE}AOjd|AAP1|AC|AD1234|")
            assert desk.known("P1", "1234") is None

    def test_a_changed_pin_is_not_remembered(self, library: Library) -> None:
        with library.terminal() as kiosk:
            assert kiosk.patron("P1", more="AD1234|")["CQ"] == "Y"
            new = CHEAP.hash("8888")
            with library.records.writing() as connection:
                connection.exec_driver_sql("UPDATE patrons SET pin_hash = ?", (new,))
            assert kiosk.patron("P1", more="AD1234|")["CQ"] == "N"

    def test_where_a_pin_is_required(self, tmp_path: Path) -> None:
        with Library(tmp_path, is_pin_required=True) as library, library.terminal() as kiosk:
            assert kiosk.checkout("P1", "B3")["AF"] == "密码不正确"
            assert kiosk.checkout("P1", "B3", more="AD1234|").fixed[2] == "1"

    def test_blocked_and_enabled(self, terminal: Terminal) -> None:
        patron, item = fresh()
        blocked = terminal.ask(f"01Y{DATE}AOjd|ALseen with two cards|AA{patron}|AC|")
        assert (blocked.fixed[:7], blocked["BL"]) == ("24YYYYY", "Y")
        assert terminal.checkout(patron, item).fixed[2] == "0"
        enabled = terminal.ask(f"25{DATE}AOjd|AA{patron}|AC|AD1234|")
        assert (enabled.fixed[:16], enabled["CQ"]) == ("26" + " " * 14, "Y")
        assert terminal.checkout(patron, item).fixed[2] == "1"

    def test_the_end_of_a_session(self, terminal: Terminal) -> None:
        assert terminal.ask(f"35{DATE}AOjd|AAP1|AC|").fixed[:3] == "36Y"

    def test_english_for_who_asks_in_english(self, terminal: Terminal) -> None:
        terminal.ask(f"23001{DATE}AOjd|AAnobody|AC|")
        assert terminal.checkout("nobody", "B1")["AF"] == "This card is not known"
        terminal.ask(f"23019{DATE}AOjd|AAnobody|AC|")
        assert terminal.checkout("nobody", "B1")["AF"] == "未找到此读者证"


class TestTls:
    def test_a_terminal_that_speaks_tls(self, tmp_path: Path) -> None:
        certificate, key = a_certificate(tmp_path)
        section = Sip2Section(port=0, tls_certificate=certificate, tls_key=key)
        trusted = ssl.create_default_context(cafile=certificate)
        with (
            Library(tmp_path, section=section) as library,
            library.terminal(tls=trusted) as terminal,
        ):
            assert terminal.checkout("P1", "B3").fixed[2] == "1"
            assert terminal.socket.version() == "TLSv1.3"  # type: ignore[attr-defined]
            # Who speaks in clear there is heard by nobody, and keeps nobody waiting.
            with (
                pytest.raises((ConnectionError, AssertionError)),
                Terminal(library.server.port) as plain,
            ):
                plain.log_in()
            assert terminal.item("B3").fixed[2:4] == "04"

    def test_files_that_are_no_certificate(self, tmp_path: Path) -> None:
        (tmp_path / "x.pem").write_text("no certificate")
        section = Sip2Section(
            port=0, tls_certificate=tmp_path / "x.pem", tls_key=tmp_path / "x.pem"
        )
        with pytest.raises(ConfigError, match=r"sip2\.tls_certificate: .*cannot be used"):
            Library(tmp_path, section=section).__enter__()

    def test_no_pin_in_clear_to_other_machines(self) -> None:
        with pytest.raises(ValueError, match="PINs would go there in clear"):
            Sip2Section(enabled=True, host="0.0.0.0")
        assert Sip2Section(enabled=True, host="0.0.0.0", behind_tunnel=True).enabled

    def test_an_address_that_is_taken(self, shared: Library, tmp_path: Path) -> None:
        section = Sip2Section(port=shared.server.port)
        with pytest.raises(ConfigError, match=r"sip2: cannot listen on 127\.0\.0\.1"):
            Library(tmp_path, section=section).__enter__()


class TestLimits:
    def test_no_more_connections_than_that(self, tmp_path: Path) -> None:
        section = Sip2Section(port=0, most_connections=2)
        with (
            Library(tmp_path, section=section) as library,
            library.terminal(),
            library.terminal() as second,
        ):
            with Terminal(library.server.port) as third:
                assert third.is_closed()
            assert library.server.counts["over_limit"] == 1
            second.close()
            until(lambda: library.server.connections == 1)
            library.terminal().close()

    def test_a_silent_connection_is_closed(
        self, shared: Library, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(server_module, "LOGIN_SECONDS", 0.2)
        monkeypatch.setattr(server_module, "SWEEP_SECONDS", 0.05)
        with Terminal(shared.server.port) as terminal:
            assert terminal.is_closed()

    def test_who_reads_nothing_is_cut_off_and_keeps_nobody_waiting(
        self, shared: Library, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(server_module, "SLOW_SECONDS", 0.3)
        monkeypatch.setattr(server_module, "MOST_UNREAD", 512)
        before = shared.server.counts["slow"]
        with shared.terminal() as deaf, shared.terminal("kiosk-2") as other:
            line = deaf.line("9908002.00", 3) + b"\r"
            sending = threading.Thread(target=_flood, args=(deaf.socket, line))
            sending.start()
            assert other.item("B1").fixed[2:4] == "03"
            until(lambda: shared.server.counts["slow"] > before, 30)
            sending.join()

    def test_records_that_cannot_be_written(self, library: Library) -> None:
        with library.records.writing() as connection:
            connection.exec_driver_sql(
                "CREATE TRIGGER full BEFORE INSERT ON loans"
                " BEGIN SELECT RAISE(ABORT, 'disk full'); END"
            )
        # Told with every local of every frame, a traceback takes seconds.
        with capture_logs() as told, library.terminal() as kiosk:
            line = kiosk.line(f"11NN{DATE}{BLANK}AOjd|AAP1|ABB3|AC|", 7)
            assert "系统暂时无法记录" in kiosk.ask_raw(line)
            with library.records.writing() as other:
                other.exec_driver_sql("DROP TRIGGER full")
            assert kiosk.item("B3").fixed[2:4] == "03"
        errors = [one["event"] for one in told if one["log_level"] == "error"]
        assert errors == ["library_not_stored"]

    def test_a_mistake_in_one_message_spares_the_others(
        self, library: Library, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def fail(*_given: object) -> None:
            raise ZeroDivisionError

        with library.terminal() as kiosk, capture_logs() as told:
            monkeypatch.setattr("hub.library.loans.due_at", fail)
            lend = kiosk.line(f"11YN{DATE}{BLANK}AOjd|AAP1|ABB3|AC|", 6)
            look = kiosk.line(f"17{DATE}AOjd|ABB3|AC|", 7)
            kiosk.socket.sendall(lend + b"\r" + look + b"\r")
            assert "系统暂时无法记录" in kiosk.read()
            assert kiosk.read().startswith("1803")
        assert [one["event"] for one in told] == ["library_failed"]

    def test_a_commit_that_fails_takes_its_answers_along(
        self, library: Library, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with library.terminal() as kiosk:
            line = kiosk.line(f"11YN{DATE}{BLANK}AOjd|AAP1|ABB3|AC|", 7)

            def fail(*_given: object) -> None:
                raise StoreUnavailable("disk full")

            with monkeypatch.context() as patched:
                patched.setattr("hub.library.worker.put_answers", fail)
                assert "系统暂时无法记录" in kiosk.ask_raw(line)
            assert library.server.worker.counts["not_stored"] == 1
            assert kiosk.item("B3").fixed[2:4] == "03"
            # The same bytes again are no repetition of what never was.
            assert kiosk.ask_raw(line).startswith("121N")

    def test_many_terminals_and_one_book(self, tmp_path: Path) -> None:
        names = tuple(f"k-{n}" for n in range(12))
        with Library(tmp_path, patrons=12, terminals=names) as library:
            answers: list[Said] = []

            def ask(number: int) -> None:
                with library.terminal(names[number]) as terminal:
                    answers.append(terminal.checkout(f"P{number + 1}", "B3"))

            threads = [threading.Thread(target=ask, args=(n,)) for n in range(12)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            assert sorted(answer.fixed[2] for answer in answers) == ["0"] * 11 + ["1"]


def _flood(into: socket.socket, line: bytes) -> None:
    try:
        for _ in range(100_000):
            into.sendall(line)
    except OSError:
        return
