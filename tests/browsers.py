"""The browser that tests drive: Debian's Chromium, without a screen and without the network."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect, sync_playwright

CHROMIUM = Path("/usr/bin/chromium")
ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
PATIENCE_MS = 20_000
"""What is expected of a page may be so late: other tests use the machine too."""


@contextmanager
def launched() -> Iterator[Browser]:
    """Give a browser; a test that needs one is skipped where there is none."""
    if not CHROMIUM.exists():
        pytest.skip("there is no Chromium on this machine")
    expect.set_options(timeout=PATIENCE_MS)
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=str(CHROMIUM), args=[*ARGUMENTS])
        yield opened
        opened.close()
