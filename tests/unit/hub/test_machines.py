"""What machines ask: /metrics, /healthz, /readyz, and files of CSV."""

import csv
import io
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from prometheus_client.metrics_core import Metric
from prometheus_client.parser import text_string_to_metric_families

from contracts.rows import Measure, State
from hub.api import export, health
from hub.api.export import cell
from hub.config import BrokerSection
from hub.live.board import wall_ms
from hub.runtime import Hub
from hub.store.commits import BOUNDS_SECONDS, TimedCommits
from link.errors import StoreUnavailable
from link.intake import Arrival, Group
from tests.accounts import a_token, bearer
from tests.brokers import free_port
from tests.conformance.fake_store import FakeStore
from tests.integration.hub.feeding import Node, a_node
from tests.unit.hub.test_api import API, a_config, feed, running

Served = tuple[Hub, httpx.AsyncClient]


@pytest.fixture
async def served(tmp_path: Path) -> AsyncIterator[Served]:
    async with running(a_config(tmp_path)) as (app, client):
        yield app.state.hub, client


async def metrics(client: httpx.AsyncClient) -> dict[str, Metric]:
    answer = await client.get("/metrics")
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    return {family.name: family for family in text_string_to_metric_families(answer.text)}


def values(family: Metric, label: str | None = None) -> dict[str | None, float]:
    return {s.labels.get(label) if label else None: s.value for s in family.samples}


