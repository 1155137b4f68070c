"""Reading channels and routes, and the secrets that they name."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from hub.config import validated
from hub.delivery.book import SECTIONS, Book, Channel
from hub.errors import ConfigError


def book_of(content: Mapping[str, Any], path: Path) -> Book:
    """Return the channels and routes in a file's content; other sections are others'.

    Raises ConfigError with a sentence that names file, key and reason.
    """
    ours = {key: value for key, value in content.items() if key in SECTIONS}
    return validated(Book, ours, path)


def channel_url(channel: Channel, folder: Path, environment: Mapping[str, str]) -> str:
    """Return a channel's URL; a file's path is relative to `folder`.

    Raises ConfigError that names channel and source, and never what is in it.
    """
    if channel.url is not None:
        url = channel.url.get_secret_value()
    elif channel.url_variable is not None:
        url = environment.get(channel.url_variable, "")
        if not url.strip():
            raise ConfigError(f"channel {channel.id}: {channel.url_variable} is not set")
    else:
        file = folder / (channel.url_file or "")
        try:
            url = file.read_text("utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigError(f"channel {channel.id}: {file} cannot be read as a secret") from error
    url = url.strip()
    if "\n" in url or "://" not in url:
        raise ConfigError(f"channel {channel.id}: what is given is no URL of apprise")
    return url
