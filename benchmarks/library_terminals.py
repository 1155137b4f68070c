"""Terminals of `benchmarks.library`: PORT TERMINALS SECONDS PASSWORD; prints what they waited."""

import asyncio
import json
import sys
import time

WRITES = ("11", "09")


def line(text: str, sequence: int) -> bytes:
    data = f"{text}AY{sequence}AZ".encode()
    return data + f"{-sum(data) & 0xFFFF:04X}\r".encode()


async def terminal(
    number: int, port: int, password: str, until: float, begin: asyncio.Event
) -> list[tuple[str, float]]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    waited: list[tuple[str, float]] = []
    sequence = 0

    async def ask(text: str) -> str:
        nonlocal sequence
        sequence = (sequence + 1) % 10
        began = time.perf_counter()
        writer.write(line(text, sequence))
        answer = await reader.readuntil(b"\r")
        waited.append((text[:2], time.perf_counter() - began))
        return answer.decode()

    assert (await ask(f"9300CNkiosk-{number}|CO{password}|")).startswith("941")
    await ask("9908002.00")
    await begin.wait()
    waited.clear()
    visit = 0
    while time.perf_counter() < until:
        patron = f"P{(number * 31 + visit) % 1000}"
        items = [f"B{(number * 150 + (2 * visit + k) % 150) % 5000}" for k in range(2)]
        at, blank = time.strftime("%Y%m%d    %H%M%S"), " " * 18
        await ask(f"63019{at}{'':10}AOb|AA{patron}|AC|")
        for item in items:
            await ask(f"17{at}AOb|AB{item}|AC|")
            lent = await ask(f"11NN{at}{blank}AOb|AA{patron}|AB{item}|AC|")
            assert lent.startswith("121"), lent
        await ask(f"63019{at}  Y       AOb|AA{patron}|AC|")
        await ask(f"35{at}AOb|AA{patron}|AC|")
        for item in items:
            back = await ask(f"09N{at}{at}APb|AOb|AB{item}|AC|")
            assert back.startswith("101"), back
        await ask(f"17{at}AOb|AB{items[0]}|AC|")
        visit += 1
    writer.close()
    return waited


async def main(port: int, terminals: int, seconds: float, password: str) -> None:
    begin = asyncio.Event()
    settled = 1 + 0.05 * terminals
    until = time.perf_counter() + seconds + settled
    tasks = [
        asyncio.create_task(terminal(n, port, password, until, begin)) for n in range(terminals)
    ]
    await asyncio.sleep(settled)
    began = time.perf_counter()
    begin.set()
    waited = [one for many in await asyncio.gather(*tasks) for one in many]
    spent = time.perf_counter() - began
    writes = sorted(span for code, span in waited if code in WRITES)
    reads = sorted(span for code, span in waited if code not in WRITES)
    every = sorted(writes + reads)
    print(
        json.dumps(
            {
                "p50": every[len(every) // 2],
                "p95": every[int(len(every) * 0.95)],
                "writes_p95": writes[int(len(writes) * 0.95)],
                "reads_p95": reads[int(len(reads) * 0.95)],
                "messages": len(every),
                "per_second": len(every) / spent,
                "writes_per_second": len(writes) / spent,
            }
        )
    )


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3]), sys.argv[4]))
