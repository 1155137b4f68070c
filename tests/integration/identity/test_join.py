"""A node joins with a code and counts over TLS; what goes wrong is one sentence."""

import asyncio
import json
import tomllib
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from contracts.ids import NodeId
from contracts.joining import MOST_REQUEST_BYTES, make_code
from contracts.topics import live_topic
from link.errors import JoinError
from link.joining import join
from tests.integration.edge.agents import Agent, a_board, a_serial, until
from tests.integration.hub.running import Wire
from tests.integration.hub.running import until as await_
from tests.integration.identity.district import NODE, District, edge, run

pytestmark = pytest.mark.broker
LINES = "lines = { side = 0, front = 1 }\n"


async def until_so(district: District, is_so: Callable[[Any], bool]) -> None:
    """Wait until the hub says so of the venue."""

    def asked() -> bool:
        return is_so(district.hub.occupancy(NODE.venue))

    await asyncio.to_thread(await_, asked, 25)


async def test_from_code_to_count_and_again_with_a_new_card(tmp_path: Path) -> None:
    district = District(tmp_path)
    with district.broker, district.hub:
        for card, (entered, total) in enumerate([(3, 3), (2, 5)]):
            folder = tmp_path / f"card-{card}"
            folder.mkdir()
            config = folder / "edge.toml"
            board_section = a_serial(folder / "tty", lines=LINES)
            config.write_text(f'# of the book room\n[clock]\ntrust = "always"\n{board_section}')
            done = edge("join", district.hub.url, district.code(), "--config", str(config))
            assert done.returncode == 0, done.stderr
            assert f"joined as {NODE}" in done.stdout
            assert f"python -m edge doctor --config {config}" in done.stdout
            assert config.read_text().startswith("# of the book room\n\n[node]\n")
            assert (folder / "identity/node.pem").stat().st_mode & 0o777 == 0o600
            assert {path.name for path in (folder / "identity").iterdir()} == {
                "node.pem",
                "authority.pem",
                "updates.pem",
            }
            with Agent(config) as agent:
                async with a_board(folder / "tty") as board:
                    await until_so(district, lambda found: found["missing"] == [])
                    await board.cross("front", entered=entered)
                    await until_so(district, lambda found: found["entered_today"] == total)  # noqa: B023
                assert await asyncio.to_thread(agent.stop) == 0
        said = district.command("nodes")
        assert f"{NODE}" in said
        assert "certificate until" in said
        # The first card's certificate is revoked: a thief's is worth nothing.
        with Agent(tmp_path / "card-0/edge.toml") as old:
            await until(lambda: old.said("broker_refuses") != [])
            assert "it was revoked" in old.said("broker_refuses")[0]["reason"]


def test_a_kiosk_joins_and_reads_its_venue(tmp_path: Path) -> None:
    district = District(tmp_path)
    kiosk = NodeId("museum", "kiosk-1")
    with district.broker, district.hub:
        code = district.code(kiosk, "--kiosk")
        config = tmp_path / "kiosk/kiosk.toml"
        done = run("kiosk", "join", district.hub.url, code, "--config", str(config))
        assert done.returncode == 0, done.stderr
        content = tomllib.loads(config.read_text())
        assert content["node"] == {"venue": "museum", "node": "kiosk-1"}
        own, other = live_topic("museum"), live_topic("art-museum")
        broker = district.at_broker(config.parent / "identity/node.pem")
        with Wire(broker, own, other) as wire:
            await_(lambda: wire.payloads(own))
            assert not wire.payloads(other)


