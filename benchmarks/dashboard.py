"""Seconds until the dashboard's slowest page is open, with 100 replicas and a week of readings.

A week is measured round by round as the collector does it, so that its readings are rolled up as
they would be. A page is open when a browser has loaded and drawn it; without chromium and its
driver, when its last byte has come. Every sample waits until the page has to be made anew.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import time
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from http.client import HTTPConnection
from itertools import count
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from psutil import Process

from fullcycle.model import Reading
from fullcycle.pipeline.ledger import Ledger

from .measure import BenchmarkError, Report, environment, in_turn

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

BOUND = 1.0
"""Seconds."""
REPLICAS = 100
FINE, COARSE = timedelta(seconds=15), timedelta(minutes=5)
"""Between two rounds: in the last two hours, and before, of which only averages are kept."""
LATELY, WEEK = timedelta(hours=2), timedelta(days=7)
BATCH = timedelta(hours=2)
METRICS = {
    "cpu_ratio": "ratio",
    "memory_bytes": "bytes",
    "requests_per_second": "count",
    "response_seconds": "seconds",
    "error_ratio": "ratio",
    "restarts_total": "count",
    "uptime_seconds": "seconds",
    "up": "count",
}
PAGES = ("/", "/replicas", "/readings?range=1h", "/readings?range=24h", "/readings?range=7d")
LONGER_THAN_KEPT = 1.1
"""Seconds after which a page is made anew."""
LOADED = """
const [page] = performance.getEntriesByType("navigation");
const painted = performance.getEntriesByName("first-contentful-paint")[0];
return page.loadEventEnd && painted ? [page.responseStart, page.loadEventEnd] : null;
"""

Opened = tuple[float, float]
"""Seconds to the first byte, and until the page is open."""


def run(rounds: int) -> Report:
    """The slowest of all pages."""
    first: dict[str, list[float]] = {page: [] for page in PAGES}
    work: dict[str, list[float]] = {page: [] for page in PAGES}
    with (
        TemporaryDirectory() as folder,
        _served(Path(folder)) as (url, server),
        _opener() as opened,
    ):

        def sample(page: str) -> float:
            time.sleep(LONGER_THAN_KEPT)
            before = _worked(server)
            byte, whole = opened(url + page)
            first[page].append(byte)
            work[page].append(_worked(server) - before)
            return whole

        seconds = in_turn({page: partial(sample, page) for page in PAGES}, rounds)
    slowest = max(seconds, key=lambda page: seconds[page])
    return Report(
        name="dashboard",
        unit="seconds",
        ours=seconds[slowest],
        peers={"the plan's bound": BOUND},
        against="the plan's bound",
        goal=1.0,
        notes=tuple(
            f"{page}: open after {seconds[page]:.3f} s, first byte {median(first[page]):.3f} s,"
            f" {median(work[page]):.3f} CPU seconds of the server"
            for page in PAGES
        ),
    )


def fill(root: Path) -> None:
    """A week of 100 replicas and two endpoints."""
    now = datetime.now(UTC)
    rounds = count()
    with closing(Ledger(root)) as ledger:
        begin = now - WEEK
        while begin < now:
            step = FINE if begin >= now - LATELY else COARSE
            moments = int(min(BATCH, now - begin) / step)
            batch = [r for n in range(moments) for r in _round(begin + n * step, next(rounds))]
            ledger.record_readings("", batch, "local")
            begin += max(moments, 1) * step


def _round(at: datetime, number: int) -> Iterator[Reading]:
    subjects = [f"shop-r{replica:03}-4f2a" for replica in range(REPLICAS)]
    for place, (metric, unit) in enumerate(METRICS.items()):
        for replica, subject in enumerate(subjects):
            value = (number * 7 + replica * 13 + place) % 100 / 100
            yield Reading(metric=metric, value=value, unit=unit, subject=subject, at=at)


@contextmanager
def _served(root: Path) -> Iterator[tuple[str, Process]]:
    fill(root)
    words = [sys.executable, "-m", "fullcycle.dashboard", "--port", "0", "--project", str(root)]
    process = subprocess.Popen(words, env=environment(), stdout=subprocess.PIPE, text=True)
    try:
        line = process.stdout.readline() if process.stdout else ""
        if " on http://" not in line:
            raise BenchmarkError(f"the dashboard did not start: {line}")
        yield line.rpartition(" on ")[2].strip(), Process(process.pid)
    finally:
        process.terminate()
        process.communicate(timeout=20)


def _worked(server: Process) -> float:
    times = server.cpu_times()
    return float(times.user + times.system)


@contextmanager
def _opener() -> Iterator[Callable[[str], Opened]]:
    chromium, driver = shutil.which("chromium"), shutil.which("chromedriver")
    if not (chromium and driver):
        yield _fetched
        return
    from selenium.webdriver import Chrome, ChromeOptions, ChromeService
    from selenium.webdriver.support.ui import WebDriverWait

    options = ChromeOptions()
    options.binary_location = chromium
    for flag in ("--headless=new", "--no-sandbox", "--disable-gpu", "--window-size=1280,900"):
        options.add_argument(flag)
    browser = Chrome(options=options, service=ChromeService(driver))

    def opened(url: str) -> Opened:
        browser.get(url)
        wait = WebDriverWait(browser, 60, 0.02)
        byte, whole = wait.until(lambda page: page.execute_script(LOADED))
        return byte / 1000, whole / 1000

    try:
        yield opened
    finally:
        browser.quit()


def _fetched(url: str) -> Opened:
    parts = urlsplit(url)
    with closing(HTTPConnection(parts.netloc, timeout=60)) as connection:
        began = time.perf_counter()
        connection.request("GET", f"{parts.path}?{parts.query}")
        answer = connection.getresponse()
        byte = time.perf_counter() - began
        answer.read()
        return byte, time.perf_counter() - began
