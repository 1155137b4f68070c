"""The transport: bytes both ways, clear errors, and nothing left behind."""

import asyncio
import socket
import struct
import threading
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from serial.tools.list_ports_common import ListPortInfo

from firmware_bridge import DeviceError, DeviceNotFound, DeviceTimeout, open_sensor
from firmware_bridge.serial_port import close_port, open_port
from firmware_bridge.simulated.board import SimulatedBoard
from firmware_bridge.simulated.pty_port import PtyPort
from firmware_bridge.transport import SerialTransport, open_transport

PATIENCE_SECONDS = 10.0
EVERY_BYTE = bytes(range(256))


@pytest.fixture
async def port() -> AsyncIterator[PtyPort]:
    async with PtyPort() as pty_port:
        yield pty_port


async def read_exactly(transport: SerialTransport, size: int) -> bytes:
    received = b""
    while len(received) < size:
        received += await transport.read()
    return received


async def test_every_byte_passes_both_ways(port: PtyPort) -> None:
    async with asyncio.timeout(PATIENCE_SECONDS), SerialTransport(port.path) as transport:
        await port.write(EVERY_BYTE * 4)
        assert await read_exactly(transport, 1024) == EVERY_BYTE * 4
        await transport.write(EVERY_BYTE)
        received = b""
        while len(received) < 256:
            received += await port.read()
        assert received == EVERY_BYTE


async def test_a_cancelled_read_loses_no_byte(port: PtyPort) -> None:
    async with asyncio.timeout(PATIENCE_SECONDS), SerialTransport(port.path) as transport:
        for _ in range(20):
            reading = asyncio.create_task(transport.read())
            await asyncio.sleep(0)
            reading.cancel()
            await asyncio.gather(reading, return_exceptions=True)
        await port.write(b"abc")
        assert await read_exactly(transport, 3) == b"abc"


async def test_what_came_before_an_unplug_is_read_first(port: PtyPort) -> None:
    async with asyncio.timeout(PATIENCE_SECONDS), SerialTransport(port.path) as transport:
        await port.write(b"first")
        assert await read_exactly(transport, 5) == b"first"
        port.unplug()
        for _ in range(2):
            with pytest.raises(DeviceError, match="unplugged"):
                await transport.read()
        await transport.write(b"into the void")


async def test_closing_wakes_whoever_reads(port: PtyPort) -> None:
    async with asyncio.timeout(PATIENCE_SECONDS):
        async with SerialTransport(port.path) as transport:
            reading = asyncio.create_task(transport.read())
            await asyncio.sleep(0)
        with pytest.raises(DeviceError, match="closed"):
            await reading
        with pytest.raises(DeviceError, match="not open"):
            await transport.write(b"x")


async def test_a_slow_consumer_loses_old_bytes_that_are_counted(port: PtyPort) -> None:
    transport = SerialTransport(port.path)
    async with asyncio.timeout(PATIENCE_SECONDS), transport:
        for _ in range(200):
            await port.write(b"\x55" * 1000)
        await port.write(b"end")
        received = await transport.read()
        while not received.endswith(b"end"):
            received += await transport.read()
        assert len(received) + transport.dropped_bytes + port.dropped_bytes == 200_003
        assert transport.dropped_bytes > 0


async def test_what_waits_for_a_consumer_is_bounded_and_newest(port: PtyPort) -> None:
    transport = SerialTransport(port.path)
    async with asyncio.timeout(PATIENCE_SECONDS), transport:
        for number in range(2000):
            transport._take(number.to_bytes(2, "big") * 50)
        waiting = 64 * 1024 // 100
        assert transport.dropped_bytes == (2000 - waiting) * 100
        assert await transport.read() == (2000 - waiting).to_bytes(2, "big") * 50


async def test_a_port_that_takes_no_bytes_is_a_timeout(port: PtyPort) -> None:
    async with asyncio.timeout(PATIENCE_SECONDS), SerialTransport(port.path) as transport:
        await transport.write(bytes(200_000))  # the far end never reads
        with pytest.raises(DeviceTimeout, match="takes no bytes"):
            await transport.read()


async def test_a_port_has_one_user(port: PtyPort) -> None:
    async with asyncio.timeout(PATIENCE_SECONDS), SerialTransport(port.path):
        with pytest.raises(DeviceError, match="in use by another program"):
            async with SerialTransport(port.path):
                pass


@pytest.mark.parametrize(
    ("url", "kind", "sentence"),
    [
        ("/dev/no-such-port", DeviceNotFound, "no serial port at /dev/no-such-port"),
        ("/dev/null", DeviceError, "not a serial port"),
        (".", DeviceError, "not a serial port"),
        ("", DeviceError, "the port is empty"),
        ("a\x00b", DeviceError, "the port is empty"),
        ("telnet://host:1", DeviceError, "no address of a port"),
        ("socket://host", DeviceError, "no address of a port"),
        ("socket://host:99999", DeviceError, "no address of a port"),
        ("socket://:5", DeviceError, "no address of a port"),
        ("socket://[::1", DeviceError, "no address of a port"),
    ],
)
async def test_what_cannot_be_opened_says_why(
    url: str, kind: type[DeviceError], sentence: str
) -> None:
    threads = threading.active_count()
    async with asyncio.timeout(PATIENCE_SECONDS):
        with pytest.raises(kind, match=sentence) as raised:
            async with open_transport(url):
                pass
    assert "\n" not in str(raised.value)
    assert threading.active_count() == threads


