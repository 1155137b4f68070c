"""The command line: verbs over a simulated board in another process, and bad input."""

import json
import os
import re
import select
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import structlog
from typer.testing import CliRunner

from firmware_bridge.board.codec import encode_message
from firmware_bridge.board.messages import Counter, Heartbeat, Hello
from firmware_bridge.capture import HEADER, decode_lines, encode_line
from firmware_bridge.cli import app
from firmware_bridge.registry import DRIVERS

BENCH = [sys.executable, "-m", "firmware_bridge"]
WIDE = {**os.environ, "COLUMNS": "200", "NO_COLOR": "1", "TERM": "dumb"}


@pytest.fixture(autouse=True)
def _quiet_logging() -> Iterator[None]:
    yield
    structlog.reset_defaults()


def invoke(*arguments: str) -> tuple[int, str, str]:
    result = CliRunner(env=WIDE).invoke(app, arguments)
    return result.exit_code, result.stdout, result.stderr


@contextmanager
def simulated(device: str, link: Path, *options: str) -> Iterator["subprocess.Popen[str]"]:
    """A simulated device in another process, ready."""
    with subprocess.Popen(
        [*BENCH, "simulate", device, "--link", str(link), "--seconds", "90", *options],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=WIDE,
    ) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline().strip() == str(link)
            yield process
        finally:
            process.kill()


@pytest.fixture
def board(tmp_path: Path) -> Iterator[tuple[Path, "subprocess.Popen[str]"]]:
    link = tmp_path / "board"
    arguments = ["simulate", "board", "--link", str(link), "--people-per-hour", "20000"]
    with subprocess.Popen(
        [*BENCH, *arguments, "--seed", "4", "--boot", "9", "--seconds", "60"],
        stdout=subprocess.PIPE,
        text=True,
        env=WIDE,
    ) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline().strip() == str(link)
            yield link, process
        finally:
            process.terminate()
            process.wait(timeout=10)


def test_a_simulated_board_is_probed_watched_and_recorded(
    board: tuple[Path, "subprocess.Popen[str]"], tmp_path: Path
) -> None:
    link, process = board
    code, out, err = invoke("probe", str(link))
    assert (code, err) == (0, "")
    assert out == (
        "board 4b47000000000001, firmware 1.0.0, protocol 1, channels beam, contact, climate\n"
    )

    code, out, err = invoke("watch", str(link), "--json", "--seconds", "1.2")
    assert (code, err) == (0, "")
    readings = [json.loads(line) for line in out.splitlines()]
    assert {reading["reading"] for reading in readings} == {
        "BoardStatus",
        "ClimateReading",
        "ContactReading",
        "CounterReading",
    }
    assert readings[0]["boot"] == 9
    assert sum(reading.get("entered", 0) for reading in readings) > 0

    code, out, err = invoke("watch", str(link), "--driver", "board-contact", "--seconds", "0.3")
    assert "ContactReading  channel=1  lock=unlocked" in out
    assert "corrupt_frames=0" in out
    assert "CounterReading" not in out

    recording = tmp_path / "line.hex"
    code, out, err = invoke("capture", str(link), str(recording), "--seconds", "0.5")
    assert (code, out, err) == (0, "", "")
    code, out, err = invoke("replay", str(recording), "--json")
    assert (code, err) == (0, "")
    assert json.loads(out.splitlines()[0])["board_id"] == "4b47000000000001"
    code, out, err = invoke("capture", str(link), str(recording))
    assert code == 2
    assert "cannot be written" in err

    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=10) == 0
    assert not link.is_symlink()


def test_an_unplug_while_watching_is_one_sentence_and_exit_code_1(
    board: tuple[Path, "subprocess.Popen[str]"],
) -> None:
    link, process = board
    with subprocess.Popen(
        [*BENCH, "watch", str(link)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=WIDE,
    ) as watching:
        assert watching.stdout is not None
        assert watching.stdout.readline().startswith("BoardStatus")
        process.terminate()
        _, err = watching.communicate(timeout=10)
    assert watching.returncode == 1
    assert re.fullmatch(r"error: .*board is gone: the device was unplugged.*\n", err)


def test_a_full_disk_is_one_sentence_and_exit_code_1(
    board: tuple[Path, "subprocess.Popen[str]"],
) -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [*BENCH, "watch", str(board[0]), "--seconds", "5"],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            env=WIDE,
            timeout=20,
            check=False,
        )
    assert done.returncode == 1
    assert done.stderr == "error: what was read cannot be written: No space left on device\n"


