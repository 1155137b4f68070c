"""A node of ours that sends the same readings: a real spool and uplink.

Arguments: port, messages, readings a message, messages a second, the spool's file. Readings become
durable a few times a second, those of several messages together, as in a node. Prints as
`plain_sender` does; acknowledged is what the hub's store holds.
"""

import asyncio
import sys
import time
from pathlib import Path

from benchmarks.peer_readings import reading
from contracts.ids import NodeId
from contracts.rows import Count
from link import uplink as uplink_module
from link.buckets import Draft
from link.clock import SystemClock
from link.recorder import Recorder
from link.session import BrokerConfig
from link.uplink import Uplink

COMMITS_A_SECOND = 5
PATIENCE_S = 30.0
NODE = NodeId("venue", "door")


async def main(port: int, messages: int, rows: int, rate: float, path: Path) -> None:
    uplink_module.SILENT_SECONDS = 3.0  # type: ignore[misc]  # three minutes, for those who wait
    clock = SystemClock("always")
    recorder = Recorder(path, clock)
    uplink = Uplink(recorder, NODE, BrokerConfig(port=port))
    sending = asyncio.create_task(uplink.run())
    print("ready", flush=True)
    began, number, epoch = time.perf_counter(), 0, recorder.buckets.epoch
    due = messages * rows
    while number < due:
        await asyncio.sleep(1 / COMMITS_A_SECOND)
        upto = min(due, int((time.perf_counter() - began) * rate) * rows) if rate else due
        drafts = []
        for each in range(number, upto):
            line, at, entered, left = reading(each)
            drafts.append(Draft((line, at), Count(1, epoch, line, at, entered, left), final=True))
        recorder.spool.append(drafts, clock.look())
        recorder.on_commit()
        number = upto
    print(f"sent {messages}", flush=True)
    deadline = time.monotonic() + PATIENCE_S
    while recorder.spool.has_unsent and time.monotonic() < deadline:  # noqa: ASYNC110  from outside
        await asyncio.sleep(0.05)
    behind = recorder.spool.unacknowledged
    print(f"acknowledged {messages if not behind else (due - behind) // rows}", flush=True)
    sending.cancel()
    await asyncio.gather(sending, return_exceptions=True)
    await recorder.close()


if __name__ == "__main__":
    port_, messages_, rows_ = (int(value) for value in sys.argv[1:4])
    asyncio.run(main(port_, messages_, rows_, float(sys.argv[4]), Path(sys.argv[5])))
