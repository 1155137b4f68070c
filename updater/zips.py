"""Reading a zip with limits: nothing of it is believed before it was looked at.

    size → end record → directory → each entry's name, kind, size, place

What is refused raises ZipRefused with one sentence. Nothing is unpacked to a disk by what stands
here. Source: PKWARE APPNOTE 6.3.9 §4.3.
"""

import io
import stat
import struct
import zipfile
import zlib
from dataclasses import dataclass
from typing import Final

from updater.errors import ZipRefused

Opened = io.BufferedReader | io.BytesIO

UNREADABLE: Final = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    NotImplementedError,
    RuntimeError,
    UnicodeError,
    ValueError,
    struct.error,
    OSError,
)
"""What reading a zip raises of bytes that are none."""

_RATIO_FROM_BYTES: Final = 1024 * 1024
_END: Final = struct.Struct("<4s4H2LH")
_LOCAL_BYTES: Final = 30
_ENTRY_BYTES: Final = 256


@dataclass(frozen=True, slots=True)
class Limits:
    """What a zip of one sort may be; `what` is what sentences call it.

    An unpacked file is at most `most_ratio` times as large as packed, if it is larger than 1 MiB.
    """

    what: str
    most_bytes: int
    most_files: int
    most_unpacked: int
    most_ratio: int
    has_folders: bool = False


def check_frame(file: Opened, limits: Limits) -> int:
    """Look at size and end record, before `zipfile` reads a directory as large as that says.

    Returns the size in bytes. Raises ZipRefused.
    """
    size = file.seek(0, io.SEEK_END)
    if size > limits.most_bytes:
        most = limits.most_bytes // 2**20
        raise ZipRefused(f"{size} bytes; {_a(limits.what)} has at most {most} MiB")
    if size < _END.size:
        raise ZipRefused("is no zip: it is too short")
    file.seek(size - _END.size)
    mark, disk, start_disk, here, entries, length, at, comment = _END.unpack(file.read(_END.size))
    if mark != b"PK\x05\x06" or comment:
        raise ZipRefused("is no zip, or one with something after its end")
    if disk or start_disk or here != entries:
        raise ZipRefused("is a zip of several parts")
    # Two more: a manifest and its signature.
    most = limits.most_files + 2
    if entries > most or length > most * _ENTRY_BYTES:
        raise ZipRefused(
            f"{entries} entries; {_a(limits.what)} has at most {limits.most_files} files"
        )
    if at + length != size - _END.size:
        raise ZipRefused("is a zip with something before or inside of it that is no entry")
    return size


def checked_entries(zip_: zipfile.ZipFile, size: int, limits: Limits) -> dict[str, zipfile.ZipInfo]:
    """Return a zip's entries by name, each of them looked at. Raises ZipRefused."""
    entries: dict[str, zipfile.ZipInfo] = {}
    unpacked = 0
    for entry in zip_.infolist():
        # The name as it stands in the directory: zipfile cuts at a zero byte and turns slashes.
        name = entry.orig_filename
        told = shown(name)
        if name.startswith(("/", "\\")) or name[1:2] == ":":
            raise ZipRefused(f"{told}: an absolute name")
        if ".." in name.replace("\\", "/").split("/"):
            raise ZipRefused(f"{told}: a name that leads out of the {limits.what}")
        if name in entries:
            raise ZipRefused(f"{told}: stands in the zip twice")
        _check_entry(entry, told, limits)
        unpacked += entry.file_size
        if unpacked > limits.most_unpacked:
            raise ZipRefused(f"unpacked it has more than {limits.most_unpacked // 2**20} MiB")
        entries[name] = entry
    _check_places(entries, size)
    return entries


def whole(zip_: zipfile.ZipFile, entry: zipfile.ZipInfo, most_bytes: int) -> bytes:
    """Return a small entry. Raises ZipRefused: it is larger than that."""
    if entry.file_size > most_bytes:
        raise ZipRefused(f"{entry.filename}: {entry.file_size} bytes; at most {most_bytes}")
    with zip_.open(entry) as stream:
        return stream.read(most_bytes + 1)


def shown(name: str) -> str:
    """Return a foreign name as a sentence may hold it."""
    return repr(name[:80])


def plain(error: BaseException) -> str:
    """Return what an error says, or what it is where it says nothing that can be printed."""
    text = "".join(letter for letter in str(error)[:200] if letter.isprintable())
    return text or type(error).__name__


def _check_entry(entry: zipfile.ZipInfo, told: str, limits: Limits) -> None:
    mode, what = entry.external_attr >> 16, _a(limits.what)
    is_folder = entry.orig_filename.endswith("/")
    if is_folder and limits.has_folders and entry.file_size == 0:
        return
    if stat.S_IFMT(mode) not in {0, stat.S_IFREG}:
        kind = "a link" if stat.S_ISLNK(mode) else "no plain file"
        raise ZipRefused(f"{told}: is {kind}; {what} holds plain files only")
    if is_folder:
        raise ZipRefused(f"{told}: is a folder's entry; {what} holds plain files only")
    if entry.flag_bits & 0x1:
        raise ZipRefused(f"{told}: is encrypted")
    if entry.compress_type not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}:
        raise ZipRefused(f"{told}: is packed in a way that is not deflate")
    if entry.file_size > _RATIO_FROM_BYTES and entry.file_size > limits.most_ratio * max(
        1, entry.compress_size
    ):
        raise ZipRefused(
            f"{told}: {entry.compress_size} bytes that unfold to {entry.file_size}: a zip bomb"
        )


def _check_places(entries: dict[str, zipfile.ZipInfo], size: int) -> None:
    """Refuse entries that share bytes: a small zip of them unfolds to anything."""
    end = 0
    for entry in sorted(entries.values(), key=lambda one: one.header_offset):
        if entry.header_offset < end:
            raise ZipRefused(f"{shown(entry.filename)}: lies over another entry")
        end = entry.header_offset + _LOCAL_BYTES + entry.compress_size
    if end > size:
        raise ZipRefused("the zip ends before its last entry does")


def _a(what: str) -> str:
    return f"{'an' if what[0] in 'aeiou' else 'a'} {what}"
