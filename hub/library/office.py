"""The records of the library's office, as its verbs open them."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from hub.command_line import told_plainly
from hub.config import HubConfig, load_config
from hub.errors import ConfigError
from hub.store.records import Records


@contextmanager
def opened(config: Path | None) -> Iterator[tuple[HubConfig, Records]]:
    """Open the records of a configuration; what fails is told in one sentence, and ends it."""
    with told_plainly():
        chosen = load_config(config)
        try:
            chosen.data_dir.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise ConfigError(f"{chosen.data_dir}: cannot be used: {error.strerror}") from error
        with Records(chosen.records_path) as records:
            yield chosen, records


def now_ms() -> int:
    """Return the time, Unix milliseconds."""
    return time.time_ns() // 1_000_000
