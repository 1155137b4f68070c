"""Parts of the hub's configuration that stand alone: the library system, updates of nodes."""

from datetime import time
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from contracts.sip2.line import Encoding


def is_loopback(host: str) -> bool:
    """Tell whether an address is of this machine only."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


class Section(BaseModel):
    """A part of a configuration: frozen, and an unknown key is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class UpdatesSection(Section):
    """When nodes may be disturbed that are never closed; local time of their venues."""

    night_begins: Annotated[time, Field(description="local time, HH:MM")] = time(1)
    night_ends: Annotated[time, Field(description="local time, HH:MM; may be the next day")] = time(
        5
    )

    @model_validator(mode="after")
    def _is_a_span(self) -> Self:
        if self.night_begins == self.night_ends:
            raise ValueError("night_begins and night_ends are the same: there is no night")
        return self


class CirculationSection(Section):
    """What the embedded library system goes by."""

    rules: Annotated[
        Path | None, Field(description="loan rules; those that come with the hub without it")
    ] = None
    timezone: Annotated[str, Field(description="of due dates and of terminals' times")] = (
        "Asia/Shanghai"
    )
    history_days: Annotated[
        # Terminals tell the last week again to a hub that was restored.
        int, Field(ge=14, le=3650, description="after so many days a loan names nobody any more")
    ] = 180

    @field_validator("timezone")
    @classmethod
    def _is_a_zone(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (ValueError, OSError, ZoneInfoNotFoundError):
            raise ValueError(f"{name!r} is no time zone: write one as Asia/Shanghai") from None
        return name


class Sip2Section(Section):
    """Where self-service terminals reach the embedded library system."""

    enabled: Annotated[bool, Field(description="true: answer SIP2")] = False
    host: Annotated[str, Field(description="loopback unless told otherwise")] = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535, description="0: any free port")] = 6001
    tls_certificate: Path | None = None
    tls_key: Path | None = None
    behind_tunnel: Annotated[
        bool, Field(description="stunnel or a VPN stands before an address that others reach")
    ] = False
    institution: Annotated[str, Field(min_length=1, max_length=255)] = "kaiguan"
    encoding: Annotated[
        Encoding, Field(description="until a terminal has logged in; then its account's")
    ] = Encoding.UTF_8
    require_pin: Annotated[
        bool, Field(description="true: without a PIN nothing is lent and nothing is told")
    ] = False
    offline: Annotated[bool, Field(description="terminals may lend without a connection")] = True
    checksums_may_stop: Annotated[
        bool, Field(description="a terminal that has sent checksums is served without them, too")
    ] = False
    most_connections: Annotated[int, Field(ge=1, le=10_000)] = 200
    idle_seconds: Annotated[
        int, Field(ge=30, le=86_400, description="a terminal that is silent for longer is cut off")
    ] = 900

    @model_validator(mode="after")
    def _is_not_in_clear(self) -> "Sip2Section":
        if (self.tls_certificate is None) != (self.tls_key is None):
            raise ValueError("tls_certificate and tls_key go together, one of them is missing")
        is_safe = self.is_loopback or self.behind_tunnel or self.tls_certificate
        if self.enabled and not is_safe:
            raise ValueError(
                f"host {self.host} is reached from other machines, and PINs would go there in"
                " clear: give tls_certificate and tls_key, or set behind_tunnel = true when"
                " stunnel or a VPN stands before it"
            )
        return self

    @property
    def is_loopback(self) -> bool:
        """Tell whether only this machine can reach it."""
        return is_loopback(self.host)
