"""The elements of ISO 28560-2: a row of identified, compacted texts.

      ┌───────────┬──────────┬──────────────┬────────┬───────┬─────────┐
      │ precursor │ [offset] │ [OID minus 15] │ length │ data  │ filling │
      └───────────┴──────────┴──────────────┴────────┴───────┴─────────┘
       o ccc iiii   if o: how many bytes of filling     iiii: OID, 15 for 15 and more
                                                        ccc: the compaction

The row begins with OID 1, the item id; OID 2 is a bitmap of the OIDs from 3 on. A byte 0x00 in the
place of a precursor ends it. The filling lets an element end with a block, so that its blocks can
be locked and the others not: a locked block can never be written again. Where an OID of 15 or more
also has an offset, the offset stands first: from a transcription of the standard, not from a tag.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import groupby

from firmware_bridge.errors import FrameError
from firmware_bridge.tags.bits import pack_bits, unpack_bits
from firmware_bridge.tags.compaction import Compaction, choose_compaction, compact, expand
from firmware_bridge.tags.isil import compact_isil, expand_isil

DSFID = 0x06
ITEM_ID, CONTENT_PARAMETER, OWNER, SET_INFO, USAGE, SHELF = range(1, 7)
ONIX_MEDIA, MARC_MEDIA, ILL_INSTITUTION, TITLE, OTHER_MEDIA = 7, 8, 11, 17, 19
ISIL_OIDS = {OWNER, ILL_INSTITUTION}
MOST_OID = 127
_LONG_OID = 15
_MOST_DATA = 255


@dataclass(frozen=True, slots=True)
class Element:
    """One element as it stands in memory: `data` are its compacted bytes, `filling` their number.

    `start` and `size` tell its bytes, `is_locked` whether every block that it touches is locked.
    """

    oid: int
    compaction: Compaction
    data: bytes
    filling: int = 0
    start: int = 0
    size: int = 0
    is_locked: bool = False

    @property
    def text(self) -> str:
        """What it says; of a bitmap its OIDs. Raises FrameError for data that say nothing."""
        if self.compaction is not Compaction.APPLICATION:
            return expand(self.data, self.compaction)
        if self.oid in ISIL_OIDS:
            return expand_isil(self.data)
        if self.oid == CONTENT_PARAMETER:
            return ",".join(map(str, _listed(self.data)))
        return self.data.hex().upper()


def decode_elements(
    memory: bytes, *, locked_blocks: Iterable[int] = (), block_bytes: int = 4
) -> list[Element]:
    """Return the elements of a memory, in their order.

    Raises FrameError where a length points beyond the end or an OID comes twice.
    """
    locked = set(locked_blocks)
    found: dict[int, Element] = {}
    position = 0
    while position < len(memory) and memory[position]:
        element = _decode_element(memory, position)
        if element.oid in found:
            raise FrameError(f"the element {element.oid} stands twice on the tag")
        blocks = range(position // block_bytes, -(-(position + element.size) // block_bytes))
        found[element.oid] = replace(element, is_locked=locked.issuperset(blocks))
        position += element.size
    return list(found.values())


def compact_element(oid: int, text: str, compaction: Compaction | None = None) -> Element:
    """Return an element; without a compaction it is an ISIL's or the shortest for its text.

    Raises FrameError for a text that it does not hold.
    """
    if not 1 <= oid <= MOST_OID:
        raise FrameError(f"an OID is 1 to {MOST_OID}, not {oid}")
    if compaction is None and oid in ISIL_OIDS and _is_isil(text):
        compaction = Compaction.APPLICATION
    if compaction is None:
        compaction = Compaction.UTF8 if oid == TITLE else choose_compaction(text)
    data = compact_isil(text) if compaction is Compaction.APPLICATION else compact(text, compaction)
    if len(data) > _MOST_DATA:
        raise FrameError(f"the element {oid} has {len(data)} bytes, {_MOST_DATA} are the most")
    return Element(oid, compaction, data)


def encode_elements(
    elements: Iterable[Element], *, locked: Iterable[int] = (), block_bytes: int = 4
) -> tuple[bytes, str]:
    """Return the bytes of elements and the lock map of their blocks, `l` locked and `.` open.

    The content parameter is made here. Elements whose OID is in `locked` end with their blocks, and
    come last but for the item id. The bytes are whole blocks, filled up with 0x00.
    """
    to_lock = set(locked)
    given = [element for element in elements if element.oid != CONTENT_PARAMETER]
    head = [element for element in given if element.oid == ITEM_ID]
    rest = [element for element in given if element.oid != ITEM_ID]
    if rest:
        head.append(Element(CONTENT_PARAMETER, Compaction.APPLICATION, _bitmap(rest)))
    row = head + sorted(rest, key=lambda element: element.oid in to_lock)
    memory, lock_map = b"", ""
    runs = [(is_locked, list(run)) for is_locked, run in groupby(row, lambda e: e.oid in to_lock)]
    for number, (is_locked, run) in enumerate(runs):
        memory += b"".join(map(_encode_element, run[:-1]))
        lacking = -len(memory + _encode_element(run[-1])) % block_bytes
        needs_edge = is_locked or number + 1 < len(runs)
        memory += _encode_element(run[-1], lacking if needs_edge else 0)
        blocks = -(-len(memory) // block_bytes)
        lock_map = lock_map.ljust(blocks, "l" if is_locked else ".")
    return memory.ljust(len(lock_map) * block_bytes, b"\x00"), lock_map


def _decode_element(memory: bytes, start: int) -> Element:
    fields = _Cursor(memory, start)
    precursor = next(fields)
    filling = next(fields) if precursor & 0x80 else 0
    oid = precursor & 0x0F
    if oid == _LONG_OID:
        oid += next(fields)
    length = next(fields)
    data = memory[fields.position : fields.position + length]
    size = fields.position - start + length + filling
    if len(data) < length or start + size > len(memory):
        raise FrameError(f"the element {oid} at byte {start} goes beyond the end of the tag")
    return Element(oid, Compaction(precursor >> 4 & 0x07), data, filling, start, size)


def _encode_element(element: Element, lacking: int = 0) -> bytes:
    is_long = element.oid >= _LONG_OID
    precursor = element.compaction << 4 | min(element.oid, _LONG_OID) | (0x80 if lacking else 0)
    return (
        bytes([precursor])
        + (bytes([lacking - 1]) if lacking else b"")
        + (bytes([element.oid - _LONG_OID]) if is_long else b"")
        + bytes([len(element.data)])
        + element.data
        + bytes(max(0, lacking - 1))
    )


class _Cursor(Iterator[int]):
    """The bytes of an element's head."""

    def __init__(self, memory: bytes, position: int) -> None:
        self._memory = memory
        self._start = self.position = position

    def __next__(self) -> int:
        if self.position >= len(self._memory):
            raise FrameError(f"the element at byte {self._start} goes beyond the end of the tag")
        self.position += 1
        return self._memory[self.position - 1]


def _bitmap(elements: list[Element]) -> bytes:
    oids = {element.oid for element in elements}
    width = -(-(max(oids) - CONTENT_PARAMETER) // 8) * 8
    return pack_bits("".join("01"[oid in oids] for oid in range(3, 3 + width)))


def _listed(bitmap: bytes) -> list[int]:
    return [oid for oid, bit in enumerate(unpack_bits(bitmap), start=3) if bit == "1"]


def _is_isil(text: str) -> bool:
    try:
        return expand_isil(compact_isil(text)) == text
    except FrameError:
        return False
