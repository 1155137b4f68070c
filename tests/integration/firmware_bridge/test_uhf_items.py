"""Items on UHF tags through real drivers over ptys: read, written, lent, returned."""

import asyncio

import pytest

from firmware_bridge.readers.port import SecurityState
from firmware_bridge.readers.tag_access import TagRead, read_tag, write_security, write_tag
from firmware_bridge.tags import TagContent, TagFormat, Unreadable, UnreadableReason, Usage
from tests.conformance.uhf_benches import BANK_READERS, UID, uhf_bench

PATIENCE_SECONDS = 20.0
ITEMS = [
    TagContent(TagFormat.UHF, "31000000001", "CN-110108", Usage.CIRCULATING, 1, 1, shelf="A-3"),
    TagContent(TagFormat.ALLIANCE, "32103179", "10248", Usage.CIRCULATING, 1, 1),
]


@pytest.mark.parametrize("name", sorted(BANK_READERS))
@pytest.mark.parametrize("item", ITEMS, ids=lambda item: item.format)
async def test_an_item_is_written_lent_and_returned(name: str, item: TagContent) -> None:
    async with asyncio.timeout(PATIENCE_SECONDS), uhf_bench(name) as bench, bench.reader as reader:
        tag = bench.lay(UID)
        found = await read_tag(reader, tag.uid)
        assert isinstance(found.content, Unreadable)
        assert found.content.reason is UnreadableReason.FOREIGN
        await write_tag(reader, tag.uid, item)
        uid = tag.uid
        assert await read_tag(reader, uid) == TagRead(uid, item, SecurityState.ON)
        lent = await write_security(reader, uid, is_on=False)
        assert lent == tag.uid
        assert await read_tag(reader, lent) == TagRead(lent, item, SecurityState.OFF)
        assert await write_security(reader, lent, is_on=True) == uid
        assert await read_tag(reader, uid) == TagRead(uid, item, SecurityState.ON)
