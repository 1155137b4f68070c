"""Whether the pictures of a camera can be counted in: one state machine over measures. Pure.

    picture → Look (edge.vision.health) → HealthWatch → Health

    dark ▷ covered ▷ frozen ▷ defocused ▷ moved ▷ flood        the first that is raised is told

Each has a threshold at which it is suspected, a milder one at which it is over, and a time that it
has to last. A suspicion remembers when it began: nothing after that instant may be vouched for
until it has passed. Spans in seconds.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Condition(StrEnum):
    """How the picture of a camera is."""

    WELL = "well"
    DARK = "dark"
    """Nothing but black: the lights are off, or the lens is shut."""
    COVERED = "covered"
    """The detail of the view is gone, and what is there does not resemble it."""
    FROZEN = "frozen"
    """The same picture again and again, from a source whose pictures always differ."""
    DEFOCUSED = "defocused"
    """The view is there, and its fine detail is gone."""
    MOVED = "moved"
    """Another view, which stays."""
    FLOOD = "flood"
    """Most of the picture differs from what it was: another light, or a camera that is handled."""


@dataclass(frozen=True, slots=True)
class Look:
    """What one picture is beside the view that the camera has had; see `edge.vision.health`."""

    level: float
    """Grey that nine tenths of the picture are darker than, 0 to 255."""
    detail: float
    """Standard deviation of the picture without its broad shading, grey levels."""
    lost: float
    """Share of the view's textured places whose texture is gone."""
    likeness: float
    """Correlation with the view, whatever the light, -1 to 1; 1 while there is nothing to tell."""
    shift: float
    """How far the view has slid, as a share of the width; 0 when it has not."""
    focus: float
    """Fine detail as a share of the view's, the median over its textured places."""
    changed: float
    """Share of the picture that differs from the view by more than its brightness as a whole."""
    unsteady: float
    """Share of the picture that differs from the mean of the last seconds."""
    is_repeat: bool = False
    """Byte for byte the picture before, though the pictures of this source always differ."""


@dataclass(frozen=True, slots=True)
class HealthRules:
    """Thresholds: the first begins a suspicion, the second ends it. Spans in seconds."""

    dark: tuple[float, float] = (22.0, 32.0)
    lost: tuple[float, float] = (0.65, 0.45)
    blank: float = 1.2
    """Less detail than this is none."""
    still: tuple[float, float] = (0.04, 0.1)
    unlike: tuple[float, float] = (0.4, 0.55)
    other: tuple[float, float] = (0.08, 0.05)
    slid: tuple[float, float] = (0.055, 0.03)
    blurred: tuple[float, float] = (0.45, 0.65)
    flood: tuple[float, float] = (0.6, 0.45)
    steady: float = 0.25
    """A picture of which less changes is still enough to be another view."""
    settle_seconds: float = 3.0
    """So long another view has to be steady before it is taken for the view."""
    restless_seconds: float = 8.0
    """A flood that never holds still is raised after this time."""
    patience_seconds: float = 10.0
    """A suspicion that is neither raised nor over by then holds nothing back any more."""
    resign_seconds: float = 600.0
    """A camera that is out of focus, or covered and not blank, for so long is taken as it is.

    Better a soft count than none; and a view that was learnt wrong mends itself.
    """


@dataclass(frozen=True, slots=True)
class Health:
    """How a camera is, and up to when its pictures were good; seconds of the camera's time."""

    condition: Condition = Condition.WELL
    since_seconds: float = 0.0
    """Onset of the condition, as far as it is known."""
    good_until_seconds: float = float("inf")
    """Nothing after this may be vouched for or counted, as things stand."""
    view_changed_seconds: float | None = None
    """Onset of the move after which the camera shows another view than at first."""
    takes_view: bool = False
    """What the camera shows now is its view from here on."""
    learns: bool = False
    """The view is being learnt anew, fast."""

    @property
    def is_well(self) -> bool:
        """Tell whether the pictures can be counted in."""
        return self.condition is Condition.WELL


WELL: Final = Health()

_HOLD: Final = {
    Condition.DARK: 3.0,
    Condition.COVERED: 6.0,
    Condition.FROZEN: 8.0,
    Condition.DEFOCUSED: 7.0,
    Condition.MOVED: 8.0,
    Condition.FLOOD: 6.0,
}
"""How long each has to last; in order of precedence."""
_CLEAR: Final = {
    Condition.DARK: 2.0,
    Condition.COVERED: 2.0,
    Condition.FROZEN: 0.5,
    Condition.DEFOCUSED: 2.0,
    Condition.MOVED: 1.0,
    Condition.FLOOD: 2.0,
}
"""How long each has to be over."""
_LATE: Final = {Condition.COVERED: 2.0, Condition.DEFOCUSED: 2.0}
"""How much later than its onset the evidence for one may show: it is told from some seconds."""
_GLITCH_SECONDS: Final = 0.6
"""A suspicion outlives this much of good pictures."""


@dataclass(slots=True)
class _Trial:
    """One condition under suspicion, or raised."""

    since: float | None = None
    good_since: float | None = None
    is_raised: bool = False

    def feed(self, evidence: bool | None, at: float, clear_seconds: float, late: float) -> None:
        """Take evidence for (True), against (False) or neither."""
        if evidence:
            self.since = at - late if self.since is None else self.since
            self.good_since = None
        elif evidence is False and self.since is not None:
            self.good_since = at if self.good_since is None else self.good_since
            if at - self.good_since >= (clear_seconds if self.is_raised else _GLITCH_SECONDS):
                self.drop()

    def drop(self) -> None:
        self.since, self.good_since, self.is_raised = None, None, False


