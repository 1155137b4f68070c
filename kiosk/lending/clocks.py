"""The library's clock and the kiosk's own. Pure."""

WARN_MS = 60_000
"""Clocks that differ by more are told to the staff."""


def offset_ms(library_ms: int, own_ms: int) -> int:
    """Return by how much the kiosk's clock is behind the library's."""
    return library_ms - own_ms


def is_wrong(offset: int) -> bool:
    """Tell whether clocks differ by more than messages that take their time."""
    return abs(offset) > WARN_MS


def library_time_ms(at_ms: int, offset: int, now_ms: int, boot: str, now_boot: str) -> int:
    """Return a time of the journal as the library's clock had it, never after its present.

    The offset is that of now; it is believed only for what was written in the same start of the
    system, whose clock ran on.
    """
    if not is_wrong(offset) or boot != now_boot:
        return min(at_ms, now_ms + offset)
    return min(at_ms + offset, now_ms + offset)
