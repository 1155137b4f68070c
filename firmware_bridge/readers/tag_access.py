"""A tag in the field <-> what it says, and whether a gate lets it pass; HF and UHF alike."""

from dataclasses import dataclass

from firmware_bridge.errors import DeviceError, FrameError
from firmware_bridge.readers.port import Bank, BankReader, BlockReader, Reader, SecurityState
from firmware_bridge.tags import (
    LIBRARY_AFIS,
    AfiPair,
    Decoded,
    PartOrder,
    SecurityMechanism,
    TagContent,
    TagFormat,
    UhfImage,
    decode_hf,
    decode_uhf,
    encode_alliance,
    encode_danish,
    encode_iso_uhf,
    encode_objects,
)
from firmware_bridge.tags.security import (
    agreed_state,
    alliance_state,
    eas_state,
    with_alliance_state,
)
from firmware_bridge.tags.uhf import ProtocolControl

_PC_WORD, _UII_WORD = 1, 2
_USER_STEP_WORDS, _MOST_USER_WORDS = 8, 128


@dataclass(frozen=True, slots=True)
class TagHabits:
    """How a library uses its tags: where the security bit is, which AFIs, which order of parts."""

    afis: AfiPair = LIBRARY_AFIS
    mechanism: SecurityMechanism = SecurityMechanism.AFI
    order: PartOrder = PartOrder.PARTS_FIRST


@dataclass(frozen=True, slots=True)
class TagRead:
    """One tag, as it was read: its content or why there is none, and its security bit."""

    uid: str
    content: Decoded
    security: SecurityState


USUAL_HABITS = TagHabits()
"""Those of ISO 28560."""


async def read_tag(reader: Reader, uid: str, habits: TagHabits = USUAL_HABITS) -> TagRead:
    """Read a tag whole. Raises DeviceError when it leaves, or the reader reaches no memory."""
    match reader:
        case BlockReader():
            info = await reader.system_info(uid)
            memory = await reader.read_blocks(uid, 0, info.block_count)
            content = decode_hf(memory, info.dsfid or None, order=habits.order)
            return TagRead(uid, content, await _hf_security(reader, uid, info.afi, habits))
        case BankReader():
            image = await _read_image(reader, uid)
            content = decode_uhf(image, afis=habits.afis)
            return TagRead(uid, content, _uhf_security(image, content, habits))
        case _:
            raise _no_memory(reader)


async def write_tag(
    reader: Reader, uid: str, content: TagContent, habits: TagHabits = USUAL_HABITS
) -> None:
    """Write a content in its format over the whole tag; the security bit of an HF tag stays.

    A UHF tag is written as secured, and then has another uid. Raises FrameError, before anything is
    written, for what does not fit, DeviceError as the port.
    """
    match reader:
        case BlockReader():
            info = await reader.system_info(uid)
            memory = _encode_hf(content, info.block_bytes, info.block_count, habits)
            await reader.write_blocks(uid, 0, memory)
        case BankReader():
            image = _encode_uhf(content, habits)
            if image.user:
                await reader.write_bank(uid, Bank.USER, 0, image.user)
            epc = image.pc.to_bytes(2, "big") + image.uii
            await reader.write_bank(uid, Bank.EPC, _PC_WORD, epc)
        case _:
            raise _no_memory(reader)


async def read_security(
    reader: Reader, uid: str, habits: TagHabits = USUAL_HABITS
) -> SecurityState:
    """Return the security bit of a tag, by as few commands as it takes."""
    if isinstance(reader, BlockReader):
        afi = None
        if habits.mechanism is not SecurityMechanism.EAS:
            afi = (await reader.system_info(uid)).afi
        return await _hf_security(reader, uid, afi, habits)
    return (await read_tag(reader, uid, habits)).security