class TestWhatGoesWrong:
    @pytest.fixture(scope="class")
    @staticmethod
    def district(tmp_path_factory: pytest.TempPathFactory) -> Any:
        district = District(tmp_path_factory.mktemp("district"))
        with district.broker, district.hub:
            yield district

    def told(self, folder: Path, url: str, code: str, *more: str) -> str:
        config = folder / "edge.toml"
        done = edge("join", url, code, "--config", str(config), *more)
        assert done.returncode == 1
        assert done.stdout == ""
        assert done.stderr.count("\n") == 1, done.stderr
        return done.stderr.strip()

    def test_a_mistyped_code(self, district: District, tmp_path: Path) -> None:
        groups = district.code().split("-")
        digit = "2" if groups[2][1] != "2" else "3"
        groups[2] = groups[2][0] + digit + groups[2][2:]
        sentence = self.told(tmp_path, district.hub.url, "-".join(groups))
        assert sentence == (
            f"the code has a typing mistake in its group 3, '{groups[2]}': compare it with what"
            " `hub enrol` printed"
        )
        assert not (tmp_path / "identity").exists()

    def test_a_code_that_nobody_made(self, district: District, tmp_path: Path) -> None:
        code = make_code(1, bytes(10), bytes(32)).short
        assert "this hub knows no such code" in self.told(tmp_path, district.hub.url, code)
        assert not (tmp_path / "edge.toml").exists()

    def test_a_code_that_was_used(self, district: District, tmp_path: Path) -> None:
        node = NodeId("museum", "used")
        code = district.code(node)
        join(district.hub.url, code, tmp_path / "first")
        said = self.told(tmp_path, district.hub.url, code)
        assert said == "the hub refuses: this code was used already, for museum/used"

    def test_a_key_that_is_there_is_replaced_only_again(
        self, district: District, tmp_path: Path
    ) -> None:
        node = NodeId("museum", "again")
        join(district.hub.url, district.code(node), tmp_path / "identity")
        before = (tmp_path / "identity/node.pem").read_bytes()
        code = district.code(node)
        said = self.told(tmp_path, district.hub.url, code)
        assert said.startswith(f"{tmp_path}/identity/node.pem is there already: ")
        assert (tmp_path / "identity/node.pem").read_bytes() == before
        config = str(tmp_path / "edge.toml")
        done = edge("join", district.hub.url, code, "--config", config, "--again")
        assert done.returncode == 0
        assert (tmp_path / "identity/node.pem").read_bytes() != before

    def test_an_answer_that_was_lost_costs_no_new_code(
        self, district: District, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        code = district.code(NodeId("museum", "lost"))
        real = urllib.request.urlopen

        def lost(*arguments: Any, **more: Any) -> Any:
            real(*arguments, **more).read()
            raise ConnectionResetError("the cable was pulled")

        monkeypatch.setattr(urllib.request, "urlopen", lost)
        with pytest.raises(JoinError, match="cannot be reached: the cable was pulled"):
            join(district.hub.url, code, tmp_path)
        monkeypatch.undo()
        assert join(district.hub.url, code, tmp_path).node == NodeId("museum", "lost")

    def test_another_hub_of_the_same_name_is_not_believed(
        self, district: District, tmp_path: Path
    ) -> None:
        other = District(tmp_path / "other")
        with other.hub:
            said = self.told(tmp_path, other.hub.url, district.code())
        assert "this hub knows no such code" in said

    @pytest.mark.parametrize(
        ("url", "words"),
        [
            ("http://127.0.0.1:1", "cannot be reached: [Errno 111] Connection refused"),
            ("ftp://hub", "is no address of a hub: write it as http://HOST:PORT"),
            ("hub:8080", "is no address of a hub"),
        ],
    )
    def test_an_address_that_is_none(
        self, district: District, tmp_path: Path, url: str, words: str
    ) -> None:
        assert words in self.told(tmp_path, url, district.code())

    def test_an_address_of_something_else(self, district: District, tmp_path: Path) -> None:
        said = self.told(tmp_path, f"{district.hub.url}/nothing", district.code())
        assert said.endswith("/nothing answers with 404: is that the address of a hub?")

    def test_a_configuration_that_cannot_be_changed_costs_no_code(
        self, district: District, tmp_path: Path
    ) -> None:
        code = district.code(NodeId("museum", "odd"))
        (tmp_path / "edge.toml").write_text("node = [\n")
        assert "is not TOML" in self.told(tmp_path, district.hub.url, code)
        assert join(district.hub.url, code, tmp_path / "later").node == NodeId("museum", "odd")

    def test_what_is_posted_is_bounded(self, district: District) -> None:
        def posted(body: bytes) -> tuple[int, str]:
            address = f"{district.hub.url}/api/v1/join"
            request = urllib.request.Request(address, body, method="POST")
            try:
                with urllib.request.urlopen(request, timeout=5) as answer:
                    return answer.status, ""
            except urllib.error.HTTPError as error:
                with error:
                    return error.code, json.loads(error.read())["detail"]

        assert posted(b"x" * (MOST_REQUEST_BYTES + 1)) == (413, "a request has at most 16384 bytes")
        assert posted(b"{}")[0] == 422
        assert posted(b"\xff")[0] == 422
        codes = [posted(b"{}")[0] for _ in range(40)]
        assert codes[-1] == 429


def test_something_between_that_changes_the_answer_is_noticed(tmp_path: Path) -> None:
    """What the line may do: hand out another authority, another broker, an older answer."""
    district = District(tmp_path)
    with district.hub:
        real = urllib.request.urlopen

        class Changed:
            def __init__(self, change: Any, answer: Any) -> None:
                self._content = change(json.loads(answer.read()))

            def read(self, _size: int = 0) -> bytes:
                return json.dumps(self._content).encode()

            def __enter__(self) -> Any:
                return self

            def __exit__(self, *_exc: object) -> None:
                pass

        def other_broker(sealed: Any) -> Any:
            return {**sealed, "answer": sealed["answer"].replace("localhost", "evil.test")}

        def other_proof(sealed: Any) -> Any:
            return {**sealed, "mac": "0" * 64}

        kept: list[Any] = []

        def older(sealed: Any) -> Any:
            kept.append(sealed)
            return kept[0]

        node = NodeId("museum", "door")
        join(district.hub.url, district.code(node), tmp_path / "before")
        for number, change in enumerate((other_broker, other_proof, older, older)):
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(
                    urllib.request,
                    "urlopen",
                    lambda *a, change=change, **k: Changed(change, real(*a, **k)),
                )
                code, folder = district.code(node), tmp_path / f"try-{number}"
                if change is older and not kept[:1]:
                    join(district.hub.url, code, folder)
                    continue
                with pytest.raises(JoinError, match="does not prove that it comes from the hub"):
                    join(district.hub.url, code, folder)
                assert not (folder / "node.pem").exists()
