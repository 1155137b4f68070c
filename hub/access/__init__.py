"""Who may do what: roles and permissions, accounts as values, lock-out, expiry, passwords. Pure."""

from hub.access.permissions import (
    GRANTABLE,
    ROLES,
    SCOPED,
    Permission,
    Role,
    Who,
    at_console,
    by_token,
    nobody,
    of_role,
    signed_in,
)

__all__ = [
    "GRANTABLE",
    "ROLES",
    "SCOPED",
    "Permission",
    "Role",
    "Who",
    "at_console",
    "by_token",
    "nobody",
    "of_role",
    "signed_in",
]
