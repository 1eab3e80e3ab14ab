from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from typing import Any

from looking_back import at, deployment, run, step

from fullcycle.model import DeploymentStatus, Result
from fullcycle.pipeline.ledger import Ledger
from fullcycle.review import Review, page, render, review

EVIL = "</script><script>alert(1)</script><img src=x onerror=alert(2)>&"


def history() -> Review:
    runs = [run(n, [step("build", 10 + n), step("test.unit", 30)]) for n in range(6)]
    runs.append(run(7, [step("build", 60), step("test.unit", 3, Result.FAILURE, reason=EVIL)]))
    runs.append(run(8, [step("test.unit", 3, Result.FAILURE, reason=EVIL)], result=Result.FAILURE))
    deployments = [
        deployment(1, hours=1),
        deployment(2, hours=2, status=DeploymentStatus.FAILED, reason=EVIL),
    ]
    return review(runs, deployments, None, at(48))


class Reader(HTMLParser):
    """Collects what a browser would see."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.data: dict[str, str] = {}
        self.inside = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs
        self.inside = tag

    def handle_endtag(self, tag: str) -> None:  # noqa: ARG002 (whatever ends)
        self.inside = ""

    def handle_data(self, data: str) -> None:
        self.data[self.inside] = self.data.get(self.inside, "") + data


def test_findings_have_stable_ids_and_the_gravest_come_first() -> None:
    found = {finding.id: finding.severity for finding in history().findings}
    assert found == {
        "failing:test.unit": "error",
        "unrecovered:production": "error",
        "flaky:test.unit": "warning",
        "slow:build": "warning",
    }
    assert list(found.values()) == sorted(found.values())
    assert history().findings == history().findings


def test_a_change_fail_rate_above_a_fifth_is_a_finding_once_there_is_enough_to_tell() -> None:
    few = [deployment(n, hours=n, status=DeploymentStatus.ROLLED_BACK) for n in (1, 2)]
    assert review([], few, None, at(48)).findings == ()
    more = [*few, deployment(3, hours=3), deployment(4, hours=4)]
    assert [f.id for f in review([], more, None, at(48)).findings] == ["dora:change-fail-rate"]


def test_much_work_in_vain_is_a_finding() -> None:
    runs = [run(1, [step("a", 10)], result=Result.CANCELLATION), run(2, [step("a", 10)])]
    (finding,) = review(runs, [], None, at(1)).findings
    assert (finding.id, finding.severity) == ("waste", "info")
    assert finding.title == "50% of the time of all steps was in vain"


def test_the_findings_can_be_kept_for_the_next_plan(tmp_path: Any) -> None:
    ledger = Ledger(tmp_path)
    ledger.record_findings("r1", history().findings)
    assert tuple(ledger.findings()) == history().findings
    ledger.close()


def test_the_text_says_it_all_in_a_hundred_columns() -> None:
    text = render(history())
    assert max(map(len, text.splitlines())) <= 100
    for words in (
        "Review of 8 runs, 2 deployments",
        "change lead time",
        "50.0 %",
        "low tier (DORA 2024), 2 deployments",
        "test.unit is flaky",
        "build took",
    ):
        assert words in text


def test_a_review_of_nothing_says_so_as_text_and_as_page() -> None:
    empty = review([], [], None, at(0))
    assert empty.findings == ()
    text = render(empty)
    assert "Review of 0 runs, 0 deployments" in text
    assert "no step has succeeded yet" in text
    assert "no successful deployment" in text
    assert "Nothing to do anything about" in page(empty)


def test_the_page_needs_nothing_from_elsewhere() -> None:
    text = page(history())
    seen = Reader(text)
    assert not {"link", "img", "iframe", "object"} & set(seen.tags) - {"link"}
    assert seen.tags.count("link") == 1
    assert seen.tags.count("script") == 1
    outside = [v for name, v in seen.attributes if name in {"src", "href"} and v and v[0] != "#"]
    assert outside == ["data:,"]
    assert not re.search("https?:", text)
    assert "default-src 'none'" in text
    assert "prefers-color-scheme: dark" in text
    assert "width=device-width" in text


def test_nothing_in_the_data_can_become_part_of_the_page() -> None:
    seen = Reader(page(history()))
    assert "img" not in seen.tags
    assert not [name for name, _ in seen.attributes if name.startswith("on")]


def test_the_data_are_embedded_whole() -> None:
    made = history()
    data = json.loads(Reader(page(made)).data["script"])
    assert data["runs"][0]["steps"][0]["reason"] == EVIL
    assert [finding["id"] for finding in data["findings"]] == [f.id for f in made.findings]
    assert data["at"] == "2026-11-03T00:00:00+00:00"
