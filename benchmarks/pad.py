"""A book laid on a FEIG pad, and taken off again, until the program is told.

A real driver and pyserial over a pty; the simulated reader answers at the pace of 38 400 baud with
even parity, and takes as long for its antenna as ISO/IEC 15693 does.
"""

import asyncio
from pathlib import Path

from benchmarks.report import Result
from firmware_bridge.readers.feig import FeigReader
from firmware_bridge.readers.port import TagChange
from firmware_bridge.simulated.feig import SimulatedFeigPad
from firmware_bridge.simulated.pad import SimulatedPad, SimulatedTag
from firmware_bridge.simulated.pty_port import PtyPort
from firmware_bridge.simulated.serve import serve

TURNS = 40
OTHERS = (0, 7)
READS = 20
UID = "E004015012345678"


def measure(folder: Path) -> list[Result]:
    del folder
    return [result for others in OTHERS for result in asyncio.run(_measure(others))]


async def _measure(others: int) -> list[Result]:
    pad = SimulatedPad()
    for number in range(others):
        pad.put(SimulatedTag(f"E0040150000000{number:02X}"))
    device = SimulatedFeigPad(pad)
    async with PtyPort() as port, asyncio.TaskGroup() as tasks:
        serving = tasks.create_task(
            serve(
                port,
                device.receive,
                baudrate=38_400,
                bits_a_byte=11,
                air_seconds=lambda: device.air_seconds,
                gap=device.gap,
            )
        )
        async with FeigReader(port.path) as reader:
            results = await _turns(reader, pad, others)
            timeouts = reader.statistics.timeouts
        serving.cancel()
    assert not timeouts, f"{timeouts} requests were not answered in time"
    return results


async def _turns(reader: FeigReader, pad: SimulatedPad, others: int) -> list[Result]:
    loop = asyncio.get_running_loop()
    seen = aiter(reader)
    for _ in range(others):
        await anext(seen)
    waited: dict[TagChange, list[float]] = {TagChange.ARRIVED: [], TagChange.LEFT: []}
    for turn in range(TURNS):
        # At another moment of the round each time.
        await asyncio.sleep(0.007 * (turn % 15))
        for change, act in ((TagChange.ARRIVED, _put), (TagChange.LEFT, _take)):
            act(pad)
            began = loop.time()
            assert (await anext(seen)).change is change
            waited[change].append(1000 * (loop.time() - began))
    beside = f"{others} other books on the pad" if others else "alone on the pad"
    return [
        _result(f"book laid down, {beside}, p95", waited[TagChange.ARRIVED], 500),
        _result(f"book taken off, {beside}, p95", waited[TagChange.LEFT], 800),
        await _read(reader, pad, beside),
    ]


async def _read(reader: FeigReader, pad: SimulatedPad, beside: str) -> Result:
    loop = asyncio.get_running_loop()
    _put(pad)
    took = []
    for _ in range(READS):
        began = loop.time()
        info = await reader.system_info(UID)
        await reader.read_blocks(UID, 0, info.block_count)
        took.append(1000 * (loop.time() - began))
    return Result(
        f"whole tag of 112 bytes read, {beside}",
        sorted(took)[READS // 2],
        "ms",
        note=f"median; longest {max(took):.0f} ms",
    )


def _result(name: str, waited: list[float], at_most: float) -> Result:
    ordered = sorted(waited)
    return Result(
        name,
        ordered[int(0.95 * len(ordered))],
        "ms",
        at_most=at_most,
        note=f"median {ordered[len(ordered) // 2]:.0f}, longest {ordered[-1]:.0f} ms of {TURNS}",
    )


def _put(pad: SimulatedPad) -> None:
    pad.put(SimulatedTag(UID))


def _take(pad: SimulatedPad) -> None:
    pad.take(UID)