def test_a_board_that_does_not_answer_a_probe_is_exit_code_1() -> None:
    master, slave = os.openpty()
    try:
        code, out, err = invoke("probe", os.ttyname(slave), "--seconds", "0.2")
    finally:
        os.close(master)
        os.close(slave)
    assert (code, out) == (1, "")
    assert err.count("\n") == 1
    assert err.startswith("error: ")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["watch", "/dev/no-such-port"], "no serial port at /dev/no-such-port"),
        (["watch", "/dev/null"], "not a serial port"),
        (["watch", "/dev/null", "--driver", "bord"], "the known ones are board, board-beam"),
        (["watch", "/dev/null", "--driver", "simulated-actuator"], "no driver is named"),
        (["probe", "/dev/no-such-port"], "no serial port at"),
        (["probe", "/dev/null", "--driver", "rdm6300"], "those that can are board, yrm100"),
        (["capture", "/dev/null", "x.hex", "--driver", "sht20"], "cannot be recorded"),
        (["capture", "/dev/null", "x.hex", "--note", "two\nlines"], "one line of plain ASCII"),
        (["probe", "socket://host"], "no address of a port"),
        (["capture", "/dev/no-such-port", "x.hex"], "no serial port at"),
        (["replay", "/no/such/file"], "no capture can be read at /no/such/file"),
        (["simulate", "board", "--link", "/dev/null"], "exists and is no link"),
    ],
)
def test_bad_input_is_one_sentence_and_exit_code_2(arguments: list[str], sentence: str) -> None:
    code, out, err = invoke(*arguments)
    assert (code, out) == (2, "")
    assert sentence in err
    assert err.count("\n") == 1


@pytest.mark.parametrize(
    "arguments",
    [
        ["nonsense"],
        ["watch"],
        ["watch", "/dev/null", "--seconds", "soon"],
        ["simulate", "board"],
        ["simulate", "board", "--link", "x", "--opens", "25:00"],
        ["simulate", "board", "--link", "x", "--board-id", "xyz"],
        ["simulate", "board", "--link", "x", "--people-per-hour", "-1"],
        ["simulate", "board", "--link", "x", "--boot", "-1"],
    ],
)
def test_bad_options_are_exit_code_2(arguments: list[str]) -> None:
    code, _, err = invoke(*arguments)
    assert code == 2
    assert "Traceback" not in err


@pytest.mark.parametrize(
    "verb", ["drivers", "ports", "probe", "watch", "capture", "replay", "simulate"]
)
def test_every_verb_has_help(verb: str) -> None:
    assert verb in invoke("--help")[1]
    code, out, _ = invoke(verb, "--help")
    assert code == 0
    assert "Usage" in out


def test_drivers_and_ports_are_listed() -> None:
    code, out, _ = invoke("drivers")
    assert code == 0
    assert [line.split()[0] for line in out.splitlines()] == sorted(DRIVERS)
    assert invoke("ports")[0] == 0


def test_a_capture_is_replayed_at_once(tmp_path: Path) -> None:
    board_id = bytes(range(8))
    stream = (
        encode_message(Hello(board_id, 1, (1, 0, 0), (1,)), 0)
        + encode_message(Counter(0, 1, 5, 4), 1)
        + encode_message(Heartbeat(1, 3), 2)
    )
    lines = [HEADER, encode_line(0.0, stream[:9]), "", encode_line(99.5, stream[9:])]
    recording = tmp_path / "line.hex"
    recording.write_text("\n".join(lines), encoding="ascii")
    code, out, err = invoke("replay", str(recording))
    assert (code, err) == (0, "")
    assert [line.split()[0] for line in out.splitlines()] == [
        "BoardStatus",
        "CounterReading",
        "BoardStatus",
    ]
    assert list(decode_lines("\n".join(lines))) == [(0.0, stream[:9]), (99.5, stream[9:])]


@pytest.mark.parametrize("text", ["0.0 0g", "soon 00", "0.0 00\nnonsense"])
def test_a_damaged_capture_names_its_line(tmp_path: Path, text: str) -> None:
    recording = tmp_path / "line.hex"
    recording.write_text(text, encoding="ascii")
    code, _, err = invoke("replay", str(recording))
    assert code == 2
    assert re.search(r"^error: \S+\.\S+: line \d of the capture is damaged", err)


