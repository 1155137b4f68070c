"""Zips over the API: handed in as a body up to a size, and fetched by the hash of their bytes."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path as FilePath
from typing import Annotated, Any, Final

import anyio
from fastapi import Path, Request
from fastapi.responses import FileResponse

from contracts.pack import SHA256_PATTERN
from hub.api.problems import Problem, TooLarge
from hub.packs.folder import PackFolder

Responses = dict[int | str, dict[str, Any]]

Sha256 = Annotated[str, Path(pattern=SHA256_PATTERN, description="of the zip")]
FETCHED: Final[Responses] = {
    200: {"content": {"application/zip": {}}, "description": "The zip"},
    206: {"content": {"application/zip": {}}, "description": "The part that Range asked for"},
    416: {"description": "Range asks for nothing that is there"},
}
BODY: Final = {
    "requestBody": {
        "required": True,
        "content": {"application/zip": {"schema": {"type": "string", "format": "binary"}}},
    }
}


def too_large(what: str) -> Responses:
    """Return how it is described that a zip is larger than `what` may be."""
    return {413: {"model": Problem, "description": f"The zip is larger than {what} may be"}}


@asynccontextmanager
async def received(
    request: Request, folder: PackFolder, most_bytes: int, what: str
) -> AsyncIterator[FilePath]:
    """Write the body to a file of its own, which is gone afterwards. Raises TooLarge."""
    incoming = folder.incoming()
    try:
        size = 0
        async with await anyio.open_file(incoming, "wb") as file:
            async for chunk in request.stream():
                size += len(chunk)
                if size > most_bytes:
                    raise TooLarge(f"{what} has at most {most_bytes // 2**20} MiB")
                await file.write(chunk)
        yield incoming
    finally:
        incoming.unlink(missing_ok=True)


def fetched(folder: PackFolder, sha256: str) -> FileResponse:
    """Return a zip, or the part of it that `Range` names. Raises NotFound."""
    return FileResponse(
        folder.find(sha256),
        media_type="application/zip",
        headers={
            "Cache-Control": "public, max-age=31536000, immutable",
            "ETag": f'"{sha256}"',
            "Content-Disposition": f'attachment; filename="{sha256[:12]}.zip"',
        },
    )
