"""From an empty hub to a manager who sees their own venues, in a real browser."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browsers import PATIENCE_MS, launched
from tests.integration.hub.running import HubProcess
from tests.integration.hub.test_browser import Visit

pytestmark = [pytest.mark.browser]

ADMIN, PASSWORD = "区文旅局", "seven herons wade west"
MANAGER_PASSWORD = "nine lanterns over water"
DRY = 1
"""A port of no broker: accounts need none."""


@pytest.fixture
def browser() -> Iterator[Browser]:
    with launched() as opened:
        yield opened


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[HubProcess]:
    """Run a hub that nobody has an account of."""
    started = HubProcess(tmp_path / "hub", DRY)
    started.token = "none"
    with started:
        yield started
        assert started.stop() == 0


def a_page(browser: Browser, *, script: bool = True, width: int = 1200) -> Page:
    context = browser.new_context(
        java_script_enabled=script, viewport={"width": width, "height": 900}
    )
    page = context.new_page()
    page.set_default_timeout(PATIENCE_MS)
    expect.set_options(timeout=PATIENCE_MS)
    return page


def sign_in(page: Page, url: str, name: str, password: str) -> None:
    page.goto(f"{url}/login")
    page.locator("#name").fill(name)
    page.locator("#password").fill(password)
    page.get_by_role("button", name="登录").click()


def set_up(page: Page, url: str) -> None:
    page.goto(url)
    page.get_by_role("link", name="登录").click()
    expect(page).to_have_url(re.compile("/setup"))
    page.locator("#name").fill(ADMIN)
    page.locator("#password").fill(PASSWORD)
    page.locator("#again").fill(PASSWORD)
    page.get_by_role("button", name="建立账号").click()
    expect(page.get_by_role("link", name=ADMIN)).to_be_visible()


@pytest.mark.parametrize("script", [True, False], ids=["with scripts", "without"])
def test_from_an_empty_hub_to_a_manager(hub: HubProcess, browser: Browser, *, script: bool) -> None:
    page = a_page(browser, script=script)
    visit = Visit(page)
    set_up(page, hub.url)

    # The admin makes a manager of one venue; the first password is shown once.
    page.get_by_role("link", name="账号", exact=True).click()
    page.locator("#name").fill("李雷")
    page.get_by_label("场馆管理员").check()
    page.get_by_label("嘉定博物馆").check()
    page.get_by_role("button", name="新建").click()
    phrase = page.locator("#secret").inner_text()
    page.get_by_role("link", name="已记下").click()
    expect(page.get_by_role("row", name=re.compile("李雷"))).to_contain_text("待改首次密码")
    assert phrase not in page.content()

    # The manager: a wrong password first, then the first one, which has to be replaced.
    other = a_page(browser, script=script)
    sign_in(other, hub.url, "李雷", "not this one at all")
    expect(other.get_by_role("alert")).to_contain_text("名称或密码不对")
    expect(other.locator("#name")).to_have_value("李雷")
    sign_in(other, hub.url, "李雷", phrase)
    expect(other).to_have_url(re.compile("/account"))
    expect(other.locator("main")).to_contain_text("请先更换首次密码")
    other.goto(f"{hub.url}/api/v1/devices")
    assert "403" in other.locator("body").inner_text()
    other.goto(f"{hub.url}/account")
    other.locator("#old").fill(phrase)
    other.locator("#new").fill(MANAGER_PASSWORD)
    other.locator("#again").fill(MANAGER_PASSWORD)
    other.get_by_role("button", name="修改密码").click()
    expect(other.get_by_role("status").first).to_contain_text("密码已修改")

    # Only their own venue's devices, and no page of the admins.
    other.goto(f"{hub.url}/api/v1/devices")
    devices = json.loads(other.locator("body").inner_text())
    assert {device["venue"] for device in devices} == {"museum"}
    answer = other.goto(f"{hub.url}/accounts")
    assert answer is not None
    assert answer.status == 403
    expect(other.get_by_role("heading", name="没有权限")).to_be_visible()

    # Disabled, they are out with the next click.
    page.get_by_role("link", name=re.compile("修改 *李雷")).click()
    page.get_by_label("停用").check()
    page.get_by_role("button", name="保存").click()
    expect(page.get_by_role("status").first).to_contain_text("已保存")
    other.goto(f"{hub.url}/account")
    expect(other).to_have_url(re.compile("/login"))

    # All of it stands in the audit log, in both languages.
    page.get_by_role("link", name="操作记录").click()
    expect(page.get_by_role("row", name=re.compile("修改账号"))).to_contain_text(
        "启用：是 → 否", use_inner_text=True
    )
    page.get_by_role("link", name="English").click()
    expect(page.get_by_role("heading", name="Audit log")).to_be_visible()
    expect(page.get_by_role("row", name=re.compile("account changed"))).to_contain_text(
        "enabled: yes → no", use_inner_text=True
    )

    page.get_by_role("button", name="Log out").click()
    expect(page.get_by_role("status").first).to_contain_text("You are logged out")
    page.go_back()
    page.goto(f"{hub.url}/accounts?lang=en")
    expect(page).to_have_url(re.compile("/login"))
    assert all(url.startswith(hub.url) for url in visit.requests)
    assert visit.complaints == []


def test_by_keyboard_alone(hub: HubProcess, browser: Browser) -> None:
    page = a_page(browser)
    set_up(page, hub.url)
    page.goto(f"{hub.url}/account")
    page.get_by_role("button", name="退出", exact=True).first.focus()
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("/login"))
    page.locator("body").press("Tab")
    page.locator("#name").focus()
    page.keyboard.type(ADMIN)
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_role("link", name=ADMIN)).to_be_visible()


def test_nothing_is_wider_than_a_phone(hub: HubProcess, browser: Browser) -> None:
    page = a_page(browser, width=390)
    set_up(page, hub.url)
    for path in ("login", "account", "accounts", "accounts/1", "tokens", "audit", ""):
        for lang in ("zh", "en"):
            page.goto(f"{hub.url}/{path}?lang={lang}")
            assert page.evaluate("document.documentElement.scrollWidth") == 390, (path, lang)


def test_every_field_has_a_name_and_every_page_one_heading(
    hub: HubProcess, browser: Browser
) -> None:
    page = a_page(browser)
    page.goto(f"{hub.url}/setup")
    assert nameless(page) == []
    set_up(page, hub.url)
    for path in ("account", "accounts", "accounts/1", "tokens", "audit"):
        for lang in ("zh", "en"):
            page.goto(f"{hub.url}/{path}?lang={lang}")
            assert nameless(page) == [], path
            assert page.locator("main h2").count() == 1
            ids = page.evaluate("[...document.querySelectorAll('[id]')].map((e) => e.id)")
            assert len(ids) == len(set(ids)), path


def nameless(page: Page) -> list[str]:
    """Return controls that a screen reader could not name."""
    found: list[str] = page.evaluate(
        """[...document.querySelectorAll('input, select, button')]
           .filter((e) => e.type !== 'hidden' && !e.ariaHidden)
           .filter((e) => !(e.labels?.length || e.textContent.trim() || e.ariaLabel))
           .map((e) => e.outerHTML)"""
    )
    return found
