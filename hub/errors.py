"""What can go wrong in the hub.

HubError
├── ConfigError   configuration that cannot be used: file, key, reason
├── NotFound      no such venue, zone, line, device or series
└── StoreError    a store that cannot be opened, read or restored
"""


class HubError(Exception):
    """Root of what this package raises."""


class ConfigError(HubError):
    """Configuration that cannot be used; the sentence names file, key and reason."""


class NotFound(HubError):
    """What was asked for is not in the records."""


class StoreError(HubError):
    """A store that cannot be opened, read or restored."""
