"""The dashboard in a real browser: on a phone and a desk, by day and by night."""

from __future__ import annotations

from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest

from browsing import LOOKS, entries, faint, fits, forget, look, requested
from dashboard_project import FAILED, REASON, RUNNING, SUCCEEDED, fill, serving, succeeded_run
from fullcycle.model import Reading

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from selenium.webdriver import Chrome

    from fullcycle.pipeline.ledger import Ledger

PAGES = [
    "/",
    f"/runs/{FAILED}",
    f"/runs/{SUCCEEDED}",
    f"/runs/{RUNNING}",
    f"/runs/{FAILED}/logs/test.unit",
    "/deployments",
    "/replicas",
    "/readings",
    "/objectives",
    "/logs",
]
FOCUSABLE = "a, button, summary, select, input:not([type=hidden]), [tabindex='0']"


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
    assert fits(chrome, width), "it scrolls sideways"
    assert entries(chrome, "browser") == []
    assert {urlsplit(asked).netloc for asked in requested(chrome)} == {urlsplit(url).netloc}
    assert faint(chrome) == []


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
    count = "return document.querySelectorAll(arguments[0]).length"
    focused = """
    const at = document.activeElement, seen = (e, p) => {
      const style = getComputedStyle(e, p);
      return style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2;
    };
    const all = [...document.querySelectorAll(arguments[0])];
    return [all.indexOf(at), seen(at, null) || seen(at, "::after")];
    """
    expected = chrome.execute_script(count, FOCUSABLE)
    found = {}
    for _ in range(expected):
        ActionChains(chrome).send_keys(Keys.TAB).perform()
        index, visible = chrome.execute_script(focused, FOCUSABLE)
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


def test_a_chart_is_read_with_the_pointer_the_keyboard_and_as_a_table(
    chrome: Chrome, url: str
) -> None:
    from selenium.webdriver import ActionChains, Keys
    from selenium.webdriver.common.by import By

    look(chrome, 1280, "light")
    chrome.get(f"{url}/readings")
    figure = chrome.find_element(By.ID, "replica-cpu_ratio")
    plot, said = (
        figure.find_element(By.CLASS_NAME, "plot"),
        figure.find_element(By.TAG_NAME, "output"),
    )
    assert "5.0 %" in figure.find_element(By.TAG_NAME, "figcaption").text
    ActionChains(chrome).move_to_element(plot).perform()
    assert " %" in said.text
    chrome.execute_script("arguments[0].focus()", plot)
    newest = said.text
    ActionChains(chrome).send_keys(Keys.ARROW_LEFT).perform()
    assert said.text != newest
    ActionChains(chrome).send_keys(Keys.END).perform()
    assert said.text == newest
    assert "5.0 %" in newest
    figure.find_element(By.TAG_NAME, "summary").click()
    assert len(figure.find_elements(By.CSS_SELECTOR, "tbody tr")) > 5
    assert fits(chrome, 1280)
    assert faint(chrome) == []


def test_a_chart_goes_on_without_a_reload_and_what_was_opened_stays_open(
    chrome: Chrome, url: str, ledger: Ledger
) -> None:
    look(chrome, 1280, "light")
    chrome.get(f"{url}/readings")
    chrome.execute_script(
        "window.stays = 1; document.getElementById('host-disk_used_ratio-table').open = true"
    )
    now = Reading(
        metric="disk_used_ratio", value=0.73, unit="ratio", subject="host", at=datetime.now(UTC)
    )
    ledger.record_readings("", [now], "local")
    chart = "document.getElementById('host-disk_used_ratio')"
    until(chrome, f"return {chart}.textContent.includes('73.0 %')")
    script = f"return [window.stays, {chart}.querySelector('details').open]"
    assert chrome.execute_script(script) == [1, True]


def test_alerts_replicas_and_scaling_are_told(chrome: Chrome, url: str) -> None:
    for path, said in (
        ("/", "the error budget burns 20.0 times too fast"),
        ("/objectives?environment=local", "budget left 61.0%"),
        ("/replicas?environment=local", "cpu is 91 % of 60 %"),
        ("/replicas?environment=local", "shop-r1-4f2a"),
    ):
        chrome.get(url + path)
        assert said in chrome.find_element("tag name", "main").text


def test_who_has_the_token_comes_in_by_the_form(chrome: Chrome, ledger: Ledger) -> None:
    from selenium.webdriver.common.by import By

    token = "a-token-of-this-test"  # noqa: S105 (a fake)  # pragma: allowlist secret
    with serving(ledger.root, FULLCYCLE_DASHBOARD_TOKEN=token) as (guarded, _):
        for width, scheme in LOOKS:
            look(chrome, width, scheme)
            chrome.get(f"{guarded}/readings")
            assert fits(chrome, width)
        assert "full-cycle" not in chrome.page_source
        chrome.find_element(By.ID, "token").send_keys(token)
        chrome.find_element(By.CSS_SELECTOR, "form button").click()
        assert chrome.current_url == f"{guarded}/readings"
        assert chrome.find_elements(By.CLASS_NAME, "plot")
        chrome.delete_all_cookies()
        chrome.get("about:blank")
    forget(chrome)


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
