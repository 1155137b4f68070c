"""Fuzzing guided by coverage: what reaches new lines of ours is kept, and changed further.

    python -m tests.fuzz.guided models --seconds 60

Atheris (libFuzzer) runs one target in this process, from a corpus of sound inputs. An exception
that is not documented, an input that takes longer than five seconds, and more than 2 GiB of memory
end it with an exit code other than 0; the input is left in the folder. What is written in C
(msgspec, zlib) is not seen into: of the decoders of messages only what follows them is guided.
"""

import argparse
import contextlib
import json
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import atheris

with atheris.instrument_imports(
    include=["contracts", "link.packs", "link.config_file", "link.toml_text", "firmware_bridge"],
    enable_loader_override=False,
):
    from contracts.errors import DecodeError, LineError
    from contracts.messages import decode_batch, decode_status
    from contracts.pack import decode_manifest
    from contracts.sip2.dates import read_due
    from contracts.sip2.forms import FORMS
    from contracts.sip2.line import Encoding, decode, encode
    from contracts.sip2.splitter import LineSplitter
    from firmware_bridge.errors import DeviceRefused, FrameError
    from link.packs import PackRefused, open_archive
    from link.packs.models import check_model
    from link.packs.pictures import check_picture
    from tests.integration.hub.feeding import Node
    from tests.packs import PUBLIC, a_glb, a_png, contents, manifest_of, signed_zip
    from tests.unit.firmware_bridge.fuzzing import MESSAGES, STREAMS

Target = tuple[Callable[[bytes], object], list[bytes]]
NOW_MS = 1_795_914_000_000
JPEGS = [
    b"\xff\xd8\xff\xe0\x00\x04ab\xff\xff\xfe\x00\x03c" + frame + bytes.fromhex("001108") + bytes(20)
    for frame in (b"\xff\xc0", b"\xff\xc2")
]
_ENCODINGS = list(Encoding)
_STREAMS = list(STREAMS.values())
_MESSAGES = list(MESSAGES.values())


def refused(look: Callable[[], object], *errors: type[Exception]) -> None:
    """Look, and let pass what is a documented refusal."""
    with contextlib.suppress(*errors):
        look()


def messages(data: bytes) -> None:
    """Batches, statuses, manifests."""
    for decode_ in (decode_batch, decode_status, decode_manifest):
        refused(lambda decode_=decode_: decode_(data), DecodeError)  # type: ignore[misc]


def lines(data: bytes) -> None:
    """SIP2: the first byte chooses the encoding, what follows are lines."""
    encoding = _ENCODINGS[data[0] % len(_ENCODINGS)] if data else Encoding.UTF_8
    for line in LineSplitter().feed(data[1:] + b"\r"):
        refused(lambda line=line: _line(line, encoding), LineError)  # type: ignore[misc]


def _line(line: bytes, encoding: Encoding) -> None:
    message = decode(line, encoding)
    for part in message.form.parts:
        message[part]
    for one in message.fields:
        read_due(one.value)
    decode(encode(message, encoding)[:-1], encoding)


def models(data: bytes) -> None:
    """GLB models."""
    refused(lambda: check_model("m", data), PackRefused)


def pictures(data: bytes) -> None:
    """Heads of pictures."""
    for media in ("image/png", "image/jpeg"):
        refused(lambda media=media: check_picture("p", data, media), PackRefused)  # type: ignore[misc]


def packs(data: bytes) -> None:
    """Zips."""
    refused(lambda: open_archive(data, [PUBLIC], allow_unsigned=True), PackRefused)


def streams(data: bytes) -> None:
    """Serial framing: the first byte chooses the format."""
    if not data:
        return
    case = _STREAMS[data[0] % len(_STREAMS)]
    decoder = case.build()
    for start in range(1, len(data), 64):
        list(decoder.feed(data[start : start + 64]))
        assert decoder.buffered <= case.most_buffered


def answers(data: bytes) -> None:
    """What devices answer, and tags: the first byte chooses which."""
    if data:
        case = _MESSAGES[data[0] % len(_MESSAGES)]
        refused(lambda: case.decode(data[1:]), FrameError, DeviceRefused)


def _of_bridge() -> list[bytes]:
    return [bytes([n]) + case.good * 2 for n, case in enumerate(_STREAMS)]


def _of_answers() -> list[bytes]:
    return [bytes([n]) + sample for n, case in enumerate(_MESSAGES) for sample in case.samples]


def _of_messages() -> list[bytes]:
    node = Node("museum", "sim").begin(NOW_MS).count("main", NOW_MS // 1000, 3)
    batches = node.watched("main", NOW_MS, NOW_MS + 60_000).payloads()
    manifest = json.dumps(manifest_of(contents())).encode()
    return [*batches, node.status(online=True, at_ms=NOW_MS), manifest]


def _of_lines() -> list[bytes]:
    found = []
    for number, code in enumerate(sorted(FORMS)):
        text = f"{code}{'':{FORMS[code].width}}AOjd|AAP1|ABB1|AH20261207    183149|"
        found.append(bytes([number]) + text.encode())
    return [*found, b"\x00" + b"97AZFEF5\r96AZFEF6\r941AY0AZFDFD"]


TARGETS: dict[str, Target] = {
    "messages": (messages, _of_messages()),
    "lines": (lines, _of_lines()),
    "models": (models, [a_glb()]),
    "pictures": (pictures, [a_png(), *JPEGS]),
    "packs": (packs, [signed_zip()]),
    "streams": (streams, _of_bridge()),
    "answers": (answers, _of_answers()),
}


def main() -> None:
    """Run one target until its time or its runs are over."""
    parser = argparse.ArgumentParser()
    parser.add_argument("target")
    parser.add_argument("--runs", type=int, default=-1)
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--folder", type=Path, default=None)
    told = parser.parse_args()
    folder: Path = told.folder or Path(tempfile.mkdtemp(prefix="kaiguan-guided-"))
    targets = TARGETS
    if told.target not in targets:
        # Much is loaded for these, which takes its time.
        from tests.fuzz.guided_files import of_files  # noqa: PLC0415

        targets = of_files(folder / "files")
    if told.target not in targets:
        parser.error(f"there is no target {told.target!r}; there are {', '.join(targets)}")
    look, samples = targets[told.target]
    corpus = folder / "corpus"
    corpus.mkdir()
    for number, sample in enumerate(samples):
        (corpus / f"sound-{number}").write_bytes(sample)
    flags = [
        f"-seed={told.seed}", f"-runs={told.runs}", f"-max_total_time={told.seconds}",
        f"-artifact_prefix={folder}/", "-timeout=5", "-rss_limit_mb=2048", "-max_len=8192",
        "-print_final_stats=1", "-verbosity=0" if told.runs > 0 else "-verbosity=1",
    ]  # fmt: skip
    atheris.Setup([sys.argv[0], *flags, str(corpus)], look, enable_python_coverage=True)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
