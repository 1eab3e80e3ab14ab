"""The dashboard in a real browser: on a phone and a desk, by day and by night."""

from __future__ import annotations

import json
import os
import shutil
from contextlib import closing
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest

from dashboard_project import FAILED, REASON, RUNNING, SUCCEEDED, fill, serving, succeeded_run

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from selenium.webdriver import Chrome

    from fullcycle.pipeline.ledger import Ledger

CHROMIUM, DRIVER = shutil.which("chromium"), shutil.which("chromedriver")
pytestmark = pytest.mark.skipif(
    not (CHROMIUM and DRIVER) and os.environ.get("CI") != "true",
    reason="chromium and chromium-driver are not installed",
)

FLAGS = (
    "--headless=new --no-sandbox --disable-gpu --disable-quic --no-first-run "
    "--disable-background-networking --disable-component-update --disable-sync"
)
PAGES = [
    "/",
    f"/runs/{FAILED}",
    f"/runs/{SUCCEEDED}",
    f"/runs/{RUNNING}",
    f"/runs/{FAILED}/logs/test.unit",
    "/deployments",
    "/readings",
]
LOOKS = [(375, "light"), (375, "dark"), (1280, "light"), (1280, "dark")]

# Every element with text of its own: what it says, and the contrast to what lies behind it, as
# WCAG 2.2 computes it.
CONTRASTS = """
const channel = (v) => (v /= 255) <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
const light = ([r, g, b]) => 0.2126 * channel(r) + 0.7152 * channel(g) + 0.0722 * channel(b);
const parse = (text) => text.match(/[\\d.]+/g).map(Number);
const opaque = (color) => color.length < 4 || color[3] === 1;
const behind = (element) => {
  for (let at = element; at; at = at.parentElement) {
    const color = parse(getComputedStyle(at).backgroundColor);
    if (opaque(color)) return color;
  }
  return [255, 255, 255];
};
return [...document.querySelectorAll("body *")]
  .filter((e) => !["SCRIPT", "STYLE", "NOSCRIPT"].includes(e.tagName) && e.getClientRects().length)
  .filter((e) => [...e.childNodes].some((n) => n.nodeType === 3 && n.data.trim()))
  .map((e) => {
    const style = getComputedStyle(e);
    const ink = parse(e instanceof SVGElement ? style.fill : style.color);
    const [a, b] = [light(ink), light(behind(e))].sort((x, y) => y - x);
    return [e.textContent.trim().slice(0, 40), (a + 0.05) / (b + 0.05), opaque(ink)];
  });
"""


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ledger]:
    root = tmp_path_factory.mktemp("dashboard") / "shop"
    root.mkdir()
    with closing(fill(root)) as filled:
        yield filled


@pytest.fixture(scope="module")
def url(ledger: Ledger) -> Iterator[str]:
    with serving(ledger.root, FULLCYCLE_REPLICA="r1", FULLCYCLE_VERSION="1.5.0") as it:
        yield it[0]


@pytest.fixture(scope="module")
def chrome(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chrome]:
    from selenium.webdriver import Chrome, ChromeOptions, ChromeService

    assert CHROMIUM, "install chromium"
    assert DRIVER, "install chromium-driver"
    options = ChromeOptions()
    options.binary_location = CHROMIUM
    for flag in (*FLAGS.split(), f"--user-data-dir={tmp_path_factory.mktemp('profile')}"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    browser = Chrome(options=options, service=ChromeService(DRIVER))
    yield browser
    browser.quit()


def look(chrome: Chrome, width: int, scheme: str) -> None:
    chrome.execute_cdp_cmd(
        "Emulation.setEmulatedMedia",
        {"features": [{"name": "prefers-color-scheme", "value": scheme}]},
    )
    chrome.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride",
        {"width": width, "height": 800, "deviceScaleFactor": 1, "mobile": width < 500},
    )


def forget(chrome: Chrome) -> None:
    for log in ("browser", "performance"):
        entries(chrome, log)


def requested(chrome: Chrome) -> list[str]:
    messages = [json.loads(entry["message"])["message"] for entry in entries(chrome, "performance")]
    sent = [m["params"] for m in messages if m["method"] == "Network.requestWillBeSent"]
    return [p["request"]["url"] for p in sent]


