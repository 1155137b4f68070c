"""Which settings of an edge may come from afar.

What was measured at the place stays there: lines, zones, ports, wiring. So does what decides whom
the node trusts, and which files and addresses it reads.
"""

from typing import Final

from link.remote.settable import Each, Settable

SETTABLE: Final[Settable] = {
    "cameras": Each(
        frozenset(
            {
                "person_size",
                "person_growth",
                "person_row",
                "lock_exposure",
                "detector",
                "model_score",
            }
        )
    ),
    "serial": Each(frozenset({"temperature_limits_celsius"})),
}
