"""Content packs of kiosks: handed in, listed, withdrawn; and fetched by hash, by anybody."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Request
from fastapi.responses import FileResponse, Response
from pydantic import BaseModel, Field
from starlette.concurrency import run_in_threadpool

from contracts.ids import NAME_PATTERN
from contracts.pack import MOST_PACK_BYTES
from hub.access import Permission, Who
from hub.api.deps import known_parameters
from hub.api.models import instant
from hub.api.problems import PROBLEMS
from hub.api.zips import BODY, FETCHED, Sha256, fetched, received, too_large
from hub.store.records.packs import PackRecord
from hub.web import RunningHub
from hub.web_access import Needs, Visitor

router = APIRouter(
    prefix="/api/v1/packs", responses=PROBLEMS, dependencies=[Depends(known_parameters)]
)

AnnouncesPacks = Annotated[Who, Depends(Needs(Permission.PACKS))]
VenueName = Annotated[str, Field(pattern=NAME_PATTERN)]


class PackOut(BaseModel):
    """A pack that is announced to kiosks."""

    pack: str
    version: int
    sha256: Annotated[str, Field(description="of the zip; by it the zip is fetched")]
    bytes: int
    title_zh: str
    title_en: str
    targets: Annotated[int, Field(description="pictures and markers in it")]
    venues: Annotated[list[str] | None, Field(description="null: all of them")]
    who: str
    added: datetime

    @classmethod
    def of(cls, pack: PackRecord) -> "PackOut":
        """Return a pack as the API tells it."""
        return cls(
            pack=pack.pack,
            version=pack.version,
            sha256=pack.sha256,
            bytes=pack.bytes,
            title_zh=pack.title_zh,
            title_en=pack.title_en,
            targets=pack.targets,
            venues=None if pack.venues is None else sorted(pack.venues),
            who=pack.who,
            added=instant(pack.added_ms),
        )


@router.get("", summary="Content packs that are announced")
def list_packs(hub: RunningHub, _who: AnnouncesPacks) -> list[PackOut]:
    """Return the packs that kiosks shall show, by name."""
    return [PackOut.of(pack) for pack in hub.packs.all()]


@router.post(
    "",
    summary="Announce a content pack",
    status_code=201,
    openapi_extra=BODY,
    responses=too_large("a pack"),
)
async def add_pack(
    request: Request,
    hub: RunningHub,
    who: AnnouncesPacks,
    venue: Annotated[
        list[VenueName] | None, Query(max_length=1000, description="whose kiosks; absent: all")
    ] = None,
) -> PackOut:
    """Take a zip as the body, look it through, and tell kiosks of it.

    It has to bear the district's signature.
    """
    async with received(request, hub.packs.folder, MOST_PACK_BYTES, "a pack") as incoming:
        return PackOut.of(await run_in_threadpool(hub.packs.add, who, incoming, venue))


@router.get(
    "/{sha256}",
    summary="The zip of a content pack",
    response_class=FileResponse,
    responses=FETCHED,
)
def fetch_pack(
    hub: RunningHub,
    _who: Visitor,
    sha256: Sha256,
) -> FileResponse:
    """Return a zip, or the part of it that `Range` names, so that a fetch can go on."""
    return fetched(hub.packs.folder, sha256)


@router.delete("/{pack}", summary="Withdraw a content pack", status_code=204)
def withdraw_pack(
    hub: RunningHub,
    who: AnnouncesPacks,
    pack: Annotated[str, Path(pattern=NAME_PATTERN)],
) -> Response:
    """Let kiosks take a pack away."""
    hub.packs.withdraw(who, pack)
    return Response(status_code=204)
