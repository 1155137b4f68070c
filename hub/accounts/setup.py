"""The first account: made in the browser, by who sits at the hub or knows its set-up code."""

import hmac
from ipaddress import ip_address
from typing import Final

from hub.accounts.hashing import new_phrase

_LOCAL_NAMES: Final = {"localhost", "ip6-localhost"}


class SetUpCode:
    """The code of one run of the hub; only as long as there is no account it opens anything."""

    def __init__(self) -> None:
        self.code: Final = new_phrase(3, 4)

    def is_right(self, given: str) -> bool:
        """Tell whether this is the code; blanks and case do not matter."""
        tidy = "".join(given.split()).lower()
        return hmac.compare_digest(tidy.encode("utf-8", "replace"), self.code.encode())


def is_at_the_hub(address: str, host: str) -> bool:
    """Tell whether a browser runs on the hub's own machine and has asked for it as such.

    The name counts too: a proxy on this machine, or a page elsewhere whose name was made to lead
    here, asks for another one.
    """
    name = host.rpartition(":")[0] if not host.endswith("]") and ":" in host else host
    return is_loopback(address) and (name in _LOCAL_NAMES or is_loopback(name.strip("[]")))


def is_loopback(text: str) -> bool:
    """Tell whether an address is this machine's own."""
    try:
        return ip_address(text).is_loopback
    except ValueError:
        return False
