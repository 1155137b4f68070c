"""Updates for tests: small wheels, zips that are sound or broken, and a hub that serves them."""

import hashlib
import io
import json
import threading
import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from contracts.update import (
    UpdateManifest,
    Wheel,
    encode_update_manifest,
    update_text,
)
from updater.archive import write_update

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(2, 34)))
STRANGER = Ed25519PrivateKey.from_private_bytes(bytes(range(3, 35)))
MACHINE = "aarch64"
PYTHON = "3.11"

Change = Callable[[dict[str, Any]], object]


def a_wheel(version: str, files: Mapping[str, str] | None = None) -> bytes:
    """Return a wheel of `kaiguan`; `files` are its modules, a word of its version without them."""
    folder = f"kaiguan-{version}.dist-info"
    content = dict(files or {"edge/__init__.py": f'"""{version}"""\n'})
    content[f"{folder}/METADATA"] = f"Metadata-Version: 2.1\nName: kaiguan\nVersion: {version}\n"
    content[f"{folder}/WHEEL"] = (
        "Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    )
    record = f"{folder}/RECORD"
    content[record] = "".join(f"{name},,\n" for name in (*content, record))
    return zipped(content)


def zipped(files: Mapping[str, str | bytes]) -> bytes:
    """Return a zip of these files, with always the same bytes."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as zip_:
        for name, text in files.items():
            entry = zipfile.ZipInfo(name)
            entry.external_attr = 0o100644 << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            zip_.writestr(entry, text)
    return buffer.getvalue()


def a_manifest(version: str, wheels: Mapping[str, bytes]) -> UpdateManifest:
    """Return the manifest of an edge's release."""
    listed = tuple(
        Wheel(name, hashlib.sha256(content).hexdigest(), len(content))
        for name, content in sorted(wheels.items())
    )
    return UpdateManifest(
        kind="edge",
        version=version,
        made="2026-11-30",
        python=(PYTHON,),
        machines=(MACHINE,),
        least_version="0.1.0",
        config_form=1,
        wheels=listed,
    )


def an_update(
    target: Path,
    version: str = "0.2.0",
    *,
    key: Ed25519PrivateKey | None = KEY,
    wheels: Mapping[str, bytes] | None = None,
    **changes: Any,
) -> Path:
    """Write an update; `changes` are keys of its manifest."""
    held = dict(wheels or {f"kaiguan-{version}-py3-none-any.whl": a_wheel(version)})
    manifest = encode_update_manifest(replace(a_manifest(version, held), **changes))
    write_update(target, manifest, None if key is None else sign(manifest, key), held)
    return target


def sign(manifest: bytes, key: Ed25519PrivateKey = KEY) -> bytes:
    """Return a manifest's signature."""
    return key.sign(update_text(manifest))


def a_raw_update(target: Path, files: Mapping[str, str | bytes], change: Change) -> Path:
    """Write a signed zip that no tool of ours would: any files, and any manifest."""
    manifest: dict[str, Any] = json.loads(
        encode_update_manifest(a_manifest("0.2.0", {"a.whl": b"a"}))
    )
    manifest["wheels"] = [
        {
            "name": name,
            "sha256": hashlib.sha256(_bytes(text)).hexdigest(),
            "bytes": len(_bytes(text)),
        }
        for name, text in files.items()
    ]
    change(manifest)
    text = json.dumps(manifest).encode()
    target.write_bytes(zipped({"manifest.json": text, "manifest.sig": sign(text), **files}))
    return target


def _bytes(text: str | bytes) -> bytes:
    return text.encode() if isinstance(text, str) else text


class Shelf:
    """What a small hub serves, by its hash: the whole, or the part that `Range` asks for."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.url = ""
        self.cut_after: list[int] = []
        """After how many bytes each next answer is cut off."""
        self.asked_from: list[int] = []

    def put(self, path: Path) -> str:
        """Serve a file; return its hash."""
        content = path.read_bytes()
        sha256 = hashlib.sha256(content).hexdigest()
        self.files[sha256] = content
        return sha256

    @contextmanager
    def open(self) -> Iterator["Shelf"]:
        """Serve until the block ends."""
        shelf = self

        class Answers(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                content = shelf.files.get(self.path.rpartition("/")[2])
                if content is None:
                    self.send_error(404)
                    return
                asked = self.headers.get("Range", "")
                begins = int(asked[6:-1]) if asked else 0
                shelf.asked_from.append(begins)
                self.send_response(206 if asked else 200)
                self.send_header("Content-Length", str(len(content) - begins))
                if asked:
                    end = len(content) - 1
                    self.send_header("Content-Range", f"bytes {begins}-{end}/{len(content)}")
                self.end_headers()
                most = shelf.cut_after.pop(0) if shelf.cut_after else len(content)
                self.wfile.write(content[begins : begins + most])
                self.close_connection = True

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002
                """Say nothing."""

        server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
        self.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield self
        finally:
            server.shutdown()
            server.server_close()
            thread.join()
