"""The hub's configuration: a TOML file, secrets from the environment, a safe default for all."""

import os
import tomllib
from collections.abc import Mapping
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
    field_validator,
    model_validator,
)

from hub.errors import ConfigError

PASSWORD_VARIABLE = "KAIGUAN_BROKER_PASSWORD"  # noqa: S105  a variable's name
LEAST_EVIDENCE_YEARS = 3
_TLS_FILES = ("tls_ca", "tls_certificate", "tls_key")

M = TypeVar("M", bound=BaseModel)


class Section(BaseModel):
    """A part of a configuration: frozen, and an unknown key is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True)


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
        try:
            return ip_address(self.host).is_loopback
        except ValueError:
            return self.host == "localhost"


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
    evidence_years: Annotated[
        int | None, Field(le=100, description="full years of counts, coverage, states, events")
    ] = None

    @field_validator("evidence_years")
    @classmethod
    def _is_long_enough(cls, years: int | None) -> int | None:
        if years is not None and years < LEAST_EVIDENCE_YEARS:
            raise ValueError(
                f"evidence is kept for at least {LEAST_EVIDENCE_YEARS} full years: give"
                f" {LEAST_EVIDENCE_YEARS} or more, or leave the key out to keep it for ever"
            )
        return years


class HubConfig(Section):
    """Everything that `python -m hub` can be told."""

    data_dir: Annotated[Path, Field(description="series.db and records.db live here")] = Path(
        "data/hub"
    )
    district: Annotated[
        Path | None, Field(description="folder of venue files, loaded at every start")
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

    @property
    def series_path(self) -> Path:
        """Return the file of series, evidence and marks."""
        return self.data_dir / "series.db"

    @property
    def records_path(self) -> Path:
        """Return the file of venues, devices and accounts."""
        return self.data_dir / "records.db"

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
    broker = content.get("broker")
    if isinstance(broker, dict) and "password" in broker:
        raise ConfigError(
            f"{path}: broker.password: a secret does not belong in a file; set {PASSWORD_VARIABLE}"
        )
    secret = _secret(environment, PASSWORD_VARIABLE, "broker-password")
    if secret is not None and isinstance(content.setdefault("broker", {}), dict):
        content["broker"]["password"] = secret
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
            raise ConfigError(f"{path}: broker.{key}: {file} is not a file")
    broker_section = config.broker.model_copy(update=files)
    own = {
        key: base / value
        for key in ("tls_certificate", "tls_key")
        if (value := getattr(config.http, key)) is not None
    }
    for key, file in own.items():
        if not file.is_file():
            raise ConfigError(f"{path}: http.{key}: {file} is not a file")
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
            "broker": broker_section,
            "http": config.http.model_copy(update=own),
            "identity": identity,
        }
    )


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
        return tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path}: is not UTF-8: {error.reason}") from error
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path}: is not TOML: {error}") from error


def validated(model: type[M], content: Mapping[str, Any], path: Path) -> M:
    """Build a model. Raises ConfigError that names file, key and reason of the first mistake."""
    try:
        return model.model_validate(content)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        key = ".".join(str(part) for part in first["loc"]) or "the whole file"
        reason = first["msg"].removeprefix("Value error, ")
        if first["type"] == "extra_forbidden":
            reason = "there is no such key"
        more = f" (and {error.error_count() - 1} more)" if error.error_count() > 1 else ""
        raise ConfigError(f"{path}: {key}: {reason}{more}") from error
