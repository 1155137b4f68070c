"""A receipt's bytes: Chinese, widths, QR, and nothing of a text that a printer would obey."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware_bridge.receipts.layout import lay_out, wrap
from firmware_bridge.receipts.port import Receipt, ReceiptLine
from firmware_bridge.simulated.receipt_printer import SimulatedEscpos


def test_chinese_is_gb18030_behind_the_reset_and_before_the_cut() -> None:
    content = lay_out(Receipt((ReceiptLine("《围城》 2026-12-28"),)), 32)
    assert content.startswith(b"\x1b@\x1c\x26")
    assert "《围城》 2026-12-28\n".encode("gb18030") in content
    assert content.endswith(b"\x1dV\x00")


def test_a_qr_code_is_drawn_by_the_printer() -> None:
    content = lay_out(Receipt((), qr="https://lib.example.org/借"), 32)
    assert "https://lib.example.org/借".encode() in content
    assert b"\x1d(k" in content
    with pytest.raises(ValueError, match="up to 300 bytes"):
        lay_out(Receipt((), qr="x" * 301), 32)


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("", [""]),
        ("abcdefgh", ["abcdefgh"]),
        ("abcdefghi", ["abcdefgh", "i"]),
        ("开馆时间表", ["开馆时间", "表"]),
        ("a开馆时间", ["a开馆时", "间"]),
    ],
)
def test_lines_wrap_by_width(text: str, pieces: list[str]) -> None:
    assert list(wrap(text, 8)) == pieces


@given(text=st.text(st.characters(codec="utf-8"), max_size=40))
def test_a_text_is_no_command(text: str) -> None:
    content = lay_out(Receipt((ReceiptLine(f"<<{text}>>"),)), 1000)
    shown = content[content.index(b"<<") : content.rindex(b">>\n")]
    assert not {byte for byte in shown if byte < 0x20 or byte == 0x7F}


def test_large_letters_take_twice_the_width() -> None:
    printer = SimulatedEscpos()
    printer.receive(lay_out(Receipt((ReceiptLine("abcdef", is_large=True),)), 8))
    (printed,) = printer.printed
    assert b"abcd\nef\n" in printed
