"""What fuzzing has found, a case each: it stays mended."""

import asyncio
import json
import struct
import threading
from pathlib import Path

import psutil
import pytest

from contracts.errors import DecodeError
from contracts.messages import decode_status
from contracts.sip2.dates import read_due, read_instant
from contracts.sip2.line import Encoding, decode
from contracts.sip2.parts import LANGUAGE
from firmware_bridge.capture import decode_talk
from firmware_bridge.errors import FrameError
from hub.circulation.decide import Refusal
from hub.compliance.localtime import parse_period
from hub.config import load_config
from hub.errors import ConfigError as HubConfigError
from hub.lawbook import CATALOGUE, read_catalogue
from hub.library.files import Office
from hub.library.settings import load_loan_rules
from hub.store.records import Records
from hub.store.records.stock import StockRecords
from hub.store.sqlite import SqliteStore
from kiosk.ar.camera_model import CameraModel
from kiosk.errors import CameraUnknown
from link.config_file import read
from link.errors import ConfigError
from link.packs import PackRefused
from link.packs.pictures import check_picture
from tests.accounts import CHEAP, a_token, bearer
from tests.fuzz.terminals import AtTheClient, a_kiosk, asked
from tests.packs import a_png
from tests.unit.hub.access.serving import serving
from tests.unit.hub.library.terminal import DATE, Clock, Library

TOO_LONG = "9" * 5000
RULE = '[[item]]\n[[item.rule]]\nid = "x"\nmetric = "visits_count"\n'


class TestFiles:
    @pytest.mark.parametrize(
        ("text", "said"),
        [
            (f"a = {TOO_LONG}", "too long"),
            (f"a = {'[' * 5000}", "nested too deep"),
            ('"a\\u0007b" = 1', "no such key"),
            (f'"{"x" * 5000}" = 1', "no such key"),
        ],
    )
    def test_a_configuration_is_refused_in_one_short_line(
        self, tmp_path: Path, text: str, said: str
    ) -> None:
        path = tmp_path / "hub.toml"
        path.write_text(text)
        with pytest.raises(HubConfigError, match=said) as refused:
            load_config(path, {})
        assert str(refused.value).isprintable()
        assert len(str(refused.value)) < 1000

    def test_a_path_that_no_system_can_have(self) -> None:
        with pytest.raises(ConfigError, match="null byte"):
            read(Path("a\0b.toml"))

    @pytest.mark.parametrize(
        ("text", "said"),
        [(f"loans = {'[' * 5000}", "nested too deep"), (f"loans = {TOO_LONG}", "too long")],
    )
    def test_loan_rules(self, tmp_path: Path, text: str, said: str) -> None:
        (tmp_path / "rules.toml").write_text(text)
        with pytest.raises(HubConfigError, match=said):
            load_loan_rules(tmp_path / "rules.toml")

    @pytest.mark.parametrize("number", [TOO_LONG, "9" * 400])
    def test_a_cameras_model(self, number: str) -> None:
        text = CameraModel.from_fov(640, 480, 60).to_toml()
        with pytest.raises(CameraUnknown, match="too l"):
            CameraModel.from_toml(text.replace("fx = ", f"fx = {number} #"))

    @pytest.mark.parametrize(
        "text",
        [
            "item = [1]",
            "item = [{rule = 5}]",
            "[includes]\nlibrary = 5",
            RULE + 'op = ">="\nperiod = "week"\nsubject = "any"\ny2026 = nan',
            RULE + "op = []",
        ],
    )
    def test_a_catalogue_of_another_shape(self, tmp_path: Path, text: str) -> None:
        (tmp_path / "catalogue.toml").write_text(text)
        with pytest.raises(HubConfigError):
            read_catalogue(tmp_path / "catalogue.toml")
        assert read_catalogue(CATALOGUE)

    @pytest.mark.parametrize("length", [0xFFFF000A, 2**31, 1000])
    def test_a_picture_whose_chunk_says_that_it_has_gigabytes(self, length: int) -> None:
        png = bytearray(a_png())
        struct.pack_into(">I", png, png.index(b"IDAT") - 4, length)
        with pytest.raises(PackRefused, match="no sound PNG"):
            check_picture("p", bytes(png), "image/png")
        assert check_picture("p", a_png(), "image/png") == (8, 6)

    def test_a_picture_that_moves(self) -> None:
        png = a_png()
        at = png.index(b"IDAT") - 4
        moving = png[:at] + struct.pack(">I4s", 8, b"acTL") + bytes(12) + png[at:]
        with pytest.raises(PackRefused, match="no sound PNG"):
            check_picture("p", moving, "image/png")


def test_what_is_said_of_a_payload_is_short_and_on_one_line() -> None:
    for odd in ("x" * 100_000, "a\x1b[2Jb\u2028c"):
        payload = json.dumps({"boot": "b0b0b0b0", "online": True, "clock": {"state": odd}})
        with pytest.raises(DecodeError) as refused:
            decode_status(payload.encode())
        assert refused.value.reason.isprintable()
        assert len(refused.value.reason) < 1000


@pytest.mark.parametrize(
    "period", ["1-W1", "0001", "9999-12", "9999-W52", "2026-01-01..9999-12-31"]
)
def test_a_period_at_the_end_of_time(period: str) -> None:
    with pytest.raises(ValueError, match="is no period"):
        parse_period(period)


