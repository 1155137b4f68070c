"""Who signed an update: Ed25519 (RFC 8032), by the machine's OpenSSL.

The standard library has no such signatures, and code of ours for them would be one more thing to
trust. `openssl` is on every Debian with `ca-certificates`.
"""

import subprocess
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from contracts.update import update_text
from updater.errors import SettingsError

OPENSSL: Final = "openssl"
_SIGNATURE_BYTES: Final = 64
_SECONDS: Final = 30


def is_signed(manifest: bytes, signature: bytes, keys: Iterable[Path]) -> bool:
    """Tell whether one of the keys, public PEM files, made the signature of a manifest.

    Raises SettingsError: there is no OpenSSL, or no key can be read.
    """
    known = tuple(keys)
    readable = [key for key in known if key.is_file()]
    if not readable:
        names = ", ".join(map(str, known)) or "none is named"
        raise SettingsError(f"no key of updates is there ({names}): see docs/updates.md")
    if len(signature) != _SIGNATURE_BYTES:
        return False
    with tempfile.TemporaryDirectory(prefix="kaiguan-") as folder:
        text, signed = Path(folder, "text"), Path(folder, "signature")
        text.write_bytes(update_text(manifest))
        signed.write_bytes(signature)
        return any(_verifies(text, signed, key) for key in readable)


def _verifies(text: Path, signature: Path, key: Path) -> bool:
    command = [OPENSSL, "pkeyutl", "-verify", "-pubin", "-rawin"]
    files = ["-inkey", str(key), "-in", str(text), "-sigfile", str(signature)]
    try:
        done = subprocess.run(  # noqa: S603  our own arguments
            [*command, *files],
            check=False,
            capture_output=True,
            timeout=_SECONDS,
        )
    except FileNotFoundError as error:
        raise SettingsError(f"there is no {OPENSSL}: apt-get install openssl") from error
    except (OSError, subprocess.TimeoutExpired) as error:
        raise SettingsError(f"{OPENSSL} cannot be run: {error}") from error
    return done.returncode == 0 and b"Signature Verified Successfully" in done.stdout
