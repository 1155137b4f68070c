"""What drivers of UHF readers share: words of a tag's memory, and writes that are read back."""

from abc import abstractmethod

from firmware_bridge.errors import DeviceError, DeviceTimeout
from firmware_bridge.readers.field_reader import FieldReader, in_doubt
from firmware_bridge.readers.port import Bank

_WORD_BYTES = 2
_LAST_WORD = 0xFF


class UhfReader(FieldReader):
    """A BankReader on a line. A driver gives its decoder, and what it says to the reader.

    One request at a time: `_turn` is held around requests that belong together.
    """

    MOST_WORDS: int
    """Words of one request to a tag's memory."""

    async def read_bank(self, uid: str, bank: Bank, first: int, count: int) -> bytes:
        """Return words of a bank; see BankReader."""
        self._check_open()
        if first < 0 or count < 1 or first + count - 1 > _LAST_WORD:
            raise DeviceError(f"tag {uid} has no words {first} to {first + count - 1}")
        content = b""
        async with self._turn:
            for start in range(first, first + count, self.MOST_WORDS):
                size = min(self.MOST_WORDS, first + count - start)
                part = await self._read(bytes.fromhex(uid), bank, start, size)
                if len(part) != size * _WORD_BYTES:
                    raise DeviceError(
                        f"{self._url} answers with {len(part)} bytes for {size} words"
                    )
                content += part
        return content

    async def write_bank(self, uid: str, bank: Bank, first: int, content: bytes) -> None:
        """Write whole words, and read them back; see BankReader."""
        self._check_open()
        count, rest = divmod(len(content), _WORD_BYTES)
        if rest or count < 1:
            raise DeviceError(f"a write of {len(content)} bytes is not in whole words of 2 bytes")
        if first < 0 or first + count - 1 > _LAST_WORD:
            raise DeviceError(f"tag {uid} has no words {first} to {first + count - 1}")
        after = uid
        if bank is Bank.EPC:
            after = await self._renamed(uid, first, content)
        else:
            await self.read_bank(
                uid, bank, first, count
            )  # all of them are there, or none is written
        async with self._turn:
            await self._write_all(bytes.fromhex(uid), bank, first, content)
        with in_doubt(uid):
            is_held = await self.read_bank(after, bank, first, count) == content
        if not is_held:
            raise DeviceError(f"tag {uid} does not hold what was written: write it again")
        await self._rescan()

    @abstractmethod
    async def _read(self, epc: bytes, bank: Bank, first: int, count: int) -> bytes:
        """Return up to MOST_WORDS words. Raises DeviceError, which names the tag."""

    @abstractmethod
    async def _write(self, epc: bytes, bank: Bank, first: int, content: bytes) -> None:
        """Write up to MOST_WORDS words. DeviceTimeout when nobody said whether it was done."""

    async def _write_all(self, epc: bytes, bank: Bank, first: int, content: bytes) -> None:
        step = self.MOST_WORDS * _WORD_BYTES
        for at in range(0, len(content), step):
            try:
                await self._write(epc, bank, first + at // _WORD_BYTES, content[at : at + step])
            except DeviceTimeout:
                continue  # it may have been done all the same: reading back decides

    async def _renamed(self, uid: str, first: int, content: bytes) -> str:
        """Return the uid that a write into the bank EPC gives the tag."""
        if first < 1 or len(content) > self.MOST_WORDS * _WORD_BYTES:
            raise DeviceError(
                f"the bank EPC is written from word 1, up to {self.MOST_WORDS} words at once: word "
                "0 is the tag's own check"
            )
        old_words = max(first - 1 + len(content) // _WORD_BYTES, 1 + len(uid) // 4)
        image = bytearray(await self.read_bank(uid, Bank.EPC, 1, old_words))
        at = (first - 1) * _WORD_BYTES
        image[at : at + len(content)] = content
        end = _WORD_BYTES + (image[0] >> 3) * _WORD_BYTES
        if end > len(image):
            rest = (end - len(image)) // _WORD_BYTES
            image += await self.read_bank(uid, Bank.EPC, 1 + old_words, rest)
        return image[_WORD_BYTES:end].hex().upper()
