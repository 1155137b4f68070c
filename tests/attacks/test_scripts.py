"""Scripts in every text that somebody can send, looked at on every page in a real browser.

A page fails when a script ran, when the policy had to stop one, or when a text became an element.
"""

import dataclasses
import json
import re
import shutil
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from enum import Enum
from pathlib import Path
from typing import Any, Final

import pytest
from playwright.sync_api import Browser, Page

from contracts.messages import SourceStatus, SpoolStatus, Status, encode
from contracts.rows import Event
from hub.alerts import AlertKind
from tests.attacks.served import API, A, AttackedHub, B, a_notice, furnished
from tests.integration.hub.feeding import a_node, token
from tests.integration.hub.running import until
from tests.integration.hub.test_accessibility import PUBLIC, STAFF
from tests.integration.kiosk.screens import AROUND, SCREENS
from tests.integration.kiosk.served import ServedKiosk
from tests.unit.hub.access.serving import JIADING
from tests.unit.hub.alerts.telling import a_condition

pytestmark = pytest.mark.browser

PAYLOADS: Final = (
    "<script>window.planted=1</script>",
    '"><img src=x onerror=window.planted=1>',
    "'><svg onload=window.planted=1>",
    "</title></textarea></script><script>window.planted=1</script>",
    "javascript:window.planted=1",
    "<iframe srcdoc='<script>parent.planted=1</script>'>",
    "<a href=javascript:window.planted=1 id=planted>x</a>",
    '" autofocus onfocus=window.planted=1 x="',
    "{{ self.__init__.__globals__ }}${window.planted=1}",
    "<base href=//evil.example><meta http-equiv=refresh content=0;url=//evil.example>",
    "<style>@import'//evil.example'</style><link rel=stylesheet href=//evil.example>",
    "<form action=//evil.example><button id=planted>x</button></form>",
    "<!--<img src=--><img src=x onerror=window.planted=1>//",
    "\\u003cscript\\u003ewindow.planted=1\\u003c/script\\u003e",
    "<x onpointerover=window.planted=1 style=position:fixed;inset:0>",
    "</script><script>window.planted=1//",
)
LOOK: Final = """() => ({
  ran: window.planted ?? null,
  elements: document.querySelectorAll(
    '[onerror],[onload],[onfocus],[onpointerover],#planted,base,iframe,img[src="x"],' +
    'meta[http-equiv="refresh"],script:not([src]):not([type="application/json"]),' +
    '[href^="javascript"],[action^="//"],[src^="//"],[href^="//"],style').length,
})"""


@dataclasses.dataclass
class Watched:
    """A page, and what the browser complained of."""

    page: Page
    complaints: list[str] = dataclasses.field(default_factory=list)
    asked: list[str] = dataclasses.field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.on("dialog", self._dialog)
        self.page.on("console", lambda message: self._console(message.text))
        self.page.on("request", lambda request: self.asked.append(request.url))

    def _dialog(self, dialog: Any) -> None:
        self.complaints.append(f"dialog: {dialog.message}")
        dialog.dismiss()

    def _console(self, text: str) -> None:
        if "Content Security Policy" in text or "Content-Security-Policy" in text:
            self.complaints.append(text)

    def look(self, url: str, home: str) -> dict[str, Any]:
        """Open an address; return what is wrong there."""
        self.complaints.clear()
        self.asked.clear()
        answer = self.page.goto(url, wait_until="load")
        found = self.seen(home)
        if answer is not None:
            policy = answer.headers.get("content-security-policy", "")
            if "script-src 'self'" not in policy or "unsafe" in policy:
                found["policy"] = policy
        return found

    def seen(self, home: str) -> dict[str, Any]:
        """Return what is wrong with what is shown."""
        told = self.page.evaluate(LOOK)
        found = {key: value for key, value in told.items() if value}
        away = [url for url in self.asked if not url.startswith((home, "data:", "blob:"))]
        return (
            found
            | ({"complaints": [*self.complaints]} if self.complaints else {})
            | ({"asked": away} if away else {})
        )


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AttackedHub]:
    """A hub, all of whose texts are attacks."""
    folder = tmp_path_factory.mktemp("scripts")
    with furnished(folder, district=a_district(folder)) as opened:
        poison(opened)
        yield opened


