"""The kiosk's configuration: one TOML file; secrets from the environment or from owner-only files.

Every field has a description; an unknown key is an error, because a typo must not pass in silence.
"""

import re
from pathlib import Path
from typing import Annotated, Final, Literal, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import Field, field_validator, model_validator

from contracts.sip2.profiles import PROFILES
from firmware_bridge.registry import CODE_READERS, PRINTERS, READERS
from kiosk.device_config import CardReaderSection, DeviceSection, among, compiled
from kiosk.lending.offline import OfflinePolicy
from kiosk.lending.stack import ItemRules
from kiosk.room_config import RoomSection
from kiosk.session.screen import Prefs
from kiosk.session.settings import SessionSettings
from kiosk.shell.settings import ScreenSection
from link.node_config import NodeConfig, Section

LIBRARY_PASSWORD: Final = "KAIGUAN_LIBRARY_PASSWORD"  # noqa: S105  the name of a variable
HUB_TOKEN: Final = "KAIGUAN_HUB_TOKEN"  # noqa: S105  the name of a variable
MAIL_PASSWORD: Final = "KAIGUAN_MAIL_PASSWORD"  # noqa: S105  the name of a variable

Port = Annotated[int, Field(ge=1, le=65_535)]


class LibrarySection(Section):
    """The library's system, by SIP2: the hub's own, or another."""

    host: str = Field("127.0.0.1", min_length=1, description="name or address of the system")
    port: Port = Field(6001, description="its port for SIP2")
    profile: str = Field(
        "embedded", description=f"what kind of system it is: {', '.join(sorted(PROFILES))}"
    )
    user: str = Field("", description=f"as whom to log in; the password is in {LIBRARY_PASSWORD}")
    password_file: Path | None = Field(
        None, description="the password's file instead, which nobody else may read"
    )
    location: str = Field("", description="this place, as the system calls it (CP, AP)")
    institution: str = Field("", description="the institution (AO)")
    zone: str = Field("Asia/Shanghai", description="time zone of its local times")
    tls: bool = Field(False, description="speak TLS")
    tls_ca: Path | None = Field(
        None, description="certificate of the authority, PEM; the system's own when absent"
    )

    @field_validator("profile")
    @classmethod
    def _is_known(cls, name: str) -> str:
        if name not in PROFILES:
            raise ValueError(f"there is no profile {name!r}; there are {', '.join(PROFILES)}")
        return name

    @field_validator("zone")
    @classmethod
    def _is_a_zone(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError, OSError) as error:
            raise ValueError(f"there is no time zone {name!r}") from error
        return name


class PadSection(DeviceSection):
    """The pad that reads the tags of books."""

    driver: str = Field("feig", description=f"its driver: {', '.join(sorted(READERS))}")
    owners: frozenset[str] = Field(
        frozenset(), description="ISILs of the libraries whose items are taken; empty: of all"
    )

    @field_validator("driver")
    @classmethod
    def _is_known(cls, name: str) -> str:
        return among(name, READERS)

    def rules(self) -> ItemRules:
        """Return which items are taken."""
        return ItemRules(owners=self.owners)


class CodeReaderSection(DeviceSection):
    """The reader of bar codes and QR codes on cards and telephones."""

    driver: str = Field("gm65", description=f"its driver: {', '.join(sorted(CODE_READERS))}")
    pattern: str = Field(
        "",
        description="what a card's code looks like, a regular expression; its group `number`, if it"
        " has one, is the number; empty: the whole code is",
    )

    @field_validator("driver")
    @classmethod
    def _is_known(cls, name: str) -> str:
        return among(name, CODE_READERS)

    @field_validator("pattern")
    @classmethod
    def _is_a_pattern(cls, pattern: str) -> str:
        return compiled(pattern)


class PrinterSection(DeviceSection):
    """The printer of slips."""

    driver: str = Field("escpos", description=f"its driver: {', '.join(sorted(PRINTERS))}")

    @field_validator("driver")
    @classmethod
    def _is_known(cls, name: str) -> str:
        return among(name, PRINTERS)


