"""Texts that people write: reasons, comments, labels. Pure."""

from hub.access.complaints import Complained, Complaint


def one_line(text: str) -> str:
    """Return a text on one line, without what cannot be printed."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def said(text: str, most: int, complaint: Complaint) -> str:
    """Return what somebody had to say, on one line.

    Raises Complained where it is nothing, or more than `most` characters.
    """
    plain = one_line(text)
    if not 1 <= len(plain) <= most:
        raise Complained(complaint)
    return plain