def test_a_binary_file_is_no_capture(tmp_path: Path) -> None:
    recording = tmp_path / "line.hex"
    recording.write_bytes(b"\xff\xfe\x00")
    code, _, err = invoke("replay", str(recording))
    assert code == 2
    assert "is no capture" in err


@pytest.mark.parametrize(
    ("device", "puts", "watched"),
    [
        ("gm65", "9787108009821", "CodeScanned     text=9787108009821"),
        ("rdm6300", "0A00123456", "CardSeen        card_id=0A00123456  technology=em4100"),
        ("yrm100", "30751FEB", "TagSeen         uid=30751FEB  change=arrived"),
    ],
)
def test_what_is_typed_to_a_simulated_reader_is_watched(
    tmp_path: Path, device: str, puts: str, watched: str
) -> None:
    link = tmp_path / device
    with simulated(device, link) as simulator:
        assert simulator.stdin is not None
        with subprocess.Popen(
            [*BENCH, "watch", str(link), "--driver", device, "--seconds", "60"],
            stdout=subprocess.PIPE,
            text=True,
            env=WIDE,
        ) as watching:
            assert watching.stdout is not None
            line = ""
            try:
                while not line.startswith(watched):
                    simulator.stdin.write(f"nonsense\nput {puts}\n")
                    simulator.stdin.flush()
                    ready, _, _ = select.select([watching.stdout], [], [], 1.0)
                    line = watching.stdout.readline() if ready else ""
            finally:
                watching.terminate()
        simulator.terminate()
        _, err = simulator.communicate(timeout=10)
    assert "error: 'nonsense' is neither `put WHAT` nor `take WHAT`" in err
    assert not link.is_symlink()


@pytest.mark.parametrize(
    ("device", "answer"),
    [
        ("uhfreader18", "uhfreader18, firmware 2.36, 15 dBm\n"),
        ("mh-z19", "mh-z19, or another sensor of its protocol\n"),
        ("pms5003", "pms5003, or another sensor of its protocol\n"),
        ("di-module", "di-module: a Modbus device with inputs at unit 1\n"),
    ],
)
def test_a_probe_says_which_device_answers(tmp_path: Path, device: str, answer: str) -> None:
    link = tmp_path / device
    with simulated(device, link) as simulator:
        code, out, err = invoke("probe", str(link), "--driver", device, "--seconds", "10")
        simulator.terminate()
    assert (code, out, err) == (0, answer, "")


def test_a_probe_asks_one_kind_after_the_other(tmp_path: Path) -> None:
    link = tmp_path / "pn532"
    with simulated("pn532", link) as simulator:
        code, out, err = invoke("probe", str(link), "--seconds", "1.5")
        simulator.terminate()
    assert (code, out, err) == (0, "pn532, firmware 1.6\n", "")


def test_a_script_holds_cards_up(tmp_path: Path) -> None:
    script, link, recording = (tmp_path / name for name in ("script", "reader", "line.hex"))
    script.write_text("# a card\n\n0 put 0A00123456\n", encoding="ascii")
    with simulated("rdm6300", link, "--script", str(script)) as simulator:
        capture = ["capture", str(link), str(recording), "--seconds", "0.5", "--no-ask"]
        assert invoke(*capture, "--baudrate", "9600", "--note", "simulated")[0] == 0
        simulator.terminate()
    assert recording.read_text("ascii").splitlines()[:2] == [HEADER, "# simulated"]
    code, out, _ = invoke("replay", str(recording), "--driver", "rdm6300", "--json")
    assert code == 0
    assert json.loads(out) == {
        "reading": "CardSeen",
        "card_id": "0A00123456",
        "technology": "em4100",
    }


@pytest.mark.parametrize(
    ("script", "sentence"),
    [("soon put 1", "does not begin with seconds"), (None, "cannot be read")],
)
def test_a_script_that_cannot_be_played_is_exit_code_2(
    tmp_path: Path, script: str | None, sentence: str
) -> None:
    path = tmp_path / "script"
    if script is not None:
        path.write_text(script, encoding="ascii")
    code, _, err = invoke(
        "simulate", "rdm6300", "--link", str(tmp_path / "x"), "--script", str(path)
    )
    assert code == 2
    assert sentence in err
