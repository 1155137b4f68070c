"""The manifest of an update: read strictly, and judged for the node that it is to run on."""

import contextlib
import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.errors import DecodeError
from contracts.update import (
    Machine,
    UpdateManifest,
    Wheel,
    decode_update_manifest,
    encode_update_manifest,
    version_key,
    why_not,
)

WHEEL = Wheel("kaiguan-0.2.0-py3-none-any.whl", "ab" * 32, 100)
MANIFEST = UpdateManifest(
    "edge", "0.2.0", "2026-11-30", ("3.11", "3.12"), ("aarch64",), "0.1.0", 2, (WHEEL,)
)
HERE = Machine("edge", "3.11", "aarch64", "0.1.5", 2)
PLAIN: dict[str, Any] = json.loads(encode_update_manifest(MANIFEST))


def test_what_is_written_is_read_again() -> None:
    assert decode_update_manifest(encode_update_manifest(MANIFEST)) == MANIFEST


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"format": 2}, "format"),
        ({"format": None}, "format"),
        ({"kind": "hub"}, "kind"),
        ({"version": "0.2"}, "version"),
        ({"version": "00.2.0"}, "version"),
        ({"version": 2}, "version"),
        ({"made": "yesterday"}, "made"),
        ({"python": []}, "python"),
        ({"python": ["2.7"]}, "python"),
        ({"python": "3.11"}, "python"),
        ({"machines": ["../x"]}, "machines"),
        ({"least_version": ""}, "version"),
        ({"config_form": True}, "config_form"),
        ({"config_form": -1}, "config_form"),
        ({"wheels": []}, "wheels"),
        ({"wheels": [PLAIN["wheels"][0]] * 2}, "twice"),
        ({"wheels": ["a.whl"]}, "wheels.0"),
        ({"wheels": [PLAIN["wheels"][0] | {"name": "../a.whl"}]}, "name"),
        ({"wheels": [PLAIN["wheels"][0] | {"name": "-r.whl"}]}, "name"),
        ({"wheels": [PLAIN["wheels"][0] | {"sha256": "AB" * 32}]}, "sha256"),
        ({"wheels": [PLAIN["wheels"][0] | {"bytes": 0}]}, "bytes"),
    ],
    ids=str,
)
def test_what_is_no_manifest_is_told_with_its_key(change: dict[str, Any], says: str) -> None:
    with pytest.raises(DecodeError, match=says):
        decode_update_manifest(json.dumps(PLAIN | change).encode())


def test_a_later_key_is_passed_over() -> None:
    assert decode_update_manifest(json.dumps(PLAIN | {"later": 1}).encode()) == MANIFEST


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(payload: bytes) -> None:
    with pytest.raises(DecodeError):
        decode_update_manifest(payload)


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(), st.lists, max_leaves=8))
def test_any_value_in_any_place_is_read_or_refused(value: object) -> None:
    for key in PLAIN:
        with contextlib.suppress(DecodeError):
            decode_update_manifest(json.dumps(PLAIN | {key: value}).encode())


@pytest.mark.parametrize(
    ("here", "downgrade", "says"),
    [
        (HERE, False, ""),
        (replace(HERE, version=""), False, ""),
        (replace(HERE, kind="kiosk"), False, "is for an edge, and this is a kiosk"),
        (replace(HERE, machine="x86_64"), False, "this machine is x86_64"),
        (replace(HERE, python="3.13"), False, "here is 3.13"),
        (replace(HERE, version="0.2.1"), False, "is older than 0.2.1"),
        (replace(HERE, version="0.2.1"), True, ""),
        (replace(HERE, version="0.10.0"), False, "is older than 0.10.0"),
        (replace(HERE, version="0.0.9"), False, "needs 0.1.0"),
        (replace(HERE, config_form=3), True, "form 3"),
    ],
)
def test_on_which_nodes_it_may_run(here: Machine, downgrade: bool, says: str) -> None:
    found = why_not(MANIFEST, here, allow_downgrade=downgrade)
    assert says in found
    assert bool(found) is bool(says)


def test_for_a_kiosk_the_sentence_is_english() -> None:
    kiosk = replace(MANIFEST, kind="kiosk")
    assert why_not(kiosk, HERE) == "is for a kiosk, and this is an edge"


def test_versions_are_numbers() -> None:
    assert version_key("0.10.0") > version_key("0.9.9")
