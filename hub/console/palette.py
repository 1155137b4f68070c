"""The colours of the console: the look's tokens, on rice paper and by night.

A test holds them equal to the tokens of the pages.
"""

from typing import Final

from textual.theme import Theme

from hub.console.view import Mark

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
    accent=TOKENS["jade"],
    warning=TOKENS["gold"],
    error=TOKENS["cinnabar"],
    success=TOKENS["jade"],
    foreground=TOKENS["ink"],
    background=TOKENS["paper"],
    surface=TOKENS["card"],
    panel=TOKENS["line"],
    variables={
        "quiet": TOKENS["ink-2"],
        "chosen": TOKENS["jade-soft"],
        "chosen-ink": TOKENS["ink"],
        "urgent": TOKENS["cinnabar-soft"],
        "key": TOKENS["jade"],
    },
)
NIGHT: Final = Theme(
    name="kaiguan-night",
    dark=True,
    primary=TOKENS["jade-soft"],
    secondary=TOKENS["river-soft"],
    accent=TOKENS["jade-soft"],
    warning=TOKENS["gold-soft"],
    error=TOKENS["cinnabar-soft"],
    success=TOKENS["jade-soft"],
    foreground=TOKENS["night-ink"],
    background=TOKENS["night"],
    surface=TOKENS["night-card"],
    panel=TOKENS["night-line"],
    variables={
        "quiet": TOKENS["night-ink-2"],
        "chosen": TOKENS["night-line"],
        "chosen-ink": TOKENS["night-ink"],
        "urgent": TOKENS["night-line"],
        "key": TOKENS["jade-soft"],
    },
)
_INKS: Final[dict[Mark, str]] = {
    "known": "jade",
    "degraded": "gold",
    "unknown": "river",
    "breach": "cinnabar",
    "near": "gold",
}


def ink(mark: Mark, *, dark: bool) -> str:
    """Return the colour of a mark."""
    name = _INKS.get(mark)
    if name is None:
        return TOKENS["night-ink-2" if dark else "ink-2"]
    return TOKENS[f"{name}-soft" if dark else name]
