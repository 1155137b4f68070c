"""What a session goes by. Pure."""

from dataclasses import dataclass, field

from kiosk.session.screen import Prefs


@dataclass(frozen=True, slots=True)
class SessionSettings:
    """Seconds are of the clock that never jumps.

    Times of silence: KIOSK.md's measurements, WCAG 2.2 success criterion 2.2.1 (20 s of warning).
    """

    prefs: Prefs = field(default_factory=Prefs)
    """How a visitor is met."""
    idle_seconds: float = 30.0
    elder_idle_seconds: float = 60.0
    """In the elder view."""
    ar_idle_seconds: float = 90.0
    """While a card is held up: hands that hold it do not touch the glass."""
    countdown_seconds: float = 20.0
    farewell_seconds: float = 10.0
    is_pin_asked: bool = True
    most_wrong_pins: int = 3
    lock_seconds: float = 60.0
    """So long no card is asked for after that many wrong PINs, whoever comes."""
    telephone: str = ""
    """Of the staff, for a call that cannot be sent."""
    most_reports: int = 10
    """Ratings and needs of this kiosk, of all visitors, in an hour; calls have no limit."""
    need_characters: int = 200
    """As many as the text of an event takes."""
    zone: str = "Asia/Shanghai"
