"""What a message says, in both languages; and what it never says."""

import re
from itertools import product
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.delivery.reasons import Reason, reason_of
from hub.delivery.told import SEVERITIES, Told
from hub.delivery.wording import MOST_BYTES, compose, gather
from hub.delivery.words import CERTAINTY, KINDS, SEVERITY, STEPS
from tests.unit.hub.delivery.events import LATE, at, told

URL = "https://hub.example/kaiguan/"
HAN = re.compile(r"[\u4e00-\u9fff]")


def test_a_message_says_what_where_since_when_how_sure_and_where_the_evidence_is() -> None:
    zh = compose(LATE, "zh", 42, URL)
    assert zh.title == "【警告】嘉定博物馆：未按时开放"
    assert zh.body.splitlines() == [
        "应于 09:00 开门，门锁仍闭",
        "地点：嘉定博物馆",
        "时间：2026-11-24 09:00 起",
        "可靠程度：证据确凿",
        "依据：https://hub.example/kaiguan/venues/museum/week/2026-W48",
        "编号：KG-42",
    ]
    en = compose(LATE, "en", 42, URL)
    assert en.title == "[Warning] Jiading Museum: Not open in time"
    assert en.body.splitlines() == [
        "should have opened at 09:00; the lock is still closed",
        "Where: Jiading Museum",
        "When: since 2026-11-24 09:00",
        "How sure: Certain",
        "Evidence: https://hub.example/kaiguan/venues/museum/week/2026-W48",
        "Number: KG-42",
    ]


def test_an_escalation_and_an_end_say_so() -> None:
    up = compose(told("escalated", severity="critical"), "zh", 1, "")
    assert up.title == "【升级·紧急】嘉定博物馆：未按时开放"
    assert "无人在期限内确认" in up.body
    assert (up.tone, "依据" in up.body) == ("failure", False)
    over = told("cleared", until_ms=at("2026-11-24 10:35"))
    assert compose(over, "zh", 1, "").title == "【已解除】嘉定博物馆：未按时开放"
    assert "时间：2026-11-24 09:00 至 10:35（1 小时 35 分钟）" in compose(over, "zh", 1, "").body
    en = compose(over, "en", 1, "")
    assert en.title == "[Cleared] Jiading Museum: Not open in time"
    assert "When: 2026-11-24 09:00 to 10:35 (1 h 35 min)" in en.body
    assert en.tone == "success"


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_in_both_languages(kind: str) -> None:
    for severity, step in product(SEVERITIES, STEPS):
        event = told(step, kind=kind, severity=severity)
        zh, en = compose(event, "zh", 7, URL), compose(event, "en", 7, URL)
        assert HAN.search(zh.title)
        assert not HAN.search(en.title + en.body)
        assert KINDS[kind].zh in zh.title
        assert KINDS[kind].en in en.title
        assert (zh.tone, zh.body.count("\n")) == (en.tone, en.body.count("\n"))


def test_no_word_is_missing_in_either_language() -> None:
    for table in (KINDS, SEVERITY, CERTAINTY, STEPS):
        for both in table.values():
            assert bool(both.zh) == bool(both.en)
            assert not HAN.search(both.en)
    assert len({both.zh for both in KINDS.values()}) == len(KINDS)
    assert len({both.en for both in KINDS.values()}) == len(KINDS)


text = st.text(st.characters(codec="utf-8"), max_size=250)
events = st.builds(
    Told,
    event=text,
    alert=text,
    step=st.sampled_from([*STEPS]),
    kind=st.sampled_from([*KINDS]),
    severity=st.sampled_from(SEVERITIES),
    audience=st.sampled_from(["venue", "district", "admin"]),
    venue=st.sampled_from(["", "museum"]),
    place_zh=text,
    place_en=text,
    timezone=st.sampled_from(["Asia/Shanghai", "Europe/Berlin"]),
    since_ms=st.integers(0, 4_000_000_000_000),
    until_ms=st.none() | st.integers(0, 4_000_000_000_000),
    at_ms=st.integers(0, 4_000_000_000_000),
    zh=text,
    en=text,
    certainty=st.sampled_from([*CERTAINTY]),
    link=st.sampled_from(["", "/venues/museum"]),
    is_late=st.booleans(),
)


@given(events, st.sampled_from(["zh", "en"]), st.integers(1, 10**9))
def test_any_event_makes_a_message_that_fits_and_carries_its_number(
    event: Told, lang: Any, number: int
) -> None:
    made = compose(event, lang, number, URL)
    assert made.body.splitlines()[-1].endswith(f"KG-{number}")
    assert len(made.title.splitlines()) == 1
    assert len(made.title.encode()) + len(made.body.encode()) <= MOST_BYTES
    assert made == compose(Told.from_json(event.to_json()), lang, number, URL)


@settings(max_examples=30)
@given(st.lists(events, min_size=2, max_size=30), st.sampled_from(["zh", "en"]))
def test_a_summary_says_how_many_and_fits(found: list[Told], lang: Any) -> None:
    numbered = [*enumerate(found, 1)]
    made = gather(numbered, lang, URL)
    assert str(len(found)) in made.title
    assert len((made.title + made.body).encode()) <= MOST_BYTES
    assert f"KG-1…KG-{len(found)}" in made.body
    shown = [line for line in made.body.splitlines() if re.match(r"\d\d:\d\d [\[【]", line)]
    more = re.search(r"另有 (\d+) 条|and (\d+) more", made.body)
    hidden = int(more[1] or more[2]) if more else 0
    assert len(shown) + hidden == len(found)


def test_a_summary_shows_the_most_pressing_first() -> None:
    found = [(n, told(alert=str(n), severity="notice")) for n in range(1, 30)]
    found.append((30, told(alert="30", severity="critical")))
    made = gather(found, "zh", URL)
    assert made.title == "【汇总】30 条告警"
    lines = made.body.splitlines()
    assert lines[0] == "未按时开放 30"
    assert lines[1] == "09:11 【紧急】嘉定博物馆：未按时开放"
    assert lines[-2:] == ["详情：https://hub.example/kaiguan/alerts", "编号：KG-1…KG-30"]


def test_what_another_release_wrote_can_still_be_sent() -> None:
    text = LATE.to_json().replace('"kind": "late_opening"', '"kind": "gone_by_now", "more": 1')
    assert compose(Told.from_json(text), "zh", 1, "").title == "【警告】嘉定博物馆：gone_by_now"


def test_an_event_has_no_place_for_a_person() -> None:
    """Who acknowledged, to whom it was assigned, why it was cleared: none of it is carried."""
    fields = set(Told.__slots__)
    assert not fields & {"who", "by", "account", "assigned_to", "acknowledged_by", "reason"}
    assert len(fields) == 18


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ("Failed to send JSON notification: Internal Server Error., error=500.", "answered:500"),
        ("HTTPConnectionPool: Max retries exceeded: [Errno 111] Connection refused", "refused"),
        ("Read timed out. (read timeout=1.0)", "stalled"),
        ("[Errno -2] Name or service not known", "unknown_host"),
        ("[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed", "certificate"),
        ("(535, b'authentication failed')", "log_in"),
        ("('Connection aborted.', RemoteDisconnected())", "broken"),
        ("something else at https://secret.example/key", "failed"),
    ],
)
def test_why_it_failed_is_told_in_plain_words(said: str, code: str) -> None:
    reason = reason_of(said)
    assert str(reason) == code
    assert Reason.parse(code) == reason
    assert HAN.search(reason.words.zh)
    assert not HAN.search(reason.words.en)
    assert "secret" not in reason.words.en