class LendingSection(Section):
    """The journal, and what is lent while the library's system is away."""

    journal: Path = Field(Path("journal.db"), description="its file, relative to this one")
    offline: bool = Field(
        False, description="lend without the library's system, within these limits; no PIN is asked"
    )
    offline_items: int = Field(200, ge=1, le=10_000, description="loans that wait at most")
    offline_patrons: int = Field(100, ge=1, le=10_000, description="patrons of them at most")
    offline_items_of_patron: int = Field(5, ge=1, le=100, description="loans of one patron at most")
    card_list: Path = Field(
        Path("cards.json"), description="where the list of blocked cards is kept; owner-only"
    )
    card_list_hours: int = Field(72, ge=1, le=8760, description="how old that list may be")
    loan_days: int = Field(28, ge=1, le=365, description="the due date that is promised then")

    def policy(self) -> OfflinePolicy:
        """Return the limits as the desk takes them."""
        return OfflinePolicy(
            self.offline,
            self.offline_items,
            self.offline_patrons,
            self.offline_items_of_patron,
            self.card_list_hours,
            self.loan_days,
        )


class SessionSection(Section):
    """How a visitor is met, and how long silence is waited for."""

    lang: Literal["zh", "en"] = Field("zh", description="the first language")
    elder: bool = Field(False, description="begin in the view for elders")
    contrast: bool = Field(False, description="begin in high contrast")
    speaking: bool = Field(False, description="begin with spoken prompts")
    idle_seconds: float = Field(30, ge=10, le=600, description="silence before the question")
    elder_idle_seconds: float = Field(60, ge=10, le=900, description="the same in the elder view")
    countdown_seconds: float = Field(20, ge=20, le=120, description="from the question to the end")
    pin: bool = Field(True, description="ask for a PIN beside the card")
    wrong_pins: int = Field(3, ge=1, le=10, description="then no card is asked for a while")
    lock_seconds: float = Field(60, ge=10, le=3600, description="that while")
    telephone: str = Field("", max_length=40, description="of the staff, shown when a call fails")

    def settings(self, zone: str, ar_idle_seconds: float) -> SessionSettings:
        """Return them as a session takes them."""
        return SessionSettings(
            prefs=Prefs(
                lang=self.lang,
                is_elder=self.elder,
                is_contrast=self.contrast,
                is_speaking=self.speaking,
            ),
            idle_seconds=self.idle_seconds,
            elder_idle_seconds=self.elder_idle_seconds,
            ar_idle_seconds=ar_idle_seconds,
            countdown_seconds=self.countdown_seconds,
            is_pin_asked=self.pin,
            most_wrong_pins=self.wrong_pins,
            lock_seconds=self.lock_seconds,
            telephone=self.telephone,
            zone=zone,
        )


class FaceSection(Section):
    """The page that the kiosk's own browser shows."""

    host: str = Field("127.0.0.1", min_length=1, description="address to listen on; loopback")
    port: int = Field(8090, ge=0, le=65_535, description="its port; 0: a free one")
    panel_ppi: float = Field(
        141, ge=40, le=600, description="pixels of the panel per inch: targets are in millimetres"
    )

    night_from: int = Field(19, ge=0, le=23, description="hour from which it is dark")
    night_until: int = Field(7, ge=0, le=23, description="hour until which it is dark")
    sounds: bool = Field(True, description="short tones for seen, done and attention")
    speech: bool = Field(True, description="offer spoken prompts where espeak-ng is installed")
    framed_by: str = Field(
        "", description="an origin that may show the page in a frame; none in a room"
    )

    @field_validator("host")
    @classmethod
    def _is_loopback(cls, host: str) -> str:
        # Whoever reaches the page stands at the kiosk, as far as it can tell.
        if host not in {"127.0.0.1", "::1", "localhost"}:
            raise ValueError(f"{host!r} is no loopback address: the page is for this screen alone")
        return host


class HubSection(Section):
    """Where facts of the venue come from."""

    url: str | None = Field(
        None, description="address of the hub's API; identity.hub when absent, none without both"
    )
    facts: Path = Field(Path("facts.json"), description="where the last facts are kept")
    token_file: Path | None = Field(
        None,
        description=f"file of the token that reads the blocked cards, or {HUB_TOKEN}; nobody else "
        "may read it",
    )

    @field_validator("url")
    @classmethod
    def _is_an_address(cls, url: str | None) -> str | None:
        if url is not None and not url.startswith(("http://", "https://")):
            raise ValueError("the address of a hub begins with http:// or https://")
        return url.rstrip("/") if url else url


