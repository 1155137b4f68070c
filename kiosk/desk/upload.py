"""Telling the library's system what was accepted without it: each row once, however often cut.

Before a row is sent again, a system that does not know transactions by their ids is asked whether
the row arrived; one that does gets it again, under the same id.
"""

from collections.abc import Callable
from dataclasses import dataclass

import structlog
from msgspec.structs import replace

from kiosk.desk.desk import Desk
from kiosk.desk.ils import Happened, Ils
from kiosk.errors import IlsError, NotSent, NotSupported
from kiosk.lending.clocks import library_time_ms
from kiosk.lending.effects import Finding, Request
from kiosk.lending.offline import next_uploads
from kiosk.lending.transaction import Action, Transaction, Upload

log = structlog.get_logger(__name__)

_REQUESTS = {
    Action.BORROW: Request.CHECKOUT,
    Action.RETURN: Request.CHECKIN,
    Action.RENEW: Request.RENEW,
}
_SETTLED_BY = {Action.BORROW: Finding.HERE, Action.RETURN: Finding.AVAILABLE}


@dataclass(slots=True)
class Uploaded:
    """What became of a run: rows that were taken, refused, and that still wait."""

    done: int = 0
    refused: int = 0
    left: int = 0


async def upload(
    desk: Desk, ils: Ils, *, now_ms: Callable[[], int], boot: str = "", offset_ms: int = 0
) -> Uploaded:
    """Upload what waits, until nothing does or the library's system is away. Raises JournalError.

    A refused row is kept for the staff and the next one is sent: none holds up another. `offset_ms`
    is by how much the clock of this start of the system (`boot`) is behind the library's.
    """
    result = Uploaded()
    tried: set[str] = set()
    is_away = False
    while not is_away:
        rows = [one for one in next_uploads(desk.journal) if one.id not in tried]
        if not rows:
            break
        for row in rows:
            tried.add(row.id)
            async with desk.turn:
                # Between two rows somebody may have finished or exported it.
                one = desk.journal.get(row.id)
                if one is None or not one.waits_for_upload:
                    continue
                at_ms = library_time_ms(one.accepted_at_ms, offset_ms, now_ms(), one.boot, boot)
                try:
                    one = await _upload_row(desk, ils, one, Happened(at_ms, one.due_at_ms))
                except NotSent as error:
                    log.warning("upload_stopped", reason=str(error))
                    is_away = True
                    break
                except IlsError as error:
                    # Whether it arrived is found out the next time.
                    log.warning("upload_unanswered", reason=str(error))
                    continue
            result.done += one.upload is Upload.DONE
            result.refused += one.upload is Upload.REFUSED
    result.left = sum(one.waits_for_upload for one in desk.journal)
    return result


async def _upload_row(desk: Desk, ils: Ils, one: Transaction, happened: Happened) -> Transaction:
    if one.upload is Upload.SENT and not ils.knows_transactions and await _is_there(ils, one):
        return await desk.keep(replace(one, upload=Upload.DONE))
    one = await desk.keep(replace(one, upload=Upload.SENT, attempts=one.attempts + 1))
    try:
        reply = await ils.ask(_REQUESTS[one.action], one, happened=happened)
    except NotSupported as error:
        return await desk.keep(replace(one, upload=Upload.REFUSED, refusal=str(error)))
    except NotSent:
        await desk.keep(replace(one, upload=Upload.WAITING))
        raise
    if reply.is_ok:
        return await desk.keep(replace(one, upload=Upload.DONE, due=reply.due or one.due))
    # What is as it should be was recorded before, whatever the answer to this says.
    if await _is_there(ils, one):
        return await desk.keep(replace(one, upload=Upload.DONE))
    log.warning("upload_refused", id=one.id, reason=reply.reason)
    return await desk.keep(replace(one, upload=Upload.REFUSED, refusal=reply.reason))


async def _is_there(ils: Ils, one: Transaction) -> bool:
    looked = await ils.look(one)
    return looked.finding is _SETTLED_BY.get(one.action) or looked.is_renewed
