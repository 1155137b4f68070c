"""The board's own firmware under simavr, heard through the driver that a venue uses."""

import asyncio
import random
from collections.abc import AsyncIterator
from pathlib import Path
from typing import TypeVar

import pytest

from firmware_bridge import (
    BoardStatus,
    ClimateReading,
    ContactReading,
    Continuity,
    CounterReading,
    open_sensor,
)
from firmware_bridge.board.codec import decode_message, encode_message
from firmware_bridge.board.messages import (
    Ack,
    AckResult,
    Command,
    Heartbeat,
    Hello,
    Message,
    SendAll,
)
from firmware_bridge.framing import FrameDecoder
from firmware_bridge.sensors.readings import DoorState, LockState, Reading
from firmware_bridge.transport import open_transport
from tests import firmware_build
from tests.integration.firmware_bridge.avr_board import (
    BOARD_ID,
    PATIENCE_SECONDS,
    AvrBoard,
    eeprom,
    walk,
)

T = TypeVar("T", bound=Reading)
Readings = AsyncIterator[Reading]
Frames = list[tuple[int, Message | None]]

ACTION_HANG = 0xFF
ACTION_STOP_CLOCK = 0xFE
ROOM = ("climate 26214 32768", 25.0, 50.0)
"""Raw values of a sensor, and what they mean by its datasheet."""


@pytest.fixture
async def board(tmp_path: Path) -> AsyncIterator[AvrBoard]:
    async with AvrBoard(tmp_path) as running:
        yield running


@pytest.fixture
async def readings(board: AvrBoard) -> AsyncIterator[Readings]:
    async with open_sensor("board", board.port) as sensor:
        told = aiter(sensor)
        await until(told, CounterReading)
        yield told


