"""A state, an order and a report as plain values, as they stand in files, and back. Pure."""

from dataclasses import asdict, replace
from typing import Any

from contracts.update import is_sha256
from updater.state import Before, Failed, Order, Outcome, Phase, Report, State


def to_json(state: State) -> dict[str, Any]:
    """Return a state as plain values; `from_json` is its inverse."""
    return {"format": 1} | asdict(state)


def from_json(read: object) -> State:
    """Read a state. Raises ValueError: it is none."""
    try:
        if not isinstance(read, dict) or read.pop("format") != 1:
            raise ValueError("is of another format")
        order, before, outcome = read["order"], read["before"], read["outcome"]
        failing = before["failing"]
        return State(
            **read
            | {
                "phase": Phase(read["phase"]),
                "order": None if order is None else order_of(order),
                "before": Before(**before | {"failing": failing and tuple(failing)}),
                "failed": tuple(Failed(**one) for one in read["failed"]),
                "outcome": Outcome(**outcome),
            }
        )
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"is no state of an updater: {error}") from error


def order_of(read: object) -> Order:
    """Read an order from plain values. Raises ValueError."""
    try:
        order = Order(**read)  # type: ignore[arg-type]  # looked at below
    except TypeError as error:
        raise ValueError(f"is no order: {error}") from error
    texts = (order.sha256, order.version, order.hub)
    numbers = (order.bytes, order.attempt)
    if not (
        all(isinstance(one, str) for one in texts)
        and all(isinstance(one, int) and not isinstance(one, bool) for one in numbers)
        and isinstance(order.go, bool)
        and isinstance(order.allow_downgrade, bool)
        and is_sha256(order.sha256)
        and order.hub.startswith(("http://", "https://"))
    ):
        raise ValueError("is no order: a key has another kind of value")
    return order


def report_of(read: object) -> Report:
    """Read what an agent says of itself from plain values. Raises ValueError."""
    try:
        report = Report(**read)  # type: ignore[arg-type]  # looked at below
        report = replace(report, failing=tuple(map(str, report.failing)))
    except TypeError as error:
        raise ValueError(f"is no report: {error}") from error
    if not (
        isinstance(report.version, str)
        and isinstance(report.boot, str)
        and isinstance(report.at, int | float)
        and isinstance(report.started, int | float)
        and all(isinstance(o, bool) for o in (report.turning, report.connected, report.acked))
    ):
        raise ValueError("is no report: a key has another kind of value")
    return report