def a_district(folder: Path) -> Path:
    """Return venues whose names are attacks."""
    district = folder / "district"
    district.mkdir()
    payloads = iter(PAYLOADS * 3)
    for name in (A, B, "book-room-nanxiang"):
        text = (JIADING / f"{name}.toml").read_text("utf-8")
        text = re.sub(
            r'^(name_(?:zh|en)) = ".*"$',
            lambda found: f"{found[1]} = {json.dumps(next(payloads))}",
            text,
            flags=re.MULTILINE,
        )
        (district / f"{name}.toml").write_text(text, "utf-8")
    for other in JIADING.glob("*.toml"):
        if not (district / other.name).exists() and other.stem == "malu-library":
            shutil.copy(other, district)
    return district


def poison(served: AttackedHub) -> None:
    """Send attacks as texts wherever a node, a visitor or the staff may send one."""
    hub, at_ms = served.hub, served.clock()
    node = a_node(A, "evil")
    sources = tuple(
        SourceStatus(f"s{n}", text, "failed", at_ms, text) for n, text in enumerate(PAYLOADS)
    )
    status = Status(
        boot=node.boot,
        online=True,
        at_ms=at_ms,
        software=PAYLOADS[0],
        spool=SpoolStatus(node.stream, set_aside=PAYLOADS[1]),
        sources=sources,
    )
    hub.receive(node.status_topic, encode(status))
    node.begin(at_ms - 3_600_000)
    for n, text in enumerate(PAYLOADS):
        for name in ("need", "rating", "staff_call", "fire_alarm", "ar_target", "gate_alarm"):
            data: dict[str, bool | int | float | str] = {
                "about": text,
                "text": text,
                "reason": text,
                "stars": 3,
                "target": text,
                "seconds": 2.0,
                "hotspot": text,
            }
            id_ = token("evil", name, str(n))
            node.rows.append(
                Event(node.next(), node.epoch, id_, name, "kiosk", at_ms - 60_000 - n, data)
            )
    before = hub.intake.counts.rows
    for payload in node.payloads():
        hub.receive(node.data_topic, payload)
    until(lambda: hub.intake.counts.rows > before)
    conditions = [
        a_condition(kind, venue=A, subject=f"{n}", since_ms=at_ms - 60_000, zh=text, en=text)
        for n, (kind, text) in enumerate(zip(list(AlertKind) * 3, PAYLOADS, strict=False))
    ]
    hub.alerts.hold(None, "evil", conditions)
    at = datetime.fromtimestamp(at_ms / 1000, UTC)
    with served.caller("admin") as admin:
        taken = 0
        for n, text in enumerate(PAYLOADS):
            told = [
                admin.post(f"{API}/venues/{A}/head-counts", json={"occupancy": n, "reason": text}),
                admin.post(f"{API}/venues/{A}/schedule", json=a_notice(at, text, text)),
                admin.post(f"{API}/tokens", json={"label": text[:60], "scope": ["alerts.read"]}),
                admin.post(f"{API}/alerts/{n + 1}/comments", json={"text": text}),
                admin.post(f"{API}/alerts/{n + 1}/clearing", json={"reason": text}),
                admin.put(f"{API}/alerts/{n + 1}/assignee", json={"to": text[:40]}),
            ]
            taken += sum(answer.is_success for answer in told)
        assert taken > 3 * len(PAYLOADS), "hardly any of it was taken: nothing would be shown"
        hidden = token("evil", "need", "0")
        place = f"{API}/venues/{A}/feedback/{hidden}/hidden"
        assert admin.put(place, json={"reason": PAYLOADS[0]}).is_success
    agent = {"User-Agent": PAYLOADS[1]}
    opened = hub.office.entrance.open(
        served.accounts["admin"], address=PAYLOADS[0], agent=agent["User-Agent"]
    )
    assert opened.id
    hub.live.look()


def addresses() -> list[str]:
    """Return every page, with attacks in what it may be asked, too."""
    found = [a for of in (PUBLIC, STAFF) for pages in of.values() for a in pages]
    found = [a.replace("/devices/museum/sim", "/devices/museum/evil") for a in found]
    asked = ("q", "who", "subject", "venue", "next", "done", "mark", "month", "kind", "lang")
    some = ("/", "/duties", "/audit", "/alerts", "/login", f"/venues/{A}/schedule", "/kiosks")
    found += [f"{place}?{name}={{payload}}" for place in some for name in asked]
    return [*found, "/{payload}", "/venues/{payload}", "/devices/museum/{payload}", "/setup"]


