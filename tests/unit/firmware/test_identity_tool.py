"""Who a board is, as the installer makes it and avrdude writes it."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.firmware_build import BOARD
from tools.board_identity import IDENTITY_PLACES, identity_block, main

BOARD_ID = "4b47000000000328"


def memory(text: str) -> bytes:
    """Return what an EEPROM holds once this Intel HEX is written; checks each record."""
    cells = bytearray(b"\xff" * 1024)
    *records, end = text.split()
    assert end == ":00000001FF"
    for record in records:
        content = bytes.fromhex(record.removeprefix(":"))
        assert sum(content) % 256 == 0
        size, start, kind = content[0], int.from_bytes(content[1:3], "big"), content[3]
        assert (kind, len(content)) == (0, size + 5)
        cells[start : start + size] = content[4:-1]
    return bytes(cells)


def test_both_copies_are_written_and_nothing_else() -> None:
    cells = memory(main(["--id", BOARD_ID, "--wired", "lock,tamper"]))
    block = identity_block(bytes.fromhex(BOARD_ID), 5)
    for place in IDENTITY_PLACES:
        assert cells[place : place + len(block)] == block
    assert cells.count(0xFF) >= 1024 - 2 * len(block)


def test_without_an_id_each_board_gets_its_own(capsys: pytest.CaptureFixture[str]) -> None:
    assert len({main([]) for _ in range(20)}) == 20
    told = capsys.readouterr().err.splitlines()
    assert len(set(told)) == 20
    assert all(line.startswith("board 4b47") for line in told)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--id", "4b47"], "--id 4b47 is not 16 hexadecimal digits"),
        (["--id", "kaiguan"], "--id kaiguan is not 16 hexadecimal digits"),
        (["--wired", "lock,window"], "--wired names 'window': it takes lock, door and tamper"),
    ],
)
def test_a_bad_argument_is_one_sentence(
    arguments: list[str], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2
    assert sentence in capsys.readouterr().err


def test_the_makefile_gives_it_to_avrdude(tmp_path: Path) -> None:
    told = tmp_path / "told"
    avrdude = tmp_path / "avrdude"
    avrdude.write_text(f'#!/bin/sh\necho "$@" >>{told}\n')
    avrdude.chmod(0o755)
    command = ["make", "-C", str(BOARD), f"BUILD={tmp_path}", f"PYTHON={sys.executable}"]
    settings = [f"ID={BOARD_ID}", "WIRED=door", "PROGRAMMER=arduino", "PORT=/dev/ttyUSB9"]
    path = {"PATH": f"{tmp_path}:/usr/bin:/bin"}
    for verb in ("identity", "fuses"):
        subprocess.run([*command, *settings, verb], check=True, capture_output=True, env=path)
    block = identity_block(bytes.fromhex(BOARD_ID), 2)
    assert memory((tmp_path / "identity.hex").read_text()).count(block) == 2
    start = "-p m328p -c arduino -P /dev/ttyUSB9"
    assert told.read_text().splitlines() == [
        f"{start} -U eeprom:w:{tmp_path}/identity.hex:i",
        f"{start} -U lfuse:w:0xFF:m -U hfuse:w:0xD1:m -U efuse:w:0xFC:m",
    ]


def test_the_page_has_the_fuses_of_the_makefile() -> None:
    page = (BOARD.parents[1] / "docs/firmware.md").read_text("utf-8")
    for fuse, value in (("low", "0xFF"), ("high", "0xD1"), ("extended", "0xFC")):
        assert f"| {fuse} | {value} |" in page