def entries(chrome: Chrome, log: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = chrome.get_log(log)  # type: ignore[no-untyped-call]
    return found


def until(chrome: Chrome, script: str, *arguments: object) -> Any:
    from selenium.webdriver.support.ui import WebDriverWait

    return WebDriverWait(chrome, 20, 0.05).until(lambda c: c.execute_script(script, *arguments))


@pytest.mark.parametrize(("width", "scheme"), LOOKS)
@pytest.mark.parametrize("path", PAGES)
def test_a_page_fits_can_be_read_and_asks_nobody_else(
    chrome: Chrome, url: str, path: str, width: int, scheme: str
) -> None:
    look(chrome, width, scheme)
    forget(chrome)
    chrome.get(url + path)
    script = (
        "const d = document.documentElement; return [innerWidth, d.scrollWidth - d.clientWidth]"
    )
    assert chrome.execute_script(script) == [width, 0], "it scrolls sideways"
    assert entries(chrome, "browser") == []
    assert {urlsplit(asked).netloc for asked in requested(chrome)} == {urlsplit(url).netloc}
    texts = chrome.execute_script(CONTRASTS)
    assert len(texts) > 15
    assert [text for text in texts if text[1] < 4.5 or not text[2]] == []


def test_the_two_color_schemes_differ(chrome: Chrome, url: str) -> None:
    grounds = []
    for scheme in ("light", "dark"):
        look(chrome, 1280, scheme)
        chrome.get(url)
        script = "return getComputedStyle(document.body).backgroundColor"
        grounds.append(chrome.execute_script(script))
    assert len(set(grounds)) == 2


def test_a_failed_run_shows_its_reason_on_the_first_screen_before_all_else(
    chrome: Chrome, url: str
) -> None:
    look(chrome, 375, "light")
    chrome.get(f"{url}/runs/{FAILED}")
    script = """
    const why = document.querySelector(".why"), timeline = document.querySelector(".waterfall");
    return [why.textContent, why.getBoundingClientRect().bottom < innerHeight,
      why.getBoundingClientRect().bottom < timeline.getBoundingClientRect().top];
    """
    assert chrome.execute_script(script) == [REASON, True, True]


def test_the_timeline_shows_what_ran_at_the_same_time(chrome: Chrome, url: str) -> None:
    look(chrome, 1280, "light")
    chrome.get(f"{url}/runs/{FAILED}")
    script = """
    return Object.fromEntries([...document.querySelectorAll(".waterfall li")].map((row) => {
      const box = row.querySelector("rect").getBoundingClientRect();
      return [row.querySelector("a").textContent, [box.left, box.right]];
    }));
    """
    bars = chrome.execute_script(script)
    assert bars["code.lint"][0] == pytest.approx(bars["code.types"][0], abs=1)
    assert bars["build"][0] == pytest.approx(bars["test.unit"][0], abs=1)
    assert bars["test.unit"][1] > bars["build"][1] > bars["build"][0] >= bars["code.types"][1] - 1


@pytest.mark.parametrize("path", PAGES)
def test_every_link_can_be_reached_with_the_keyboard_and_shows_where_the_focus_is(
    chrome: Chrome, url: str, path: str
) -> None:
    from selenium.webdriver import ActionChains, Keys

    look(chrome, 1280, "light")
    chrome.get(url + path)
    count = "return document.querySelectorAll('a, button, pre[tabindex]').length"
    focused = """
    const at = document.activeElement, seen = (e, p) => {
      const style = getComputedStyle(e, p);
      return style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2;
    };
    const all = [...document.querySelectorAll("a, button, pre[tabindex]")];
    return [all.indexOf(at), seen(at, null) || seen(at, "::after")];
    """
    expected = chrome.execute_script(count)
    found = {}
    for _ in range(expected):
        ActionChains(chrome).send_keys(Keys.TAB).perform()
        index, visible = chrome.execute_script(focused)
        found[index] = visible
    assert sorted(found) == list(range(expected))
    assert all(found.values())


def test_times_are_local_and_exact_in_the_markup(chrome: Chrome, url: str) -> None:
    chrome.execute_cdp_cmd("Emulation.setTimezoneOverride", {"timezoneId": "Pacific/Kiritimati"})
    chrome.get(f"{url}/runs/{SUCCEEDED}")
    script = "const t = document.querySelector('.facts time'); return [t.textContent, t.dateTime]"
    shown, exact = chrome.execute_script(script)
    chrome.execute_cdp_cmd("Emulation.setTimezoneOverride", {"timezoneId": ""})
    started = succeeded_run().started
    assert exact == started.isoformat()
    from datetime import timedelta

    assert f"{started + timedelta(hours=14):%H:%M:%S}" in shown


def test_a_new_run_appears_without_a_reload_and_the_focus_stays(
    chrome: Chrome, url: str, ledger: Ledger
) -> None:
    from dataclasses import replace

    look(chrome, 1280, "light")
    chrome.get(url)
    link = f"a[href='/runs/{FAILED}']"
    chrome.execute_script(f'document.querySelector("{link}").focus(); window.stays = 1')
    ledger.finish(replace(succeeded_run(), id="20261122-170000-4e3", chain="hotfix"))
    until(chrome, "return document.querySelector('main').textContent.includes('hotfix')")
    script = f'return [window.stays, document.activeElement.matches("{link}")]'
    assert chrome.execute_script(script) == [1, True]


def test_refreshing_can_be_paused(chrome: Chrome, url: str) -> None:
    look(chrome, 1280, "light")
    chrome.get(url)
    from selenium.webdriver.common.by import By

    button = chrome.find_element(By.ID, "refresh")
    assert button.text == "Live"
    button.click()
    assert button.text == "Paused"
    assert chrome.find_element(By.ID, "said").get_attribute("textContent") == "Paused"


def test_the_page_says_when_the_dashboard_is_gone_and_keeps_what_it_showed(
    chrome: Chrome, tmp_path: Path
) -> None:
    look(chrome, 1280, "light")
    with closing(fill(tmp_path)), serving(tmp_path) as (url, _):
        chrome.get(url)
    until(chrome, "return document.querySelector('#refresh').textContent.trim() === 'Offline'")
    assert chrome.execute_script("return document.querySelectorAll('.runs li').length") == 4
    forget(chrome)


def test_without_javascript_a_page_shows_everything_and_refreshes_itself(
    chrome: Chrome, url: str
) -> None:
    chrome.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    try:
        chrome.get(url)
        source = chrome.page_source
    finally:
        chrome.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})
    assert '<meta http-equiv="refresh"' in source
    assert " UTC</time>" in source
