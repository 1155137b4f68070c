"""How the kiosk's browser is started."""

from pathlib import Path
from typing import Final

FLAGS: Final = (
    "--kiosk",
    "--no-first-run",
    "--no-default-browser-check",
    "--noerrdialogs",
    # No bubble that offers what the browser before showed; its profile is new anyhow.
    "--disable-session-crashed-bubble",
    "--hide-crash-restore-bubble",
    "--disable-infobars",
    # Fingers turn no pages back, and enlarge nothing.
    "--disable-pinch",
    "--overscroll-history-navigation=0",
    "--touch-events=enabled",
    "--autoplay-policy=no-user-gesture-required",
    # No keyring asks for its password.
    "--password-store=basic",
    # Nothing is asked of anybody but the kiosk.
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-domain-reliability",
    "--disable-sync",
    "--disable-quic",
    "--disable-breakpad",
    "--disable-features=Translate,MediaRouter,DialMediaRouteProvider,GlobalMediaControls",
)
WAYLAND: Final = "--ozone-platform=wayland"


def browser_command(browser: Path, url: str, profile: Path) -> tuple[str, ...]:
    """Return the command of a browser that shows one page; `profile` is a folder of its own."""
    return (str(browser), *FLAGS, WAYLAND, f"--user-data-dir={profile}", url)