def test_a_capture_that_is_one_long_line() -> None:
    with pytest.raises(FrameError, match="line 1") as refused:
        list(decode_talk("x" * 5000))
    assert len(str(refused.value)) < 500


def test_threads_that_come_and_go_leave_no_file_open(tmp_path: Path) -> None:
    def files() -> int:
        return psutil.Process().num_fds()

    with SqliteStore(tmp_path / "series.db") as store:
        counts = []
        for _ in range(10):
            reading = threading.Thread(target=store.series, args=("museum",))
            reading.start()
            reading.join()
            counts.append(files())
        assert counts[-1] <= counts[1]


class TestLists:
    def test_what_is_wrong_with_one_row_is_told_and_the_others_are_taken(
        self, tmp_path: Path
    ) -> None:
        path = tmp_path / "list.csv"
        path.write_bytes(
            (
                "card,name,birth_date\nP1,Li,\n"
                "P2,Wang,1987-05-311111111111\n"  # more than a day can be reckoned with
                f"P3,{'x' * 140_000},\n"  # more than a cell can have
                "P4,Li\u2028Lei,\n"  # once two rows, the second of a card named Lei
                'P5,"Zhao,\nP6,Qian,\nP7,Sun",\n'  # a quote that is closed two lines later
                "P8,Zhou,1990-01-01\n"
            ).encode()
        )
        with Records(tmp_path / "records.db") as records:
            report = Office(records, CHEAP).take("patrons", path)
            cards = [patron.card for patron in StockRecords(records).patrons()]
        assert cards == ["P1", "P8"]
        assert report.added == 2
        told = [sentence.removeprefix(f"{path}: ").split(":")[0] for sentence in report.refused]
        assert told == ["line 3", "line 4", "line 5", "lines 6 to 8, one quoted cell"]


class TestTerminals:
    def test_controls_in_a_fixed_part_stop_nobody(self, tmp_path: Path) -> None:
        with Library(tmp_path) as library, library.terminal() as odd, library.terminal() as sound:
            said = odd.ask(f"63\x01\x02\x03{DATE}{'':<10}AOjd|AAnobody|AC|")
            assert (said.fixed[:2], said["BL"]) == ("64", "N")
            assert sound.item("B3").fixed[2:4] == "03"
            assert library.server.worker.counts["failed"] == 0
        line = f"23\x01\x02\x03{DATE}AOjd|AA1|".encode()
        assert decode(line)[LANGUAGE] == ""

    def test_a_mistake_in_a_refusal_stops_nobody_else(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def broken(message: object, settings: object, refusal: Refusal, *more: object) -> object:
            raise ZeroDivisionError(refusal)

        with Library(tmp_path) as library, library.terminal() as odd, library.terminal() as sound:
            monkeypatch.setattr("hub.library.visit.refusal_of", broken)
            monkeypatch.setattr("hub.library.worker.refusal_of", broken)
            assert odd.ask(f"17{DATE}AOjd|ABnothing|AC|").line.startswith("96")
            assert sound.item("B3").fixed[2:4] == "03"

    @pytest.mark.parametrize("promised", ["99991231   Z235959", "00010101   Z000000"])
    def test_a_due_date_at_the_end_of_time(self, tmp_path: Path, promised: str) -> None:
        clock = Clock()
        with Library(tmp_path, clock=clock) as library, library.terminal() as kiosk:
            lent = kiosk.ask(f"11NY{DATE}{promised}AOjd|AAP1|ABB3|AC|BKT1|")
            assert lent.fixed[2] == "1"
            assert lent["AH"].startswith("2026")
            assert kiosk.patron("P1", "  Y").all("AU") == ["B3"]
        assert read_instant(promised) is None
        assert read_due("9999-12-31T23:59:59-23:59") is None
        assert read_due("0001-01-01T00:00:00+23:59") is None


async def test_evidence_of_what_has_no_name(tmp_path: Path) -> None:
    async with serving(tmp_path) as served, served.browser() as browser:
        headers = bearer(a_token(served.hub.records))
        for name in ("%EF%BF%BD", "%0d%0ax", "%22"):
            answer = await browser.get(f"/api/v1/evidence/museum/sim/{name}.csv", headers=headers)
            assert answer.status_code == 404
        answer = await browser.get("/api/v1/evidence/museum/sim/main.csv", headers=headers)
        assert answer.status_code == 200


class _Bidding(AtTheClient):
    """A library's system that bids everybody wait 99.8 s, five times, and then says nothing."""

    def hear(self, line: bytes, encoding: Encoding) -> bytes:
        if not line.startswith((b"93", b"99")):
            return b""
        at = f"{DATE}2.00AOjd|BX{'Y' * 16}|"
        data = b"941" if line.startswith(b"93") else f"98YYYYYY998005{at}".encode()
        data += b"AY%dAZ" % (decode(line, encoding).sequence or 0)
        return data + b"%04X\r" % (-sum(data) & 0xFFFF)


async def test_a_system_that_bids_a_visitor_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kiosk.desk.sip2_client.LONGEST_ANSWER_SECONDS", 0.1)
    async with a_kiosk(_Bidding(), "koha") as asks:
        began = asyncio.get_running_loop().time()
        ends = {await asked(ask) for ask in asks}
        assert "ReplyLost" in ends
        assert asyncio.get_running_loop().time() - began < 20
