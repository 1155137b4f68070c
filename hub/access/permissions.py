"""Who may do what: one table from permissions to roles, and who is asking. Pure.

A route names its permission by a dependency (`hub.web_access.Needs`); nothing else decides.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final, Literal


class Role(StrEnum):
    """What an account is for."""

    MANAGER = "manager"
    """Runs some venues, and sees what belongs to them."""
    SUPERVISOR = "supervisor"
    """Watches over all venues, and reads who changed what."""
    ADMIN = "admin"
    """Does all of it: accounts, tokens, nodes."""


class Permission(StrEnum):
    """What a route may ask for."""

    OPEN = "open"
    """Whoever asks: the log-in page, what the API looks like."""
    BOARD = "board.read"
    """What a visitor sees: venues, hours, occupancy."""
    OWN = "own.change"
    """One's own password and sessions; never by a token."""
    DEVICES = "devices.read"
    SERIES = "series.read"
    EVIDENCE = "evidence.read"
    EXPORTS = "exports.read"
    HEALTH = "health.read"
    METRICS = "metrics.read"
    AUDIT = "audit.read"
    ACCOUNTS = "accounts.change"
    TOKENS = "tokens.change"
    ENROL = "nodes.enrol"
    OVERRIDES = "overrides.make"
    """Say that a venue was open or closed, against its sensors: of those who are not judged."""
    HEADS = "heads.count"
    """Say how many are inside: what was counted by eye stands in for the sum."""
    ALERTS = "alerts.read"
    ALERTS_ACT = "alerts.act"
    """Acknowledge, assign, comment and clear alerts."""
    SCHEDULES = "schedules.change"
    """Declare hours: timetables, holiday rules, exceptions, closure notices."""
    CARDS = "cards.read"
    """The salted list of cards that may not borrow: of kiosks that may have to lend alone."""
    FEEDBACK = "feedback.read"
    """What visitors said at kiosks, and how kiosks are used."""
    FEEDBACK_HIDE = "feedback.hide"
    """Hide what a visitor wrote: of those whom it is not about."""
    PACKS = "packs.change"
    """Say which content packs kiosks show."""
    UPDATES = "updates.change"
    """Say which releases nodes run, and when."""
    ROOMS = "rooms.read"
    """How unstaffed rooms are, what happened in them, and what waits at kiosks."""
    ROOMS_ORDER = "rooms.order"
    """Announce in a room, close it to visitors and open it again."""
    ROOMS_UNLOCK = "rooms.unlock"
    """Unlock a room's door from afar, and reset its alarms; with a reason."""
    SETTINGS = "settings.change"
    """Change the settings of nodes that may be set from afar."""
    RESTART = "nodes.restart"
    """Start nodes anew: their program, their screen's browser, their machine."""
    DELIVERIES = "deliveries.change"
    """See how messages reach people, test channels, retry or give up what did not arrive."""


_ALL: Final = frozenset(Role)
_DISTRICT: Final = frozenset({Role.SUPERVISOR, Role.ADMIN})
_ADMIN: Final = frozenset({Role.ADMIN})

ROLES: Final[Mapping[Permission, frozenset[Role]]] = MappingProxyType(
    {
        Permission.OPEN: _ALL,
        Permission.BOARD: _ALL,
        Permission.OWN: _ALL,
        Permission.DEVICES: _ALL,
        Permission.SERIES: _ALL,
        Permission.EVIDENCE: _ALL,
        Permission.EXPORTS: _ALL,
        Permission.HEALTH: _ALL,
        Permission.HEADS: _ALL,
        Permission.ALERTS: _ALL,
        Permission.ALERTS_ACT: _ALL,
        Permission.SCHEDULES: _ALL,
        Permission.FEEDBACK: _ALL,
        Permission.ROOMS: _ALL,
        Permission.ROOMS_ORDER: _ALL,
        Permission.ROOMS_UNLOCK: _ALL,
        Permission.SETTINGS: _ALL,
        Permission.RESTART: _ALL,
        Permission.CARDS: _DISTRICT,
        Permission.FEEDBACK_HIDE: _DISTRICT,
        Permission.OVERRIDES: _DISTRICT,
        Permission.METRICS: _DISTRICT,
        Permission.AUDIT: _DISTRICT,
        Permission.DELIVERIES: _DISTRICT,
        Permission.PACKS: _DISTRICT,
        Permission.UPDATES: _ADMIN,
        Permission.ACCOUNTS: _ADMIN,
        Permission.TOKENS: _ADMIN,
        Permission.ENROL: _ADMIN,
    }
)
"""The table: who holds one of these roles has the permission."""

GRANTABLE: Final = frozenset(Permission) - {Permission.OPEN, Permission.OWN}
"""What a token may be given."""

Via = Literal["nobody", "session", "token", "console", "setup", "code"]
"""How somebody is known."""


@dataclass(frozen=True, slots=True)
class Who:
    """Who is asking, and what they may do now."""

    name: str = ""
    """As it stands in the audit log; empty for nobody."""
    via: Via = "nobody"
    permissions: frozenset[Permission] = frozenset({Permission.OPEN})
    venues: frozenset[str] | None = frozenset()
    """Whose venues; None: all of them."""
    role: Role | None = None
    account: int = 0
    must_change: bool = False
    """A first password has to be replaced before anything else."""

    def covers(self, venue: str) -> bool:
        """Tell whether a venue is one of theirs."""
        return self.venues is None or venue in self.venues

    def may(self, permission: Permission, venue: str | None = None) -> bool:
        """Tell whether they may, at that venue if one is named."""
        if permission not in self.permissions:
            return False
        return venue is None or permission not in SCOPED or self.covers(venue)


SCOPED: Final = frozenset(Permission) - {Permission.OPEN, Permission.BOARD, Permission.OWN}
"""What is asked of a venue, and so is refused where the venue is another's."""


def nobody(*, public_board: bool) -> Who:
    """Return who has neither session nor token: a visitor."""
    board = {Permission.BOARD} if public_board else set()
    return Who(permissions=frozenset({Permission.OPEN, *board}))


def of_role(role: Role) -> frozenset[Permission]:
    """Return what a role may."""
    return frozenset(permission for permission, roles in ROLES.items() if role in roles)


def signed_in(
    name: str, role: Role, venues: frozenset[str], *, account: int, must_change: bool = False
) -> Who:
    """Return who has logged in: what the role may, all of it only once the password is theirs."""
    permissions = of_role(role)
    if must_change:
        permissions &= {Permission.OPEN, Permission.BOARD, Permission.OWN}
    return Who(name, "session", permissions, _reach(role, venues), role, account, must_change)


def by_token(
    name: str,
    role: Role,
    venues: frozenset[str],
    *,
    account: int,
    scope: frozenset[Permission],
    only: frozenset[str] | None,
) -> Who:
    """Return who holds a token: never more than the account that it belongs to may now."""
    permissions = (scope & GRANTABLE & of_role(role)) | {Permission.OPEN}
    reach = _reach(role, venues)
    if only is not None:
        reach = only if reach is None else reach & only
    return Who(name, "token", permissions, reach, role, account)


def at_console(name: str) -> Who:
    """Return who runs a command on the hub's own machine."""
    return Who(name, "console", frozenset(Permission), None, Role.ADMIN)


def _reach(role: Role, venues: frozenset[str]) -> frozenset[str] | None:
    return venues if role is Role.MANAGER else None
