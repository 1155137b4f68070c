"""Alerts, failures and time by chance: whatever happens, what was due arrives once, in order."""

import random
from collections import defaultdict
from itertools import pairwise
from pathlib import Path

import pytest

from hub.delivery.book import Channel
from hub.delivery.pacing import MINUTE_MS
from hub.delivery.reasons import Reason
from hub.delivery.told import SEVERITIES, Step
from hub.delivery.worker import Worker
from hub.store.records import Records
from tests.unit.hub.delivery.desks import Clock, FakeSender, a_desk, records_at, take
from tests.unit.hub.delivery.events import at, book, channel, told

ROUTES = (
    {"channels": ["duty"], "hours": ["08:00-22:00"], "days": "working"},
    {"channels": ["duty", "boss"], "severity": "critical"},
    {"channels": ["boss"], "on": ["escalated"], "outside": "skip", "hours": ["09:00-18:00"]},
)
CHANNELS = [channel("duty", per_minute=3), channel("boss", per_minute=10)]
NEXT: dict[str, tuple[Step, ...]] = {
    "": ("raised",),
    "raised": ("escalated", "cleared"),
    "again": ("escalated", "cleared"),
    "escalated": ("escalated", "cleared"),
    "cleared": ("again",),
}


class Life:
    """Some days of alerts at two channels, of which now one and now the other fails."""

    def __init__(self, records: Records, seed: int) -> None:
        self.chance, self.clock = random.Random(seed), Clock(at("2026-11-23 07:00"))
        self.book = book(*ROUTES, channels=CHANNELS, delivery={"tries": 1000, "hours": 336})
        self.sender = FakeSender()
        self.desk = a_desk(records, self.book, self.sender, self.clock)
        self.worker = Worker(self.desk, self.chance.random)
        self.steps: dict[str, list[Step]] = defaultdict(list)
        self.sent: dict[str, list[tuple[int, tuple[int, ...]]]] = defaultdict(list)
        """When messages arrived, and the deliveries that were in each, by channel."""

    def live(self, events: int) -> None:
        chance = self.chance
        for n in range(events):
            alert = str(chance.randrange(12))
            happened = self.steps[alert]
            step = chance.choice(NEXT[happened[-1] if happened else ""])
            severity = chance.choice(SEVERITIES)
            event = told(step, alert=alert, n=n, severity=severity, at_ms=self.clock.at_ms)
            take(self.desk, event)
            happened.append(step)
            self.clock.at_ms += chance.choice((1, 500, 20_000, 3_600_000))
            self.sender.failing.clear()
            if chance.random() < 0.3:
                self.sender.failing[chance.choice(("duty", "boss"))] = Reason("refused")
            if chance.random() < 0.7:
                self.work()

    def calm_down(self, hours: int) -> None:
        self.sender.failing.clear()
        for _ in range(hours):
            self.clock.at_ms += 60 * MINUTE_MS
            self.work()

    def work(self) -> None:
        for each in self.book.channel:
            while self._send(each):
                self.clock.at_ms += 1

    def _send(self, each: Channel) -> bool:
        turn, letters = self.worker._look(each)
        if not letters:
            return False
        reason = self.sender.send(each, self.worker._message(letters))
        self.worker._note(each, letters, reason)
        if reason is None:
            self.sent[each.id].append((self.clock.at_ms, tuple(turn.ids)))
        return reason is None


@pytest.mark.parametrize("_life", [1, 2])
def test_whatever_happens_what_was_due_arrives_once_and_in_order(
    tmp_path: Path, _life: int
) -> None:
    # Not in the test's name: workers that run tests side by side have to agree on that.
    seed = random.randrange(2**32)
    print(f"seed {seed}")  # noqa: T201  shown where it fails
    with records_at(tmp_path) as records:
        life = Life(records, seed)
        life.live(events=120)
        life.calm_down(hours=4 * 24)
        rows = [row for alert in life.steps for row in life.desk.outbox.of_alert(alert)]
    assert {row.state for row in rows} <= {"sent", "withdrawn"}
    assert sum(row.state == "sent" for row in rows) > 20
    for each in CHANNELS:
        messages = life.sent[each["id"]]
        arrived = [number for _, ids in messages for number in ids]
        mine = [row for row in rows if row.channel == each["id"] and row.state == "sent"]
        assert sorted(arrived) == sorted(row.id for row in mine)
        times = [at_ms for at_ms, _ in messages]
        for at_ms in times:
            assert sum(at_ms - MINUTE_MS < other <= at_ms for other in times) <= each["per_minute"]
        for alert in life.steps:
            own = {row.id: row.step for row in mine if row.alert == alert}
            heard = [number for number in arrived if number in own]
            # In the order in which it happened; and no end without its beginning.
            assert heard == sorted(heard)
            heard_steps = ["cleared", *(own[number] for number in heard)]
            assert ("cleared", "cleared") not in pairwise(heard_steps)
