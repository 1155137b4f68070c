"""Everything about accounts that a hub, or a command on its records, holds."""

from collections.abc import Callable

from hub.access.expiry import SessionPolicy
from hub.access.lockout import LockPolicy
from hub.accounts.directory import Directory
from hub.accounts.entrance import Entrance
from hub.accounts.guard import Guard
from hub.accounts.hashing import Hasher
from hub.accounts.setup import SetUpCode
from hub.accounts.tokens import TokenDesk
from hub.accounts.turnstile import Turnstile
from hub.config import AccessSection
from hub.store.records import AuditLog, Records


class Office:
    """Accounts, ways in, tokens and the audit log of one set of records."""

    def __init__(
        self,
        records: Records,
        config: AccessSection,
        clock_ms: Callable[[], int],
        *,
        hasher: Hasher | None = None,
    ) -> None:
        self.config = config
        hasher = hasher or Hasher()
        lock = LockPolicy(config.free_attempts, config.delay_seconds, config.most_delay_seconds)
        policy = SessionPolicy(config.idle_minutes * 60_000, config.session_hours * 3_600_000)
        self.guard = Guard(records, hasher, lock)
        self.directory = Directory(records, hasher, self.guard, clock_ms)
        self.entrance = Entrance(
            records, self.guard, policy, clock_ms, public_board=config.public_board
        )
        self.tokens = TokenDesk(records, clock_ms)
        self.audit = AuditLog(records)
        self.turnstile = Turnstile()
        self.set_up_code = SetUpCode()
        self.clock_ms = clock_ms

    def close(self) -> None:
        """End what runs beside."""
        self.turnstile.close()
