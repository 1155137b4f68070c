"""Running the console against a hub, until whoever looks at it leaves."""

import asyncio
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from hub.console.app import Console
from hub.console.client import HubClient
from hub.console.words import Lang
from hub.errors import ConfigError

TOKEN_VARIABLE: Final = "KAIGUAN_TOKEN"  # noqa: S105  the name of a variable
_LONGEST_TOKEN: Final = 4096


def run(url: str, token_file: Path | None, lang: Lang) -> None:
    """Show a hub. Raises ConfigError when address or token cannot be used."""
    if not url.startswith(("http://", "https://")):
        raise ConfigError(f"--url: {url!r} does not begin with http:// or https://")
    asyncio.run(_run(url, read_token(token_file, os.environ), lang))


def read_token(path: Path | None, environment: Mapping[str, str]) -> str | None:
    """Return the token of a file, else of the environment; None: there is none.

    Never from the command line, where every process of the machine could read it. Raises
    ConfigError, which names the file and not what is in it.
    """
    if path is None:
        return environment.get(TOKEN_VARIABLE) or None
    try:
        with path.open("rb") as file:
            content = file.read(_LONGEST_TOKEN).decode().strip()
    except OSError as error:
        raise ConfigError(f"--token-file: {path} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"--token-file: {path} holds no token") from error
    if not content or not content.isascii() or not content.isprintable():
        raise ConfigError(f"--token-file: {path} holds no token")
    return content


async def _run(url: str, token: str | None, lang: Lang) -> None:
    async with HubClient(url, token) as hub:
        await Console(hub, lang=lang).run_async()
