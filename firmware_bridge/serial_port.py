"""Opening and closing pyserial's ports, and what their errors mean to a person at the bench."""

import errno
import termios
from contextlib import suppress
from urllib.parse import urlsplit

import serial

from firmware_bridge.errors import BridgeError, DeviceError, DeviceNotFound, DeviceTimeout

# A board takes its few request bytes at once; one that does not is stuck.
_WRITE_TIMEOUT_SECONDS = 1.0
_GONE = {errno.ENOENT, errno.ENODEV, errno.ENXIO}
_DENIED = {errno.EACCES, errno.EPERM}
_TAKEN = {errno.EAGAIN, errno.EBUSY}


def open_port(url: str, baudrate: int) -> serial.Serial:
    """Open a path or `socket://host:port`: 8N1, no flow control, reads that do not block.

    Blocks up to 5 s for a socket. Raises DeviceNotFound or DeviceError.
    """
    is_socket = _check_url(url)
    try:
        return serial.serial_for_url(
            url,
            baudrate=baudrate,
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


def translate(url: str, error: Exception) -> BridgeError:
    """Return what a failure of an open port means."""
    if isinstance(error, serial.SerialTimeoutException):
        return DeviceTimeout(f"{url} takes no bytes: check the device, its baud rate and its cable")
    return DeviceError(f"{url} is gone: the device was unplugged, restarted or lost its power")


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
