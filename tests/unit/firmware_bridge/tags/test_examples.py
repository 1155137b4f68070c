"""Every worked example of the standards, and tags from the field."""

from typing import Any

import pytest

from firmware_bridge.framing import crc16
from firmware_bridge.readers.port import SecurityState
from firmware_bridge.tags import (
    TagContent,
    TagFormat,
    UhfImage,
    Unreadable,
    UnreadableReason,
    Usage,
    decode_hf,
    decode_uhf,
    encode_alliance,
    encode_danish,
    encode_iso_uhf,
    encode_objects,
)
from firmware_bridge.tags.alliance import listed_oids
from firmware_bridge.tags.compaction import Compaction, compact, expand
from firmware_bridge.tags.elements import compact_element, decode_elements, encode_elements
from firmware_bridge.tags.isil import compact_isil, expand_isil
from firmware_bridge.tags.packed_id import pack_96, pack_128, unpack_96, unpack_128
from firmware_bridge.tags.security import LIBRARY_AFIS, alliance_state
from firmware_bridge.tags.uhf import ProtocolControl, encode_user_bank
from firmware_bridge.tags.urn40 import decode_urn40, encode_urn40
from tests.unit.firmware_bridge.vectors import TAG_EXAMPLES, VECTORS, unhex


@pytest.mark.parametrize("tag", VECTORS["ddm_tag"], ids=lambda tag: tag["pii"])
def test_danish(tag: dict[str, Any]) -> None:
    memory = unhex(tag["hex"])
    content = decode_hf(memory)
    assert content == TagContent(
        TagFormat.DANISH,
        tag["pii"],
        owner=f"{tag['country']}-{tag['isil']}",
        usage=Usage(tag["usage"]),
        parts=tag["parts"],
        part=tag["part"],
    )
    assert encode_danish(content, 32) == memory
    assert int(tag["crc_int"], 16) == int.from_bytes(memory[19:21], "little")
    # The classic fault: a check over the bytes of a short tag without those that it lacks.
    assert crc16(memory[:19] + memory[21:]) == 0x2272


@pytest.mark.parametrize("tag", VECTORS["iso28560_2"], ids=lambda tag: tag["pii"])
def test_objects(tag: dict[str, Any]) -> None:
    memory = unhex(tag["hex"])
    content = decode_hf(memory)
    assert content == TagContent(
        TagFormat.OBJECTS,
        tag["pii"],
        owner=tag["owner"],
        parts=12,
        part=3,
        shelf=tag["shelf"],
    )
    assert decode_hf(memory, dsfid=0x06) == content
    assert encode_objects(content, 36, locked={1, 3}) == (memory, tag["lock"])
    elements = decode_elements(memory, locked_blocks=[0, 1, 6, 7, 8])
    assert [element.oid for element in elements] == [1, 2, 4, 6, 3]
    assert [element.is_locked for element in elements] == [True, False, False, False, True]
    assert elements[1].text == "3,4,6"
    assert elements[2].text == tag["set"]


def test_objects_with_a_long_oid_and_an_edge_to_be_moved() -> None:
    texts = {1: "123456789012", 4: "1203", 6: "QA268.L55", 3: "US-InU-Mu", 17: "test"}
    elements = [compact_element(oid, text) for oid, text in texts.items()]
    memory, lock_map = encode_elements(elements, locked={1, 3, 17})
    assert memory == unhex(
        "9100051C BE991A14 0202D002 140204B3 C6020744 1CB6E2E3 35D60000 0307ACC0 9EBAA06F"
        "6B7F0204 74657374"
    )
    assert lock_map == "ll.....llll"


def test_a_content_parameter_may_be_longer_than_it_has_to() -> None:
    memory = unhex(
        "9100051C BE991A14 0205D000 00000014 0204B346 07441CB6 E2E335D6 830207AC C09EBAA0 6F6B0000"
    )
    content = decode_hf(memory)
    assert isinstance(content, TagContent)
    assert (content.item_id, content.owner, content.shelf) == (
        "123456789012",
        "US-InU-Mu",
        "QA268.L55",
    )


