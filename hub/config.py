"""The hub's configuration: a TOML file, secrets from the environment, a safe default for all."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

from pydantic import (
    BaseModel,
    Field,
    SecretStr,
    ValidationError,
    field_validator,
    model_validator,
)

from hub.errors import ConfigError
from hub.sections import (
    CirculationSection,
    Section,
    Sip2Section,
    UpdatesSection,
    is_loopback,
)
from link import config_file
from link.errors import ConfigError as NodeConfigError
from link.toml_text import shown

PASSWORD_VARIABLE = "KAIGUAN_BROKER_PASSWORD"  # noqa: S105  a variable's name
TOKEN_VARIABLE = "KAIGUAN_INFLUXDB_TOKEN"  # noqa: S105  a variable's name
LEAST_EVIDENCE_YEARS = 3
_TLS_FILES = ("tls_ca", "tls_certificate", "tls_key")
_SECRETS = (
    ("broker", "password", PASSWORD_VARIABLE, "broker-password"),
    ("store", "token", TOKEN_VARIABLE, "influxdb-token"),
)

M = TypeVar("M", bound=BaseModel)


class BrokerSection(Section):
    """Where the MQTT broker is, and who the hub is there."""

    enabled: Annotated[bool, Field(description="false: store and show, receive nothing")] = True
    host: Annotated[str, Field(min_length=1)] = "127.0.0.1"
    port: Annotated[int, Field(ge=1, le=65535)] = 1883
    username: str | None = None
    password: Annotated[
        SecretStr | None, Field(exclude=True, description=f"only from {PASSWORD_VARIABLE}")
    ] = None
    tls: bool = False
    tls_ca: Path | None = None
    tls_certificate: Path | None = None
    tls_key: Path | None = None

    @model_validator(mode="after")
    def _tls_is_whole(self) -> "BrokerSection":
        given = [key for key in _TLS_FILES if getattr(self, key) is not None]
        if given and not self.tls:
            # Somebody wants an encrypted line, and would not get one.
            raise ValueError(f"{given[0]} is given, but tls is not true")
        if (self.tls_certificate is None) != (self.tls_key is None):
            raise ValueError("tls_certificate and tls_key go together, one of them is missing")
        return self


class HttpSection(Section):
    """Where API and pages are served."""

    host: Annotated[str, Field(description="loopback unless told otherwise")] = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535, description="0: any free port")] = 8080
    max_streams: Annotated[
        int, Field(ge=1, le=10_000, description="most open live streams at once")
    ] = 200
    hosts: Annotated[
        tuple[str, ...],
        Field(description="names that the hub is called by; empty: addresses and local names"),
    ] = ()
    behind_proxy: Annotated[
        bool, Field(description="a proxy with TLS stands before an address that others reach")
    ] = False
    public_url: Annotated[
        str,
        Field(
            pattern=r"^(https?://[^\s/?#@]+(/[^\s?#]*)?)?$",
            max_length=200,
            description="how people reach the hub, for links in messages; empty: no links",
        ),
    ] = ""
    trusted_proxies: Annotated[
        tuple[str, ...], Field(description="who may say in X-Forwarded-For where a request is from")
    ] = ("127.0.0.1", "::1")
    tls_certificate: Path | None = None
    tls_key: Path | None = None
    requests_per_minute: Annotated[
        int, Field(ge=60, le=1_000_000, description="of one address; a tenth may change something")
    ] = 1200

    @model_validator(mode="after")
    def _is_not_in_clear(self) -> "HttpSection":
        if (self.tls_certificate is None) != (self.tls_key is None):
            raise ValueError("tls_certificate and tls_key go together, one of them is missing")
        if not (self.is_loopback or self.behind_proxy or self.tls_certificate):
            raise ValueError(
                f"host {self.host} is reached from other machines, and passwords would go there in"
                " clear: give tls_certificate and tls_key, or set behind_proxy = true when a proxy"
                " with TLS stands before it"
            )
        return self

    @property
    def is_loopback(self) -> bool:
        """Tell whether only this machine can reach it."""
        return is_loopback(self.host)


class LiveSection(Section):
    """How live occupancy is told."""

    swap_milliseconds: Annotated[
        int, Field(ge=20, le=10_000, description="how often changes are shown")
    ] = 300
    publish_seconds: Annotated[
        int, Field(ge=1, le=3600, description="longest silence on the retained live topic")
    ] = 30
    stale_seconds: Annotated[
        int, Field(ge=30, le=3600, description="a line unheard for longer is not watched")
    ] = 150
    lookback_days: Annotated[
        int, Field(ge=1, le=30, description="how far back the session's zero is looked for")
    ] = 2


class HomeAssistantSection(Section):
    """Whether venues are announced to Home Assistant, on the same broker."""

    enabled: Annotated[bool, Field(description="true: publish MQTT discovery")] = False
    prefix: Annotated[
        str,
        Field(
            pattern=r"^[A-Za-z0-9_-]+(/[A-Za-z0-9_-]+)*$",
            max_length=64,
            description="as Home Assistant's own discovery prefix",
        ),
    ] = "homeassistant"
    language: Annotated[Literal["zh", "en"], Field(description="of names and units")] = "zh"

    @field_validator("prefix")
    @classmethod
    def _not_ours(cls, prefix: str) -> str:
        if prefix == "kaiguan" or prefix.startswith("kaiguan/"):
            raise ValueError("topics below kaiguan/ are the hub's own")
        return prefix


class AccessSection(Section):
    """Who is let in, and for how long."""

    public_board: Annotated[
        bool, Field(description="false: venues and occupancy need an account too")
    ] = True
    idle_minutes: Annotated[
        int, Field(ge=5, le=10_080, description="a session that is not used for longer ends")
    ] = 60
    session_hours: Annotated[
        int, Field(ge=1, le=720, description="a session ends after this time, used or not")
    ] = 12
    secure_cookies: Annotated[
        Literal["auto", "always"], Field(description="auto: Secure where the request came by TLS")
    ] = "auto"
    free_attempts: Annotated[
        int, Field(ge=1, le=20, description="wrong passwords before the first delay")
    ] = 5
    delay_seconds: Annotated[
        int, Field(ge=1, le=60, description="the first delay; it doubles with each one after it")
    ] = 2
    most_delay_seconds: Annotated[int, Field(ge=60, le=86_400, description="the longest delay")] = (
        900
    )


class IdentitySection(Section):
    """How nodes join, and how the broker learns who may come in."""

    broker_hosts: Annotated[
        tuple[Annotated[str, Field(min_length=1, max_length=255)], ...],
        Field(description="names and addresses of the broker; nodes are told the first"),
    ] = ()
    broker_port: Annotated[int, Field(ge=1, le=65535, description="its port, with TLS")] = 8883
    broker_dir: Annotated[
        Path | None, Field(description="what the broker reads; data_dir/broker without it")
    ] = None
    broker_reload_command: Annotated[
        tuple[str, ...], Field(description="lets the broker read it again; no shell")
    ] = ()
    broker_pid_file: Annotated[
        Path | None, Field(description="or: whose process gets a SIGHUP")
    ] = None
    code_hours: Annotated[int, Field(ge=1, le=24 * 14, description="how long a code is good")] = 24

    @property
    def is_used(self) -> bool:
        """Tell whether this hub keeps the identities of a broker."""
        return bool(self.broker_hosts)


class KeepingSection(Section):
    """What is kept, and for how long. Hours are kept for ever."""

    quarantine_mib: Annotated[
        int, Field(ge=1, le=65_536, description="bytes of rows that cannot be read")
    ] = 64
    climate_raw_days: Annotated[
        int, Field(ge=31, le=36_500, description="buckets of climate sensors")
    ] = 90
    evidence_years: Annotated[int | None, Field(le=100, description="full years")] = None
    telemetry_days: Annotated[int, Field(ge=400, le=36_500, description="other events")] = 1100

    @field_validator("evidence_years")
    @classmethod
    def _is_long_enough(cls, years: int | None) -> int | None:
        if years is not None and years < LEAST_EVIDENCE_YEARS:
            raise ValueError(
                f"evidence is kept for at least {LEAST_EVIDENCE_YEARS} full years: give"
                f" {LEAST_EVIDENCE_YEARS} or more, or leave the key out to keep it for ever"
            )
        return years


class StoreSection(Section):
    """Where the buckets of series lie; evidence and marks are in `series.db` in any case."""

    kind: Annotated[
        Literal["sqlite", "influxdb"], Field(description="sqlite: in series.db too")
    ] = "sqlite"
    url: Annotated[
        str,
        Field(
            pattern=r"^(https?://[^\s/?#@]+(/[^\s?#]*)?)?$",
            max_length=200,
            description="of InfluxDB, as http://127.0.0.1:8086",
        ),
    ] = ""
    database: Annotated[
        str,
        Field(
            pattern=r"^[A-Za-z0-9_.-]{1,64}$", description="or bucket; made by hand, for us alone"
        ),
    ] = "kaiguan"
    organization: Annotated[
        str, Field(min_length=1, max_length=64, description="of InfluxDB 2; others ignore it")
    ] = "-"
    token: Annotated[
        SecretStr | None, Field(exclude=True, description=f"only from {TOKEN_VARIABLE}")
    ] = None
    timeout_seconds: Annotated[
        float, Field(ge=0.1, le=60, description="how long one write or question may take")
    ] = 10.0

    @model_validator(mode="after")
    def _names_a_server(self) -> "StoreSection":
        if self.kind == "influxdb" and not self.url:
            raise ValueError("kind is influxdb, and url does not say where it is")
        return self


class HubConfig(Section):
    """Everything that `python -m hub` can be told."""

    data_dir: Annotated[Path, Field(description="series.db and records.db live here")] = Path(
        "data/hub"
    )
    district: Annotated[
        Path | None, Field(description="folder of venue files, loaded at every start")
    ] = None
    alerts: Annotated[
        Path | None, Field(description="rules of alerts, and how these reach people")
    ] = None
    title_zh: str = "嘉定区"
    title_en: str = "Jiading District"
    http: HttpSection = HttpSection()
    broker: BrokerSection = BrokerSection()
    live: LiveSection = LiveSection()
    homeassistant: HomeAssistantSection = HomeAssistantSection()
    access: AccessSection = AccessSection()
    identity: IdentitySection = IdentitySection()
    keeping: KeepingSection = KeepingSection()
    updates: UpdatesSection = UpdatesSection()
    store: StoreSection = StoreSection()
    circulation: CirculationSection = CirculationSection()
    sip2: Sip2Section = Sip2Section()

    @property
    def series_path(self) -> Path:
        """Return the file of series, evidence and marks."""
        return self.data_dir / "series.db"

    @property
    def records_path(self) -> Path:
        """Return the file of venues, devices and accounts."""
        return self.data_dir / "records.db"

    @property
    def packs_path(self) -> Path:
        """Return the folder of content packs, by the hashes of their zips."""
        return self.data_dir / "packs"

    @property
    def updates_path(self) -> Path:
        """Return the folder of releases for nodes, by the hashes of their zips."""
        return self.data_dir / "updates"

    @property
    def identity_path(self) -> Path:
        """Return the folder of the authority's key and of the hub's own identity."""
        return self.data_dir / "identity"

    @property
    def broker_path(self) -> Path:
        """Return the folder that the broker reads."""
        return self.identity.broker_dir or self.data_dir / "broker"


def load_config(path: Path | None, environment: Mapping[str, str] | None = None) -> HubConfig:
    """Read a configuration file, or the defaults without one; relative paths are the file's.

    Raises ConfigError with a sentence that names file, key and reason.
    """
    environment = os.environ if environment is None else environment
    content: dict[str, Any] = read_toml(path) if path is not None else {}
    for section, key, variable, credential in _SECRETS:
        held = content.get(section)
        if isinstance(held, dict) and key in held:
            raise ConfigError(
                f"{path}: {section}.{key}: a secret does not belong in a file; set {variable}"
            )
        secret = _secret(environment, variable, credential)
        if secret is not None and isinstance(content.setdefault(section, {}), dict):
            content[section][key] = secret
    config = validated(HubConfig, content, path or Path("defaults"))
    if path is None:
        return config
    base = path.parent
    files = {
        key: base / value
        for key in _TLS_FILES
        if (value := getattr(config.broker, key)) is not None
    }
    for key, file in files.items():
        if not file.is_file():
            raise ConfigError(f"{path}: broker.{key}: {shown(file)} is not a file")
    broker_section = config.broker.model_copy(update=files)
    own = _server_files(path, "http", config.http)
    sip2 = _server_files(path, "sip2", config.sip2)
    rules = config.circulation.rules
    identity = config.identity.model_copy(
        update={
            key: base / value
            for key in ("broker_dir", "broker_pid_file")
            if (value := getattr(config.identity, key)) is not None
        }
    )
    return config.model_copy(
        update={
            "data_dir": base / config.data_dir,
            "district": base / config.district if config.district else None,
            "alerts": base / config.alerts if config.alerts else None,
            "broker": broker_section,
            "http": config.http.model_copy(update=own),
            "identity": identity,
            "sip2": config.sip2.model_copy(update=sip2),
            "circulation": config.circulation.model_copy(
                update={"rules": base / rules if rules else None}
            ),
        }
    )


def _server_files(path: Path, name: str, section: HttpSection | Sip2Section) -> dict[str, Path]:
    """Return where a server's key and certificate lie. Raises ConfigError."""
    own = {
        key: path.parent / value
        for key in ("tls_certificate", "tls_key")
        if (value := getattr(section, key)) is not None
    }
    for key, file in own.items():
        if not file.is_file():
            raise ConfigError(f"{path}: {name}.{key}: {shown(file)} is not a file")
    return own


def _secret(environment: Mapping[str, str], variable: str, credential: str) -> str | None:
    """Return a secret: of a variable, of the file that `VARIABLE_FILE` names, of systemd.

    Raises ConfigError, which names the file and never what is in it.
    """
    if variable in environment:
        return environment[variable]
    named, folder = environment.get(f"{variable}_FILE"), environment.get("CREDENTIALS_DIRECTORY")
    if named:
        file = Path(named)
    elif folder and (Path(folder) / credential).exists():
        file = Path(folder) / credential
    else:
        return None
    try:
        return file.read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{variable}: {file} cannot be read as a secret") from error


def read_toml(path: Path) -> dict[str, Any]:
    """Read a TOML file. Raises ConfigError."""
    try:
        return config_file.read(path)
    except NodeConfigError as error:
        raise ConfigError(str(error)) from error


def validated(model: type[M], content: Mapping[str, Any], path: Path) -> M:
    """Build a model. Raises ConfigError that names file, key and reason of the first mistake."""
    try:
        return model.model_validate(content)
    except ValidationError as error:
        raise ConfigError(f"{path}: {config_file.first_mistake(error)}") from error
