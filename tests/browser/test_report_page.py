"""The report of a run, opened as a file: on a phone and a desk, by day and by night."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

import report_project as project
from browsing import LOOKS, entries, faint, fits, forget, look, requested

if TYPE_CHECKING:
    from selenium.webdriver import Chrome

RUNS = {
    "failed": project.failed(),
    "succeeded": project.succeeded(),
    "cancelled": project.cancelled(),
}
OPENED = "document.querySelectorAll('details').forEach((each) => { each.open = true; })"
VISIBLE = "return document.querySelector(arguments[0]).checkVisibility()"


@pytest.fixture(scope="module", params=RUNS)
def url(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> str:
    return project.reported(tmp_path_factory.mktemp("run"), RUNS[request.param]).as_uri()


@pytest.fixture(scope="module")
def failed(tmp_path_factory: pytest.TempPathFactory) -> str:
    return project.reported(tmp_path_factory.mktemp("failed"), RUNS["failed"]).as_uri()


@pytest.mark.parametrize(("width", "scheme"), LOOKS)
def test_it_fits_can_be_read_and_asks_nobody_for_anything(
    chrome: Chrome, url: str, width: int, scheme: str
) -> None:
    look(chrome, width, scheme)
    forget(chrome)
    chrome.get(url)
    for script in ("", OPENED):
        chrome.execute_script(script)
        assert fits(chrome, width), "it scrolls sideways"
        assert faint(chrome) == []
    assert entries(chrome, "browser") == []
    assert {asked for asked in requested(chrome) if asked != "data:,"} == {url}


def test_the_reason_is_on_the_first_screen_before_the_timeline(chrome: Chrome, failed: str) -> None:
    look(chrome, 375, "light")
    chrome.get(failed)
    script = """
    const why = document.querySelector(".why"), timeline = document.querySelector(".waterfall");
    return [why.textContent, why.getBoundingClientRect().bottom < innerHeight,
      why.getBoundingClientRect().bottom < timeline.getBoundingClientRect().top];
    """
    assert chrome.execute_script(script) == ["211 passed, 2 failed, 1 skipped", True, True]


def test_the_timeline_shows_what_ran_beside_what_and_marks_the_critical_path(
    chrome: Chrome, failed: str
) -> None:
    look(chrome, 1280, "light")
    chrome.get(failed)
    script = """
    return Object.fromEntries([...document.querySelectorAll(".waterfall li")].map((row) => {
      const box = row.querySelector("rect").getBoundingClientRect();
      const wait = row.querySelector(".waits")?.getBoundingClientRect();
      return [row.querySelector("a").textContent,
        [box.left, box.right, !!row.querySelector(".critical"), wait ? wait.left : null]];
    }));
    """
    bars: dict[str, Any] = chrome.execute_script(script)
    assert bars["code.lint"][0] == pytest.approx(bars["code.format"][0], abs=1)
    assert bars["build"][0] < bars["code.types"][1]
    assert bars["test.unit"][0] == pytest.approx(bars["code.types"][1], abs=3)
    assert {name for name, bar in bars.items() if bar[2]} == {
        "plan",
        "code.lint",
        "code.types",
        "test.unit",
    }
    assert bars["test.unit"][3] == pytest.approx(bars["plan"][1], abs=3)
    assert bars["plan"][3] is None


def test_details_open_and_close_with_the_keyboard_and_show_the_focus(
    chrome: Chrome, failed: str
) -> None:
    from selenium.webdriver import ActionChains, Keys

    look(chrome, 1280, "light")
    chrome.get(failed)
    all_of_them = "document.querySelectorAll('a, summary, pre[tabindex]')"
    shown = f"[...{all_of_them}].filter((each) => each.checkVisibility())"
    expected = chrome.execute_script(f"return {shown}.length")
    script = f"""
    const at = document.activeElement, style = getComputedStyle(at);
    return [[...{all_of_them}].indexOf(at), parseFloat(style.outlineWidth) >= 2];
    """
    found = {}
    for _ in range(expected):
        ActionChains(chrome).send_keys(Keys.TAB).perform()
        index, visible = chrome.execute_script(script)
        found[index] = visible
    assert len(found) == expected
    assert all(found.values())
    chrome.execute_script("document.querySelector('.steps summary').focus()")
    for is_open in (True, False):
        ActionChains(chrome).send_keys(Keys.ENTER).perform()
        assert chrome.execute_script("return document.querySelector('.steps details').open") is (
            is_open
        )


def test_a_link_to_a_step_opens_its_details_without_any_script(chrome: Chrome, failed: str) -> None:
    look(chrome, 375, "light")
    chrome.get(failed)
    log = "#step-test\\.unit pre"
    assert chrome.execute_script(VISIBLE, log) is False
    chrome.execute_script("document.querySelector('.cause a').click()")
    assert chrome.execute_script(VISIBLE, log) is True


def test_a_log_shows_its_end(chrome: Chrome, failed: str) -> None:
    look(chrome, 1280, "light")
    chrome.get(failed)
    script = """
    document.querySelector(".steps details").open = true;
    const log = document.querySelector(".steps pre"), text = log.firstElementChild;
    const end = text.getBoundingClientRect().bottom - log.getBoundingClientRect().bottom;
    return [log.scrollHeight > log.clientHeight, Math.abs(end) < 20];
    """
    assert chrome.execute_script(script) == [True, True]


def test_it_can_be_read_with_what_is_colored_not_seen(chrome: Chrome, failed: str) -> None:
    """Each state is said by a word or a symbol, too."""
    look(chrome, 1280, "light")
    chrome.get(failed)
    script = "return [...document.querySelectorAll('.steps .state')].map((s) => s.textContent)"
    states = [text.strip() for text in chrome.execute_script(script)]
    assert states == [*["succeeded:"] * 6, "failed:"]
