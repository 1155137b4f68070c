"""Messages to lines and back: checksums, order, encodings, what peers get wrong."""

import json
import random
from datetime import UTC, datetime
from pathlib import Path

import pytest

from contracts.errors import ChecksumWrong, EncodeError, LineUnreadable, UnknownMessage
from contracts.sip2 import fields as f
from contracts.sip2 import parts as p
from contracts.sip2.codes import (
    SUPPORT_ORDER,
    Flag,
    Summary,
    read_supported,
    write_supported,
)
from contracts.sip2.forms import FORMS, Code
from contracts.sip2.line import Encoding, checksum, decode, encode
from contracts.sip2.message import compose, next_sequence
from contracts.sip2.profiles import PROFILES, profile
from tests.unit.contracts.sip2.lines import a_message

FACTS = Path("tests/unit/firmware_bridge/facts/vectors.json")
VECTORS = json.loads(FACTS.read_text("utf-8"))["sip2_checksum"]
# What circulates in documentation, and what a guide prints; widths after the code in characters.
WIDTHS = {
    row.split()[0]: int(row.split()[1])
    for row in (
        *("01 19", "09 37", "10 22", "11 38", "12 22", "15 19", "16 20", "17 18", "18 24"),
        *("19 18", "20 19", "23 21", "24 35", "25 18", "26 35", "29 38", "30 22", "35 18"),
        *("36 19", "37 25", "38 19", "63 31", "64 59", "65 18", "66 27", "93 2", "94 1"),
        *("96 0", "97 0", "98 34", "99 8"),
    )
}
AT = datetime(2026, 4, 29, 18, 0, 1)  # noqa: DTZ001  local, as on the line


@pytest.mark.parametrize(("line", "expected"), VECTORS)
def test_published_checksums(line: str, expected: str) -> None:
    assert checksum(line.encode()) == expected
    assert decode((line + expected).encode()).is_checked
    with pytest.raises(ChecksumWrong):
        decode(line.encode() + b"0000")


def test_every_message_is_as_wide_as_the_guide_says() -> None:
    assert {code: form.width for code, form in FORMS.items()} == WIDTHS


def test_every_request_names_its_answer() -> None:
    asked = {code for code, form in FORMS.items() if form.answer}
    answers = {form.answer for form in FORMS.values() if form.answer}
    assert {str(code) for code in answers} | asked == set(FORMS) - {"96", "97"}


def test_a_checkout_as_a_terminal_sends_it() -> None:
    line = (
        b"11NN20260429    18000120260527    180001"
        b"AOjiading|AA210001|AB3100000001|AC|CHzz|BON|BINAY3AZ"
    )
    line += checksum(line).encode()
    message = decode(line)
    assert message[p.SELF_RENEWAL] is False
    assert message[p.NO_BLOCK] is False
    assert message[p.TRANSACTION_DATE] == AT
    assert message[p.NO_BLOCK_DUE] == datetime(2026, 5, 27, 18, 0, 1)  # noqa: DTZ001
    assert (message.get(f.PATRON), message.get(f.TERMINAL_PASSWORD)) == ("210001", "")
    assert message.get(f.PATRON_PASSWORD) is None
    # Its last field lacks the delimiter.
    assert message.get(f.CANCEL) == "N"
    assert (message.sequence, message.is_checked) == (3, True)


def test_parts_are_written_as_the_guide_says() -> None:
    line = encode(
        compose(
            Code.PATRON_INFORMATION_ANSWER,
            p.PATRON_STATUS.of(frozenset({Flag.CHARGE_DENIED, Flag.EXCESSIVE_FINES})),
            p.LANGUAGE.of("019"),
            p.TRANSACTION_DATE.of(AT.replace(tzinfo=UTC)),
            p.CHARGED_COUNT.of(12345),
            p.UNAVAILABLE_COUNT.of(None),
            f.INSTITUTION.of("jiading"),
            f.CHARGED_ITEMS.of("a"),
            None,
            f.CHARGED_ITEMS.of("b"),
            sequence=7,
        ),
        is_checked=False,
    )
    assert line == (
        b"64Y         Y   01920260429   Z18000100000000999900000000    AOjiading|AUa|AUb|AY7\r"
    )
    message = decode(line[:-1])
    assert message[p.PATRON_STATUS] == {Flag.CHARGE_DENIED, Flag.EXCESSIVE_FINES}
    assert message.all(f.CHARGED_ITEMS) == ["a", "b"]
    assert message[p.UNAVAILABLE_COUNT] is None
    assert not message.is_checked
    assert [field.code for field in message.missing()] == ["AA", "AE"]


def test_a_part_of_another_message_is_refused() -> None:
    with pytest.raises(EncodeError, match="no part 'resensitize'"):
        compose(Code.CHECKOUT_ANSWER, p.RESENSITIZE.of(True))
    with pytest.raises(ValueError, match="3 ASCII characters"):
        p.CURRENCY.of("人民币")


@pytest.mark.parametrize("encoding", [Encoding.UTF_8, Encoding.GB18030])
@pytest.mark.parametrize("seed", range(40))
def test_what_is_encoded_is_decoded(seed: int, encoding: Encoding) -> None:
    message = a_message(random.Random(seed))
    decoded = decode(encode(message, encoding)[:-1], encoding)
    assert (decoded.code, decoded.fixed) == (message.code, message.fixed)
    assert [one.code for one in decoded.fields] == [one.code for one in message.fields]
    for had, sent in zip(decoded.fields, message.fields, strict=True):
        plain = sent.value.replace("\x00", " ").replace("\t", " ").replace("\r", " ")
        plain = " ".join(plain.replace("\n", " ").split())
        # Long values are cut, with each `|` counted as the six characters that stand for it.
        assert plain.startswith(" ".join(had.value.split()))
        assert had.value.replace("|", "&#124;") == had.value.replace("|", "&#124;")[:255]
    if message.code not in {"96", "97"}:
        assert decoded.sequence == message.sequence


