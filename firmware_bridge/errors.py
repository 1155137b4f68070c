"""What can go wrong between a wire and a reading. No pyserial or OS error leaves this package.

BridgeError
├── FrameError            bytes that are not a frame or a message (a decoder counts it, and goes on)
├── UnknownDriver         a driver name that the registry does not hold
└── DeviceError           the device or its port failed; open it again
    ├── DeviceNotFound    nothing is there
    ├── DeviceRefused     the device answers, and says no
    ├── OutputNotConfirmed  an output was switched, and did not follow
    └── DeviceTimeout     something is there, but it does not speak
"""

# The names say what happened; the suffix that N818 wants would say nothing more.


class BridgeError(Exception):
    """Root of every error of this package. Its text is one sentence: where, what, what to do."""


class FrameError(BridgeError):
    """Bytes that cannot be decoded."""


class UnknownDriver(BridgeError):
    """The registry holds no driver of this name."""


class DeviceError(BridgeError):
    """The device or its port failed: unplugged, in use, refused. Opening it again may help."""


class DeviceNotFound(DeviceError):
    """No port of this name exists, or nothing listens at this address."""


class DeviceRefused(DeviceError):
    """The device understood, and does not do it: an address or value that it does not have."""


class OutputNotConfirmed(DeviceError):
    """The device took the order to switch an output, and the output is as it was."""


class DeviceTimeout(DeviceError):
    """The port is open, but nothing that can be understood came for too long."""
