"""A kiosk's page as a process that can be stopped and killed: a patron's account is shown.

`python -m tests.integration.kiosk.served_alone` prints its address, and serves until its input
ends.
"""

import sys

from kiosk.session.patron import Account, Loan, Patron
from kiosk.session.screen import ScreenName
from kiosk.session.state import Visit
from tests.integration.kiosk.screens import FACTS, SERVICES
from tests.integration.kiosk.served import ServedKiosk

CARD, NAME, TITLE = "21101080001234", "陈*", "只有读者知道的书"


def main() -> None:
    """Serve a visit in its account."""
    with ServedKiosk() as kiosk:
        kiosk.post(FACTS, SERVICES)
        account = Account((Loan("31005", TITLE, "2026-12-01"),))
        kiosk.show(Visit(name=ScreenName.ACCOUNT, patron=Patron(CARD, NAME), account=account))
        print(kiosk.url, flush=True)  # noqa: T201  whoever started this reads it
        sys.stdin.read()


if __name__ == "__main__":
    main()
