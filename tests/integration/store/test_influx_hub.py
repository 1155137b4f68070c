"""A hub that keeps its series in InfluxDB: a process, its file, and a database that goes."""

import os
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest

from contracts.messages import decode_ack
from contracts.topics import Channel, node_topic
from hub.config import TOKEN_VARIABLE, load_config
from hub.errors import ConfigError
from tests.accounts import bearer
from tests.brokers import Mosquitto
from tests.influx import Influx
from tests.integration.hub.feeding import a_node
from tests.integration.hub.running import ROOT, HubProcess, Wire, command, run_hub, until


def test_the_database_goes_and_comes_back(mosquitto: Mosquitto, tmp_path: Path) -> None:
    with Influx(tmp_path / "influx") as influx:
        influx.make()
        store = f'[store]\nkind = "influxdb"\nurl = "{influx.url}"\ntimeout_seconds = 2\n'
        hub = HubProcess(tmp_path / "hub", mosquitto.port, more=store)
        node = a_node("museum")
        ack_topic = node_topic(node.id, Channel.ACK)
        now_ms = time.time_ns() // 1_000_000
        node.begin(now_ms - 60_000).watched("main", now_ms - 59_000, now_ms)
        node.count("main", now_ms // 1000 - 60, 9, 2)
        with hub, Wire(mosquitto.port, ack_topic) as wire:
            until(lambda: hub.get("/health")["broker"]["connected"])
            wire.send(node)
            until(lambda: any(decode_ack(p).upto == node.seq for p in wire.payloads(ack_topic)))
            told = command("doctor", "--config", str(hub.config)).stdout
            assert f"ok   store: {influx.url}, database kaiguan, InfluxDB 1.6.7" in told
            metrics = httpx.get(f"{hub.url}/metrics", headers=bearer(hub.token)).text
            assert 'kaiguan_store_info{kind="influxdb"} 1.0' in metrics

            influx.kill9()
            acked = len(wire.payloads(ack_topic))
            payloads = node.count("main", now_ms // 1000, 4).payloads()
            for payload in payloads:
                wire.publish(node.data_topic, payload)
            until(lambda: hub.get("/health")["store"]["trouble"])
            assert len(wire.payloads(ack_topic)) == acked
            assert httpx.get(f"{hub.url}/readyz").status_code == 503
            # What needs no series is answered as ever, what does says that it cannot.
            assert hub.get("/venues")
            series = f"{hub.url}/api/v1/series/museum/{node.node}/main"
            asked = {"start": "2026-01-01T00:00:00Z", "end": "2026-01-02T00:00:00Z"}
            answer = httpx.get(series, params=asked, headers=bearer(hub.token), timeout=10)
            assert answer.status_code == 503, answer.text
            assert "BAD  store: " in command("doctor", "--config", str(hub.config)).stdout

            influx.start()
            for payload in payloads:
                wire.publish(node.data_topic, payload)
            until(lambda: any(decode_ack(p).upto == node.seq for p in wire.payloads(ack_topic)))
            until(lambda: not hub.get("/health")["store"]["trouble"])
            assert hub.stop() == 0
        influx.kill9()
        ended = run_hub("serve", "--config", str(hub.config))
        assert ended.returncode == 1
        assert f"{influx.url}, database kaiguan: " in ended.stderr
        assert "Traceback" not in ended.stderr


def test_a_token_is_in_no_file(tmp_path: Path) -> None:
    file, secret = tmp_path / "hub.toml", tmp_path / "token"
    section = '[store]\nkind = "influxdb"\nurl = "http://127.0.0.1:8086"\n'
    file.write_text(f'{section}token = "s3cret"\n')
    with pytest.raises(ConfigError, match=rf"store\.token: .* set {TOKEN_VARIABLE}"):
        load_config(file, {})
    file.write_text(section)
    secret.write_text("s3cret\n")
    for given in ({TOKEN_VARIABLE: "s3cret"}, {f"{TOKEN_VARIABLE}_FILE": str(secret)}):
        token = load_config(file, given).store.token
        assert token is not None
        assert token.get_secret_value() == "s3cret"
    assert "s3cret" not in repr(load_config(file, {TOKEN_VARIABLE: "s3cret"}))


def test_a_kind_needs_an_address(tmp_path: Path) -> None:
    file = tmp_path / "hub.toml"
    file.write_text('[store]\nkind = "influxdb"\n')
    with pytest.raises(ConfigError, match=r"store: .*url does not say where it is"):
        load_config(file, {})


def test_who_keeps_series_in_sqlite_loads_no_client() -> None:
    told = "import sys, hub.__main__; print([m for m in sys.modules if m.startswith('influxdb')])"
    run = subprocess.run(
        [sys.executable, "-c", told],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"]},
        check=True,
        capture_output=True,
        text=True,
    )
    assert run.stdout.strip() == "[]"
