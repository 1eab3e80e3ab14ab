"""A real Prometheus scrapes a real `monitor.serve`, and judges by the rules made for it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from urllib.error import HTTPError, URLError
from urllib.parse import quote
from urllib.request import Request, urlopen

import pytest

from conftest import free_port

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from conftest import Shop

pytestmark = pytest.mark.timeout(300)

TOKEN = "a-token-of-this-test-alone"  # noqa: S105 (a fake)  # pragma: allowlist secret
LIMIT = 60.0
OBJECTIVE = """
[slo.reachable]
target = 99.9
endpoint = "/"
"""
CONFIGURATION = """
global: {{scrape_interval: 1s, scrape_timeout: 1s, evaluation_interval: 1s}}
rule_files: [rules.yml]
scrape_configs:
  - job_name: fullcycle
    authorization: {{credentials: {token}}}
    static_configs: [{{targets: ["127.0.0.1:{port}"]}}]
"""
REACHABLE = '{app="shop", environment="local", objective="reachable"}'
THRESHOLDS = """
rule_files: [rules.yml]
evaluation_interval: 1m
tests:
  - interval: 1m
    input_series:
      - series: 'fullcycle_endpoint_up{app="shop", environment="local", endpoint="/"}'
        values: "0x10"
      - series: 'fullcycle_host_disk_used_ratio{app="shop", environment="local"}'
        values: "0.95x10"
    alert_rule_test:
      - eval_time: 0m
        alertname: FullcycleEndpointDown
      - eval_time: 2m
        alertname: FullcycleEndpointDown
        exp_alerts:
          - exp_labels: {severity: page, app: shop, environment: local, endpoint: /}
            exp_annotations: {summary: "/ of shop in local does not answer as it should"}
      - eval_time: 4m
        alertname: FullcycleDiskFull
      - eval_time: 6m
        alertname: FullcycleDiskFull
        exp_alerts:
          - exp_labels: {severity: ticket, app: shop, environment: local}
            exp_annotations: {summary: "the disk of shop in local is at 95%, more than 90 %"}
"""
BURN = """
rule_files: [rules.yml]
evaluation_interval: 5m
tests:
  - interval: 5m
    input_series:
      - series: 'fullcycle_slo_events_per_secondREACHABLE'
        values: "1x740"
      - series: 'fullcycle_slo_good_events_per_secondREACHABLE'
        values: "1x720 0.984x20"
    alert_rule_test:
      - eval_time: 3600m
        alertname: FullcycleErrorBudgetBurns
      - eval_time: 3660m
        alertname: FullcycleErrorBudgetBurns
        exp_alerts:
          - exp_labels:
              {severity: page, app: shop, environment: local, objective: reachable, window: 1h}
            exp_annotations:
              summary: >-
                reachable of shop in local: the error budget burns more than 14.4 times
                too fast, over 1h
