"""What a browser shows: how wide, how well to be read, and whom it asks."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from selenium.webdriver import Chrome

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


def fits(chrome: Chrome, width: int) -> bool:
    """Whether the page is as wide as the window, and no wider."""
    script = (
        "const d = document.documentElement; return [innerWidth, d.scrollWidth - d.clientWidth]"
    )
    return bool(chrome.execute_script(script) == [width, 0])


def faint(chrome: Chrome) -> list[Any]:
    """Texts with a contrast below 4.5 to 1, or that let something shine through."""
    texts = chrome.execute_script(CONTRASTS)
    assert len(texts) > 15, "there is hardly anything to read"
    return [text for text in texts if text[1] < 4.5 or not text[2]]
