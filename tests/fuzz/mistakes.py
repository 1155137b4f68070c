"""Hearing what a process says of its own mistakes, while it is fed what others made up."""

from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager
from typing import Any

import structlog

_OF_OTHERS = frozenset(
    {
        "hub_opens_to_all",
        "store_refuses",
        "broker_unreachable",
        "broker_refuses",
        "alerts_file_refused",
    }
)


@contextmanager
def heard() -> Iterator[list[str]]:
    """Collect what is logged as an error of ours; nothing else is kept, or written anywhere."""
    told: list[str] = []

    def hear(
        _logger: Any, method: str, event: MutableMapping[str, Any]
    ) -> MutableMapping[str, Any]:
        if method in {"error", "exception", "critical"} and event["event"] not in _OF_OTHERS:
            told.append(repr({**event}))
        raise structlog.DropEvent

    before = structlog.get_config()
    structlog.configure(processors=[hear], cache_logger_on_first_use=False)
    try:
        yield told
    finally:
        structlog.configure(**before)