async def test_a_dangling_link_is_not_found(tmp_path: Path) -> None:
    (tmp_path / "board").symlink_to(tmp_path / "gone")
    with pytest.raises(DeviceNotFound):
        async with open_transport(str(tmp_path / "board")):
            pass


async def test_cancelled_while_opening(port: PtyPort) -> None:
    opening = asyncio.create_task(SerialTransport(port.path).__aenter__())
    await asyncio.sleep(0)
    opening.cancel()
    with pytest.raises(asyncio.CancelledError):
        await opening
    async with asyncio.timeout(PATIENCE_SECONDS):
        for thread in threading.enumerate():
            if thread.name.startswith("serial["):
                await asyncio.to_thread(thread.join)


async def test_a_board_behind_a_socket() -> None:
    board = SimulatedBoard()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(board.receive(await reader.read(100), 1.0))
        await writer.drain()
        writer.close()
        await writer.wait_closed()

    async with asyncio.timeout(PATIENCE_SECONDS):
        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        url = f"socket://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        async with server, open_sensor("board", url) as sensor:
            seen: list[str] = []
            with pytest.raises(DeviceError, match="gone"):
                seen.extend([type(reading).__name__ async for reading in sensor])
        threads = [thread.name for thread in threading.enumerate()]
        assert not [name for name in threads if name.startswith("serial[")]
        with pytest.raises(DeviceNotFound, match="nothing answers"):
            async with open_sensor("board", url):
                pass


def test_a_socket_that_its_peer_reset_is_closed() -> None:
    at_once = struct.pack("ii", 1, 0)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = open_port(f"socket://127.0.0.1:{listener.getsockname()[1]}", 115_200)
        peer, _ = listener.accept()
        peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, at_once)
        peer.close()
        connection = getattr(port, "_socket", None)
        assert isinstance(connection, socket.socket)
        close_port(port)
        assert connection.fileno() == -1


def open_files() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


async def test_the_pty_leaves_no_link_and_no_descriptor(tmp_path: Path) -> None:
    link = tmp_path / "board"
    before = open_files()
    async with PtyPort(link) as port:
        assert link.is_symlink()
        first = link.readlink()
        port.plug()
        assert link.exists()
        assert first.parent == link.readlink().parent
    assert not link.is_symlink()
    assert open_files() == before


async def test_the_pty_spares_what_is_not_its_own(tmp_path: Path) -> None:
    file = tmp_path / "a-file"
    file.write_text("kept", encoding="utf-8")
    with pytest.raises(DeviceError, match="exists and is no link"):
        async with PtyPort(file):
            pass
    assert file.read_text(encoding="utf-8") == "kept"
    with pytest.raises(DeviceError, match="no link can be made"):
        async with PtyPort(tmp_path / "no" / "folder"):
            pass


async def test_a_board_that_nobody_hears_does_not_wait(port: PtyPort) -> None:
    async with asyncio.timeout(PATIENCE_SECONDS):
        for _ in range(100):
            await port.write(b"\x55" * 1000)
    assert port.dropped_bytes > 50_000


def plugged(monkeypatch: pytest.MonkeyPatch, *devices: tuple[str, str | None]) -> None:
    ports = []
    for device, serial_number in devices:
        port = ListPortInfo(device)
        port.vid, port.pid, port.serial_number = 0x1A86, 0x7523, serial_number
        ports.append(port)
    monkeypatch.setattr("firmware_bridge.serial_port.list_ports.comports", lambda: ports)


async def test_a_usb_device_is_found_by_its_ids_and_held(
    port: PtyPort, monkeypatch: pytest.MonkeyPatch
) -> None:
    plugged(monkeypatch, ("/dev/elsewhere", "0001"), (port.path, "0002"))
    async with SerialTransport("usb:1a86:7523:0002", baudrate=38_400, parity="E") as transport:
        await port.write(b"found")
        assert await read_exactly(transport, 5) == b"found"
        with pytest.raises(DeviceError, match="in use by another program"):
            open_port("usb:1A86:7523:0002", 9600)


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("usb:1a86:7523:0009", "no USB device is plugged in as usb:1a86:7523:0009"),
        ("usb:0403:6001", "no USB device is plugged in"),
        ("usb:1a86:7523", r"names 2 devices: add one's serial number \(0001, 0002\)"),
        ("usb:ch340", "names no USB device: write usb:VID:PID"),
    ],
)
async def test_a_usb_device_that_is_not_one_is_told(
    monkeypatch: pytest.MonkeyPatch, url: str, sentence: str
) -> None:
    plugged(monkeypatch, ("/dev/ttyUSB0", "0001"), ("/dev/ttyUSB1", "0002"))
    with pytest.raises(DeviceError, match=sentence):
        async with SerialTransport(url):
            pass


async def test_parity_is_left_off_on_a_pty(port: PtyPort) -> None:
    """A pty takes no parity, and refuses whatever comes with it the second time."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        for _ in range(3):
            async with open_transport(port.path, baudrate=38_400, parity="E") as transport:
                await port.write(b"abc")
                assert await transport.read()