class TestMetrics:
    async def test_numbers_of_the_intake(self, served: Served) -> None:
        hub, client = served
        feed(hub)
        hub.receive("kaiguan/v1/x/data", b"")
        found = await metrics(client)
        assert values(found["kaiguan_intake_messages"]) == {None: 1}
        assert values(found["kaiguan_intake_rows"]) == {None: 3}
        assert values(found["kaiguan_intake_refusals"], "code") == {"bad_topic": 1}
        assert values(found["kaiguan_intake_queue_messages"]) == {None: 0}
        commits = {s.labels.get("le"): s for s in found["kaiguan_store_commit_seconds"].samples}
        assert commits["+Inf"].value == 1
        assert {s.name for s in commits.values()} > {"kaiguan_store_commit_seconds_bucket"}
        assert values(found["kaiguan_store_bytes"])[None] > 4096
        assert values(found["kaiguan_store_refuses"]) == {None: 0}

    async def test_venues_and_devices(self, served: Served) -> None:
        hub, client = served
        feed(hub)
        found = await metrics(client)
        # What is not known is absent, never zero.
        assert values(found["kaiguan_venue_occupancy"], "venue") == {"museum": 7}
        quality = found["kaiguan_venue_quality"].samples
        assert len(quality) == 3 * len(hub.live.venues)
        assert {(s.labels["venue"], s.labels["quality"]) for s in quality if s.value} >= {
            ("museum", "known"),
            ("art-museum", "unknown"),
        }
        states = values(found["kaiguan_devices"], "state")
        assert states["silent"] == 1
        assert set(states) == {"online", "offline", "silent", "expected"}
        assert values(found["kaiguan_broker_connected"]) == {None: 0}

    async def test_made_up_names_become_no_labels(self, served: Served) -> None:
        hub, client = served
        now = wall_ms()
        for i in range(50):
            node = a_node(f"made-up-{i}").begin(now).count("main", now // 1000, 1)
            hub.intake.take([Arrival(node.id, node.data_topic, p, now) for p in node.payloads()])
            hub.receive(f"kaiguan/v1/x{i}/data", b"")
        hub.live.look()
        text = (await client.get("/metrics")).text
        assert "made-up" not in text
        assert "x4" not in text

    async def test_most_venues(self, served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
        hub, client = served
        monkeypatch.setattr("hub.api.metrics.MOST_VENUES", 2)
        found = await metrics(client)
        assert len(values(found["kaiguan_venue_entered_today"], "venue")) == 2
        assert values(found["kaiguan_venues"]) == {None: len(hub.live.venues)}

    async def test_every_metric_says_what_it_is_and_is_written_down(self, served: Served) -> None:
        hub, client = served
        feed(hub)
        told = (Path(__file__).parents[3] / "docs" / "hub.md").read_text("utf-8")
        found = await metrics(client)
        assert {"process_resident_memory_bytes", "python_gc_objects_collected"} <= set(found)
        for name, family in found.items():
            if name.startswith("kaiguan_"):
                assert len(family.documentation) > 15, name
                assert family.documentation.endswith("."), name
                assert f"`{name}`" in told, name
            else:
                assert name.startswith(("process_", "python_gc_")), name

    async def test_two_scrapes_leave_nothing_behind(self, served: Served) -> None:
        _, client = served
        assert set(await metrics(client)) == set(await metrics(client))

    async def test_other_machines_need_a_token(self, tmp_path: Path) -> None:
        async with running(a_config(tmp_path)) as (app, _):
            for host, status in (("127.0.0.1", 200), ("::1", 200), ("192.0.2.7", 401)):
                transport = httpx.ASGITransport(app, client=(host, 1))
                async with httpx.AsyncClient(transport=transport, base_url="http://hub") as client:
                    assert (await client.get("/metrics")).status_code == status
                    token = bearer(a_token(app.state.hub.records))
                    assert (await client.get("/metrics", headers=token)).status_code == 200


class TestHealth:
    async def test_alive_and_ready(self, served: Served) -> None:
        _, client = served
        answer = await client.get("/healthz")
        assert (answer.status_code, answer.json()) == (200, {"alive": True})
        answer = await client.get("/readyz")
        assert (answer.status_code, answer.json()) == (200, {"ready": True, "not_ready": []})
        assert answer.headers["cache-control"] == "no-store"

    async def test_a_full_disk_and_a_board_that_stands_still(self, served: Served) -> None:
        hub, client = served
        hub.intake.trouble = "/secret/place: disk is full"
        hub.live.at_ms -= health.STALE_SECONDS * 1000 + 10_000
        answer = await client.get("/readyz")
        assert answer.status_code == 503
        assert [part["what"] for part in answer.json()["not_ready"]] == ["store", "live"]
        assert "secret" not in answer.text
        assert (await client.get("/healthz")).status_code == 200

    async def test_a_broker_that_is_away(self, tmp_path: Path) -> None:
        config = a_config(tmp_path).model_copy(update={"broker": BrokerSection(port=free_port())})
        async with running(config) as (_, client):
            answer = await client.get("/readyz")
            assert answer.status_code == 503
            assert [part["what"] for part in answer.json()["not_ready"]] == ["broker"]


class TestCommits:
    def test_they_are_timed_and_counted(self) -> None:
        ticks = iter([0.0, 0.004, 1.0, 1.0005, 2.0, 12.0])
        commits = TimedCommits(FakeStore(), lambda: next(ticks))
        for _ in range(3):
            commits.commit(Group())
        counted = dict(zip((*BOUNDS_SECONDS, None), commits.counts, strict=True))
        assert {bound: n for bound, n in counted.items() if n} == {0.001: 1, 0.005: 1, None: 1}
        assert commits.seconds == pytest.approx(10.0045)

    def test_a_refused_one_is_counted_apart(self, monkeypatch: pytest.MonkeyPatch) -> None:
        store = FakeStore()

        def refuse(_group: Group) -> None:
            raise StoreUnavailable("full")

        monkeypatch.setattr(store, "commit", refuse)
        commits = TimedCommits(store)
        with pytest.raises(StoreUnavailable):
            commits.commit(Group())
        assert (commits.failed, sum(commits.counts)) == (1, 0)


class TestExport:
    @staticmethod
    def take(hub: Hub, node: Node) -> None:
        now = wall_ms()
        hub.intake.take([Arrival(node.id, node.data_topic, p, now) for p in node.payloads()])

    @staticmethod
    def table(answer: httpx.Response) -> list[list[str]]:
        assert answer.status_code == 200, answer.text
        assert answer.headers["content-type"] == "text/csv; charset=utf-8"
        assert answer.headers["content-disposition"].startswith('attachment; filename="')
        assert answer.content.startswith(b"\xef\xbb\xbf")
        return list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))

    async def test_counts(self, served: Served) -> None:
        hub, client = served
        minute = feed(hub)
        at = datetime.fromtimestamp(minute, UTC).isoformat(timespec="milliseconds")
        rows = self.table(await client.get(f"{API}/series/museum/sim/main.csv"))
        assert rows == [["at", "entered", "left"], [at, "9", "2"]]

    async def test_measures_below_zero_stay_numbers(self, served: Served) -> None:
        hub, client = served
        now = wall_ms()
        bucket = now // 300_000 * 300 - 300
        node = a_node("museum").begin(now)
        node.rows.append(
            Measure(
                node.next(), node.epoch, "yard", "temperature_celsius", bucket, 4, -3.25, -4.0, -2.5
            )
        )
        self.take(hub, node)
        rows = self.table(await client.get(f"{API}/series/museum/sim/yard.temperature_celsius.csv"))
        assert [row[1:] for row in rows] == [
            ["n", "mean", "min", "max"],
            ["4", "-3.25", "-4.0", "-2.5"],
        ]

    async def test_evidence(self, served: Served) -> None:
        hub, client = served
        now = wall_ms()
        node = a_node("museum").begin(now - 7200_000)
        node.watched("main", now - 7_200_000, now - 60_000)
        node.rows.append(
            State(
                *(node.next(), node.epoch, "lock", "open"),
                *(now - 7_200_000, now - 60_000, "=HYPERLINK(1)"),
            )
        )
        self.take(hub, node)
        watched = self.table(await client.get(f"{API}/evidence/museum/sim/main.csv"))
        assert watched[0] == ["kind", "since", "until", "value", "ended", "clock", "error_ms"]
        assert [row[0] for row in watched[1:]] == ["watched"]
        locked = self.table(await client.get(f"{API}/evidence/museum/sim/lock.csv"))
        # A node is not trusted to say nothing that a spreadsheet would reckon with.
        assert locked[1][3:5] == ["open", "'=HYPERLINK(1)"]
        nothing = self.table(await client.get(f"{API}/evidence/museum/sim/nobody.csv"))
        assert len(nothing) == 1

    async def test_more_than_one_step_of_reading(
        self, served: Served, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        hub, client = served
        now = wall_ms()
        node = a_node("museum").begin(now - 86_400_000)
        minutes = [now // 60_000 * 60 - 60 * i for i in range(1, 400)]
        for minute in sorted(minutes):
            node.count("main", minute, 1)
        self.take(hub, node)
        monkeypatch.setattr(export, "_STEP_S", 3600)
        rows = self.table(await client.get(f"{API}/series/museum/sim/main.csv"))
        times = [row[0] for row in rows[1:]]
        assert times == sorted(times)
        assert len(set(times)) == len(minutes)

    @pytest.mark.parametrize(
        ("path", "days", "status"),
        [
            ("series/museum/sim/main.csv", 400, 200),
            ("series/museum/sim/main.csv", 401, 422),
            ("series/museum/sim/main.csv", -1, 422),
            ("series/museum/sim/none.csv", 1, 404),
            ("evidence/museum/sim/main.csv", 401, 422),
        ],
    )
    async def test_spans(self, served: Served, path: str, days: int, status: int) -> None:
        hub, client = served
        feed(hub)
        now = datetime.now(UTC)
        span = {"start": (now - timedelta(days=days)).isoformat(), "end": now.isoformat()}
        answer = await client.get(f"{API}/{path}", params=span)
        assert answer.status_code == status, answer.text

    @pytest.mark.parametrize(
        ("value", "written"),
        [
            ("=1+1", "'=1+1"),
            ("+86", "'+86"),
            ("-5", "'-5"),
            ("@x", "'@x"),
            ("\t=1", "'\t=1"),
            ("open", "open"),
            (None, ""),
            (-5, -5),
            (-5.5, -5.5),
        ],
    )
    def test_cells(self, value: str | float | None, written: str | float) -> None:
        assert cell(value) == written
