"""HTTP: every route of the application behind its gate, and the real server's socket."""

import asyncio
import random
from contextlib import ExitStack
from pathlib import Path

import psutil
import pytest

from hub.app import create_app
from hub.config import HubConfig
from tests.accounts import a_token
from tests.brokers import Mosquitto
from tests.fuzz.campaign import MANY, Tally, rss_mib, run, seeds
from tests.fuzz.mistakes import heard
from tests.fuzz.requests import AtTheApp, AtTheSocket, Requests
from tests.integration.hub.running import HubProcess
from tests.unit.hub.access.serving import serving


def _ask(folder: Path, seed: int, count: int) -> Tally:
    with asyncio.Runner() as runner, ExitStack() as closing, heard() as mistakes:
        served_ = serving(folder)
        served = runner.run(served_.__aenter__())
        closing.callback(lambda: runner.run(served_.__aexit__(None, None, None)))
        fed = AtTheApp(served.app, a_token(served.hub.records), mistakes)

        def feed(dice: random.Random, number: int) -> str:
            if number % 100 == 0:
                runner.run(_good(fed))
            return runner.run(fed.feed(dice))

        tally = run("HTTP, application", seed, count, feed, seconds=3.0)
    for status in ("200", "404", "422"):
        assert tally.ends[status] > 0, status
    return tally


REACHED = ("200", "404", "405", "422")
"""Answers of the application, not of the server before it."""


async def _good(fed: AtTheApp) -> None:
    headers = [(b"host", b"127.0.0.1")]
    status, answer = await fed.answer("GET", b"/api/v1/venues/museum", b"", headers, [b""])
    assert status == 200
    assert b'"museum"' in answer


def test_no_request_hurts_the_application(quick_folder: Path) -> None:
    _ask(quick_folder, 1, 250)


@pytest.mark.soak
def test_a_great_many_requests_hurt_no_application(quick_folder: Path) -> None:
    _ask(quick_folder, seeds(), MANY)


def _talk(folder: Path, broker: int, seed: int, count: int) -> Tally:
    # So much may one process's memory grow by caches of pages, in two languages and all themes.
    with HubProcess(folder / "hub", broker) as hub:
        process = psutil.Process(hub.pid)
        requests = Requests(create_app(HubConfig()), hub.token)
        port = int(hub.url.rpartition(":")[2])
        fed = AtTheSocket(port, requests, process.is_running)
        tally = run("HTTP, socket", seed, count, fed.feed, measured=lambda: rss_mib(hub.pid))
        fed.good()
        assert hub.stop() == 0
        assert "request_failed" not in hub.log
        assert "Traceback" not in hub.log
    assert any(tally.ends[status] for status in REACHED)
    return tally


@pytest.mark.broker
def test_no_bytes_hurt_the_server(quick_folder: Path, mosquitto: Mosquitto) -> None:
    _talk(quick_folder, mosquitto.port, 1, 300)


@pytest.mark.soak
@pytest.mark.broker
def test_a_great_many_bytes_hurt_no_server(quick_folder: Path, mosquitto: Mosquitto) -> None:
    _talk(quick_folder, mosquitto.port, seeds(), MANY)
