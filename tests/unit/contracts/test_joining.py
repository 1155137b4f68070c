"""Codes that people type, and the proofs that travel instead of them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.errors import DecodeError
from contracts.joining import (
    Code,
    CodeMistyped,
    JoinRequest,
    answer_mac,
    decode_joining,
    encode_joining,
    key_of,
    make_code,
    read_code,
    request_mac,
    same,
)

DIGITS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
CODES = st.builds(
    make_code,
    st.integers(0, 2**20 - 1),
    st.binary(min_size=10, max_size=10),
    st.binary(min_size=32, max_size=32),
)
CODE = make_code(0x2A11F, bytes(range(10)), bytes(range(100, 132)))


class TestCode:
    @given(CODES)
    def test_what_is_written_is_read(self, code: Code) -> None:
        assert read_code(code.long) == code
        short = read_code(code.short)
        assert (short.id, short.secret, short.fingerprint) == (code.id, code.secret, None)

    def test_its_form(self) -> None:
        groups = CODE.long.split("-")
        assert [len(group) for group in groups] == [5] * 18
        assert CODE.short.split("-") == groups[:5]

    @pytest.mark.parametrize(
        "written",
        [
            CODE.short.lower(),
            CODE.short.replace("-", " "),
            CODE.short.replace("-", ""),
            f"  {CODE.short}\t",
            CODE.short.replace("0", "o").replace("1", "l"),
        ],
    )
    def test_it_is_read_as_people_write_it(self, written: str) -> None:
        assert read_code(written).secret == CODE.secret

    @given(CODES, st.integers(0, 24), st.sampled_from(DIGITS))
    def test_one_wrong_digit_is_told_with_its_group(
        self, code: Code, position: int, digit: str
    ) -> None:
        plain = code.short.replace("-", "")
        if plain[position] == digit:
            return
        wrong = plain[:position] + digit + plain[position + 1 :]
        with pytest.raises(CodeMistyped, match=f"in its group {position // 5 + 1}, "):
            read_code(wrong)

    @given(CODES, st.integers(0, 23))
    def test_two_digits_swapped_are_noticed(self, code: Code, position: int) -> None:
        plain = list(code.short.replace("-", ""))
        if plain[position] == plain[position + 1]:
            return
        plain[position], plain[position + 1] = plain[position + 1], plain[position]
        with pytest.raises(CodeMistyped, match="typing mistake"):
            read_code("".join(plain))

    @given(CODES, st.integers(0, 4), st.integers(0, 4))
    def test_groups_in_another_order_are_noticed(self, code: Code, one: int, other: int) -> None:
        groups = code.short.split("-")
        groups[one], groups[other] = groups[other], groups[one]
        if one == other:
            assert read_code("-".join(groups)).secret == code.secret
        else:
            with pytest.raises(CodeMistyped, match="typing mistake"):
                read_code("-".join(groups))

    @pytest.mark.parametrize(
        ("text", "sentence"),
        [
            ("", "this one has 0 letters and digits"),
            (CODE.short[:-6], "this one has 20 letters and digits"),
            (CODE.short + "-" + CODE.short[:5], "typing mistake in its group 6"),
            (CODE.long[:-1], "this one has 89 letters and digits"),
            ("U" + CODE.short[1:], "there is no 'U' in a code"),
            (CODE.short[:-1] + "é", "there is no 'É' in a code, and one stands in its group 5"),
        ],
    )
    def test_what_is_no_code(self, text: str, sentence: str) -> None:
        with pytest.raises(CodeMistyped) as caught:
            read_code(text)
        assert sentence in str(caught.value)

    def test_it_does_not_show_its_secret_by_itself(self) -> None:
        assert repr(CODE) == f"Code(id={CODE.id!r})"


class TestProofs:
    def test_each_part_counts(self) -> None:
        key = key_of(CODE.secret)
        macs = [
            request_mac(key, "AAAA", "csr"),
            request_mac(key, "AAAB", "csr"),
            request_mac(key, "AAAA", "other"),
            request_mac(key, "AAA", "Acsr"),
            request_mac(key_of(b"0123456789"), "AAAA", "csr"),
            answer_mac(key, "AAAA", "csr"),
            answer_mac(key, "csr", "answer"),
            answer_mac(key, "csr1", "answer"),
            answer_mac(key, "csr", "1answer"),
        ]
        assert len(set(macs)) == len(macs)
        assert same(macs[0], request_mac(key, "AAAA", "csr"))
        assert not same(macs[0], macs[1])

    @given(st.binary(max_size=300))
    def test_any_bytes_are_read_or_refused(self, payload: bytes) -> None:
        with pytest.raises(DecodeError):
            decode_joining(payload, JoinRequest)

    def test_a_request_comes_back_as_it_went(self) -> None:
        request = JoinRequest("28T5", "csr", "a" * 64)
        assert decode_joining(encode_joining(request), JoinRequest) == request
