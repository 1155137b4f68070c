"""Any value of any shape, made small when it fails: what the seeded runs do at random."""

import json
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from contracts.errors import DecodeError, LineError
from contracts.messages import decode_batch, decode_row, decode_status
from contracts.pack import decode_manifest
from contracts.sip2.forms import FORMS
from contracts.sip2.line import Encoding, decode, encode
from contracts.sip2.splitter import LineSplitter
from hub.config import load_config
from hub.errors import ConfigError as HubConfigError
from hub.library.rows import ITEM_COLUMNS, PATRON_COLUMNS, item_of, patron_of
from link.packs import PackRefused
from link.packs.models import check_model
from tests.fuzz.campaign import sentence
from tests.fuzz.files import CASES
from tests.fuzz.mutations import as_toml, places
from tests.fuzz.payloads import ROWS, STATUS
from tests.packs import a_glb

SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20)
JSON = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4)
    ),
    max_leaves=12,
)
TOML = st.recursive(
    st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | st.dates() | st.times(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(min_size=1, max_size=8), inner, max_size=3)
    ),
    max_leaves=8,
)
ANY = settings(
    max_examples=100,
    # A machine that others keep busy is no fault of an input's.
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
KEYS = sorted({key for tree in CASES["hub"].trees for key in tree})


@ANY
@given(st.sampled_from(ROWS), st.data())
def test_any_value_in_any_place_of_a_row(row: dict[str, Any], data: st.DataObject) -> None:
    key = data.draw(st.sampled_from([*sorted(row), "seq", "epoch"]))
    spoilt = {"seq": 1, "epoch": "e0" * 4} | row | {key: data.draw(JSON)}
    try:
        decode_row(json.dumps(spoilt).encode("utf-8", "surrogatepass"))
    except DecodeError as error:
        sentence(error)


@ANY
@given(
    JSON
    | st.sampled_from(sorted(STATUS)).flatmap(lambda key: JSON.map(lambda v: STATUS | {key: v}))
)
def test_any_json_at_any_decoder(tree: Any) -> None:
    payload = json.dumps(tree).encode("utf-8", "surrogatepass")
    for decode_ in (decode_batch, decode_status, decode_manifest):
        try:
            decode_(payload)
        except DecodeError as error:
            sentence(error)


@ANY
@given(st.sampled_from(sorted(FORMS)), st.text(max_size=60), st.sampled_from(Encoding))
def test_any_text_behind_any_code(code: str, text: str, encoding: Encoding) -> None:
    data = (code + text).encode(encoding, "replace") + b"\r"
    for line in LineSplitter().feed(data):
        try:
            message = decode(line, encoding)
        except LineError as error:
            sentence(error)
            continue
        for part in message.form.parts:
            # What was read of a peer can be said back to it.
            value = message[part]
            if value is not None and part.name != "transaction date":
                part.of(value)
        decode(encode(message, encoding)[:-1], encoding)


@ANY
@given(st.sampled_from(KEYS), TOML)
def test_any_value_of_a_configuration(tmp_path: Path, key: str, value: Any) -> None:
    path = tmp_path / "hub.toml"
    path.write_bytes(as_toml({key: value}))
    try:
        load_config(path, {})
    except HubConfigError as error:
        sentence(error)


@ANY
@given(
    st.dictionaries(st.sampled_from(PATRON_COLUMNS), st.text(max_size=30)),
    st.dictionaries(st.sampled_from(ITEM_COLUMNS), st.text(max_size=30)),
)
def test_any_cells_of_a_list(patron: dict[str, str], item: dict[str, str]) -> None:
    for read, row in ((patron_of, patron), (item_of, item)):
        try:
            read(row)
        except ValueError as error:
            sentence(error)


@ANY
@given(st.data())
def test_any_value_in_any_place_of_a_model(data: st.DataObject) -> None:
    def change(model: dict[str, Any]) -> None:
        holder, key = data.draw(st.sampled_from(list(places(model))))
        holder[key] = data.draw(JSON)

    try:
        check_model("m", a_glb(change))
    except PackRefused as error:
        sentence(error)