async def until(readings: Readings, kind: type[T], **fields: object) -> T:
    """Read on until something says this."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        async for reading in readings:
            if isinstance(reading, kind) and all(
                getattr(reading, name) == value for name, value in fields.items()
            ):
                return reading
    pytest.fail("the readings ended")


async def crossings(readings: Readings, number: int) -> list[CounterReading]:
    """Return so many counters that tell of somebody; between them are those that repeat."""
    found: list[CounterReading] = []
    while len(found) < number:
        counter = await until(readings, CounterReading)
        if counter.entered or counter.left:
            found.append(counter)
    return found


def since_boot(seen: Frames) -> Frames:
    """Return what was said since the last boot: the port may open in the middle of one."""
    boots = [
        at for at, (seq, message) in enumerate(seen) if seq == 0 and isinstance(message, Hello)
    ]
    return seen[boots[-1] :] if boots else []


def told(frames: FrameDecoder, chunk: bytes) -> Frames:
    return [decode_message(content) for content in frames.feed(chunk)]


async def test_it_says_who_it_is(board: AvrBoard) -> None:
    async with open_sensor("board", board.port) as sensor:
        status = await until(aiter(sensor), BoardStatus)
    assert status.board_id == BOARD_ID.hex()
    assert (status.firmware, status.protocol, status.boot) == ("1.0.0", 1, 1)
    assert status.channels == ("beam", "contact", "climate")
    assert status.reset == "power"


async def test_visitors_enter_and_leave(board: AvrBoard, readings: Readings) -> None:
    await board.do(*walk("ab"), *walk("ab", 40), *walk("ba", 500))
    seen = await crossings(readings, 3)
    assert [(one.entered, one.left, one.continuity) for one in seen] == [
        (1, 0, Continuity.SAME_BOOT),
        (1, 0, Continuity.SAME_BOOT),
        (0, 1, Continuity.SAME_BOOT),
    ]


@pytest.mark.parametrize(
    "commands",
    [
        pytest.param(
            ["set a 1", "wait 1540", "set b 1", "wait 100", "set a 0", "wait 100", "set b 0"],
            id="too-slow",
        ),
        pytest.param(
            ["set a 1", "wait 100", "set a 0", "wait 1500", "set b 1", "wait 100", "set b 0"],
            id="two-strangers",
        ),
        pytest.param(
            ["set a 1", "set b 1", "wait 200", "set a 0", "wait 100", "set b 0"],
            id="simultaneous",
        ),
        pytest.param(
            ["set a 1", "wait 100", "set b 1", "wait 100", "set b 0", "wait 100", "set a 0"],
            id="turned-back",
        ),
        pytest.param(["set a 1", "wait 100", "set a 0"], id="looked-in"),
        pytest.param(
            ["set a 1", "wait 100", "set b 1", "wait 5", "set b 0", "wait 100", "set a 0"],
            id="a-flash-of-five-milliseconds",
        ),
    ],
)
async def test_what_is_no_crossing(
    board: AvrBoard, readings: Readings, commands: list[str]
) -> None:
    # Somebody who leaves comes after it: by then all that was counted has been told.
    await board.do(*commands, "wait 1600", *walk("ba"))
    counter = await until(readings, CounterReading, left_total=1)
    assert counter.entered_total == 0


async def test_just_in_time_is_a_crossing(board: AvrBoard, readings: Readings) -> None:
    await board.do("set a 1", "wait 1495", "set b 1", "wait 100", "set a 0", "wait 100", "set b 0")
    await until(readings, CounterReading, entered_total=1, left_total=0)


async def test_a_blocked_beam_is_told_until_it_is_clear(
    board: AvrBoard, readings: Readings
) -> None:
    began_ms = await board.do("set b 1")
    assert await board.do("wait 9900") - began_ms >= 9900
    await board.do("wait 300", "set a 1", "wait 100", "set a 0", "wait 100")
    await until(readings, CounterReading, is_blocked=True)
    await board.do("set b 0", "wait 100", *walk("ba"))
    clear = await until(readings, CounterReading, is_blocked=False)
    assert (clear.entered_total, clear.left_total) == (0, 0)
    await until(readings, CounterReading, entered_total=0, left_total=1)


async def test_totals_wrap(tmp_path: Path) -> None:
    image = eeprom(totals=(2**32 - 2, 2**32 - 1))
    async with (
        AvrBoard(tmp_path, firmware_build.bench(), image) as board,
        open_sensor("board", board.port) as sensor,
    ):
        readings = aiter(sensor)
        await until(readings, CounterReading, entered_total=2**32 - 2, left_total=2**32 - 1)
        await board.do(*walk("ab") * 4, *walk("ba"))
        seen = await crossings(readings, 5)
    assert sum(one.entered for one in seen) == 4
    assert sum(one.left for one in seen) == 1
    assert (seen[-1].entered_total, seen[-1].left_total) == (2, 0)
    assert {one.continuity for one in seen} == {Continuity.SAME_BOOT}


@pytest.mark.parametrize(("how", "cause"), [("reset", "pin"), ("power", "power")])
async def test_a_reset_in_mid_passage_goes_on_with_the_next_visitor(
    board: AvrBoard, readings: Readings, how: str, cause: str
) -> None:
    await board.do(*walk("ab"), "set a 1", "wait 100", "set b 1", "wait 50")
    await until(readings, CounterReading, entered_total=1)
    # Memory is lost with who was between the beams; the number of the boot is not.
    await board.do(how, "wait 300", "set a 0", "wait 100", "set b 0", "wait 100", *walk("ab"))
    status = await until(readings, BoardStatus, boot=2)
    assert status.reset == cause
    first = await until(readings, CounterReading)
    assert (first.continuity, first.entered_total) == (Continuity.REBOOTED, 0)
    counter = await until(readings, CounterReading, entered_total=1)
    assert (counter.entered, counter.left_total) == (1, 0)


@pytest.mark.parametrize("action", [ACTION_HANG, ACTION_STOP_CLOCK], ids=["hang", "stop-clock"])
async def test_a_program_that_hangs_is_ended_by_the_watchdog(tmp_path: Path, action: int) -> None:
    async with (
        AvrBoard(tmp_path, firmware_build.bench()) as board,
        open_sensor("board", board.port) as sensor,
    ):
        readings = aiter(sensor)
        await until(readings, BoardStatus, boot=1)
        hang = encode_message(Command(0, action), 1)
        request = f"inject {encode_message(SendAll(), 2).hex()}"
        await board.do(f"inject {hang.hex()}", "wait 500", request, "wait 200")
        assert board.resets == 0
        # A host that goes on asking does not keep it alive.
        await board.do(request, "wait 300", request, "wait 500")
        assert board.resets == 1
        status = await until(readings, BoardStatus, boot=2)
        assert status.reset == "watchdog"
        await board.do(*walk("ab"))
        await until(readings, CounterReading, entered_total=1)


@pytest.mark.parametrize("action", [ACTION_HANG, ACTION_STOP_CLOCK])
async def test_the_firmware_of_a_venue_does_not_hang_on_command(
    board: AvrBoard, readings: Readings, action: int
) -> None:
    hang = encode_message(Command(0, action), 1)
    await board.do(f"inject {hang.hex()}", "wait 3000", *walk("ab"))
    await until(readings, CounterReading, entered_total=1)
    assert board.resets == 0


@pytest.mark.parametrize("seed", [1, 2])
async def test_wrong_bytes_on_the_line_cost_no_visitor(
    board: AvrBoard, readings: Readings, seed: int
) -> None:
    chance = random.Random(seed)
    entered = left = 0
    for _ in range(12):
        way = chance.choice(["ab", "ba"])
        entered, left = entered + (way == "ab"), left + (way == "ba")
        await board.do(f"spoil {chance.randrange(30)}", *walk(way, 30), "wait 60")
    await board.do("spoil 0", f"inject {chance.randbytes(3000).hex()}", *walk("ab"))
    last = await until(readings, CounterReading, entered_total=entered + 1, left_total=left)
    assert last.continuity is Continuity.SAME_BOOT
    await board.do("wait 2000")
    status = await until(readings, BoardStatus)
    assert status.corrupt_frames > 0
    assert status.boot == 1


def passage(chance: random.Random) -> tuple[list[str], tuple[int, int]]:
    """Return what somebody does at the door, and how many entered and left by it."""
    first, second = chance.choice([("a", "b"), ("b", "a")])
    pace = f"wait {chance.randrange(20, 600)}"
    there = [f"set {first} 1", pace, f"set {second} 1", pace]
    on = [f"set {first} 0", pace, f"set {second} 0"]
    match chance.choice(["pass", "pass", "pass", "turn back", "look in", "dawdle"]):
        case "pass":
            return there + on, (1, 0) if first == "a" else (0, 1)
        case "turn back":
            return [*there, f"set {second} 0", pace, f"set {first} 0"], (0, 0)
        case "look in":
            return [f"set {first} 1", pace, f"set {first} 0"], (0, 0)
        case _:
            return [f"set {first} 1", "wait 1600", *there[2:], *on], (0, 0)


@pytest.mark.parametrize(
    ("seed", "people"),
    [
        pytest.param(1, 40, id="seed-1"),
        pytest.param(2, 3000, id="seed-2-a-crowded-day", marks=pytest.mark.soak),
    ],
)
async def test_whoever_comes_to_the_door(
    board: AvrBoard, readings: Readings, seed: int, people: int
) -> None:
    chance = random.Random(seed)
    entered = left = counted_in = counted_out = 0
    for number in range(people):
        commands, crossed = passage(chance)
        entered, left = entered + crossed[0], left + crossed[1]
        # What was spoilt comes again with the next totals, 5 s later at most.
        spoilt = chance.choice([0, 0, 5, 40])
        pause_ms = chance.randrange(5100, 9000) if spoilt else chance.randrange(1600, 4000)
        await board.do(f"spoil {spoilt}", *commands, f"wait {pause_ms}")
        while (counted_in, counted_out) != (entered, left):
            counter = await until(readings, CounterReading)
            counted_in, counted_out = counted_in + counter.entered, counted_out + counter.left
            assert counted_in <= entered, f"person {number}: {commands}"
            assert counted_out <= left, f"person {number}: {commands}"
    assert counter.continuity is Continuity.SAME_BOOT
    assert (counter.entered_total, counter.left_total) == (entered, left)


async def test_noise_of_the_host_is_survived_and_the_next_request_answered(
    board: AvrBoard,
) -> None:
    noise = random.Random(7).randbytes(2000)
    async with open_transport(board.port) as port:
        await board.do("wait 100", f"inject {noise.hex()}", "wait 500")
        await port.write(b"\0" + encode_message(SendAll(), 42))
        frames = FrameDecoder()
        async with asyncio.timeout(PATIENCE_SECONDS):
            while True:
                answers = [message for _, message in told(frames, await port.read())]
                if Ack(42, SendAll.TYPE, AckResult.DONE) in answers:
                    break


async def test_it_answers_as_the_protocol_says(board: AvrBoard) -> None:
    requests: list[Message] = [SendAll(), Command(1, 1), Command(9, 1), *[SendAll()] * 12]
    asked = b"".join(encode_message(request, seq) for seq, request in enumerate(requests, start=1))
    async with open_transport(board.port) as port:
        await board.do("wait 100", "reset", "wait 100", f"inject {asked.hex()}", "wait 500")
        frames, seen = FrameDecoder(), Frames()
        async with asyncio.timeout(PATIENCE_SECONDS):
            while len([1 for _, message in seen if isinstance(message, Ack)]) < len(requests):
                seen += told(frames, await port.read())
    seen = since_boot(seen)
    assert [seq for seq, _ in seen] == list(range(len(seen)))
    all_of_it = ["Hello", "Counter", "Contact", "Climate", "Heartbeat"]
    names = [type(message).__name__ for _, message in seen]
    assert names[:11] == [*all_of_it, "Ack", *all_of_it]
    acks = [message for _, message in seen if isinstance(message, Ack)]
    assert [(ack.request_seq, ack.result.name) for ack in acks] == [
        (1, "DONE"),
        (2, "UNKNOWN_COMMAND"),
        (3, "BAD_ARGUMENT"),
        *((seq, "DONE") for seq in range(4, 16)),
    ]


async def test_the_stack_stays_away_from_the_variables(board: AvrBoard) -> None:
    noise = random.Random(3).randbytes(1500) + b"\0" + encode_message(SendAll(), 1) * 10
    await board.do("climate 26214 32768", "wait 5200", f"inject {noise.hex()}", "wait 500")
    await board.do(*walk("ab"), "set lock 1", "wait 5200", "climate deaf", "wait 5200")
    assert await board.untouched_bytes() > 512


async def test_it_speaks_by_itself(board: AvrBoard) -> None:
    last_beat = Heartbeat(boot=2, uptime_seconds=30)
    async with open_transport(board.port) as port:
        await board.do("wait 100", "reset", "wait 30500")
        frames, seen = FrameDecoder(), Frames()
        async with asyncio.timeout(PATIENCE_SECONDS):
            while not (ends := [at for at, (_, said) in enumerate(seen) if said == last_beat]):
                seen += told(frames, await port.read())
    seen = since_boot(seen[: ends[0] + 1])
    beats = [message.uptime_seconds for _, message in seen if isinstance(message, Heartbeat)]
    assert beats == list(range(0, 31, 2))
    names = [type(message).__name__ for _, message in seen]
    # One of each at the boot; then 6 repeats in 30 s.
    assert {name: names.count(name) for name in ("Hello", "Counter", "Contact", "Climate")} == {
        "Hello": 1,
        "Counter": 7,
        "Contact": 7,
        "Climate": 7,
    }


async def test_lock_door_and_tamper(board: AvrBoard, readings: Readings) -> None:
    bounce = [f"set lock {level}" for level in (1, 0, 1, 0, 1)]
    await board.do(
        *(line for change in bounce for line in (change, "wait 7")),
        *("wait 100", "set door 1", "wait 100", "set tamper 1", "wait 100"),
    )
    seen = [await until(readings, ContactReading, changes_total=number) for number in (1, 2, 3)]
    assert [(one.lock, one.door, one.is_tampered, one.changes_total) for one in seen] == [
        (LockState.UNLOCKED, DoorState.CLOSED, False, 1),
        (LockState.UNLOCKED, DoorState.OPEN, False, 2),
        (LockState.UNLOCKED, DoorState.OPEN, True, 3),
    ]


async def test_what_is_not_wired_is_unknown(tmp_path: Path) -> None:
    async with (
        AvrBoard(tmp_path, image=eeprom(wired=2)) as board,
        open_sensor("board", board.port) as sensor,
    ):
        await board.do("set lock 1", "set tamper 1", "set door 1", "wait 100")
        contact = await until(aiter(sensor), ContactReading, door=DoorState.OPEN)
    assert (contact.lock, contact.is_tampered) == (LockState.UNKNOWN, False)


async def test_the_air_is_measured_and_a_sensor_may_come_and_go(
    board: AvrBoard, readings: Readings
) -> None:
    there, degrees, percent = ROOM
    absent = await until(readings, ClimateReading)
    assert (absent.temperature_celsius, absent.humidity_percent) == (None, None)
    for wrong in ("climate off", "climate wrong", "climate deaf"):
        await board.do(there, "wait 5200")
        await until(readings, ClimateReading, temperature_celsius=degrees, humidity_percent=percent)
        await board.do(wrong, "wait 5200")
        await until(readings, ClimateReading, temperature_celsius=None, humidity_percent=None)
    await board.do("climate 13107 6554", "wait 5200")
    await until(readings, ClimateReading, temperature_celsius=-10.0, humidity_percent=10.0)
    assert board.resets == 0


async def test_boots_are_numbered_over_the_boards_whole_life(tmp_path: Path) -> None:
    image = bytes(eeprom())
    boots = []
    for _ in range(3):
        async with AvrBoard(tmp_path, image=image) as board:
            async with open_sensor("board", board.port) as sensor:
                boots.append((await until(aiter(sensor), BoardStatus)).boot)
            await board.do("reset", "wait 100")
        image = board.image.read_bytes()
    assert boots == [1, 3, 5]
    assert image.count(BOARD_ID) == 2


@pytest.mark.parametrize(
    ("damaged", "known"), [([0x020], True), ([0x040], True), ([0x020, 0x040], False)]
)
async def test_a_damaged_copy_of_the_identity_is_made_up_for(
    tmp_path: Path, damaged: list[int], known: bool
) -> None:
    image = eeprom()
    for place in damaged:
        image[place + 3] ^= 0x10
    async with AvrBoard(tmp_path, image=image) as board, open_sensor("board", board.port) as sensor:
        status = await until(aiter(sensor), BoardStatus)
    assert status.board_id == (BOARD_ID.hex() if known else "4b47000000000000")
