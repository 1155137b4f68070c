"""The names of what buttons do, as faces post them and scripts press them. Pure."""

from typing import Final

# From every screen.
HOME: Final = "home"
BACK: Final = "back"
FINISH: Final = "finish"
"""End the session: slip, wipe, the first screen."""
MORE_TIME: Final = "more_time"
LANGUAGE: Final = "language"
ELDER: Final = "elder"
LARGER: Final = "larger"
SMALLER: Final = "smaller"
CONTRAST: Final = "contrast"
SPEAK: Final = "speak"

# From home.
BORROW: Final = "borrow"
RETURN: Final = "return"
ACCOUNT: Final = "account"
HOURS: Final = "hours"
NEARBY: Final = "nearby"
AR: Final = "ar"
HELP: Final = "help"
RATING: Final = "rating"
NEED: Final = "need"
PRIVACY: Final = "privacy"

# Lending.
CONFIRM: Final = "confirm"
"""Do it with the items that are shown, as many as the button says."""
ACCEPT_FEE: Final = "accept_fee"
"""`choice` is the item."""
RENEW: Final = "renew"
"""`choice` is the item."""
RENEW_ALL: Final = "renew_all"
SLIP: Final = "slip"
"""`choice` is a `SlipWay`."""

# What the camera sees.
SPOT: Final = "spot"
"""Open a hotspot of the exhibit, or close it again; `choice` is its name."""

# Telling the venue.
CALL: Final = "call"
"""`choice` is what for: `card`, `book`, `alarm`, `unwell`, `other`."""
STARS: Final = "stars"
"""`choice` is 1 to 5."""
ABOUT: Final = "about"
"""`choice` is what a rating or a need is about."""

# Staff.
STAFF: Final = "staff"
"""Begin staff mode: a card of the staff, and its PIN."""
OPEN_ROOM: Final = "open_room"
CLOSE_ROOM: Final = "close_room"
UNFINISHED: Final = "unfinished"
CLOSE_CASE: Final = "close_case"
"""`choice` is the transaction."""
DEVICES: Final = "devices"
ROOM: Final = "room"
"""How the unstaffed room is."""
ROOM_ORDER: Final = "room_order"
"""`choice` is what: `unlock`, `close`, `open`, `reset`."""
SET_OUT: Final = "set_out"
SET_IN: Final = "set_in"

# Fields, as `Entered` names them.
CARD_NUMBER: Final = "card_number"
PIN: Final = "pin"
EMAIL: Final = "email"
NEED_TEXT: Final = "need_text"
STAFF_PIN: Final = "staff_pin"
