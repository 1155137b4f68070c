"""What the web face goes by."""

from dataclasses import dataclass, field
from typing import Final

from kiosk.night import is_night
from kiosk.shell.light import LightRules

USUAL_PPI: Final = 141.0
"""Of a panel of 15.6 inches with 1920 x 1080 pixels."""
_MM_PER_INCH: Final = 25.4


@dataclass(frozen=True, slots=True)
class WebSettings:
    """`panel_ppi`: pixels per inch of the panel, so that targets have their size in millimetres.

    `night_from` and `night_until` are local hours between which the dark tokens are used.
    `framed_by` is an origin that may show the kiosk in a frame; a kiosk in a room has none.
    """

    panel_ppi: float = USUAL_PPI
    night_from: int = 19
    night_until: int = 7
    has_sounds: bool = True
    framed_by: str = ""
    zone: str = "Asia/Shanghai"
    light: LightRules = field(default_factory=LightRules)

    @property
    def mm_px(self) -> float:
        """Return how many CSS pixels a millimetre has."""
        return round(self.panel_ppi / _MM_PER_INCH, 3)

    def is_night(self, hour: int) -> bool:
        """Tell whether an hour of the day is of the night."""
        return is_night(hour, self.night_from, self.night_until)
