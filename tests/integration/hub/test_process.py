"""The hub as a process: over a real broker, through the API, to its end."""

import json
import socket
import threading
import time
from pathlib import Path

import httpx
import pytest

from contracts.messages import decode_ack, decode_live
from contracts.topics import Channel, live_topic, node_topic
from hub.store.sqlite import SqliteStore
from tests.brokers import Mosquitto
from tests.integration.hub.feeding import Node, a_node
from tests.integration.hub.running import ROOT, HubProcess, Wire, command, run_hub, until
from tests.systemd import Systemd, frozen

pytestmark = pytest.mark.broker
DAY_MS = 86_400_000


def counting(venue: str = "museum") -> Node:
    """A node that watched its main line for nine days, and has counted seven inside."""
    now_ms = time.time_ns() // 1_000_000
    node = a_node(venue).begin(now_ms - 10 * DAY_MS)
    node.watched("main", now_ms - 9 * DAY_MS, now_ms)
    return node.count("main", now_ms // 1000 - 60, 9, 2)


@pytest.fixture
def hub(tmp_path: Path, mosquitto: Mosquitto) -> HubProcess:
    return HubProcess(tmp_path / "hub", mosquitto.port)


def test_from_the_wire_to_the_api_and_back_to_the_broker(
    hub: HubProcess, mosquitto: Mosquitto
) -> None:
    node = counting()
    ack_topic = node_topic(node.id, Channel.ACK)
    with hub, Wire(mosquitto.port, live_topic("museum"), ack_topic) as wire:
        until(lambda: hub.get("/health")["broker"]["connected"])
        wire.publish(node.status_topic, node.status(online=True, at_ms=1), retain=True)
        wire.send(node)
        until(lambda: hub.occupancy("museum")["occupancy"] == 7)
        assert hub.occupancy("museum")["quality"] == "known"
        until(
            lambda: any(decode_live(p).occupancy == 7 for p in wire.payloads(live_topic("museum")))
        )
        acks = [decode_ack(payload) for payload in wire.payloads(ack_topic)]
        assert acks[-1].upto == node.seq
        assert acks[-1].store_id == hub.get("/health")["store"]["store_id"]
        devices = hub.get("/devices?venue=museum")
        assert [(d["state"], d["software"]) for d in devices] == [("online", "0.1.0")]
        wire.publish(node.status_topic, node.status(online=False, at_ms=2), retain=True)
        until(lambda: hub.occupancy("museum")["quality"] == "unknown")
        assert hub.occupancy("museum")["last_occupancy"] == 7
        assert hub.stop() == 0


def test_bad_messages_stop_nothing(hub: HubProcess, mosquitto: Mosquitto) -> None:
    node, now_s = counting(), int(time.time())
    with hub, Wire(mosquitto.port) as wire:
        until(lambda: hub.get("/health")["broker"]["connected"])
        for payload in (b"", b"{", b"\xff" * 100, b"[" * 50_000, b"null", b"x" * 300_000):
            wire.publish(node.data_topic, payload)
            wire.publish(node.status_topic, payload)
            wire.publish("kaiguan/v1/Not A Venue/sim/data", payload)
        wire.send(node)
        until(lambda: hub.occupancy("museum")["occupancy"] == 7)
        # A neighbour that knows the stream's id would take its owner's next rows for stored.
        neighbour = a_node("museum", "neighbour")
        neighbour.stream, neighbour.boot, neighbour.seq = node.stream, node.boot, node.seq
        wire.send(neighbour.count("main", now_s - 60, 500))
        wire.send(node.count("main", now_s - 60, 10, 2))
        until(lambda: hub.occupancy("museum")["occupancy"] == 8)
        refusals = hub.get("/health")["intake"]["refusals"]
        codes = {"not_json", "invalid", "too_large", "bad_topic", "foreign_stream"}
        assert set(refusals) == codes
        assert refusals["foreign_stream"] == 1
        assert refusals["bad_topic"] == 6
        assert httpx.get(hub.url + "/").status_code == 200
        assert hub.stop() == 0


def test_it_ends_in_order_while_streams_are_open(hub: HubProcess) -> None:
    with hub:
        events: list[str] = []
        ended = threading.Event()

        def listen() -> None:
            with httpx.stream("GET", f"{hub.url}/api/v1/live", timeout=20) as answer:
                events.extend(answer.iter_lines())
            ended.set()

        listener = threading.Thread(target=listen)
        listener.start()
        until(lambda: hub.get("/health")["streams"] == 1)
        began = time.monotonic()
        assert hub.stop() == 0
        assert time.monotonic() - began < 4
        assert ended.wait(5)
        listener.join()
        assert events[0].startswith("retry: ")
        assert events.count("event: occupancy") == 32
        assert sum(line.startswith("id: ") for line in events) == 32
        assert "hub_closed" in hub.log


def test_systemd_is_told(hub: HubProcess, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(str(tmp_path / "notify"))
        systemd.settimeout(15)
        monkeypatch.setenv("NOTIFY_SOCKET", systemd.getsockname())
        monkeypatch.setenv("WATCHDOG_USEC", "600000")
        with hub:
            heard = [systemd.recv(100) for _ in range(4)]
            assert heard.count(b"READY=1") == 1
            assert heard.count(b"WATCHDOG=1") == 3
            assert hub.stop() == 0
        while (last := systemd.recv(100)) == b"WATCHDOG=1":
            pass
        assert last == b"STOPPING=1"


def test_a_frozen_hub_gives_no_signs_of_life(
    hub: HubProcess, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Systemd(tmp_path / "notify") as systemd:
        systemd.started_by(monkeypatch)
        with hub:
            systemd.until("WATCHDOG=1")
            with frozen(hub.pid):
                systemd.hears_nothing()
            systemd.until("WATCHDOG=1")
            assert hub.stop() == 0


def test_a_restarted_hub_says_the_same(hub: HubProcess, mosquitto: Mosquitto) -> None:
    with hub, Wire(mosquitto.port) as wire:
        until(lambda: hub.get("/health")["broker"]["connected"])
        wire.send(counting())
        until(lambda: hub.occupancy("museum")["occupancy"] == 7)
        assert hub.stop() == 0
        hub.start()
        assert hub.occupancy("museum")["occupancy"] == 7
        assert [d["state"] for d in hub.get("/devices?venue=museum")] == ["silent"]


def test_a_backup_of_a_running_hub_comes_back_as_a_descendant(
    hub: HubProcess, mosquitto: Mosquitto, tmp_path: Path
) -> None:
    node = counting()
    with hub, Wire(mosquitto.port) as wire:
        until(lambda: hub.get("/health")["broker"]["connected"])
        wire.send(node)
        until(lambda: hub.occupancy("museum")["occupancy"] == 7)
        store_id = hub.get("/health")["store"]["store_id"]
        made = command("backup", str(tmp_path / "backup"), "--config", str(hub.config))
        assert made.exit_code == 0, made.stderr
        assert json.loads((tmp_path / "backup" / "about.json").read_text())["store_id"] == store_id
        again = command("backup", str(tmp_path / "backup"), "--config", str(hub.config))
        assert (again.exit_code, "exists already" in again.stderr) == (1, True)
        busy = command("restore", str(tmp_path / "backup"), "--config", str(hub.config))
        assert (busy.exit_code, "another hub" in busy.stderr) == (1, True)
        # What comes after the backup is lost with this store, and only here.
        wire.send(node.count("main", int(time.time()), 3))
        until(lambda: hub.occupancy("museum")["occupancy"] == 10)
        assert hub.stop() == 0

    second = HubProcess(tmp_path / "second", mosquitto.port, district=None)
    restored = command("restore", str(tmp_path / "backup"), "--config", str(second.config))
    assert restored.exit_code == 0, restored.stderr
    ack_topic = node_topic(node.id, Channel.ACK)
    with Wire(mosquitto.port, ack_topic) as wire, second:
        until(lambda: second.get("/health")["broker"]["connected"])
        store = second.get("/health")["store"]
        assert store["store_id"] != store_id
        assert store["ancestors"] == [store_id]
        assert second.occupancy("museum")["occupancy"] == 7
        # It tells every node where it stands, so that they send what it lacks.
        until(lambda: wire.payloads(ack_topic))
        told = decode_ack(wire.payloads(ack_topic)[0])
        assert (told.upto, told.ancestors) == (node.seq - 1, (store_id,))
        assert second.stop() == 0
        assert not list(second.folder.glob("data/*.restoring*"))


def test_venues_loaded_into_a_running_hub_appear(mosquitto: Mosquitto, tmp_path: Path) -> None:
    with HubProcess(tmp_path / "hub", mosquitto.port, district=None) as hub:
        assert hub.get("/venues") == []
        loaded = command(
            "admin", "load", str(ROOT / "examples" / "jiading"), "--config", str(hub.config)
        )
        assert loaded.exit_code == 0, loaded.stderr
        until(lambda: len(hub.get("/venues")) == 32)
        doctor = command("doctor", "--config", str(hub.config))
        assert "32 venues" in doctor.stdout
        assert hub.stop() == 0


class TestRefusals:
    def test_bad_configuration_ends_with_2(self, tmp_path: Path) -> None:
        file = tmp_path / "hub.toml"
        file.write_text("[http]\nprot = 1\n")
        ended = run_hub("serve", "--config", str(file))
        assert ended.returncode == 2
        assert ended.stderr == f"{file}: http.prot: there is no such key\n"

    def test_a_bad_venue_file_ends_with_2(self, tmp_path: Path) -> None:
        (tmp_path / "room.toml").write_text('id = "room"\n')
        ended = command("admin", "load", str(tmp_path))
        assert ended.exit_code == 2
        assert f"{tmp_path / 'room.toml'}: name_zh: Field required" in ended.stderr

    def test_a_bad_district_stops_serve_with_2(self, tmp_path: Path) -> None:
        hub = HubProcess(tmp_path, 1, district=tmp_path / "none")
        ended = run_hub("serve", "--config", str(hub.config))
        assert ended.returncode == 2, ended.stderr
        assert "is not a folder of venue files" in ended.stderr
        assert "Traceback" not in ended.stderr

    def test_a_taken_port_ends_with_2(self, tmp_path: Path, mosquitto: Mosquitto) -> None:
        file = tmp_path / "hub.toml"
        file.write_text(f"[http]\nport = {mosquitto.port}\n")
        ended = run_hub("serve", "--config", str(file))
        assert (ended.returncode, "cannot listen" in ended.stderr) == (2, True)

    def test_a_second_hub_on_one_folder_ends_with_1(self, hub: HubProcess) -> None:
        with hub:
            ended = run_hub("serve", "--config", str(hub.config))
            assert (ended.returncode, "another hub uses it" in ended.stderr) == (1, True)
            assert "Traceback" not in ended.stderr
            assert hub.stop() == 0

    def test_a_folder_that_cannot_be_made_ends_with_1(self, tmp_path: Path) -> None:
        (tmp_path / "file").touch()
        config = tmp_path / "hub.toml"
        config.write_text('data_dir = "file/data"\n[http]\nport = 0\n')
        for arguments in (["admin", "load", str(ROOT / "examples/jiading")], ["serve"]):
            ended = run_hub(*arguments, "--config", str(config))
            told = f"{tmp_path / 'file/data'}: cannot be used: Not a directory\n"
            assert (ended.returncode, ended.stderr) == (1, told)

    def test_a_doctor_makes_nothing(self, tmp_path: Path) -> None:
        hub = HubProcess(tmp_path, 1)
        data = tmp_path / "data"
        first = command("doctor", "--config", str(hub.config))
        assert (first.exit_code, data.exists()) == (1, False)
        loaded = command(
            "admin", "load", str(ROOT / "examples/jiading"), "--config", str(hub.config)
        )
        assert loaded.exit_code == 0
        SqliteStore(data / "series.db").close()
        assert "32 venues" in command("doctor", "--config", str(hub.config)).stdout
        (data / "records.db").unlink()
        last = command("doctor", "--config", str(hub.config))
        assert (last.exit_code, "BAD  records: none at" in last.stdout) == (1, True)
        assert not (data / "records.db").exists()

    def test_a_restore_of_something_else_leaves_nothing(self, tmp_path: Path) -> None:
        hub = HubProcess(tmp_path / "hub", 1)
        source = tmp_path / "source"
        source.mkdir()
        for name in ("series.db", "records.db"):
            (source / name).write_bytes(b"no database" * 500)
        ended = command("restore", str(source), "--config", str(hub.config))
        assert (ended.exit_code, "not a backup" in ended.stderr) == (1, True)
        assert [path.name for path in (hub.folder / "data").iterdir()] == ["hub.lock"]
