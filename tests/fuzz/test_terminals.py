"""SIP2 from both sides: hostile terminals at the server, a hostile system at the kiosk's client."""

import asyncio
import random
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from contracts.errors import LineError
from contracts.sip2.line import Encoding, decode, encode
from contracts.sip2.profiles import PROFILES
from tests.fuzz import terminals
from tests.fuzz.campaign import MANY, Tally, run, seeds
from tests.fuzz.lines import a_request
from tests.fuzz.mistakes import heard


@pytest.fixture
def at_the_server(
    quick_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[terminals.AtTheServer]:
    with heard() as mistakes, terminals.a_library(quick_folder, monkeypatch) as library:
        fed = terminals.AtTheServer(library, mistakes)
        yield fed
        fed.close()


def _serve(fed: terminals.AtTheServer, seed: int, count: int) -> Tally:
    tally = run("SIP2 server", seed, count, fed.feed, check=fed.check)
    fed.good()
    assert tally.ends["answered"] > count / 4
    assert tally.ends["asked again"] > count / 100
    return tally


@pytest.mark.parametrize("seed", [1])
def test_no_terminal_hurts_the_server(at_the_server: terminals.AtTheServer, seed: int) -> None:
    _serve(at_the_server, seed, 1500)


@pytest.mark.soak
def test_a_great_many_lines_hurt_no_server(at_the_server: terminals.AtTheServer) -> None:
    _serve(at_the_server, seeds(), MANY)


def _ask(name: str, seed: int, count: int) -> Tally:
    system = terminals.AtTheClient()
    with asyncio.Runner() as runner, ExitStack() as closing:
        kiosk = terminals.a_kiosk(system, name)
        asks = runner.run(kiosk.__aenter__())
        closing.callback(lambda: runner.run(kiosk.__aexit__(None, None, None)))

        def feed(dice: random.Random, number: int) -> str:
            del number
            system.dice = dice
            return runner.run(terminals.asked(dice.choice(asks)))

        tally = run(f"SIP2 client, {name}", seed, count, feed)
    sys.stderr.write(f"{system.answers} answers\n")
    assert tally.ends["answered"] > count / 4
    return tally


@pytest.mark.parametrize("name", sorted(PROFILES))
def test_no_system_hurts_a_kiosk(name: str) -> None:
    _ask(name, 1, 30)


@pytest.mark.soak
@pytest.mark.parametrize("name", sorted(PROFILES))
def test_a_great_many_answers_hurt_no_kiosk(name: str) -> None:
    # Some answers never come: much of the time is waited, and profiles may be run side by side.
    _ask(name, seeds(), MANY // len(PROFILES) + 1)


def _decode(dice: random.Random, number: int) -> str:
    encoding = list(Encoding)[number % len(Encoding)]
    line = a_request(dice, encoding)
    try:
        message = decode(line, encoding)
    except LineError as error:
        assert error.reason.isprintable()
        return type(error).__name__
    for part in message.form.parts:
        message[part]
    again = decode(encode(message, encoding)[:-1], encoding)
    assert (again.code, len(again.fixed)) == (message.code, len(message.fixed))
    return "read"


def test_no_line_hurts_the_codec() -> None:
    assert run("SIP2 codec", 1, 3000, _decode).ends["read"] > 1000


@pytest.mark.soak
def test_a_great_many_lines_hurt_no_codec() -> None:
    assert run("SIP2 codec", seeds(), MANY, _decode).ends["read"] > MANY / 4
