"""What every node's configuration says: who it is, where the broker is, where rows wait.

Every field has a description; an unknown key is an error, because a typo must not pass in silence.
"""

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from contracts.ids import NAME_PATTERN, NodeId
from link.session import BrokerConfig

PASSWORD_VARIABLE = "KAIGUAN_BROKER_PASSWORD"  # noqa: S105  the name of a variable

Name = Annotated[str, Field(pattern=NAME_PATTERN)]


class Section(BaseModel):
    """A part of the configuration; an unknown key in it is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class NodeSection(Section):
    """Who this node is."""

    venue: Name = Field(description="venue of this node, as in the hub's records")
    node: Name = Field(description="name of this node inside its venue")

    @property
    def id(self) -> NodeId:
        """Return the identity on the wire."""
        return NodeId(self.venue, self.node)


class BrokerSection(Section):
    """Where the MQTT broker is."""

    host: str = Field("127.0.0.1", min_length=1, description="name or address of the broker")
    port: int = Field(1883, ge=1, le=65_535, description="its port; with TLS usually 8883")
    username: str | None = Field(None, description=f"user; the password is in {PASSWORD_VARIABLE}")
    tls: bool = Field(False, description="speak TLS")
    tls_ca: Path | None = Field(None, description="certificate of the authority, PEM")
    tls_certificate: Path | None = Field(None, description="this node's certificate, PEM")
    tls_key: Path | None = Field(None, description="this node's key, PEM")

    @field_validator("host")
    @classmethod
    def _is_a_name(cls, host: str) -> str:
        if re.search(r"[/\s@]", host):
            raise ValueError(f"{host!r} is no name of a host: give the name alone, the port apart")
        try:
            host.encode("idna")
        except UnicodeError as error:
            raise ValueError(f"{host!r} is no name of a host") from error
        return host

    @model_validator(mode="after")
    def _means_what_it_says(self) -> Self:
        # With files for TLS and without TLS, a password would go over the line in clear.
        if not self.tls and (self.tls_ca or self.tls_certificate or self.tls_key):
            raise ValueError("TLS files are given, but tls is not true")
        if self.tls_key and not self.tls_certificate:
            raise ValueError("tls_key is given without tls_certificate")
        return self

    def resolved(self, environment: Mapping[str, str]) -> BrokerConfig:
        """Return the link's configuration, with the password from the environment."""
        return BrokerConfig(**self.model_dump(), password=environment.get(PASSWORD_VARIABLE))


class IdentitySection(Section):
    """Where this node joined."""

    hub: str | None = Field(
        None, description="address of the hub that renews the certificate; written by `join`"
    )

    @field_validator("hub")
    @classmethod
    def _is_an_address(cls, hub: str | None) -> str | None:
        if hub is not None and not hub.startswith(("http://", "https://")):
            raise ValueError("the address of a hub begins with http:// or https://")
        return hub


class SpoolSection(Section):
    """Where counts wait until the hub holds them."""

    path: Path = Field(Path("spool.db"), description="the spool's file, relative to this one")
    max_mib: int = Field(256, ge=1, le=65_536, description="size at which the oldest rows go")


class ClockSection(Section):
    """Whether this machine's time can be believed."""

    trust: Literal["auto", "kernel", "always"] = Field(
        "auto",
        description="when time counts as set: always; kernel: when the kernel is synchronised; "
        "auto: always with a battery clock, else kernel",
    )


class UpdatesSection(Section):
    """The updater of this machine; without this section there is none."""

    notes: Path = Field(
        Path("/run/kaiguan-updates"),
        description="folder, in memory, where this node leaves notes for the updater",
    )
    state: Path = Field(
        Path("/var/lib/kaiguan-updater"), description="folder of the updater's own state"
    )


class RemoteSection(Section):
    """What the hub may order from afar; without this section nothing."""

    settings: bool = Field(True, description="take settings, of those that may be set from afar")
    restart: tuple[Literal["app", "browser", "machine"], ...] = Field(
        ("app",),
        description="parts that it may start anew: app, this program; browser, of a kiosk's screen;"
        " machine",
    )
    folder: Path = Field(Path("remote"), description="where such settings are kept")
    steady_seconds: float = Field(
        60, ge=1, le=3600, description="new settings have to be well for so long without a break"
    )
    try_seconds: float = Field(
        300, ge=2, le=7200, description="… within so long of a start, or the ones before are taken"
    )

    @model_validator(mode="after")
    def _can_be_well(self) -> Self:
        if self.try_seconds <= self.steady_seconds:
            raise ValueError("try_seconds is longer than steady_seconds")
        return self


class NodeConfig(Section):
    """What an edge and a kiosk have alike."""

    node: NodeSection
    broker: BrokerSection = BrokerSection()
    identity: IdentitySection = IdentitySection()
    spool: SpoolSection = SpoolSection()
    clock: ClockSection = ClockSection()
    updates: UpdatesSection | None = None
    remote: RemoteSection | None = None


def broker_of(config: NodeConfig) -> BrokerConfig:
    """Return where the broker is, with the password of this process's environment."""
    return config.broker.resolved(os.environ)
