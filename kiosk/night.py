"""When the dark colours are used. Pure."""


def is_night(hour: int, night_from: int, night_until: int) -> bool:
    """Tell whether a local hour is of the night that begins and ends at these hours."""
    if night_from <= night_until:
        return night_from <= hour < night_until
    return hour >= night_from or hour < night_until
