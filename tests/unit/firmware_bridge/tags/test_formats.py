"""Each format: what is written is read again, and no bytes raise."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firmware_bridge.errors import FrameError
from firmware_bridge.tags import (
    PartOrder,
    TagContent,
    TagFormat,
    UhfImage,
    Unreadable,
    UnreadableReason,
    Usage,
    decode_alliance,
    decode_danish,
    decode_hf,
    decode_iso_uhf,
    decode_objects,
    decode_uhf,
    encode_alliance,
    encode_danish,
    encode_iso_uhf,
    encode_objects,
)
from firmware_bridge.tags.compaction import Compaction, choose_compaction, compact, expand
from firmware_bridge.tags.danish import (
    Extension,
    library_extension,
    read_extensions,
    title_extension,
)
from firmware_bridge.tags.elements import compact_element, decode_elements, encode_elements
from firmware_bridge.tags.isil import compact_isil, expand_isil
from firmware_bridge.tags.objects import read_set_info, write_set_info
from firmware_bridge.tags.urn40 import decode_urn40, encode_urn40
from tests.unit.firmware_bridge.tags import contents

BOOK = TagContent(TagFormat.DANISH, "31000012345", "CN-110108", Usage.CIRCULATING, parts=1, part=1)
MEMORY_BYTES = 1024


def reason_of(found: object) -> UnreadableReason:
    assert isinstance(found, Unreadable)
    assert found.sentence
    return found.reason


# -- round trips ----------------------------------------------------------------------------------


@settings(deadline=None)
@given(contents.danish(), st.sampled_from([32, 34, 112]), st.sampled_from(PartOrder))
def test_danish_round_trip(content: TagContent, size: int, order: PartOrder) -> None:
    if order is PartOrder.PART_FIRST and content.part == 0 < content.parts:
        content = replace(content, part=content.parts)
    memory = encode_danish(content, size, order=order)
    assert len(memory) == size
    assert decode_danish(memory, order) == content
    assert decode_hf(memory, order=order) == content
    assert decode_hf(memory, 0x3E, order=order) == content


@settings(deadline=None)
@given(contents.objects())
def test_objects_round_trip(content: TagContent) -> None:
    memory, lock_map = encode_objects(content, MEMORY_BYTES)
    assert (len(memory), lock_map) == (MEMORY_BYTES, "." * 256)
    assert decode_objects(memory) == content
    assert decode_hf(memory, 0x06) == content


@settings(deadline=None)
@given(contents.objects(), st.sets(st.sampled_from([1, 3, 5, 6, 17])), st.sampled_from([4, 8]))
def test_locked_elements_share_no_block_with_open_ones(
    content: TagContent, locked: set[int], block_bytes: int
) -> None:
    memory, lock_map = encode_objects(content, MEMORY_BYTES, locked=locked, block_bytes=block_bytes)
    blocks = [number for number, sign in enumerate(lock_map) if sign == "l"]
    found = decode_elements(memory, locked_blocks=blocks, block_bytes=block_bytes)
    assert {e.oid for e in found if e.is_locked} == locked & {e.oid for e in found}
    for element in found:
        touched = range(
            element.start // block_bytes, -(-(element.start + element.size) // block_bytes)
        )
        assert {number in blocks for number in touched} == {element.is_locked}
    assert decode_objects(memory) == content


@settings(deadline=None, max_examples=50)
@given(contents.uhf(), st.booleans())
def test_uhf_round_trip(content: TagContent, is_secured: bool) -> None:
    image = encode_iso_uhf(content, is_secured=is_secured)
    assert image.pc >> 11 == len(image.uii) // 2
    assert image.pc & 0xFF == (0x07 if is_secured else 0xC2)
    assert len(image.user) % 2 == 0
    assert bool(image.pc & 0x0400) is bool(image.user)
    assert decode_iso_uhf(image) == content
    assert decode_uhf(image) == content


@settings(deadline=None)
@given(contents.alliance(), st.booleans())
def test_alliance_round_trip(content: TagContent, is_secured: bool) -> None:
    image = encode_alliance(content, is_secured=is_secured)
    assert len(image.uii) in {12, 16, 18}
    assert bool(image.uii[0] & 0x80) is not is_secured
    assert decode_alliance(image) == content
    assert decode_uhf(image) == content


@settings(deadline=None)
@given(st.text(contents.ANY, max_size=30), st.data())
def test_every_compaction_that_takes_a_text_gives_it_back(text: str, data: st.DataObject) -> None:
    compaction = data.draw(
        st.sampled_from([c for c in Compaction if c is not Compaction.APPLICATION])
    )
    try:
        content = compact(text, compaction)
    except FrameError:
        assert compaction not in {choose_compaction(text), Compaction.UTF8}
        return
    assert expand(content, compaction) == text


@pytest.mark.parametrize(
    ("alphabet", "compaction"),
    [
        ("0123456789", Compaction.NUMERIC),
        ("ABCZ[]^_\\", Compaction.FIVE_BIT),
        (" AZ09/._-", Compaction.SIX_BIT),
        ("abz AZ~\x00", Compaction.SEVEN_BIT),
    ],
)
@settings(deadline=None)
@given(data=st.data())
def test_a_compaction_at_every_length(
    alphabet: str, compaction: Compaction, data: st.DataObject
) -> None:
    text = data.draw(st.text(st.sampled_from(alphabet), min_size=8, max_size=24)) + "0"
    if compaction is Compaction.FIVE_BIT:
        text = text[:-1] + "A"
    assert expand(compact(text, compaction), compaction) == text


@settings(deadline=None)
@given(st.text(st.sampled_from("ABZabz019-:/"), max_size=16))
def test_isil_round_trip(isil: str) -> None:
    assert expand_isil(compact_isil(isil)) == isil


@settings(deadline=None)
@given(
    st.text(st.characters(max_codepoint=0xFFFF, exclude_categories=["Cs"]), max_size=20)
    | st.from_regex(r"[A-Z]{0,3}[0-9]{0,60}", fullmatch=True)
)
def test_urn_code_40_round_trip(text: str) -> None:
    encoded = encode_urn40(text)
    assert len(encoded) % 2 == 0
    assert decode_urn40(encoded) == text


@settings(deadline=None)
@given(st.integers(1, 9999), st.data())
def test_set_info_round_trip(parts: int, data: st.DataObject) -> None:
    part = data.draw(st.integers(0, parts))
    assert read_set_info(write_set_info(parts, part)) == (parts, part)


# -- any bytes ------------------------------------------------------------------------------------


@settings(deadline=None, max_examples=300)
@given(st.binary(max_size=256), st.none() | st.integers(0, 255), st.sampled_from(PartOrder))
def test_no_memory_of_hf_raises(memory: bytes, dsfid: int | None, order: PartOrder) -> None:
    decode_danish(memory, order)
    decode_objects(memory)
    decode_hf(memory, dsfid, order=order)


@settings(deadline=None, max_examples=300)
@given(st.integers(0, 0xFFFF), st.binary(max_size=62), st.binary(max_size=128))
def test_no_image_of_uhf_raises(pc: int, uii: bytes, user: bytes) -> None:
    image = UhfImage(pc, uii, user)
    decode_iso_uhf(image)
    decode_uhf(image)
    decode_uhf(replace(image, pc=pc & 0xF800 | 0x01C2))


@settings(deadline=None)
@given(contents.danish(), st.data())
def test_one_wrong_byte_of_a_danish_tag_is_never_another_item(
    content: TagContent, data: st.DataObject
) -> None:
    """A CRC of 16 bits finds every burst of up to 16 bits."""
    memory = bytearray(encode_danish(content, 34))
    position = data.draw(st.integers(0, 33))
    memory[position] ^= data.draw(st.integers(1, 255))
    assert reason_of(decode_danish(bytes(memory))) in {
        UnreadableReason.DAMAGED,
        UnreadableReason.UNKNOWN,
    }
    assert reason_of(decode_hf(bytes(memory), 0x3E)) is not UnreadableReason.BLANK


@settings(deadline=None)
@given(contents.objects(), st.data())
def test_a_row_that_is_cut_off_is_damaged_or_shorter(
    content: TagContent, data: st.DataObject
) -> None:
    memory, _ = encode_objects(content, MEMORY_BYTES)
    memory = memory.rstrip(b"\x00")
    found = decode_objects(memory[: data.draw(st.integers(1, len(memory)))])
    assert not isinstance(found, TagContent) or found.item_id == content.item_id


# -- reasons --------------------------------------------------------------------------------------


@pytest.mark.parametrize("memory", [b"", bytes(4), bytes(112)])
def test_zeros_are_a_blank_tag(memory: bytes) -> None:
    assert reason_of(decode_hf(memory)) is UnreadableReason.BLANK
    assert reason_of(decode_uhf(UhfImage(0x3000, memory))) is UnreadableReason.BLANK


def test_a_tag_without_an_id_is_blank() -> None:
    memory = bytearray(encode_danish(BOOK))
    memory[3:19] = bytes(16)
    memory[19:21] = b"\x00\x00"
    no_id, _ = encode_elements([compact_element(1, ""), compact_element(6, "QA268.L55")])
    assert reason_of(decode_objects(no_id)) is UnreadableReason.BLANK
    assert reason_of(decode_danish(bytes(memory))) is UnreadableReason.DAMAGED


def test_other_trades_are_foreign() -> None:
    ndef = bytes.fromhex("E1401C01 03125101 0E550168 74747073 3A2F2F61 2E62FE00").ljust(
        112, b"\x00"
    )
    assert reason_of(decode_hf(ndef)) is UnreadableReason.FOREIGN
    luggage = UhfImage(0x31C1, b"\x14\x1c\xc0\x4f\xc7\x0b\xad\xb5\xc6\xe2\xda\x1d")
    assert reason_of(decode_uhf(luggage)) is UnreadableReason.FOREIGN


def test_what_no_format_fits_is_unknown() -> None:
    for memory in (b"\xfe" * 112, b"\x55\xaa" * 56, bytes(range(200, 232))):
        assert reason_of(decode_hf(memory)) is UnreadableReason.UNKNOWN
    assert reason_of(decode_hf(b"\x25" * 40, 0x3E)) is UnreadableReason.UNKNOWN
    assert reason_of(decode_uhf(UhfImage(0x3000, b"\x02\xc0" * 6))) is UnreadableReason.UNKNOWN


def test_a_damaged_uii_says_so() -> None:
    image = encode_iso_uhf(BOOK)
    assert (
        reason_of(decode_uhf(replace(image, uii=b"\xff\xff" + image.uii)))
        is UnreadableReason.DAMAGED
    )


def test_a_wrong_check_names_both_values() -> None:
    memory = bytearray(encode_danish(BOOK))
    memory[19] ^= 1
    found = decode_hf(bytes(memory))
    assert reason_of(found) is UnreadableReason.DAMAGED
    assert isinstance(found, Unreadable)
    assert "the check of the tag is" in found.sentence


# -- the Danish model -----------------------------------------------------------------------------


def test_parts_that_stand_the_other_way_are_read_as_asked_or_as_they_must_be() -> None:
    two_of_five = replace(BOOK, parts=5, part=2)
    memory = encode_danish(two_of_five, order=PartOrder.PART_FIRST)
    assert memory[1:3] == b"\x02\x05"
    assert decode_danish(memory, PartOrder.PART_FIRST) == two_of_five
    assert decode_danish(memory) == two_of_five, "part 5 of 2 cannot be"
    assert decode_danish(encode_danish(two_of_five)) == two_of_five


def test_extensions() -> None:
    extensions = (
        library_extension(4, "ALT-1", "DE-1"),
        title_extension("红楼梦"),
        Extension(100, b"x"),
    )
    memory = encode_danish(BOOK, 112, extensions=extensions)
    assert read_extensions(memory) == (extensions, ())
    assert decode_hf(memory) == replace(
        BOOK, media="4", title="红楼梦", elements=((22, "ALT-1"), (23, "DE-1"))
    )


def test_extensions_are_made_of_the_content() -> None:
    content = replace(BOOK, media="4", title="红楼梦", elements=((22, "ALT-1"), (23, "DE-1")))
    assert decode_hf(encode_danish(content, 112)) == content
    only_owner = replace(BOOK, media="0", elements=((23, "DE-1"),))
    assert decode_hf(encode_danish(only_owner, 112)) == only_owner


def test_a_damaged_extension_costs_itself_not_the_item() -> None:
    extensions = (title_extension("Winter"), library_extension(4))
    for position in (36, 37, 40):
        memory = bytearray(encode_danish(BOOK, 112, extensions=extensions))
        memory[position] ^= 0x40
        found = decode_hf(bytes(memory))
        assert isinstance(found, TagContent)
        assert (found.item_id, found.title, found.media) == (BOOK.item_id, "", "")
        assert found.faults == ("the extension at byte 34 has a wrong check",)
    memory[34] = 200
    found = decode_hf(bytes(memory))
    assert isinstance(found, TagContent)
    assert found.faults == ("the extension at byte 34 has a wrong length 200",)


@pytest.mark.parametrize(
    ("content", "size", "told"),
    [
        (replace(BOOK, item_id="x" * 17), 34, "16 bytes"),
        (replace(BOOK, item_id=""), 34, "empty"),
        (replace(BOOK, owner="DE-1234567890"), 32, "9 bytes"),
        (replace(BOOK, owner="OCLC-705"), 34, "no ISIL of a country"),
        (replace(BOOK, parts=256), 34, "beyond 255"),
        (replace(BOOK, shelf="A-3"), 112, "no place for the shelf"),
        (replace(BOOK, elements=((9, "x"),)), 112, "no place for the element 9"),
        (replace(BOOK, media="papyrus"), 112, "no number from 0 to 255"),
        (replace(BOOK, title="Winter"), 34, "do not fit into 34"),
        (BOOK, 28, "too small"),
    ],
)
def test_danish_refuses_what_does_not_fit(content: TagContent, size: int, told: str) -> None:
    with pytest.raises(FrameError, match=told):
        encode_danish(content, size)


# -- elements -------------------------------------------------------------------------------------


def test_what_does_not_fit_is_refused_with_both_sizes() -> None:
    with pytest.raises(FrameError, match="bytes do not fit into a tag of 16"):
        encode_objects(replace(BOOK, title="红楼梦"), 16)


def test_a_foreign_element_is_kept_and_a_broken_one_is_named() -> None:
    row = [compact_element(1, "B1"), compact_element(9, "supplier"), compact_element(4, "123")]
    memory, _ = encode_elements(row)
    broken = memory.replace(bytes([0x54, 8]), b"\x54\x08")
    found = decode_objects(broken)
    assert isinstance(found, TagContent)
    assert found.element(9) == "supplier"
    assert found.element(99) == ""
    assert found.faults == ("the set information '123' is no two numbers",)


def test_an_element_that_stands_twice_is_damage() -> None:
    first, _ = encode_elements([compact_element(1, "B1")], block_bytes=1)
    assert reason_of(decode_objects(first + first)) is UnreadableReason.DAMAGED


@pytest.mark.parametrize("oid", [0, 128, -1])
def test_an_oid_has_limits(oid: int) -> None:
    with pytest.raises(FrameError, match="1 to 127"):
        compact_element(oid, "x")


def test_an_element_has_a_most() -> None:
    with pytest.raises(FrameError, match="255 are the most"):
        compact_element(17, "x" * 256)


# -- UHF ------------------------------------------------------------------------------------------


def test_an_owner_in_the_user_bank_is_found() -> None:
    image = encode_iso_uhf(replace(BOOK, owner=""))
    user, _ = encode_elements([compact_element(3, "US-InU-Mu")], block_bytes=1)
    found = decode_uhf(replace(image, user=b"\x06" + user))
    assert isinstance(found, TagContent)
    assert found.owner == "US-InU-Mu"


def test_a_strange_user_bank_costs_itself_not_the_item() -> None:
    image = encode_iso_uhf(BOOK)
    for user, told in ((b"\x99" * 8, "DSFID"), (b"\x06\x26\x7f\x00", "beyond the end")):
        found = decode_uhf(replace(image, user=user))
        assert isinstance(found, TagContent)
        assert found.item_id == BOOK.item_id
        assert told in found.faults[0]


@pytest.mark.parametrize(
    "content",
    [replace(BOOK, item_id=""), replace(BOOK, owner="A.B"), replace(BOOK, owner="", item_id="a.b")],
)
def test_a_uii_that_could_be_read_two_ways_is_refused(content: TagContent) -> None:
    with pytest.raises(FrameError, match="cannot stand in one UII"):
        encode_iso_uhf(content)


def test_a_uii_has_a_most() -> None:
    with pytest.raises(FrameError, match="62 are the most"):
        encode_iso_uhf(replace(BOOK, item_id="红" * 16))


@pytest.mark.parametrize("owner", ["60000", "1024", "DE-705", "99999"])
def test_the_alliance_knows_universities_by_five_digits(owner: str) -> None:
    with pytest.raises(FrameError, match="no code of a university"):
        encode_alliance(replace(BOOK, owner=owner))


def test_a_school_of_the_army_keeps_its_number() -> None:
    image = encode_alliance(replace(BOOK, owner="90001", usage=None))
    assert image.user[2:4] == bytes.fromhex("EA61")
    found = decode_uhf(image)
    assert isinstance(found, TagContent)
    assert found.owner == "90001"


def test_the_alliance_refuses_what_it_cannot_say() -> None:
    for content, told in (
        (replace(BOOK, owner="", usage=Usage.LOCAL_3), "no usage"),
        (replace(BOOK, owner="", elements=((99, "x"),)), "no element 99"),
        (replace(BOOK, owner="", item_id="x" * 15), "14 characters"),
        (replace(BOOK, owner="", parts=70000), "65535"),
        (replace(BOOK, owner="", title="x"), "no place for the title"),
        (replace(BOOK, owner="", media="4"), "no place for the media format"),
    ):
        with pytest.raises(FrameError, match=told):
            encode_alliance(content)
