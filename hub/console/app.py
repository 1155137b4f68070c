"""The console as a Textual application: takes news, keeps the state, lets screens draw it."""

from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from typing import ClassVar, Final, Protocol, runtime_checkable

from textual.app import App
from textual.binding import Binding, BindingType
from textual.css.query import NoMatches
from textual.worker import WorkerCancelled

from hub.console.alert_screen import AlertsScreen
from hub.console.client import Feed
from hub.console.palette import NIGHT, PAPER
from hub.console.screens import HelpScreen, VenuesScreen
from hub.console.state import News, State, step
from hub.console.words import TITLE, Lang

DRAW_SECONDS: Final = 0.25
"""News of this time are drawn at once: a terminal behind a slow line takes no more."""


@runtime_checkable
class Drawn(Protocol):
    """A screen that shows the state."""

    def draw(self) -> None:
        """Show the state as it is now."""


class Console(App[None]):
    """One member of staff looking at one hub."""

    CSS_PATH = "console.tcss"
    ENABLE_COMMAND_PALETTE = False
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("g", "alerts", show=False),
        Binding("l", "language", show=False),
        Binding("t", "theme", show=False),
        Binding("question_mark", "help", show=False),
        Binding("q", "quit", show=False),
    ]

    def __init__(
        self,
        feed: Feed,
        *,
        lang: Lang = "zh",
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        super().__init__()
        self.register_theme(PAPER)
        self.register_theme(NIGHT)
        self.theme = PAPER.name
        self.feed = feed
        self.lang: Lang = lang
        self.now = now
        self.state = State()
        self._is_drawn = True

    def get_default_screen(self) -> VenuesScreen:
        """Return the table of venues."""
        return VenuesScreen()

    def get_theme_variable_defaults(self) -> dict[str, str]:
        """Return our own names of colours, for the moment before a theme is chosen."""
        return PAPER.variables

    def on_mount(self) -> None:
        """Begin to listen."""
        self.title = TITLE.to(self.lang)
        self.run_worker(self._listen(), name="news", exit_on_error=True)
        self.set_interval(DRAW_SECONDS, self._draw_if_due)

    def take(self, news: News) -> None:
        """Work one piece of news in; it is drawn with the next others."""
        self.state = step(self.state, news)
        self._is_drawn = False

    def draw(self) -> None:
        """Let every screen show the state: one below comes back with its old numbers else."""
        self._is_drawn = True
        for screen in self.screen_stack:
            if isinstance(screen, Drawn):
                # A screen that is only coming, or is going, lacks some of its widgets.
                with suppress(NoMatches):
                    screen.draw()

    def action_language(self) -> None:
        """Say everything in the other language."""
        self.lang = "en" if self.lang == "zh" else "zh"
        self.title = TITLE.to(self.lang)
        self.draw()

    def action_theme(self) -> None:
        """Change between paper and night."""
        self.theme = NIGHT.name if self.theme == PAPER.name else PAPER.name
        self.draw()

    def action_alerts(self) -> None:
        """Show the alerts."""
        if not isinstance(self.screen, AlertsScreen):
            self.push_screen(AlertsScreen())

    def action_help(self) -> None:
        """Show the keys and marks, or leave them."""
        if not isinstance(self.screen, HelpScreen):
            self.push_screen(HelpScreen())

    async def _listen(self) -> None:
        with suppress(WorkerCancelled):
            async for piece in self.feed.news():
                self.take(piece)

    def _draw_if_due(self) -> None:
        if not self._is_drawn:
            self.draw()
