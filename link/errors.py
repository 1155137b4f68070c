"""What can go wrong between a node and its hub.

LinkError
├── SpoolError          the spool's disk refuses: full, gone, read-only
│   └── SpoolDamaged    the spool's file is not a sound database any more
├── StoreUnavailable    the hub's store refuses: nothing may be acknowledged
├── ConfigError         a node's configuration cannot be used: file, key, reason
├── BrokerUnavailable   the broker cannot be reached or refuses the credentials
├── JoinError           a node got no certificate, or has none that it can use
└── SettingsNotKept     settings from afar cannot be written to the disk
"""


class LinkError(Exception):
    """Root of what this package raises."""


class SpoolError(LinkError):
    """The spool cannot be written now; what is counted stays in memory and is tried again."""


class SpoolDamaged(SpoolError):
    """The spool's file is damaged; it has to be set aside and a new one begun."""


class StoreUnavailable(LinkError):
    """The store cannot make rows durable now; nothing of the group was stored."""


class JoinError(LinkError):
    """A certificate was not given, or cannot be used; the sentence says what to do."""


class ConfigError(LinkError):
    """A configuration that cannot be used."""


class BrokerUnavailable(LinkError):
    """The broker cannot be reached, or it refused."""


class SettingsNotKept(LinkError):
    """Settings from afar cannot be kept: those before stay in force."""
