"""Lock-out, expiry, names, passwords and the permission table, without any I/O."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.access import (
    GRANTABLE,
    ROLES,
    Permission,
    Role,
    Who,
    at_console,
    by_token,
    nobody,
    of_role,
    signed_in,
)
from hub.access.account import Session, is_good_name, name_key, tidy_name
from hub.access.complaints import Complaint
from hub.access.expiry import SessionPolicy, ends_ms, is_alive
from hub.access.lockout import FORGET_MS, Failures, LockPolicy, delay_ms, failed, wait_ms
from hub.access.passwords import complaint_about
from hub.audit import entry

POLICY = LockPolicy(free=5, first_seconds=2, most_seconds=900)


class TestLockOut:
    @pytest.mark.parametrize(
        ("count", "seconds"),
        [(0, 0), (4, 0), (5, 2), (6, 4), (7, 8), (13, 512), (14, 900), (1000, 900)],
    )
    def test_the_delay_grows_up_to_its_limit(self, count: int, seconds: int) -> None:
        assert delay_ms(count, POLICY) == seconds * 1000

    @given(st.integers(0, 200), st.integers(0, 10**13), st.integers(0, 10**13))
    def test_a_wait_is_never_longer_than_its_delay(self, count: int, last: int, now: int) -> None:
        wait = wait_ms(Failures(count, last), now, POLICY)
        assert 0 <= wait <= delay_ms(count, POLICY)

    @given(st.integers(0, 60), st.integers(0, FORGET_MS - 1), st.integers(0, FORGET_MS))
    def test_time_only_shortens_a_wait(self, count: int, earlier: int, more: int) -> None:
        failures = Failures(count, 0)
        assert wait_ms(failures, earlier + more, POLICY) <= wait_ms(failures, earlier, POLICY)

    @given(st.integers(0, 60))
    def test_more_failures_never_wait_less(self, count: int) -> None:
        assert delay_ms(count, POLICY) <= delay_ms(count + 1, POLICY)

    def test_who_waits_each_time_needs_hours_for_a_few_guesses(self) -> None:
        failures, now_ms, guesses = Failures(), 0, 0
        while now_ms < 24 * 3_600_000:
            now_ms += wait_ms(failures, now_ms, POLICY)
            failures = failed(failures, now_ms)
            guesses += 1
        assert guesses < 115

    def test_a_day_forgets(self) -> None:
        old = Failures(40, 0)
        assert wait_ms(old, FORGET_MS, POLICY) == 0
        assert failed(old, FORGET_MS) == Failures(1, FORGET_MS)
        assert failed(old, FORGET_MS - 1) == Failures(41, FORGET_MS - 1)

    def test_a_clock_that_was_set_back_locks_nobody_out_for_ever(self) -> None:
        assert wait_ms(Failures(5, 10**12), 0, POLICY) == 2000

    def test_a_wider_count_has_more_free(self) -> None:
        assert delay_ms(19, POLICY.times(4)) == 0
        assert delay_ms(20, POLICY.times(4)) == 2000


class TestExpiry:
    POLICY = SessionPolicy(idle_ms=60_000, absolute_ms=600_000)

    @pytest.mark.parametrize(
        ("created", "used", "now", "alive"),
        [
            (0, 0, 59_999, True),
            (0, 0, 60_000, False),
            (0, 590_000, 599_999, True),
            (0, 590_000, 600_000, False),
            (100_000, 100_000, 0, True),  # the clock was set back
        ],
    )
    def test_unused_or_old_it_ends(self, created: int, used: int, now: int, alive: bool) -> None:
        session = Session("k", 1, created, used, "", "")
        assert is_alive(session, now, self.POLICY) is alive
        assert (now < ends_ms(session, self.POLICY)) is alive


class TestNames:
    @pytest.mark.parametrize(
        "name", ["li", "李雷", "Ming-Li", "li.lei@library", "Zoë", "馆员 2", "a" * 48]
    )
    def test_good_ones(self, name: str) -> None:
        assert is_good_name(tidy_name(name))

    @pytest.mark.parametrize(
        "name",
        [
            "",
            " ",
            "a" * 49,
            "<script>alert(1)</script>",
            "' OR 1=1 --",
            "li\u202elei",
            "li\u200blei",
            "li\nlei",
            "li\x00",
            "two  spaces",
            "-rf",
            "=1+1",
            "a/b",
            "😀😀",
        ],
    )
    def test_bad_ones(self, name: str) -> None:
        assert not is_good_name(tidy_name(name))

    @pytest.mark.parametrize(
        ("one", "other"),
        [
            ("Li", "lI"),
            ("ｌｉ", "li"),  # full width
            ("ﬁn", "fin"),  # a ligature
            ("e\u0301va", "éva"),  # composed or not
            ("Straße", "STRASSE"),
            (" li ", "li"),
        ],
    )
    def test_what_looks_the_same_is_the_same(self, one: str, other: str) -> None:
        assert name_key(one) == name_key(other)

    @given(st.text(max_size=60))
    def test_a_key_is_stable(self, text: str) -> None:
        assert name_key(tidy_name(text)) == name_key(text)


class TestPasswords:
    @pytest.mark.parametrize(
        "password",
        [
            "correct horse battery staple",
            "vTq8#pLm2!xZ",
            "七只白鹭过河去",
            "three grey herons cross",
            "kx7wf-m2nqa-93hds-tt4vv",
            "aaaaaa heron stands",
            "🦆 quacks under the bridge",
        ],
    )
    def test_good_ones(self, password: str) -> None:
        assert complaint_about(password, "li") is None

    @pytest.mark.parametrize(
        ("password", "complaint"),
        [
            ("", Complaint.PASSWORD_SHORT),
            ("vTq8#pLm2!x", Complaint.PASSWORD_SHORT),
            ("七只白鹭过", Complaint.PASSWORD_SHORT),
            ("password1234", Complaint.PASSWORD_COMMON),
            ("Password123!", Complaint.PASSWORD_COMMON),
            ("123456789012", Complaint.PASSWORD_COMMON),
            ("qwertyuiop12", Complaint.PASSWORD_COMMON),
            ("1q2w3e4r5t6y", Complaint.PASSWORD_COMMON),
            ("1qaz2wsx3edc", Complaint.PASSWORD_COMMON),
            ("aaaaaaaaaaaa", Complaint.PASSWORD_COMMON),
            ("abcabcabcabc", Complaint.PASSWORD_COMMON),
            ("passwordpassword", Complaint.PASSWORD_COMMON),
            ("administrator1", Complaint.PASSWORD_COMMON),
            ("admin20260101", Complaint.PASSWORD_COMMON),
            ("woaini5201314", Complaint.PASSWORD_COMMON),
            ("jiading2026kaiguan", Complaint.PASSWORD_COMMON),
            ("我爱北京天安门", Complaint.PASSWORD_COMMON),
            ("lileilileili", Complaint.PASSWORD_NAME),
            ("lilei-lilei-1", Complaint.PASSWORD_NAME),
            ("x" * 1025, Complaint.PASSWORD_LONG),
            ("汉" * 342, Complaint.PASSWORD_LONG),
        ],
    )
    def test_bad_ones(self, password: str, complaint: Complaint) -> None:
        assert complaint_about(password, "lilei") is complaint

    @given(st.text(max_size=400), st.text(max_size=50))
    def test_any_text_is_judged(self, password: str, name: str) -> None:
        complaint_about(password, name)


class TestTheTable:
    def test_every_permission_has_its_roles(self) -> None:
        assert set(ROLES) == set(Permission)
        assert all(Role.ADMIN in roles for roles in ROLES.values())

    def test_a_visitor_may_see_the_board_only_while_it_is_public(self) -> None:
        assert nobody(public_board=True).may(Permission.BOARD, "museum")
        assert not nobody(public_board=False).may(Permission.BOARD)
        for permission in GRANTABLE - {Permission.BOARD}:
            assert not nobody(public_board=True).may(permission)

    def test_a_manager_reaches_their_own_venues(self) -> None:
        who = signed_in("li", Role.MANAGER, frozenset({"museum"}), account=1)
        assert who.may(Permission.DEVICES, "museum")
        assert not who.may(Permission.DEVICES, "art-museum")
        assert who.may(Permission.BOARD, "art-museum")

    def test_a_first_password_lets_do_nothing_else(self) -> None:
        who = signed_in("li", Role.ADMIN, frozenset(), account=1, must_change=True)
        assert who.permissions == {Permission.OPEN, Permission.BOARD, Permission.OWN}

    @given(
        st.sampled_from(Role),
        st.frozensets(st.sampled_from(Permission)),
        st.frozensets(st.sampled_from(["a", "b", "c"])),
        st.none() | st.frozensets(st.sampled_from(["a", "b", "c"])),
    )
    def test_a_token_never_reaches_further_than_its_account(
        self,
        role: Role,
        scope: frozenset[Permission],
        venues: frozenset[str],
        only: frozenset[str] | None,
    ) -> None:
        token = by_token("li", role, venues, account=1, scope=scope, only=only)
        person = signed_in("li", role, venues, account=1)
        for permission in Permission:
            for venue in ("a", "b", "c", None):
                if token.may(permission, venue):
                    assert person.may(permission, venue)
                    assert permission in scope | {Permission.OPEN}
        assert not token.may(Permission.OWN)
        assert token.permissions <= of_role(role)


class TestAuditEntries:
    WHO = at_console("li")

    def test_only_what_differs_is_told(self) -> None:
        told = entry(
            self.WHO, 7, "a.b", "x", {"role": "admin", "n": 1}, {"role": "manager", "n": 1}
        )
        assert (told.before, told.after) == ({"role": "admin"}, {"role": "manager"})
        assert (told.who, told.via, told.at_ms) == ("li", "console", 7)

    @pytest.mark.parametrize(
        "facts",
        [
            {"password": "x"},
            {"password_hash": "x"},
            {"Secret": 1},
            {"label": "kgn_abcdefghijklmnopqrstuvwxyz"},
            {"note": "$argon2id$v=19$…"},
            {"csrf": "x"},
        ],
    )
    def test_a_secret_is_refused(self, facts: dict[str, object]) -> None:
        with pytest.raises(ValueError, match="secret"):
            entry(self.WHO, 0, "a.b", "x", None, facts)

    def test_a_long_subject_is_cut(self) -> None:
        assert len(entry(Who(), 0, "a.b", "x" * 1000).subject) == 120