async def write_security(
    reader: Reader, uid: str, *, is_on: bool, habits: TagHabits = USUAL_HABITS
) -> str:
    """Switch the security bit, read it back, and return the uid that the tag has now.

    Only with the alliance's coding the uid changes: there the bit is in the UII. Raises DeviceError
    for a UHF tag of no library format, which has no such bit.
    """
    match reader:
        case BlockReader():
            if habits.mechanism is not SecurityMechanism.EAS:
                await reader.write_afi(uid, habits.afis.afi_of(is_on=is_on))
            if habits.mechanism is not SecurityMechanism.AFI:
                await reader.write_eas(uid, is_on=is_on)
            return uid
        case BankReader():
            return await _write_uhf_security(reader, uid, habits, is_on=is_on)
        case _:
            raise _no_memory(reader)


async def _hf_security(
    reader: BlockReader, uid: str, afi: int | None, habits: TagHabits
) -> SecurityState:
    states = []
    if habits.mechanism is not SecurityMechanism.EAS:
        states.append(habits.afis.state_of(afi))
    if habits.mechanism is not SecurityMechanism.AFI:
        states.append(eas_state(is_set=await reader.check_eas(uid)))
    return agreed_state(*states)


async def _read_image(reader: BankReader, uid: str) -> UhfImage:
    pc = int.from_bytes(await reader.read_bank(uid, Bank.EPC, _PC_WORD, 1), "big")
    user = b""
    if ProtocolControl.from_word(pc).has_user_bank or not ProtocolControl.from_word(pc).is_iso:
        user = await _read_user(reader, uid)
    return UhfImage(pc, bytes.fromhex(uid), user)


async def _read_user(reader: BankReader, uid: str) -> bytes:
    """Return the user bank up to its first run of zeros; nobody tells how long it is."""
    user = b""
    for first in range(0, _MOST_USER_WORDS, _USER_STEP_WORDS):
        try:
            part = await reader.read_bank(uid, Bank.USER, first, _USER_STEP_WORDS)
        except DeviceError:
            await reader.read_bank(uid, Bank.EPC, _PC_WORD, 1)  # gone, or at the bank's end?
            break
        user += part
        if not any(part):
            break
    return user


def _uhf_security(image: UhfImage, content: Decoded, habits: TagHabits) -> SecurityState:
    if not isinstance(content, TagContent):
        return SecurityState.UNKNOWN
    if content.format is TagFormat.ALLIANCE:
        return alliance_state(image.uii)
    return habits.afis.state_of(image.pc & 0xFF)


async def _write_uhf_security(
    reader: BankReader, uid: str, habits: TagHabits, *, is_on: bool
) -> str:
    image = await _read_image(reader, uid)
    content = decode_uhf(image, afis=habits.afis)
    if not isinstance(content, TagContent):
        raise DeviceError(f"tag {uid} has no security bit: {content.sentence}")
    if content.format is TagFormat.ALLIANCE:
        uii = with_alliance_state(image.uii, is_on=is_on)
        await reader.write_bank(uid, Bank.EPC, _UII_WORD, uii[:2])
        return uii.hex().upper()
    pc = image.pc & 0xFF00 | habits.afis.afi_of(is_on=is_on)
    await reader.write_bank(uid, Bank.EPC, _PC_WORD, pc.to_bytes(2, "big"))
    return uid


def _encode_hf(content: TagContent, block_bytes: int, block_count: int, habits: TagHabits) -> bytes:
    size = block_bytes * block_count
    match content.format:
        case TagFormat.OBJECTS:
            return encode_objects(content, size, block_bytes=block_bytes)[0]
        case TagFormat.DANISH:
            return encode_danish(content, size, order=habits.order)
        case _:
            raise FrameError(f"{content.format} is a format of UHF tags, and this is an HF tag")


def _encode_uhf(content: TagContent, habits: TagHabits) -> UhfImage:
    match content.format:
        case TagFormat.UHF:
            return encode_iso_uhf(content, afis=habits.afis)
        case TagFormat.ALLIANCE:
            return encode_alliance(content)
        case _:
            raise FrameError(f"{content.format} is a format of HF tags, and this is a UHF tag")


def _no_memory(reader: Reader) -> DeviceError:
    return DeviceError(f"a {type(reader).__name__} reads no memory of tags: use a pad")
