"""Reading a configuration file: file, key and reason of the first mistake in one sentence."""

import tomllib
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from edge.config import PASSWORD_VARIABLE, BrokerSection, CameraSection, EdgeConfig
from edge.errors import ConfigError
from link.errors import BrokerUnavailable
from link.session import tls_context


def load(path: Path) -> EdgeConfig:
    """Read a configuration file; relative paths in it start from its folder.

    Raises ConfigError: file, key and reason in one sentence.
    """
    return checked(path, read(path))


def checked(path: Path, content: dict[str, Any]) -> EdgeConfig:
    """Turn what a file holds into a configuration; `path` is where it stands or will stand.

    Raises ConfigError.
    """
    broker = content.get("broker")
    if isinstance(broker, dict) and "password" in broker:
        raise ConfigError(
            f"{path}: broker.password: a secret does not belong in a file; set {PASSWORD_VARIABLE}"
        )
    try:
        config = EdgeConfig.model_validate(content)
    except ValidationError as error:
        raise ConfigError(f"{path}: {_first_of(error)}") from error
    config = _beside(path.parent, config)
    _check_tls(path, config.broker)
    return config


def read(path: Path) -> dict[str, Any]:
    """Read a TOML file as it is. Raises ConfigError."""
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path}: is not UTF-8: {error.reason}") from error
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path}: is not TOML: {error}") from error
    except RecursionError as error:
        raise ConfigError(f"{path}: is not TOML that can be read: it is nested too deep") from error


def _first_of(error: ValidationError) -> str:
    """Return key and reason of the first mistake, without the value: it may be a secret."""
    first = error.errors(include_url=False, include_input=False)[0]
    key = ".".join(str(part) for part in first["loc"]) or "the whole file"
    reason = first["msg"].removeprefix("Value error, ")
    if first["type"] == "extra_forbidden":
        reason = "there is no such key"
    more = f" (and {error.error_count() - 1} more)" if error.error_count() > 1 else ""
    return f"{key}: {reason}{more}"


def _beside(folder: Path, config: EdgeConfig) -> EdgeConfig:
    """Let relative paths start from the configuration's folder."""
    tls = {
        key: folder / value
        for key in ("tls_ca", "tls_certificate", "tls_key")
        if (value := getattr(config.broker, key)) is not None
    }
    cameras = tuple(_camera_beside(folder, camera) for camera in config.cameras)
    return config.model_copy(
        update={
            "broker": config.broker.model_copy(update=tls),
            "spool": config.spool.model_copy(update={"path": folder / config.spool.path}),
            "cameras": cameras,
        }
    )


def _camera_beside(folder: Path, camera: CameraSection) -> CameraSection:
    paths: dict[str, str | Path] = {}
    if camera.is_file:
        paths["source"] = str(folder / camera.source)
    if camera.model is not None:
        paths["model"] = folder / camera.model
    return camera.model_copy(update=paths)


def _check_tls(path: Path, broker: BrokerSection) -> None:
    if broker.tls:
        try:
            tls_context(broker.resolved({}))
        except BrokerUnavailable as error:
            raise ConfigError(f"{path}: broker.tls: {error}") from error
