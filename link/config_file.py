"""Reading a node's configuration file: the first mistake in it is told in one sentence."""

from pathlib import Path
from typing import Any, TypeVar

from pydantic import ValidationError

from link.errors import BrokerUnavailable, ConfigError
from link.node_config import PASSWORD_VARIABLE, BrokerSection, NodeConfig
from link.session import tls_context
from link.toml_text import parsed, shown

C = TypeVar("C", bound=NodeConfig)


def read(path: Path) -> dict[str, Any]:
    """Read a TOML file as it is. Raises ConfigError."""
    try:
        return parsed(path.read_text("utf-8"))
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path}: is not UTF-8: {error.reason}") from error
    except ValueError as error:
        # Also of a path that no system can have, with a zero byte in it.
        raise ConfigError(f"{shown(path)}: {error}") from error


def checked(path: Path, content: dict[str, Any], kind: type[C]) -> C:
    """Turn what a file holds into a configuration; `path` is where it stands or will stand.

    Relative paths of what nodes have alike start from the file's folder. Raises ConfigError.
    """
    broker = content.get("broker")
    if isinstance(broker, dict) and "password" in broker:
        raise ConfigError(
            f"{path}: broker.password: a secret does not belong in a file; set {PASSWORD_VARIABLE}"
        )
    try:
        config = kind.model_validate(content)
    except ValidationError as error:
        raise ConfigError(f"{path}: {first_mistake(error)}") from error
    config = _beside(path.parent, config)
    _check_tls(path, config.broker)
    return config


def check_form(path: Path, kind: type[NodeConfig]) -> None:
    """Look whether a file can be read as a configuration, without the files that it names.

    The updater asks that of a release that it has not started yet, as another user, who may not
    read a node's key. Raises ConfigError.
    """
    try:
        kind.model_validate(read(path))
    except ValidationError as error:
        raise ConfigError(f"{path}: {first_mistake(error)}") from error


def first_mistake(error: ValidationError) -> str:
    """Return key and reason of the first mistake, without the value: it may be a secret."""
    first = error.errors(include_url=False, include_input=False)[0]
    key = ".".join(shown(part) for part in first["loc"]) or "the whole file"
    reason = shown(first["msg"].removeprefix("Value error, "))
    if first["type"] == "extra_forbidden":
        reason = "there is no such key"
    more = f" (and {error.error_count() - 1} more)" if error.error_count() > 1 else ""
    return f"{key}: {reason}{more}"


def _beside(folder: Path, config: C) -> C:
    tls = {
        key: folder / value
        for key in ("tls_ca", "tls_certificate", "tls_key")
        if (value := getattr(config.broker, key)) is not None
    }
    updates = config.updates
    if updates is not None:
        places = {"notes": folder / updates.notes, "state": folder / updates.state}
        updates = updates.model_copy(update=places)
    remote = config.remote
    if remote is not None:
        remote = remote.model_copy(update={"folder": folder / remote.folder})
    return config.model_copy(
        update={
            "updates": updates,
            "remote": remote,
            "broker": config.broker.model_copy(update=tls),
            "spool": config.spool.model_copy(update={"path": folder / config.spool.path}),
        }
    )


def _check_tls(path: Path, broker: BrokerSection) -> None:
    if broker.tls:
        try:
            tls_context(broker.resolved({}))
        except BrokerUnavailable as error:
            raise ConfigError(f"{path}: broker.tls: {error}") from error
