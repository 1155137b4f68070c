"""Every visit that there is, by name."""

from tests.flows.being_there import SILENCE, SLIPS, TELLING, WORKING
from tests.flows.borrowing import ACCOUNTS, ALONE, BORROWING, TROUBLE
from tests.flows.looking import LOOKING

VISITS = {
    flow.name: flow
    for flow in (
        *BORROWING,
        *TROUBLE,
        *ACCOUNTS,
        *ALONE,
        *SLIPS,
        *SILENCE,
        *TELLING,
        *WORKING,
        *LOOKING,
    )
}