def test_no_page_of_the_hub_runs_any_of_it(served: AttackedHub, browser: Browser) -> None:
    from urllib.parse import quote  # noqa: PLC0415

    wrong: dict[str, Any] = {}
    shown = 0
    context = browser.new_context()
    opened = served.hub.office.entrance.open(
        served.accounts["admin"], address="127.0.0.1", agent="test"
    )
    context.add_cookies(
        [{"name": "kaiguan_session", "value": opened.id, "url": served.url, "httpOnly": True}]
    )
    visitor = browser.new_context()
    staff_page, visitor_page = Watched(context.new_page()), Watched(visitor.new_page())
    for n, address in enumerate(addresses()):
        payload = quote(PAYLOADS[n % len(PAYLOADS)], safe="")
        lang = ("zh", "en")[n % 2]
        place = address.replace("{payload}", payload)
        if "lang=" not in place:
            place += f"{'&' if '?' in place else '?'}lang={lang}"
        watched = visitor_page if address.startswith(("/login", "/setup")) else staff_page
        found = watched.look(f"{served.url}{place}", served.url)
        shown += watched.page.content().count("planted")
        if found:
            wrong[place] = found
    context.close()
    visitor.close()
    assert not wrong, wrong
    assert shown > 100, "the attacks stand on no page: nothing was tried"


def test_what_is_told_live_is_escaped_too(served: AttackedHub, browser: Browser) -> None:
    """Cards and lists that come over the stream are put into the page by a script of ours."""
    context = browser.new_context()
    opened = served.hub.office.entrance.open(
        served.accounts["admin"], address="127.0.0.1", agent="test"
    )
    context.add_cookies(
        [{"name": "kaiguan_session", "value": opened.id, "url": served.url, "httpOnly": True}]
    )
    watched = Watched(context.new_page())
    for place in ("/", f"/venues/{A}", f"/devices/{A}/evil"):
        watched.look(f"{served.url}{place}", served.url)
        watched.page.wait_for_selector("#link[data-link=live]", timeout=15_000)
        assert not watched.seen(served.url), place
    context.close()


def poisoned(value: Any, payloads: Iterator[str]) -> Any:
    """Return a value with attacks in place of every text that a person would read."""
    if isinstance(value, Enum):
        return value
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        changed = {
            field.name: poisoned(getattr(value, field.name), payloads)
            for field in dataclasses.fields(value)
            if field.init
        }
        return dataclasses.replace(value, **changed)
    if isinstance(value, str):
        return value if re.fullmatch(r"[A-Za-z0-9_./:-]*", value) else next(payloads)
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        return type(value)(*(poisoned(one, payloads) for one in value))
    if isinstance(value, tuple):
        return tuple(poisoned(one, payloads) for one in value)
    if isinstance(value, Mapping):
        return {key: poisoned(one, payloads) for key, one in value.items()}
    return value


def endless() -> Iterator[str]:
    while True:
        yield from PAYLOADS


def test_no_screen_of_a_kiosk_runs_any_of_it(browser: Browser) -> None:
    """What packs, the library system, the hub and visitors told, on every screen."""
    payloads = endless()
    wrong: dict[str, Any] = {}
    shown = 0
    with ServedKiosk() as kiosk:
        page = browser.new_page(viewport={"width": 1080, "height": 1920})
        watched = Watched(page)
        for name, (visit, around) in SCREENS.items():
            told = {key: poisoned(value, payloads) for key, value in {**AROUND, **around}.items()}
            kiosk.show(poisoned(visit, payloads), **told)
            found = watched.look(kiosk.url, kiosk.url)
            shown += page.content().count("planted")
            if found:
                wrong[name] = found
        for place in ("hours", "nearby", "privacy"):
            found = watched.look(f"{kiosk.url}/{place}?lang=en", kiosk.url)
            if found:
                wrong[place] = found
        page.close()
    assert not wrong, wrong
    assert shown > 50, "the attacks stand on no screen: nothing was tried"


def test_a_script_that_ran_would_be_seen(browser: Browser) -> None:
    page = browser.new_page()
    watched = Watched(page)
    page.set_content(f"<p>{PAYLOADS[1]}</p>")
    page.wait_for_function("window.planted === 1")
    assert watched.seen("http://127.0.0.1")["ran"] == 1
    page.close()
