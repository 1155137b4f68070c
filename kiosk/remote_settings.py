"""Which settings of a kiosk may come from afar.

No address, program, port, file or key: whoever orders may change how the kiosk behaves, and neither
what it trusts nor who is let in or lent to without being checked.
"""

from typing import Final

from link.remote.settable import Keys, Settable

SETTABLE: Final[Settable] = {
    "session": Keys(
        frozenset(
            {
                "lang",
                "elder",
                "contrast",
                "speaking",
                "idle_seconds",
                "elder_idle_seconds",
                "countdown_seconds",
                "telephone",
            }
        )
    ),
    "face": Keys(frozenset({"panel_ppi", "night_from", "night_until", "sounds", "speech"})),
    "screen": Keys(frozenset({"dark", "before_minutes", "after_minutes"})),
    "lending": Keys(
        frozenset(
            {
                "offline_items",
                "offline_patrons",
                "offline_items_of_patron",
                "card_list_hours",
                "loan_days",
            }
        )
    ),
    "ar": Keys(frozenset({"fps", "idle_seconds"}), needs_section=True),
    "room": Keys(
        frozenset(
            {
                "unlock_seconds",
                "pin_seconds",
                "people_limit",
                "closing_minutes",
                "cleaning",
                "lights_minutes",
                "co2_high_ppm",
                "co2_low_ppm",
                "warm_celsius",
                "cold_celsius",
                "open_too_long_seconds",
            }
        ),
        needs_section=True,
    ),
}