def test_uhf() -> None:
    worked, long_number, user = VECTORS["iso28560_4"]
    image = UhfImage(int(worked["pc"], 16), unhex(worked["epc_payload"]), unhex(user["user_bank"]))
    content = decode_uhf(image)
    assert content == TagContent(
        TagFormat.UHF,
        "12345678.31",
        owner="CH-000134-1",
        parts=12,
        part=3,
        shelf="QA268.L55",
    )
    assert ProtocolControl.from_word(image.pc) == ProtocolControl(8, True, False, True, 0xC2)
    again = encode_iso_uhf(content, is_secured=False)
    assert (again.pc, again.uii) == (image.pc, image.uii)
    assert decode_urn40(unhex(long_number["epc_payload"])) == long_number["uii"]


def test_the_user_bank_of_uhf() -> None:
    memory = unhex(VECTORS["iso28560_4"][2]["user_bank"])
    row = [
        compact_element(4, "1203"),
        compact_element(6, "QA268.L55"),
        compact_element(3, "US-InU-Mu", Compaction.SEVEN_BIT),
    ]
    assert encode_user_bank(row) == memory
    assert [element.text for element in decode_elements(memory[1:])] == [
        "3,4,6",
        *("1203", "QA268.L55", "US-InU-Mu"),
    ]


@pytest.mark.parametrize(("name", "text", "compacted"), TAG_EXAMPLES["compactions"])
def test_compactions(name: str, text: str, compacted: str) -> None:
    assert compact(text, Compaction[name]) == unhex(compacted)
    assert expand(unhex(compacted), Compaction[name]) == text


@pytest.mark.parametrize(("isil", "compacted"), TAG_EXAMPLES["isil"])
def test_isils(isil: str, compacted: str) -> None:
    assert compact_isil(isil) == unhex(compacted)
    assert expand_isil(unhex(compacted)) == isil


@pytest.mark.parametrize(("text", "encoded"), TAG_EXAMPLES["urn40"])
def test_urn_code_40(text: str, encoded: str) -> None:
    assert encode_urn40(text) == unhex(encoded)
    assert decode_urn40(unhex(encoded)) == text


@pytest.mark.parametrize(("item_id", "packed"), TAG_EXAMPLES["packed_96"])
def test_ids_in_96_bits(item_id: str, packed: str) -> None:
    assert pack_96(item_id) == unhex(packed)
    assert unpack_96(unhex(packed)) == item_id


@pytest.mark.parametrize(("item_id", "packed"), TAG_EXAMPLES["packed_128"])
def test_ids_in_128_bits(item_id: str, packed: str) -> None:
    assert pack_128(item_id) == unhex(packed)
    assert unpack_128(unhex(packed)) == item_id


@pytest.mark.parametrize("tag", TAG_EXAMPLES["alliance_tags"], ids=lambda tag: tag["name"])
def test_tags_of_the_alliance(tag: dict[str, Any]) -> None:
    bank, user = unhex(tag["epc"]), unhex(tag["user"])
    image = UhfImage(int.from_bytes(bank[2:4], "big"), bank[4:], user)
    content = decode_uhf(image)
    assert content == TagContent(
        TagFormat.ALLIANCE,
        tag["id"],
        owner=tag["owner"],
        parts=tag["parts"],
        part=tag["part"],
    )
    assert list(listed_oids(image.uii)) == tag["oids"]
    assert alliance_state(image.uii) is SecurityState.ON
    assert encode_alliance(content).uii[4:] == image.uii[4:]


def test_a_gs1_number_is_foreign() -> None:
    found = decode_uhf(UhfImage(0x3400, unhex(TAG_EXAMPLES["gs1_tag"])))
    assert isinstance(found, Unreadable)
    assert found.reason is UnreadableReason.FOREIGN


def test_the_afi_of_the_standard() -> None:
    assert LIBRARY_AFIS.state_of(0x07) is SecurityState.ON
    assert LIBRARY_AFIS.state_of(0xC2) is SecurityState.OFF