def test_a_gb18030_character_with_the_byte_of_a_delimiter() -> None:
    with_bar = next(
        chr(code) for code in range(0x4E00, 0x9FFF) if b"|" in chr(code).encode("gb18030")
    )
    line = encode(compose(Code.CHECKOUT_ANSWER, f.TITLE.of(with_bar + "羽")), Encoding.GB18030)
    assert decode(line[:-1], Encoding.GB18030).get(f.TITLE) == with_bar + "羽"


def test_text_that_an_encoding_does_not_have() -> None:
    said = compose(Code.CHECKOUT_ANSWER, f.TITLE.of("Crème 论|语"))
    assert encode(said, Encoding.ASCII)[24:-7] == b"AJCreme ?&#124;?|"
    assert encode(said, Encoding.LATIN_1)[24:-7] == "AJCrème ?&#124;?|".encode("latin-1")


def test_a_value_is_cut_at_255_characters_and_never_in_a_stand_in() -> None:
    line = encode(compose(Code.CHECKOUT_ANSWER, f.TITLE.of("论" * 253 + "|" + "语")))
    assert decode(line[:-1]).get(f.TITLE) == "论" * 253
    assert decode(b"94" + b"1" + b"AF" + b"x" * 300 + b"|").text(f.SCREEN) == "x" * 255


@pytest.mark.parametrize(
    ("line", "error", "sentence"),
    [
        (b"", LineUnreadable, "does not begin"),
        (b"9", LineUnreadable, "does not begin"),
        (b"xx123", LineUnreadable, "does not begin"),
        ("９９".encode(), LineUnreadable, "does not begin"),
        (b"11NN2026", LineUnreadable, "ends within its fixed part: 6 of 38"),
        (b"17" + "二".encode() * 18, LineUnreadable, "other than ASCII"),
        (b"94" + b"1" + b"|" * 5000, LineUnreadable, "5001 fields"),
        (b"94" + b"1" * 70_000, LineUnreadable, "65536"),
        (b"88", UnknownMessage, "no message 88"),
    ],
)
def test_what_cannot_be_taken(line: bytes, error: type[Exception], sentence: str) -> None:
    with pytest.raises(error, match=sentence):
        decode(line)


@pytest.mark.parametrize("end", ["AY4AZ12", "AY4AZ", "AY4BZ1234", "AYxAZ1234", "AZ12!4", "AY44"])
@pytest.mark.parametrize("before", ["941", "941AFx|"])
def test_a_checksum_that_lost_a_part_is_no_message_without_one(before: str, end: str) -> None:
    with pytest.raises(ChecksumWrong):
        decode((before + end).encode())


def test_an_unknown_message_tells_its_sequence_number() -> None:
    line = b"88AOx|AY4AZ"
    with pytest.raises(UnknownMessage) as told:
        decode(line + checksum(line).encode())
    assert (told.value.code, told.value.sequence) == ("88", 4)


def test_a_value_that_looks_like_a_sequence_number_stays_a_value() -> None:
    assert decode(b"941AFsee shelf AY3").sequence is None
    assert decode(b"941AFsee|AY3").sequence == 3
    assert decode(b"941AY3").sequence == 3
    stray = b"941AFx|AY3|AZ"
    assert decode(stray + checksum(stray).encode()).sequence == 3


def test_unknown_fields_and_repetitions_are_kept_in_their_order() -> None:
    message = decode(b"941ZZone|AFtwo||x|AFthree|")
    assert [(one.code, one.value) for one in message.fields] == [
        ("ZZ", "one"),
        ("AF", "two"),
        ("AF", "three"),
    ]


def test_no_value_stands_in_what_is_logged() -> None:
    message = compose(Code.LOGIN, f.LOGIN_USER.of("kiosk"), f.LOGIN_PASSWORD.of("hunter2"))
    assert "hunter2" not in repr(message)
    assert "kiosk" not in repr(message)


def test_resend_requests_are_never_numbered() -> None:
    for code, line in (("96", b"96AZFEF6\r"), ("97", b"97AZFEF5\r")):
        assert encode(compose(code, sequence=3)) == line
    assert encode(compose("97"), is_checked=False, terminator=b"\r\n") == b"97\r\n"


def test_sequence_numbers_go_round() -> None:
    assert [next_sequence(last) for last in (None, 0, 8, 9)] == [0, 1, 9, 0]


def test_supported_messages() -> None:
    everything = {code for _, codes in SUPPORT_ORDER for code in codes}
    assert write_supported(everything) == "Y" * 16
    assert write_supported({"11", "97"}) == "NYNNNNNNNNNNNNNN"
    assert read_supported("YYYYYYYYYNYNYYYY") == everything - {"37", "19"}
    assert read_supported("Y") == {"23"}


def test_one_summary_is_asked_for() -> None:
    wanted = compose(Code.PATRON_INFORMATION, p.SUMMARY.of(Summary.CHARGED))
    assert wanted.fixed.endswith("  Y       ")
    assert wanted[p.SUMMARY] is Summary.CHARGED
    assert compose(Code.PATRON_INFORMATION)[p.SUMMARY] is None


def test_profiles() -> None:
    assert set(PROFILES) == {"koha", "evergreen", "folio", "dp2", "strict", "embedded"}
    with pytest.raises(Exception, match="there are dp2, embedded"):
        profile("sierra")
