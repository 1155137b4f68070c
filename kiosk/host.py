"""The one session of a kiosk as faces and devices share it: events in, screens out."""

from collections.abc import Callable

from kiosk.caretaker.caretaker import Caretaker
from kiosk.session.effects import Effect
from kiosk.session.events import Event
from kiosk.session.moment import Moment
from kiosk.session.reducer import begin, step
from kiosk.session.screen import Screen
from kiosk.session.settings import SessionSettings
from kiosk.session.state import State
from kiosk.session.view import view
from kiosk.shell.wish import BrowserWish


class SessionHost:
    """Holds the state; on one thread only.

    `carry_out` begins an effect and returns at once; what comes of it is posted as an event.
    """

    def __init__(
        self,
        carry_out: Callable[[Effect], None],
        moment: Callable[[], Moment],
        settings: SessionSettings | None = None,
        state: State | None = None,
    ) -> None:
        self.settings = settings or SessionSettings()
        self._carry_out = carry_out
        self._moment = moment
        self.state = state or begin(self.settings, moment())
        self.door: Caretaker | None = None
        """The room that this kiosk looks after."""
        self.browser = BrowserWish()
        """Whether the browser that shows the session shall start anew."""
        self._watchers: list[Callable[[], None]] = []
        self._shown = self.screen

    @property
    def moment(self) -> Moment:
        """Return the present."""
        return self._moment()

    @property
    def screen(self) -> Screen:
        """Return what is to be shown now."""
        return view(self.state, self._moment(), self.settings)

    def post(self, event: Event) -> bool:
        """Take an event, begin what it asks for, and tell whether another screen is shown."""
        self.state, effects = step(self.state, event, self._moment(), self.settings)
        for effect in effects:
            self._carry_out(effect)
        shown = self.screen
        if shown == self._shown:
            return False
        self._shown = shown
        for changed in tuple(self._watchers):
            changed()
        return True

    def watch(self, changed: Callable[[], None]) -> Callable[[], None]:
        """Let `changed` be called after each change of the screen; return how to stop that."""
        self._watchers.append(changed)

        def stop() -> None:
            if changed in self._watchers:
                self._watchers.remove(changed)

        return stop
