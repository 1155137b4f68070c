"""The colours of the Textual face: the look's tokens on rice paper, by night, and at high contrast.

A test holds them equal to the tokens of the other faces.
"""

from typing import Final

from textual.theme import Theme

TOKENS: Final = {
    "paper": "#faf7f0",
    "card": "#ffffff",
    "line": "#e4dfd3",
    "ink": "#1c2730",
    "ink-2": "#55626c",
    "jade": "#17695d",
    "jade-soft": "#e3f0ec",
    "cinnabar": "#b23a24",
    "cinnabar-soft": "#fbeae5",
    "gold": "#8a5a00",
    "gold-soft": "#fbf1d9",
    "river": "#2f5d7c",
    "river-soft": "#e6eef4",
    "night": "#11181d",
    "night-card": "#1b252c",
    "night-line": "#2b3841",
    "night-ink": "#f2efe7",
    "night-ink-2": "#a9b4bb",
}
PAPER: Final = Theme(
    name="kaiguan-paper",
    dark=False,
    primary=TOKENS["jade"],
    secondary=TOKENS["river"],
    warning=TOKENS["gold"],
    error=TOKENS["cinnabar"],
    success=TOKENS["jade"],
    foreground=TOKENS["ink"],
    background=TOKENS["paper"],
    surface=TOKENS["card"],
    panel=TOKENS["line"],
    variables={
        "quiet": TOKENS["ink-2"],
        "main": TOKENS["jade"],
        "main-ink": TOKENS["card"],
        "urgent": TOKENS["cinnabar-soft"],
        "urgent-ink": TOKENS["cinnabar"],
        "focus": TOKENS["ink"],
        "focus-ink": TOKENS["paper"],
        "bar": TOKENS["jade"],
    },
)
NIGHT: Final = Theme(
    name="kaiguan-night",
    dark=True,
    primary=TOKENS["jade-soft"],
    secondary=TOKENS["river-soft"],
    warning=TOKENS["gold-soft"],
    error=TOKENS["cinnabar-soft"],
    success=TOKENS["jade-soft"],
    foreground=TOKENS["night-ink"],
    background=TOKENS["night"],
    surface=TOKENS["night-card"],
    panel=TOKENS["night-line"],
    variables={
        "quiet": TOKENS["night-ink-2"],
        "main": TOKENS["jade"],
        "main-ink": TOKENS["card"],
        "urgent": TOKENS["night-line"],
        "urgent-ink": TOKENS["cinnabar-soft"],
        "focus": TOKENS["night-ink"],
        "focus-ink": TOKENS["night"],
        "bar": TOKENS["jade-soft"],
    },
)
_BLACK, _WHITE, _YELLOW = "#000000", "#ffffff", "#ffe94d"
CONTRAST: Final = Theme(
    name="kaiguan-contrast",
    dark=True,
    primary=_YELLOW,
    secondary=_WHITE,
    warning=_YELLOW,
    error=_YELLOW,
    success=_WHITE,
    foreground=_WHITE,
    background=_BLACK,
    surface=_BLACK,
    panel=_WHITE,
    variables={
        "quiet": _WHITE,
        "main": _WHITE,
        "main-ink": _BLACK,
        "urgent": _YELLOW,
        "urgent-ink": _BLACK,
        "focus": _YELLOW,
        "focus-ink": _BLACK,
        "bar": _WHITE,
    },
)
"""Black, white and one yellow: every pair has far more than 7:1."""
