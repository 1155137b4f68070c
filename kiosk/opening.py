"""What the configuration makes of accounts and devices, before anything is opened."""

import inspect
import ssl
from dataclasses import replace
from typing import Final
from zoneinfo import ZoneInfo

from contracts.sip2.profiles import profile
from firmware_bridge.registry import load_driver
from kiosk.config import LIBRARY_PASSWORD, MAIL_PASSWORD, KioskConfig, LibrarySection, MailSection
from kiosk.config_file import secret
from kiosk.desk.sip2_account import Account
from kiosk.device_config import DeviceSection
from kiosk.errands.mailing import Mailbox
from link.errors import ConfigError

ASK_LIBRARY_SECONDS: Final = 20
"""A silent connection is asked so often: a line that was cut says nothing by itself."""


def check_options(config: KioskConfig) -> None:
    """Look whether each driver takes its options. Raises ConfigError."""
    sections: dict[str, DeviceSection | None] = {
        "pad": config.pad,
        "card_reader": config.card_reader,
        "code_reader": config.code_reader,
        "printer": config.printer,
    }
    if config.room is not None:
        sections |= {
            "room.card_reader": config.room.card_reader,
            "room.pin_pad": config.room.pin_pad,
        }
    for name, section in sections.items():
        if section is None:
            continue
        try:
            driver = load_driver(section.driver)
            inspect.signature(driver).bind(section.port, **section.options)
        except (TypeError, ImportError) as error:
            raise ConfigError(f"{name}: the driver {section.driver}: {error}") from error


def library_account(section: LibrarySection) -> Account:
    """Return how this kiosk is known to the library's system. Raises ConfigError."""
    known = profile(section.profile)
    context: ssl.SSLContext | None = None
    if section.tls:
        try:
            context = ssl.create_default_context(cafile=section.tls_ca)
        except OSError as error:
            raise ConfigError(
                f"library.tls_ca: {section.tls_ca} cannot be used: {error}"
            ) from error
    return Account(
        section.host,
        section.port,
        replace(known, idle_seconds=min(known.idle_seconds, ASK_LIBRARY_SECONDS)),
        user=section.user,
        password=secret(LIBRARY_PASSWORD, section.password_file),
        location=section.location,
        institution=section.institution,
        tls=context,
        zone=ZoneInfo(section.zone),
    )


def mailbox(section: MailSection) -> Mailbox:
    """Return where slips are mailed from. Raises ConfigError."""
    return Mailbox(
        section.host,
        section.port,
        section.sender,
        section.tls,
        section.user,
        secret(MAIL_PASSWORD, section.password_file),
    )
