"""What the library system goes by: rules, zone, branches and names."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from importlib import resources
from pathlib import Path
from zoneinfo import ZoneInfo

from hub.circulation.loan_rules import LoanRules, read_loan_rules
from hub.config import HubConfig, read_toml
from hub.errors import ConfigError
from hub.library.opening import opens_on
from hub.schedules import Schedules
from hub.venues import Venue
from link.toml_text import parsed, shown


@dataclass(frozen=True)
class LibrarySettings:
    """Everything that answers depend on besides records and the clock."""

    rules: LoanRules
    zone: ZoneInfo
    institution: str
    name_zh: str
    name_en: str
    opens: Callable[[str, date], bool]
    """Tells whether a branch opens on a day; of one that is not known: yes."""
    is_branch: Callable[[str], bool]
    is_pin_required: bool = False
    is_offline_ok: bool = True
    may_checksums_stop: bool = False
    """A connection that has used checksums may go on without them."""
    timeout_tenths: int = 100
    retries: int = 3

    def local(self, at_ms: int) -> datetime:
        """Return an instant as SIP2 writes it: local and naive."""
        return datetime.fromtimestamp(at_ms / 1000, self.zone).replace(tzinfo=None)

    def instant(self, at: datetime | None) -> int | None:
        """Return an instant of a message in Unix ms; one without a zone is local."""
        if at is None:
            return None
        aware = at if at.tzinfo is not None else at.replace(tzinfo=self.zone)
        return int(aware.timestamp() * 1000)

    def today(self, at_ms: int) -> date:
        """Return the local day of an instant."""
        return self.local(at_ms).date()


def library_settings(
    config: HubConfig, venues: Mapping[str, Venue], schedules: Schedules
) -> LibrarySettings:
    """Build the settings of a hub: its branches are its venues. Raises ConfigError."""

    def opens(branch: str, day: date) -> bool:
        venue = venues.get(branch)
        return venue is None or opens_on(schedules.of(venue), day)

    return LibrarySettings(
        rules=load_loan_rules(config.circulation.rules),
        zone=ZoneInfo(config.circulation.timezone),
        institution=config.sip2.institution,
        name_zh=config.title_zh,
        name_en=config.title_en,
        opens=opens,
        is_branch=venues.__contains__,
        is_pin_required=config.sip2.require_pin,
        is_offline_ok=config.sip2.offline,
        may_checksums_stop=config.sip2.checksums_may_stop,
    )


def load_loan_rules(path: Path | None) -> LoanRules:
    """Read the loan rules of a file, or those that come with the hub. Raises ConfigError."""
    if path is None:
        text = (resources.files("hub.circulation") / "loan_rules.toml").read_text("utf-8")
        return read_loan_rules(parsed(text))
    try:
        return read_loan_rules(read_toml(path))
    except ValueError as error:
        raise ConfigError(f"{path}: {shown(error)}") from error