class MailSection(Section):
    """How slips are sent by e-mail."""

    host: str = Field(min_length=1, description="name or address of the mail server")
    port: Port = Field(587, description="its port")
    tls: Literal["none", "starttls", "tls"] = Field("starttls", description="how it is encrypted")
    sender: str = Field(alias="from", description="address that mails come from")
    user: str = Field("", description=f"as whom to log in; the password is in {MAIL_PASSWORD}")
    password_file: Path | None = Field(
        None, description="the password's file instead, which nobody else may read"
    )

    @model_validator(mode="after")
    def _keeps_its_password(self) -> Self:
        if self.user and self.tls == "none" and self.host not in {"127.0.0.1", "::1", "localhost"}:
            raise ValueError('with a user, tls is "starttls" or "tls": the password went in clear')
        return self

    @field_validator("sender")
    @classmethod
    def _is_an_address(cls, sender: str) -> str:
        if not re.fullmatch(r"[^\s@<>]+@[^\s@<>]+", sender):
            raise ValueError(f"{sender!r} is no e-mail address")
        return sender


class StaffSection(Section):
    """Cards of the staff; `python -m kiosk staff add NAME` writes them."""

    cards: Path = Field(Path("staff.json"), description="their file; owner-only")
    wrong_pins: int = Field(5, ge=1, le=20, description="then no card of the staff is taken")
    lock_seconds: float = Field(300, ge=10, le=86_400, description="for so long")


class ArSection(Section):
    """The camera that looks at postcards and covers; without this section there is none."""

    source: Literal["device", "file", "browser"] = Field(
        "device",
        description="who has the camera: a device of this machine, a film in place of one, or the"
        " browser that shows the page",
    )
    device: str = Field("0", min_length=1, description="the camera's number or its path")
    file: Path | None = Field(None, description="the film, played again and again")
    width: int = Field(640, ge=320, le=1920, description="pixels of a picture from left to right")
    height: int = Field(480, ge=240, le=1080, description="… and from top to bottom")
    fps: float = Field(30, ge=5, le=60, description="pictures a second that are asked for")
    camera: Path | None = Field(
        None, description="the lens, as `python -m kiosk camera calibrate` wrote it"
    )
    fov_degrees: float = Field(
        60, ge=5, le=150, description="what a camera without such a file sees from left to right"
    )
    packs: Path = Field(Path("packs"), description="folder of the content packs")
    pack_keys: tuple[Path, ...] = Field(
        (Path("identity/packs.pem"),),
        description="public keys whose packs are shown, PEM; a file that is not there is no key",
    )
    allow_unsigned: bool = Field(
        False, description="show packs that nobody has signed; for one's own desk"
    )
    idle_seconds: float = Field(
        90, ge=30, le=600, description="silence before the question, while a card is held up"
    )

    @model_validator(mode="after")
    def _has_its_film(self) -> Self:
        if (self.source == "file") != (self.file is not None):
            raise ValueError('source = "file" and file go together')
        return self


class KioskConfig(NodeConfig):
    """Everything that a kiosk needs to know. Without library and pad it informs, and lends not."""

    library: LibrarySection | None = None
    pad: PadSection | None = None
    card_reader: CardReaderSection | None = None
    code_reader: CodeReaderSection | None = None
    printer: PrinterSection | None = None
    lending: LendingSection = LendingSection()
    session: SessionSection = SessionSection()
    face: FaceSection = FaceSection()
    screen: ScreenSection = ScreenSection()
    hub: HubSection = HubSection()
    mail: MailSection | None = None
    staff: StaffSection = StaffSection()
    ar: ArSection | None = None
    room: RoomSection | None = None

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if (self.library is None) != (self.pad is None):
            raise ValueError("lending needs both [library] and [pad], informing needs neither")
        sections: tuple[DeviceSection | None, ...] = (
            *(self.pad, self.card_reader),
            *(self.code_reader, self.printer),
            *((self.room.card_reader, self.room.pin_pad) if self.room else ()),
        )
        ports = [one.port for one in sections if one is not None]
        for port in ports:
            if ports.count(port) > 1:
                raise ValueError(f"port {port!r} is named twice")
        if self.room is not None and self.room.shares_reader and self.card_reader is None:
            raise ValueError("room.shares_reader needs a [card_reader]")
        return self

    @property
    def hub_url(self) -> str | None:
        """Return where the hub's API is, None where there is no hub."""
        url = self.hub.url or self.identity.hub
        return url.rstrip("/") if url else None

    @property
    def session_settings(self) -> SessionSettings:
        """Return what the session goes by."""
        ar = self.ar or ArSection()
        return self.session.settings(self.zone, ar.idle_seconds)

    @property
    def zone(self) -> str:
        """Return the time zone of what is shown."""
        return LibrarySection().zone if self.library is None else self.library.zone
