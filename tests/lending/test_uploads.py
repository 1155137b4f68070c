"""What was accepted without the library reaches it once, however often the line is cut."""

import asyncio
import random
from collections import Counter
from datetime import UTC
from pathlib import Path

import pytest
from msgspec.structs import replace

from contracts.sip2.message import Message
from kiosk.desk.exports import export_koc
from kiosk.desk.upload import upload
from kiosk.errors import ExportRefused
from kiosk.lending.offline import OfflinePolicy
from kiosk.lending.stack import PadItem
from kiosk.lending.transaction import Action, Stage, Transaction, Upload
from tests.lending.benches import NOW_MS, Bench, Kiosk, a_kiosk, item_id
from tests.lending.model_ils import IlsServer, ModelIls

ITEMS = 250
CUTS = 20


def offline_rows(count: int, seed: int) -> list[Transaction]:
    """Loans and returns of some items, each in its order, as a day without the line leaves them."""
    rng = random.Random(seed)
    lent: dict[str, str] = {}
    rows = []
    for number in range(count):
        item = item_id(rng.randrange(ITEMS))
        action = Action.RETURN if item in lent else Action.BORROW
        patron = f"p{number}"
        if action is Action.RETURN:
            del lent[item]
        else:
            lent[item] = patron
        at_ms = NOW_MS + number * 2000
        one = Transaction(
            f"{number:024x}", "s", action, item, (), at_ms, patron=patron, is_offline=True
        )
        one = replace(one, is_accepted=True, accepted_at_ms=at_ms, upload=Upload.WAITING)
        rows.append(one.at(Stage.SHOWN, at_ms))
    return rows


async def upload_through_cuts(kiosk: Kiosk, ils: ModelIls, server: IlsServer, cuts: int) -> None:
    rows = sum(one.waits_for_upload for one in kiosk.desk.journal)
    met, every = 0, max(1, rows // cuts)

    def cut(request: Message) -> None:
        nonlocal met
        met += request.code in {"09", "11"}
        # Now before it is carried out, now after.
        if request.code in {"09", "11"} and met % every == 0 and met // every <= cuts:
            asyncio.get_running_loop().call_soon(server.cut)

    ils.before = cut
    async with asyncio.timeout(90):
        left = rows
        while left:
            left = (await upload(kiosk.desk, kiosk.ils, now_ms=lambda: kiosk.now_ms)).left
            await asyncio.sleep(0.01)
    assert kiosk.client.counts["connections"] >= cuts


@pytest.mark.parametrize(
    ("rows", "cuts", "name"),
    [
        (100, 8, "embedded"),
        (100, 8, "koha"),
        pytest.param(1000, CUTS, "embedded", marks=pytest.mark.soak),
        pytest.param(1000, CUTS, "koha", marks=pytest.mark.soak),
    ],
)
async def test_every_row_arrives_once_though_it_is_cut(
    tmp_path: Path, rows: int, cuts: int, name: str
) -> None:
    made = offline_rows(rows, seed=7)
    ils = ModelIls(embedded=name == "embedded")
    async with IlsServer(ils) as server, a_kiosk(tmp_path, "none", server.port, name=name) as kiosk:
        kiosk.now_ms = NOW_MS + rows * 2000
        kiosk.desk.journal.write_all(made, kiosk.now_ms)
        loop = asyncio.get_running_loop()
        began = loop.time()
        await upload_through_cuts(kiosk, ils, server, cuts)
        print(f"{rows} rows, {cuts} cuts, {loop.time() - began:.1f} s")  # noqa: T201
        assert {one.upload for one in kiosk.desk.journal} == {Upload.DONE}
    wanted = Counter(
        (one.action.value, one.item_id, one.patron if one.action is Action.BORROW else "")
        for one in made
    )
    told = Counter(
        (action, item, patron if action == "borrow" else "")
        for action, item, patron in ils.books.log
    )
    assert told == wanted
    assert ils.doubled == 0


async def test_an_item_is_not_told_ahead_of_what_waits_of_it(bench: Bench) -> None:
    async with bench.kiosk(policy=OfflinePolicy(is_allowed=True)) as kiosk:
        kiosk.desk.journal.write_all(offline_rows(1, seed=1), NOW_MS)
        (waits,) = kiosk.desk.journal
        item = PadItem(waits.item_id, "", "", ())
        back = await kiosk.desk.handle(kiosk.desk.open_session(), Action.RETURN, item)
        assert (back.is_offline, back.upload) == (True, Upload.WAITING)
        await upload(kiosk.desk, kiosk.ils, now_ms=lambda: kiosk.now_ms)
    assert [row[0] for row in bench.ils.books.log] == ["borrow", "return"]


async def test_kohas_file_is_written_once_and_handed_in_once(bench: Bench) -> None:
    folder = bench.folder / "koc"
    async with bench.kiosk() as kiosk:
        desk = kiosk.desk
        assert await export_koc(desk, folder, UTC, now_ms=NOW_MS) is None
        desk.journal.write_all(offline_rows(6, seed=1), NOW_MS)
        file = await export_koc(desk, folder, UTC, now_ms=NOW_MS)
        assert file is not None
        assert (folder / file.name).read_bytes() == file.content
        assert (folder / file.name).stat().st_mode & 0o077 == 0
        assert await export_koc(desk, folder, UTC, now_ms=NOW_MS) is None
        result = await upload(desk, kiosk.ils, now_ms=lambda: kiosk.now_ms)
        assert (result.done, result.left) == (0, 0)
        desk.journal.hand_in(file.digest, NOW_MS)
        with pytest.raises(ExportRefused):
            desk.journal.hand_in(file.digest, NOW_MS)
