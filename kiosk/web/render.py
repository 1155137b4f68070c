"""A screen as HTML: one template for all screens, with pictures and marks of the house."""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal
from zoneinfo import ZoneInfo

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from contracts.hours import Text
from kiosk.session.screen import Lang, Screen
from kiosk.web.qr import qr_svg
from kiosk.web.settings import WebSettings

LANGS: Final[dict[Lang, str]] = {"zh": "zh-CN", "en": "en"}


@dataclass(frozen=True, slots=True)
class ArPage:
    """What the camera's screen is told: who has the camera, how large its pictures are."""

    source: Literal["kiosk", "browser"]
    size: tuple[int, int]
    has_models: bool


class Pages:
    """Renders; `token` stands in every form."""

    def __init__(
        self,
        settings: WebSettings,
        token: str,
        *,
        can_speak: bool,
        ar: ArPage | None = None,
    ) -> None:
        self._settings = settings
        environment = Environment(
            loader=PackageLoader("kiosk.web"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        environment.globals.update(
            token=token,
            can_speak=can_speak,
            ar=ar,
            qr_svg=qr_svg,
            told=Text.to,
            both=both,
            has_sounds=settings.has_sounds,
            icons=_icons(environment),
        )
        self.environment = environment
        self._page = environment.get_template("page.html")
        self._screen = environment.get_template("screen.html")
        self._information = environment.get_template("information.html")

    def page(self, screen: Screen, version: int) -> str:
        """Return the whole page."""
        return self._page.render(**self._names(screen), version=version)

    def screen(self, screen: Screen, version: int) -> str:
        """Return what is inside the page."""
        return self._screen.render(**self._names(screen), version=version)

    def information(self, screen: Screen) -> str:
        """Return a page without session and script."""
        return self._information.render(**self._names(screen), version=0)

    def _names(self, screen: Screen) -> dict[str, object]:
        settings = self._settings
        hour = datetime.now(ZoneInfo(settings.zone)).hour
        return {
            "screen": screen,
            "lang": screen.prefs.lang,
            "html_lang": LANGS[screen.prefs.lang],
            "is_night": settings.is_night(hour),
        }


def _icons(environment: Environment) -> frozenset[str]:
    """Return the names of the drawings that there are."""
    source, _, _ = environment.loader.get_source(environment, "parts.html")  # type: ignore[union-attr]
    return frozenset(re.findall(r'<symbol id="i-([a-z-]+)"', source))


def both(text: Text, lang: Lang) -> Markup:
    """Return a sentence, and small below it the same in the other language, marked as such."""
    first, second = (text.zh, text.en) if lang == "zh" else (text.en, text.zh)
    if first == second:
        return Markup("<b>{}</b>").format(first)
    other = LANGS["en" if lang == "zh" else "zh"]
    return Markup('<b>{}</b><span lang="{}">{}</span>').format(first, other, second)