class HealthWatch:
    """Judges one camera. `feed` with every look, some four a second, in order of time."""

    def __init__(self, rules: HealthRules | None = None) -> None:
        self._rules = rules or HealthRules()
        self._trials = {condition: _Trial() for condition in _HOLD}
        self._steady_since: float | None = None
        self._view_changed: float | None = None

    def feed(self, look: Look, at_seconds: float) -> Health:
        """Take one look and say how the camera is."""
        if look.unsteady >= self._rules.steady:
            self._steady_since = None
        elif self._steady_since is None:
            self._steady_since = at_seconds
        raised = self._weigh(look, at_seconds)
        is_blank = look.detail < self._rules.blank
        takes_view = raised is not None and self._has_settled(raised, at_seconds, is_blank=is_blank)
        if raised is not None and takes_view:
            if raised is not Condition.FLOOD:
                self._view_changed = self._trials[raised].since
            for trial in self._trials.values():
                trial.drop()
            raised = None
        return Health(
            condition=raised or Condition.WELL,
            since_seconds=0.0 if raised is None else self._trials[raised].since or 0.0,
            good_until_seconds=self._good_until(raised, at_seconds),
            view_changed_seconds=self._view_changed,
            takes_view=takes_view,
            # A crowd or a flickering lamp never settles: its mean is then the view.
            learns=raised is Condition.FLOOD and self._steady_since is None,
        )

    @property
    def is_calm(self) -> bool:
        """Tell whether nothing is even suspected: the view may follow the light."""
        return all(trial.since is None for trial in self._trials.values())

    def know_again(self) -> None:
        """Take word that the view which was taken is the first one: nothing has changed."""
        self._view_changed = None

    def _weigh(self, look: Look, at: float) -> Condition | None:
        """Feed every trial that counts, and return what is raised."""
        found: Condition | None = None
        for condition, trial in self._trials.items():
            if found is not None:
                # What lies under a worse condition is judged anew once that is over.
                trial.drop()
                continue
            trial.feed(
                self._evidence(condition, look), at, _CLEAR[condition], _LATE.get(condition, 0)
            )
            if trial.since is not None and not trial.is_raised:
                trial.is_raised = self._is_ripe(condition, trial.since, at)
                if trial.is_raised:
                    # Whatever else was suspected before began with it; what was let pass is past.
                    trial.since = max(self._earliest(), at - self._rules.patience_seconds)
            if trial.is_raised:
                found = condition
        return found

    def _earliest(self) -> float:
        return min(trial.since for trial in self._trials.values() if trial.since is not None)

    def _is_ripe(self, condition: Condition, since: float, at: float) -> bool:
        lasted = at - since
        if condition in (Condition.MOVED, Condition.FLOOD) and self._steady_since is None:
            return condition is Condition.FLOOD and lasted >= self._rules.restless_seconds
        return lasted >= _HOLD[condition]

    def _has_settled(self, condition: Condition, at: float, *, is_blank: bool) -> bool:
        """Tell whether what is shown under a condition has to be taken for the view."""
        since, rules = self._trials[condition].since, self._rules
        if since is None or self._steady_since is None:
            return False
        if condition is Condition.DEFOCUSED or (condition is Condition.COVERED and not is_blank):
            return at - since >= rules.resign_seconds
        return (
            condition in (Condition.MOVED, Condition.FLOOD)
            # Nothing can be seen in it: it may be a cover as well as a bare floor.
            and not is_blank
            and at - self._steady_since >= rules.settle_seconds
            and at - since >= _HOLD[condition] + rules.settle_seconds
        )

    def _good_until(self, raised: Condition | None, at: float) -> float:
        open_since = [
            trial.since
            for trial in self._trials.values()
            if trial.since is not None
            and (raised is not None or at - trial.since <= self._rules.patience_seconds)
        ]
        return min(open_since, default=float("inf"))

    def _evidence(self, condition: Condition, look: Look) -> bool | None:
        rules = self._rules
        match condition:
            case Condition.DARK:
                return _below(look.level, rules.dark)
            case Condition.COVERED:
                gone = _both(_above(look.lost, rules.lost), _below(look.likeness, rules.unlike))
                # Where somebody walks, nothing is before the lens.
                return _both(gone, _below(look.unsteady, rules.still))
            case Condition.FROZEN:
                return look.is_repeat
            case Condition.DEFOCUSED:
                return _both(_below(look.focus, rules.blurred), look.likeness > rules.unlike[0])
            case Condition.MOVED:
                # Of a plain floor the view may keep faint traces of a crowd: they are no view.
                unlike = _both(
                    _below(look.likeness, rules.unlike), _above(look.changed, rules.other)
                )
                return _either(unlike, _above(look.shift, rules.slid))
            case _:
                return _above(look.changed, rules.flood)


def _above(value: float, threshold: tuple[float, float]) -> bool | None:
    return True if value > threshold[0] else False if value < threshold[1] else None


def _below(value: float, threshold: tuple[float, float]) -> bool | None:
    return True if value < threshold[0] else False if value > threshold[1] else None


def _both(first: bool | None, second: bool | None) -> bool | None:
    if first is False or second is False:
        return False
    return True if first and second else None


def _either(first: bool | None, second: bool | None) -> bool | None:
    if first or second:
        return True
    return False if first is False and second is False else None
