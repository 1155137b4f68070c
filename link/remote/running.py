"""A node's process with orders from afar: how it starts, and how it ends to start anew."""

import os
import signal
from collections.abc import Callable
from typing import Final, Generic, TypeVar

from link.node import Jobs, Node
from link.node_config import NodeConfig
from link.remote.orders import RemoteOrders
from link.remote.starting import Reading, begin

C = TypeVar("C", bound=NodeConfig)

START_ANEW: Final = 75
"""A process that ends with this wants to be started again (`EX_TEMPFAIL`), and systemd does it."""


class RemoteRun(Generic[C]):
    """One run of a node's process; `config` is what it starts with."""

    def __init__(self, reading: Reading[C]) -> None:
        """Read the configuration and count the start. Raises ConfigError."""
        self._reading = reading
        self._begun = begin(reading)
        self.config = self._begun.config
        self.exit_code = 0
        """With which the process ends."""

    def jobs(
        self,
        node: Node,
        *,
        in_use: Callable[[], bool] = lambda: False,
        browser: Callable[[], bool] | None = None,
    ) -> Jobs:
        """Let a node take orders, where its configuration allows any; return its job."""
        begun = self._begun
        if begun.shelf is None:
            return {}
        orders = RemoteOrders(
            node,
            self._reading,
            begun,
            in_use=in_use,
            browser=browser,
            stop=self._end,
        )
        return {"remote": orders.run}

    def _end(self) -> None:
        """End this process in good order, as if it was asked to stop."""
        self.exit_code = START_ANEW
        os.kill(os.getpid(), signal.SIGTERM)
