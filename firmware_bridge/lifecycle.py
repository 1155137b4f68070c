"""The life of whatever holds a port: transports, readers, sensors, actuators, printers."""

from types import TracebackType
from typing import Protocol, Self


class Lifecycle(Protocol):
    """What is opened by entering it and closed by leaving it.

    Building one does nothing. Entering opens it: DeviceNotFound when nothing is there, DeviceError
    when it cannot be used. Leaving closes it, never hangs, and may be done twice.
    """

    async def __aenter__(self) -> Self: ...

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
        /,
    ) -> None: ...
