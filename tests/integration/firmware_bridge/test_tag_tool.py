"""The verb `tag` over a simulated pad in another process, and bad input."""

import json
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.integration.firmware_bridge.test_bench_tool import BENCH, WIDE, invoke, simulated

FIRST, SECOND = "E004015000000001", "E004015000000002"
BLANK = "E0040150FF000001"


@contextmanager
def running(link: Path, *options: str) -> Iterator[str]:
    arguments = ["simulate", "feig", "--link", str(link), "--seconds", "60", *options]
    with subprocess.Popen(
        [*BENCH, *arguments], stdout=subprocess.PIPE, text=True, env=WIDE
    ) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline().strip() == str(link)
            yield str(link)
        finally:
            process.terminate()
            process.wait(timeout=10)
    assert not link.is_symlink()


def test_books_are_read(tmp_path: Path) -> None:
    with running(tmp_path / "pad", "--blanks", "1") as pad:
        code, out, err = invoke("tag", "read", pad)
        assert (code, err) == (0, "")
        told = "CN-110108-1-NLC  circulating  part 1 of 1  security on  iso-28560-2"
        assert out.splitlines() == [
            f"{FIRST}  31000000001  {told}",
            f"{SECOND}  31000000002  {told}",
            f"{BLANK}  blank: nothing is written on this tag",
        ]
        code, out, err = invoke("tag", "read", pad, "--json")
        assert (code, err) == (0, "")
        found = json.loads(out.splitlines()[0])
        assert (found["uid"], found["security"]) == (FIRST, "on")
        assert (found["content"]["item_id"], found["content"]["usage"]) == (
            "31000000001",
            "circulating",
        )
        code, out, err = invoke("tag", "security", pad, "show")
        assert (code, out) == (2, "")
        assert "3 tags lie on the reader" in err
        code, out, err = invoke("tag", "security", pad, "off", "--uid", BLANK)
        assert (code, out) == (2, "")
        assert "is no item" in err


def test_tags_are_watched(tmp_path: Path) -> None:
    with running(tmp_path / "pad") as pad:
        code, out, err = invoke("tag", "watch", pad, "--seconds", "1.5")
        assert (code, err) == (0, "")
        assert out == f"{FIRST}  arrived\n{SECOND}  arrived\n"
        code, out, err = invoke("tag", "watch", pad, "--seconds", "1.5", "--json")
        assert json.loads(out.splitlines()[1]) == {
            "uid": SECOND,
            "change": "arrived",
            "antenna": 1,
        }


def test_what_is_typed_is_taken_off_and_laid_on(tmp_path: Path) -> None:
    link = tmp_path / "pad"
    with simulated("feig", link) as simulator:
        assert simulator.stdin is not None
        assert invoke("tag", "security", str(link), "off", "--uid", FIRST)[0] == 0
        for typed, expected in (
            (f"take {FIRST}", [SECOND]),
            (f"nonsense\nput E004\ntake {SECOND}\nput {BLANK.lower()}", [BLANK]),
            (f"take {BLANK}\nput {FIRST}", [FIRST]),
        ):
            simulator.stdin.write(f"{typed}\n")
            simulator.stdin.flush()
            deadline = time.monotonic() + 20
            while uids_on(link) != expected:
                assert time.monotonic() < deadline, typed
        # It comes back as it was taken.
        assert "security off" in invoke("tag", "security", str(link), "show")[1]
        simulator.terminate()
        _, err = simulator.communicate(timeout=10)
    assert "error: 'nonsense' is neither `put WHAT` nor `take WHAT`" in err
    assert "error: 'E004' is no UID of 16 hexadecimal digits" in err


def test_a_script_takes_a_book_off(tmp_path: Path) -> None:
    script = tmp_path / "script"
    script.write_text(f"0 take {FIRST}\n", encoding="ascii")
    with running(tmp_path / "pad", "--script", str(script)) as pad:
        assert uids_on(Path(pad)) == [SECOND]


def uids_on(link: Path) -> list[str]:
    code, out, _ = invoke("tag", "read", str(link))
    return [line.split()[0] for line in out.splitlines()] if code == 0 else []


