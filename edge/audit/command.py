"""The verb `audit`: taps at a terminal or a local page; a record and a statement are left."""

import asyncio
import contextlib
import json
import os
import signal
import socket
from collections.abc import Callable
from pathlib import Path

from rich.console import Console

from edge.audit import statement
from edge.audit.app import build_app
from edge.audit.record import Record, read_record, with_accuracy
from edge.audit.session import PROOF_SECONDS, Audit
from edge.audit.terminal import run_terminal
from edge.calibrate.command import tell_where
from edge.calibrate.serve import Deadline, listen, serve
from edge.config import CameraSection, EdgeConfig, LineSection
from edge.config_file import load
from edge.errors import ConfigError, EdgeError
from edge.sources.learnt_size import LearntSize


def audit_door(
    path: Path,
    *,
    camera: str | None,
    line: str | None,
    minutes: float,
    late_seconds: float,
    output: Path,
    page: bool,
    host: str,
    port: int,
    allow_network: bool,
) -> None:
    """Audit one line of one camera, and write what came of it into the folder `output`.

    Raises ConfigError, and EdgeError when the record cannot be written.
    """
    config = load(path)
    section, part = _chosen(path, config, camera, line)
    guess = LearntSize(config.spool.path.parent, section).recall()
    _require_folder(output)

    def begin() -> Audit:
        return Audit(config.node, section, part, guess, late_seconds=late_seconds)

    if page:
        listener = listen(host, port, allow_network=allow_network)
        record = _at_a_page(begin, listener, minutes)
    else:
        record = asyncio.run(_at_a_terminal(begin(), 60 * minutes))
    _leave(record, output)


def print_again(record: Path, output: Path) -> None:
    """Write and show the statement of a record that is there.

    Raises EvaluationError for a record that cannot be read.
    """
    read = read_record(record)
    Console().print(statement.table(read))
    _require_folder(output)
    _write(output / f"{record.stem}.html", statement.page(read))


async def _at_a_terminal(audit: Audit, seconds: float) -> Record:
    loop = asyncio.get_running_loop()
    tapping = loop.create_task(run_terminal(audit, seconds), name="tapping")
    # Stopped from outside is ended early: what was tapped is worth a statement.
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, tapping.cancel)
    counting = loop.create_task(audit.run(), name="counting")
    try:
        try:
            ran = await tapping
        except asyncio.CancelledError:
            ran = audit.seconds()
        # The last ones have passed, but the counter is not sure of them yet.
        await asyncio.sleep(PROOF_SECONDS)
    finally:
        counting.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await counting
    return audit.record(ran)


def _at_a_page(begin: Callable[[], Audit], listener: socket.socket, minutes: float) -> Record:
    audit = begin()
    deadline = Deadline(minutes)
    app = build_app(
        audit,
        audit.run,
        deadline.seconds_left,
        lambda: os.kill(os.getpid(), signal.SIGTERM),
    )
    serve(
        app,
        listener,
        deadline,
        ready=lambda address: tell_where(address, minutes),
        ending=audit.close,
    )
    # Of the last moments the counter was not sure yet, so they are left out on both sides.
    return audit.record(max(0.0, audit.seconds() - PROOF_SECONDS))


def _chosen(
    path: Path, config: EdgeConfig, camera: str | None, line: str | None
) -> tuple[CameraSection, LineSection]:
    lines = [
        (section, part)
        for section in config.cameras
        for part in section.lines
        if camera in (None, section.name) and line in (None, part.name)
    ]
    if len(lines) == 1:
        return lines[0]
    if lines:
        names = ", ".join(f"{section.name} / {part.name}" for section, part in lines)
        raise ConfigError(f"{path}: which line? Say --camera and --line, of {names}")
    raise ConfigError(f"{path}: there is no such camera and line to audit")


def _require_folder(output: Path) -> None:
    if not output.is_dir() or not os.access(output, os.W_OK):
        raise ConfigError(f"{output}: is no folder that can be written; say --output FOLDER")


def _leave(record: Record, output: Path) -> None:
    name = f"audit-{record.camera}-{record.line}-{record.began_at:%Y%m%d-%H%M%S}"
    text = json.dumps(with_accuracy(record), ensure_ascii=False, indent=1)
    Console().print(statement.table(record))
    _write(output / f"{name}.json", text + "\n")
    _write(output / f"{name}.html", statement.page(record))


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, "utf-8")
    except OSError as error:
        raise EdgeError(f"{path}: cannot be written: {error.strerror}") from error
    print(f"written: {path}")  # noqa: T201  what the verb leaves
