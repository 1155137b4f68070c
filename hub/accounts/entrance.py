"""Coming in and going out: log-in, sessions, and who a request is from."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import structlog

from hub.access import Who, by_token, nobody, signed_in
from hub.access.account import Account, Session
from hub.access.expiry import SessionPolicy, is_alive
from hub.accounts.guard import Guard, Locked
from hub.accounts.hashing import TOKEN_PREFIX, digest, new_secret
from hub.audit import entry
from hub.store.records import Records, SessionRecords, TokenRecords
from link.errors import StoreUnavailable

log = structlog.get_logger(__name__)

AGENT_LENGTH: Final = 200
SECRET_LENGTH: Final = 128
"""What is longer was not made here."""
NOTE_TOKEN_MS: Final = 60_000


@dataclass(frozen=True, slots=True)
class Opened:
    """A session that has begun; `id` goes to its holder and is kept nowhere."""

    id: str
    account: Account


class Entrance:
    """Lets people and programs in."""

    def __init__(
        self,
        records: Records,
        guard: Guard,
        policy: SessionPolicy,
        clock_ms: Callable[[], int],
        *,
        public_board: bool,
    ) -> None:
        self._sessions = SessionRecords(records)
        self._tokens = TokenRecords(records)
        self._guard = guard
        self._policy = policy
        self._clock_ms = clock_ms
        self.nobody: Final = nobody(public_board=public_board)

    def log_in(
        self, name: str, password: str, *, address: str, agent: str
    ) -> Opened | Locked | None:
        """Begin a session with an id of its own; None when name and password are nobody's."""
        found = self._guard.attempt(name, password, address, self._clock_ms())
        if not isinstance(found, Account):
            return found
        return self.open(found, address=address, agent=agent)

    def open(self, account: Account, *, address: str, agent: str) -> Opened:
        """Begin a session of an account whose holder is known."""
        now_ms, id_ = self._clock_ms(), new_secret()
        self._sessions.forget(
            unused_since_ms=now_ms - self._policy.idle_ms,
            opened_before_ms=now_ms - self._policy.absolute_ms,
        )
        session = Session(
            digest(id_), account.id, now_ms, now_ms, address, _printable(agent)[:AGENT_LENGTH]
        )
        who = Who(account.name, "session")
        self._sessions.open(session, entry(who, now_ms, "session.opened", account.name))
        return Opened(id_, account)

    def identify(self, session_id: str | None, token: str | None, *, is_use: bool = True) -> Who:
        """Return who holds this session's id or this token, as their account is now.

        A token that is given decides alone: what a browser adds by itself does not count then.
        `is_use`: whether it counts as the last use of either.
        """
        if token is not None:
            return self._holder(token, is_use=is_use)
        if session_id is None or len(session_id) > SECRET_LENGTH:
            return self.nobody
        now_ms, key = self._clock_ms(), digest(session_id)
        found = self._sessions.find(key)
        if found is None:
            return self.nobody
        session, account = found
        if not is_alive(session, now_ms, self._policy) or not account.is_enabled:
            return self.nobody
        if is_use and abs(now_ms - session.used_ms) >= self._policy.note_ms:
            _note(lambda: self._sessions.used(key, now_ms))
        return signed_in(
            account.name,
            account.role,
            account.venues,
            account=account.id,
            must_change=account.must_change,
        )

    def sessions(self, account: int) -> list[Session]:
        """Return an account's sessions that let somebody in, the one used last first."""
        now_ms = self._clock_ms()
        return [s for s in self._sessions.of_account(account) if is_alive(s, now_ms, self._policy)]

    def end(self, who: Who, key: str | None = None) -> None:
        """End one of somebody's own sessions, or all of them."""
        action = "session.ended" if key else "session.all_ended"
        self._sessions.end(who.account, entry(who, self._clock_ms(), action, who.name), key)

    def _holder(self, text: str, *, is_use: bool) -> Who:
        if not text.startswith(TOKEN_PREFIX) or len(text) > SECRET_LENGTH:
            return self.nobody
        now_ms = self._clock_ms()
        found = self._tokens.find(digest(text))
        if found is None:
            return self.nobody
        token, account = found
        if now_ms >= token.expires_ms or not account.is_enabled:
            return self.nobody
        if is_use and abs(now_ms - token.used_ms) >= NOTE_TOKEN_MS:
            _note(lambda: self._tokens.used(token.id, now_ms))
        return by_token(
            f"{account.name} ({token.label})",
            account.role,
            account.venues,
            account=account.id,
            scope=token.scope,
            only=token.venues,
        )


def _note(write: Callable[[], None]) -> None:
    try:
        write()
    except StoreUnavailable as error:
        # A full disk locks nobody out: they are needed to see that it is full.
        log.warning("last_use_not_noted", reason=str(error))


def _printable(text: str) -> str:
    return "".join(letter for letter in text if letter.isprintable())
