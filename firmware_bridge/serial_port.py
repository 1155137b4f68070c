"""Opening and closing pyserial's ports, and what their errors mean to a person at the bench."""

import errno
import termios
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

import serial
from serial.tools import list_ports

from firmware_bridge.errors import BridgeError, DeviceError, DeviceNotFound, DeviceTimeout

# A board takes its few request bytes at once; one that does not is stuck.
_WRITE_TIMEOUT_SECONDS = 1.0
USB_SCHEME = "usb:"
_GONE = {errno.ENOENT, errno.ENODEV, errno.ENXIO}
_DENIED = {errno.EACCES, errno.EPERM}
_TAKEN = {errno.EAGAIN, errno.EBUSY}


def open_port(url: str, baudrate: int, *, parity: str = "N", stop_bits: float = 1) -> serial.Serial:
    """Open a path, `usb:VID:PID[:SERIAL]` or `socket://host:port`, for reads that do not block.

    8 data bits, no flow control; parity "N", "E" or "O", which a pty does not take. A path or USB
    device is held against every other program. Blocks up to 5 s for a socket. Raises
    DeviceNotFound or DeviceError.
    """
    is_socket = _check_url(url)
    path = usb_path(url) if url.startswith(USB_SCHEME) else url
    try:
        return serial.serial_for_url(
            path,
            baudrate=baudrate,
            parity="N" if _is_pty(path) else parity,
            stopbits=stop_bits,
            timeout=0,
            write_timeout=_WRITE_TIMEOUT_SECONDS,
            # Two programs on one port would each get half of the bytes.
            exclusive=None if is_socket else True,
        )
    except (OSError, serial.SerialException, termios.error, ValueError) as error:
        raise _opening_error(url, error, is_socket=is_socket) from error


def close_port(port: serial.Serial) -> None:
    """Close; never raises, never waits for unsent bytes, leaves no descriptor."""
    # pyserial forgets a socket unclosed when its shutdown fails because the peer reset it.
    connection = getattr(port, "_socket", None)
    with suppress(OSError, serial.SerialException, termios.error):
        port.reset_output_buffer()
    with suppress(OSError, serial.SerialException, termios.error):
        port.close()
    if connection is not None:
        connection.close()


def usb_path(url: str) -> str:
    """Return the path of the one plugged USB device that `usb:VID:PID[:SERIAL]` names.

    VID and PID are hexadecimal. Raises DeviceNotFound when it is not plugged in, DeviceError when
    the URL is wrong or two devices answer to it.
    """
    vid, pid, wanted_serial = _usb_parts(url)
    found = [
        port
        for port in list_ports.comports()
        if (port.vid, port.pid) == (vid, pid) and wanted_serial in ("", port.serial_number)
    ]
    if not found:
        raise DeviceNotFound(
            f"no USB device is plugged in as {url}: see `python -m firmware_bridge ports`"
        )
    if len(found) > 1:
        names = ", ".join(sorted(port.serial_number or port.device for port in found))
        raise DeviceError(f"{url} names {len(found)} devices: add one's serial number ({names})")
    return str(found[0].device)


def translate(url: str, error: Exception) -> BridgeError:
    """Return what a failure of an open port means."""
    if isinstance(error, serial.SerialTimeoutException):
        return DeviceTimeout(f"{url} takes no bytes: check the device, its baud rate and its cable")
    return DeviceError(f"{url} is gone: the device was unplugged, restarted or lost its power")


def _is_pty(path: str) -> bool:
    # The kernel refuses the bit on a pty, and glibc then refuses all settings that came with it.
    return "://" not in path and Path(path).resolve().parent == Path("/dev/pts")


def _usb_parts(url: str) -> tuple[int, int, str]:
    vid, _, rest = url.removeprefix(USB_SCHEME).partition(":")
    pid, _, serial_number = rest.partition(":")
    try:
        return int(vid, 16), int(pid, 16), serial_number
    except ValueError:
        raise DeviceError(
            f"{url} names no USB device: write usb:VID:PID or usb:VID:PID:SERIAL, as in "
            "usb:1a86:7523"
        ) from None


def _check_url(url: str) -> bool:
    if "://" not in url:
        if not url.strip() or "\x00" in url:
            raise DeviceError("the port is empty: give a path or socket://host:port")
        return False
    try:
        parts = urlsplit(url)
        is_good = parts.scheme == "socket" and bool(parts.hostname) and bool(parts.port)
    except ValueError:
        is_good = False
    if not is_good:
        raise DeviceError(f"{url} is no address of a port: give a path or socket://host:port")
    return True


def _opening_error(url: str, error: Exception, *, is_socket: bool) -> BridgeError:
    if is_socket:
        return DeviceNotFound(f"nothing answers at {url}: check the address and the converter")
    code = getattr(error, "errno", None)
    if code in _GONE:
        return DeviceNotFound(
            f"no serial port at {url}: plug the device in, or see `python -m firmware_bridge ports`"
        )
    if code in _DENIED:
        return DeviceError(f"{url} may not be opened: add this user to the group of the port")
    if code in _TAKEN:
        return DeviceError(f"{url} is in use by another program: close that one first")
    return DeviceError(f"{url} is not a serial port: give the path of one")
