"""What can go wrong between a node and its hub.

LinkError
├── SpoolError          the spool's disk refuses: full, gone, read-only
│   └── SpoolDamaged    the spool's file is not a sound database any more
├── StoreUnavailable    the hub's store refuses: nothing may be acknowledged
└── BrokerUnavailable   the broker cannot be reached or refuses the credentials
"""


class LinkError(Exception):
    """Root of what this package raises."""


class SpoolError(LinkError):
    """The spool cannot be written now; what is counted stays in memory and is tried again."""


class SpoolDamaged(SpoolError):
    """The spool's file is damaged; it has to be set aside and a new one begun."""


class StoreUnavailable(LinkError):
    """The store cannot make rows durable now; nothing of the group was stored."""


class BrokerUnavailable(LinkError):
    """The broker cannot be reached, or it refused."""