"""


def program(name: str) -> str:
    path = shutil.which(name)
    if path is None and os.environ.get("CI") != "true":
        pytest.skip(f"{name} is not installed (Debian's package prometheus)")
    assert path, f"install {name}: Debian's package prometheus has it"
    return path


def promtool(*arguments: str, stdin: str | None = None) -> None:
    done = subprocess.run(
        [program("promtool"), *arguments],
        input=stdin,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, ""), done.stdout + done.stderr


@contextmanager
def serving(shop: Shop, port: int) -> Iterator[str]:
    process = subprocess.Popen(
        shop.command("monitor.serve", "--port", str(port)),
        cwd=shop.root,
        env={**shop.variables(), "FULLCYCLE_DASHBOARD_TOKEN": TOKEN},
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr
    try:
        line = process.stderr.readline()
        assert " on http://" in line, line
        assert TOKEN not in line
        yield line.rpartition(" on ")[2].strip()
    finally:
        process.terminate()
        process.communicate(timeout=20)


@contextmanager
def prometheus(folder: Path) -> Iterator[str]:
    port = free_port()
    process = subprocess.Popen(
        [
            program("prometheus"),
            f"--config.file={folder / 'prometheus.yml'}",
            f"--storage.tsdb.path={folder / 'data'}",
            f"--web.listen-address=127.0.0.1:{port}",
        ],
        stderr=subprocess.DEVNULL,
    )
    try:
        yield f"http://127.0.0.1:{port}/api/v1"
    finally:
        process.terminate()
        process.wait(timeout=20)


def ask(url: str) -> Any:
    return json.loads(read(url)[1])["data"]


def read(url: str, **headers: str) -> tuple[str, str]:
    """What it is, and its text."""
    request = Request(url, headers=headers)  # noqa: S310 (of this test's own servers)
    with urlopen(request, timeout=10) as answer:  # noqa: S310 (of this test's own servers)
        return answer.headers["Content-Type"], answer.read().decode()


def seen(url: str) -> str:
    """The content of a page."""
    page = read(url, Authorization=f"Bearer {TOKEN}")[1]
    return page.partition("<main")[2].partition("</main>")[0]


def until(look: Callable[[], Any]) -> Any:
    deadline = time.monotonic() + LIMIT
    while True:
        try:
            if found := look():
                return found
        except (HTTPError, URLError, ConnectionError):
            pass
        assert time.monotonic() < deadline, "Prometheus has not seen it"
        time.sleep(0.2)


def value(api: str, query: str) -> Callable[[], Any]:
    return lambda: ask(f"{api}/query?query={quote(query)}")["result"]


@pytest.fixture
def deployed(shop: Shop) -> Shop:
    shop.settings(OBJECTIVE)
    shop.done("build", "release", "deploy")
    return shop


def test_prometheus_reads_the_metrics_judges_by_the_rules_and_answers_grafana(
    deployed: Shop, tmp_path: Path
) -> None:
    folder, port = tmp_path / "prometheus", free_port()
    folder.mkdir()
    textfile = folder / "shop.prom"
    rules, board = folder / "rules.yml", folder / "grafana.json"
    written = {"metrics": textfile, "rules": rules, "grafana": board}
    asked = [(f"monitor.{what}", "--output", str(path)) for what, path in written.items()]
    deployed.done(*(word for words in asked for word in words))
    (folder / "prometheus.yml").write_text(CONFIGURATION.format(port=port, token=TOKEN))

    promtool("check", "metrics", stdin=textfile.read_text())
    promtool("check", "config", str(folder / "prometheus.yml"))
    assert textfile.stat().st_mode & 0o777 == 0o644
    assert 'fullcycle_deployment_info{app="shop",environment="local",version="' in (
        textfile.read_text()
    )
    with serving(deployed, port) as url, prometheus(folder) as api:
        with pytest.raises(HTTPError, match="401"):
            read(f"{url}/metrics")
        until(value(api, 'up{job="fullcycle"} == 1'))
        until(value(api, "rate(fullcycle_replica_requests_total[1m])"))
        kind, exported = read(f"{url}/metrics", Authorization=f"Bearer {TOKEN}")
        assert kind == "text/plain; version=0.0.4; charset=utf-8"
        promtool("check", "metrics", stdin=exported)
        healthy = value(api, 'fullcycle_replicas{app="shop", state="healthy"}')()
        assert healthy[0]["value"][1] == "2"
        until(value(api, "fullcycle:slo_errors:ratio_5m == 0"))
        judged = [rule for group in ask(f"{api}/rules")["groups"] for rule in group["rules"]]
        assert {rule["health"] for rule in judged} == {"ok"}
        assert not [rule for rule in judged if rule.get("state") == "firing"]
        assert "healthy" in seen(f"{url}/replicas")
        assert "shop one starts" in seen(f"{url}/logs?text=starts")
        assert "of the error budget left" in seen(f"{url}/objectives")
        for query in queries(board):
            assert value(api, query)(), f"no answer to {query}"


def queries(dashboard: Path) -> list[str]:
    """Every query of the dashboard as Grafana sends it, for all environments."""
    model = json.loads(dashboard.read_text())
    found = [target["expr"] for panel in model["panels"] for target in panel["targets"]]
    found += [annotation["expr"] for annotation in model["annotations"]["list"]]
    assert len(found) > 10
    return [q.replace("$environment", ".+").replace("$__rate_interval", "1m") for q in found]


def test_an_alert_fires_when_it_should_and_not_before(shop: Shop, tmp_path: Path) -> None:
    shop.settings(OBJECTIVE)
    shop.done("monitor.rules", "--output", str(tmp_path / "rules.yml"))
    promtool("check", "rules", str(tmp_path / "rules.yml"))
    for name, text in (("thresholds", THRESHOLDS), ("burn", BURN)):
        path = tmp_path / f"{name}.yml"
        path.write_text(text.replace("REACHABLE", REACHABLE))
        promtool("test", "rules", str(path))
