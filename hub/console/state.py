"""What the console knows, and how each piece of news changes it. Pure.

    Connected ─► Declared ─► Counted … ─► Away ─► Connected …

What was known stays when the hub is away: it is shown as old, with the time that it is of.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Literal

from hub.console.answers import Alert, Device, Item, Occupancy, Venue

Link = Literal["connecting", "live", "away", "denied"]
Why = Literal["no_answer", "silent", "broken", "ended", "not_a_hub", "status"]
"""Why a hub is away."""


@dataclass(frozen=True, slots=True)
class Connected:
    """The hub answers."""


@dataclass(frozen=True, slots=True)
class Away:
    """The hub does not answer, and why."""

    why: Why
    at: datetime
    status: int = 0
    """What it answered, when it answered with an error."""


@dataclass(frozen=True, slots=True)
class Denied:
    """The hub answers, and will not tell even the board without a token that it accepts."""

    at: datetime


@dataclass(frozen=True, slots=True)
class Declared:
    """All venues, as declared."""

    venues: tuple[Venue, ...]


@dataclass(frozen=True, slots=True)
class Counted:
    """One venue's occupancy."""

    occupancy: Occupancy


@dataclass(frozen=True, slots=True)
class Looked:
    """Devices and what needs a person; None: the token does not allow to see them."""

    devices: tuple[Device, ...] | None
    items: tuple[Item, ...] | None
    alerts: tuple[Alert, ...] | None = ()


@dataclass(frozen=True, slots=True)
class Told:
    """One alert, after somebody did something about it."""

    alert: Alert


@dataclass(frozen=True, slots=True)
class Beat:
    """The line stands, and nothing changed."""

    at: datetime


News = Connected | Away | Denied | Declared | Counted | Looked | Told | Beat


@dataclass(frozen=True, slots=True)
class State:
    """Everything that the console shows."""

    link: Link = "connecting"
    why: Why | None = None
    status: int = 0
    since: datetime | None = None
    """Since when the hub is away."""
    at: datetime | None = None
    """When the newest number was judged, by the hub's clock."""
    venues: Mapping[str, Venue] = field(default_factory=dict)
    occupancy: Mapping[str, Occupancy] = field(default_factory=dict)
    devices: tuple[Device, ...] | None = ()
    items: tuple[Item, ...] | None = ()
    alerts: tuple[Alert, ...] | None = ()

    @property
    def is_stale(self) -> bool:
        """Tell whether what is shown may no longer be so."""
        return self.link != "live"


def step(state: State, news: News) -> State:
    """Return the state after a piece of news."""
    match news:
        case Connected():
            return replace(state, link="live", why=None, since=None)
        case Away(why=why, at=at, status=status):
            since = state.since if state.link == "away" else at
            return replace(state, link="away", why=why, status=status, since=since)
        case Denied(at=at):
            since = state.since if state.link == "denied" else at
            return replace(state, link="denied", why=None, since=since)
        case Declared(venues=venues):
            known = {venue.id: venue for venue in venues}
            counted = {id_: told for id_, told in state.occupancy.items() if id_ in known}
            return replace(state, venues=known, occupancy=counted)
        case Counted(occupancy=told):
            at = told.at if state.at is None else max(state.at, told.at)
            return replace(state, occupancy={**state.occupancy, told.venue: told}, at=at)
        case Looked(devices=devices, items=items, alerts=alerts):
            return replace(state, devices=devices, items=items, alerts=alerts)
        case Told(alert=fresh):
            all_ = [fresh if a.number == fresh.number else a for a in state.alerts or ()]
            # Over and seen: nothing is left to do.
            left = [alert for alert in all_ if alert.active or alert.acknowledged is None]
            return replace(state, alerts=tuple(left))
        case Beat(at=at):
            return replace(state, at=at if state.at is None else max(state.at, at))
