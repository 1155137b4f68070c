"""The configuration's section of the screen: its browser, and when the panel is dark."""

from pathlib import Path
from typing import Literal

from pydantic import Field

from kiosk.shell.light import LightRules
from link.node_config import Section


class ScreenSection(Section):
    """The browser and the panel before visitors; `python -m kiosk shell show` goes by it."""

    browser: Path = Field(Path("/usr/bin/chromium"), description="the browser's program")
    heart_seconds: float = Field(
        20, ge=10, le=600, description="a page that has drawn nothing for so long is started anew"
    )
    dark: Literal["closed", "never"] = Field(
        "closed", description="when the panel is dark: while the venue is closed, or never"
    )
    before_minutes: int = Field(15, ge=0, le=240, description="lit so long before opening")
    after_minutes: int = Field(15, ge=0, le=240, description="… and so long after closing")
    touch_seconds: float = Field(
        120,
        ge=20,
        le=3600,
        description="a touch in the dark lights it for so long, and presses nothing",
    )

    @property
    def light(self) -> LightRules:
        """Return when the panel is lit."""
        return LightRules(
            self.dark != "never", self.before_minutes, self.after_minutes, self.touch_seconds
        )
