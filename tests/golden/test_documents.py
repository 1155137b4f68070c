"""The documents that describe the wire say what the code does."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from contracts import topics
from contracts.errors import RefusalCode
from contracts.messages import (
    BatchOf,
    decode_ack,
    decode_batch,
    decode_hub_status,
    decode_live,
    decode_row,
    decode_status,
    encode,
)
from contracts.pack import decode_packs
from contracts.remote import decode_remote_order, decode_remote_reply
from contracts.room import decode_room_command, decode_room_reply
from contracts.rows import Unreadable
from contracts.schema import ROWS, json_schemas
from contracts.schema import topics as described_topics
from contracts.updating import decode_order
from link.acceptance import Accept, Duplicate, Fork, Refuse, StreamState, judge
from tools.write_docs import documents, write

ROOT = Path(__file__).parents[2]
PROTOCOL = (ROOT / "docs/protocol.md").read_text(encoding="utf-8")
DECODERS = {
    "batch": decode_batch,
    "ack": decode_ack,
    "status": decode_status,
    "live": decode_live,
    "hub-status": decode_hub_status,
    "packs": decode_packs,
    "update-order": decode_order,
    "room-command": decode_room_command,
    "room-reply": decode_room_reply,
    "settings-command": decode_remote_order,
    "restart-command": decode_remote_order,
    "remote-reply": decode_remote_reply,
} | dict.fromkeys(ROWS, decode_row)


def _examples() -> Iterator[tuple[str, bytes]]:
    for match in re.finditer(r"^```json (.+?)\n(.+?)^```$", PROTOCOL, re.MULTILINE | re.DOTALL):
        yield match[1], match[2].encode()


EXAMPLES = list(_examples())
SCHEMAS = json_schemas()


@pytest.mark.parametrize("name", documents())
def test_derived_documents_are_those_of_the_code(name: str) -> None:
    stands = (ROOT / "docs" / name).read_text(encoding="utf-8")
    assert stands == documents()[name], "run `make docs` and read the difference"


def test_no_derived_document_is_left_over() -> None:
    folder = ROOT / "docs/schemas"
    assert {f"schemas/{path.name}" for path in folder.iterdir()} <= set(documents())


def test_writing_again_changes_nothing(tmp_path: Path) -> None:
    assert len(write(tmp_path)) == len(documents())
    assert write(tmp_path) == []


@pytest.mark.parametrize("name", SCHEMAS)
def test_schemas_are_sound(name: str) -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMAS[name])


@pytest.mark.parametrize(("name", "payload"), EXAMPLES, ids=[name for name, _ in EXAMPLES])
def test_examples_decode_and_fit_their_schema(name: str, payload: bytes) -> None:
    kind, _, unreadable = name.partition(" ")
    message = DECODERS[kind](payload)
    errors = list(_validator(kind).iter_errors(json.loads(payload)))
    if unreadable:
        assert isinstance(message, BatchOf)
        assert any(isinstance(row, Unreadable) for row in message.rows)
        assert [list(error.absolute_path)[:1] for error in errors] == [["rows"]]
    else:
        assert errors == []


@pytest.mark.parametrize(("name", "payload"), EXAMPLES, ids=[name for name, _ in EXAMPLES])
def test_what_our_code_writes_fits_the_schema(name: str, payload: bytes) -> None:
    if name in {"batch", "ack", "status", "live", "hub-status"}:
        written = encode(DECODERS[name](payload))  # type: ignore[arg-type]  # rows are not encoded here
        assert list(_validator(name).iter_errors(json.loads(written))) == []


@pytest.mark.parametrize(
    ("name", "payload"),
    [
        ("ack", {"store_id": "57073e01", "stream": "5f1c9a02"}),
        ("ack", {"store_id": "57073e01", "stream": "STREAM!!", "upto": 1}),
        ("ack", {"store_id": "57073e01", "stream": "5f1c9a02", "upto": -1}),
        ("live", {"venue": "Library", "at_ms": 0, "occupancy": None, "quality": "known"}),
        ("status", {"boot": "b0070001", "online": "yes"}),
        (
            "row-count",
            {"type": "count", "seq": 1, "epoch": "e0000001", "line": "a", "bucket_at": 1},
        ),
        (
            "row-count",
            {"type": "state", "seq": 1, "epoch": "e0000001", "line": "a", "bucket_at": 0},
        ),
    ],
)
def test_schemas_refuse_what_cannot_be(name: str, payload: dict[str, Any]) -> None:
    assert list(_validator(name).iter_errors(payload))


def test_the_conversation_is_what_the_hub_answers() -> None:
    """Play the batches of protocol.md in order against the hub's own judgement."""
    state = StreamState()
    spoken = [(name, payload) for name, payload in EXAMPLES if name.split()[0] in {"batch", "ack"}]
    assert [name.split()[0] for name, _ in spoken] == ["batch", "ack"] * (len(spoken) // 2)
    verdicts = []
    for (_, sent), (_, answered) in zip(spoken[::2], spoken[1::2], strict=True):
        decision = judge(decode_batch(sent), state)
        ack = decode_ack(answered)
        assert (ack.verdict, ack.upto, ack.boot) == _answer(decision)
        verdicts.append(type(decision).__name__)
        if isinstance(decision, Accept):
            state = decision.state
    assert set(verdicts) == {"Accept", "Duplicate", "Refuse", "Fork"}


def test_every_topic_row_and_code_is_told() -> None:
    for topic in described_topics().values():
        assert f"`{topic.address}`" in PROTOCOL
    for name in SCHEMAS:
        assert f"(schemas/{name}.json)" in PROTOCOL
    for code in RefusalCode:
        assert f"| `{code}` |" in PROTOCOL


def test_asyncapi_and_grammar_name_the_same_topics_in_the_same_way() -> None:
    document = yaml.safe_load((ROOT / "docs/asyncapi.yaml").read_text(encoding="utf-8"))
    grammar = set(
        re.findall(
            r"^(kaiguan/\S+)\s+QoS (\d)(, retained)?\s+(node|hub) ->",
            topics.__doc__ or "",
            re.MULTILINE,
        )
    )
    described = set()
    for operation in document["operations"].values():
        channel = _resolve(document, operation["channel"]["$ref"])
        how = operation["bindings"]["mqtt"]
        described.add(
            (
                channel["address"],
                str(how["qos"]),
                ", retained" if how["retain"] else "",
                {"send": "node", "receive": "hub"}[operation["action"]],
            )
        )
    assert described == grammar
    assert len(document["channels"]) == len(document["operations"]) == len(grammar)


def test_every_channel_of_a_node_is_described() -> None:
    last_levels = {topic.address.rpartition("/")[2] for topic in described_topics().values()}
    assert last_levels == set(topics.Channel) | {"live", "packs"}


def test_asyncapi_is_whole() -> None:
    """Each reference leads somewhere, each parameter stands in its address, and the other way."""
    document = yaml.safe_load((ROOT / "docs/asyncapi.yaml").read_text(encoding="utf-8"))
    assert document["asyncapi"].startswith("3.")
    assert {"title", "version"} <= set(document["info"])
    for reference in _references(document):
        if reference.startswith("#"):
            _resolve(document, reference)
        else:
            assert (ROOT / "docs" / reference).is_file(), reference
    for channel in document["channels"].values():
        assert set(re.findall(r"{(\w+)}", channel["address"])) == set(channel["parameters"])
    for operation in document["operations"].values():
        channel = operation["channel"]["$ref"]
        assert operation["action"] in {"send", "receive"}
        assert all(m["$ref"].startswith(f"{channel}/messages/") for m in operation["messages"])


def _validator(name: str) -> jsonschema.Draft202012Validator:
    return jsonschema.Draft202012Validator(SCHEMAS[name])


def _answer(decision: Accept | Duplicate | Refuse | Fork) -> tuple[str, int, str | None]:
    match decision:
        case Accept(state=state):
            return "stored", state.mark, None
        case Duplicate(mark=mark):
            return "stored", mark, None
        case Refuse(mark=mark):
            return "refused", mark, None
        case Fork(boot=boot, boundary=boundary):
            return "fork", boundary, boot


def _references(part: object) -> Iterator[str]:
    if isinstance(part, dict):
        if "$ref" in part:
            yield part["$ref"]
        for value in part.values():
            yield from _references(value)
    elif isinstance(part, list):
        for value in part:
            yield from _references(value)


def _resolve(document: dict[str, Any], reference: str) -> dict[str, Any]:
    part: dict[str, Any] = document
    for step in reference.removeprefix("#/").split("/"):
        part = part[step]
    return _resolve(document, part["$ref"]) if "$ref" in part else part
