"""What can go wrong in the hub.

HubError
├── ConfigError   configuration that cannot be used: file, key, reason
├── NotFound      no such venue, zone, line, device, series or account
├── NotAllowed    who asks may not do it
│   ├── SignInNeeded  nobody is signed in, or not any more
│   └── Foreign       a form that did not come from one of our pages
└── StoreError    a store that cannot be opened, read or restored
"""


class HubError(Exception):
    """Root of what this package raises."""


class ConfigError(HubError):
    """Configuration that cannot be used; the sentence names file, key and reason."""


class NotFound(HubError):
    """What was asked for is not in the records."""


class NotAllowed(HubError):
    """Who asks is known, and may not do it."""


class SignInNeeded(NotAllowed):
    """Nobody is signed in, or not any more."""


class Foreign(NotAllowed):
    """A request that may come from another site: it lacks the CSRF token of its session."""


class StoreError(HubError):
    """A store that cannot be opened, read or restored."""