def test_the_security_bit_is_switched_and_stays(tmp_path: Path) -> None:
    with running(tmp_path / "pad", "--books", "1") as pad:
        for switch, expected in (("off", "off"), ("show", "off"), ("on", "on"), ("show", "on")):
            code, out, err = invoke("tag", "security", pad, switch)
            assert (code, err) == (0, "")
            assert f"security {expected}" in out
        code, out, _ = invoke("tag", "security", pad, "on", "--mechanism", "eas")
        assert (code, "security on" in out) == (0, True)
        code, out, _ = invoke("tag", "security", pad, "show", "--afi-on", "9D", "--afi-off", "9E")
        assert (code, "security unknown" in out) == (0, True)


def test_a_blank_tag_is_written_and_a_written_one_only_over_itself(tmp_path: Path) -> None:
    with running(tmp_path / "pad", "--books", "0", "--blanks", "1") as pad:
        code, out, err = invoke(
            *("tag", "write", pad, "--item", "B1", "--owner", "DE-705", "--title", "红楼梦"),
            *("--format", "iso-28560-3", "--parts", "2"),
        )
        assert (code, err) == (0, "")
        assert out == (
            f"{BLANK}  B1  DE-705  circulating  part 1 of 2  红楼梦  security unknown  "
            "iso-28560-3\n"
        )
        code, out, err = invoke("tag", "read", pad)
        assert err == "item B1 is incomplete: part 2 of 2 is missing\n"
        code, out, err = invoke("tag", "write", pad, "--item", "B2")
        assert (code, out) == (2, "")
        assert "is not blank (it is B1): add --overwrite" in err
        code, out, err = invoke(
            "tag", "write", pad, "--item", "P1", "--usage", "patron-card", "--overwrite"
        )
        assert (code, err) == (0, "")
        code, out, err = invoke("tag", "security", pad, "off")
        assert (code, out) == (2, "")
        assert "is a patron card" in err
        code, out, err = invoke(
            "tag", "write", pad, "--item", "x" * 17, "--format", "iso-28560-3", "--overwrite"
        )
        assert (code, out) == (2, "")
        assert "does not fit into 16 bytes" in err


def test_an_empty_pad_is_exit_code_1(tmp_path: Path) -> None:
    with running(tmp_path / "pad", "--books", "0") as pad:
        for arguments in (("read", pad), ("security", pad, "on"), ("write", pad, "--item", "B1")):
            code, out, err = invoke("tag", *arguments)
            assert (code, out) == (1, "")
            assert err == "error: no tag lies on the reader: lay one on it and try again\n"
    with running(tmp_path / "pad", "--books", "1") as pad:
        code, out, err = invoke("tag", "security", pad, "on", "--uid", SECOND)
        assert (code, out) == (1, "")
        assert f"{FIRST} do" in err


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["read", "/dev/no-such-port"], "no serial port at"),
        (["read", "/dev/null", "--driver", "board"], "no driver is named 'board'"),
        (["security", "/dev/null", "on", "--afi-on", "C2"], "are no pair"),
        (["security", "/dev/null", "on", "--afi-on", "xyz"], "are no pair"),
    ],
)
def test_bad_input_is_one_sentence_and_exit_code_2(arguments: list[str], sentence: str) -> None:
    code, out, err = invoke("tag", *arguments)
    assert (code, out) == (2, "")
    assert sentence in err
    assert err.count("\n") == 1


@pytest.mark.parametrize(
    "arguments",
    [
        ["read"],
        ["write", "/dev/null"],
        ["write", "/dev/null", "--item", "B1", "--format", "papyrus"],
        ["security", "/dev/null", "maybe"],
    ],
)
def test_bad_options_are_exit_code_2(arguments: list[str]) -> None:
    assert invoke("tag", *arguments)[0] == 2


@pytest.mark.parametrize("verb", ["read", "watch", "write", "security"])
def test_every_verb_has_help(verb: str) -> None:
    assert verb in invoke("tag", "--help")[1]
    code, out, _ = invoke("tag", verb, "--help")
    assert (code, "Usage" in out) == (0, True)
