"""A dashboard for Grafana, as the JSON that it imports."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from . import queries
from .rules import selected

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

SCHEMA = 39
"""The version of the dashboard's model: Grafana 11's; newer ones bring it up to theirs."""
SOURCE = {"type": "prometheus", "uid": "${datasource}"}
COLUMNS, HEIGHT = 24, 8
RATE = "$__rate_interval"
"""Grafana's own: long enough for a rate, whatever the interval of scraping is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """A chart, or a number."""

    title: str
    targets: Sequence[tuple[str, str]]
    """Query, and what its lines are called."""
    unit: str = "short"
    kind: str = "timeseries"
    width: int = 12
    height: int = HEIGHT
    names: bool = False
    """Whether it shows what its line is called, and not its value."""


def dashboard(app: str) -> dict[str, Any]:
    """The dashboard of an application; it asks for the data source, and the environment."""
    return {
        "title": f"{app} by fullcycle",
        "uid": _uid(app),
        "tags": ["fullcycle"],
        "schemaVersion": SCHEMA,
        "editable": True,
        "refresh": "30s",
        "time": {"from": "now-6h", "to": "now"},
        "timezone": "browser",
        "templating": {"list": [_data_source(), _environments(app)]},
        "annotations": {"list": [_annotation(app)]},
        "panels": [*_placed(panels(app))],
    }


def panels(app: str) -> list[Panel]:
    """What is on it: numbers first, charts below."""
    chosen = f'{selected(app)}, environment=~"$environment"'
    return [*_numbers(chosen), *_charts(chosen)]


def text(app: str) -> str:
    """The dashboard as a file."""
    return json.dumps(dashboard(app), indent=2) + "\n"


def _numbers(chosen: str) -> Iterator[Panel]:
    version = f"max by (environment, version) (fullcycle_deployment_info{{{chosen}}})"
    yield _number("Version", (version, "{{version}}"), names=True)
    healthy, desired = queries.healthy(chosen), queries.largest("replicas_desired", chosen)
    yield _number("Replicas", (healthy, "healthy"), (desired, "desired"))
    up = queries.smallest("endpoint_up", chosen, "endpoint")
    yield _number("Endpoints up", (f"avg({up})", "up"), unit="percentunit")
    yield _number("Last measured", (queries.age(chosen), "ago"), unit="s")


def _charts(chosen: str) -> Iterator[Panel]:
    replica, endpoint = "{{replica}}", "{{endpoint}}"
    largest = queries.largest
    response = largest("endpoint_response_seconds", chosen, "endpoint")
    for title, query, line, unit in (
        ("Requests", queries.requests(chosen, RATE), "requests", "reqps"),
        ("Errors", queries.errors(chosen, RATE), "failed", "percentunit"),
        ("Response time", response, endpoint, "s"),
        ("CPU", largest("replica_cpu_ratio", chosen, "replica"), replica, "percentunit"),
        ("Memory", largest("replica_memory_bytes", chosen, "replica"), replica, "bytes"),
        ("Disk", largest("host_disk_used_ratio", chosen), "used", "percentunit"),
        ("Error budget", _budget(chosen), "{{objective}}", "percentunit"),
    ):
        yield Panel(title=title, targets=[(query, line)], unit=unit)


def _budget(chosen: str) -> str:
    return queries.smallest("slo_error_budget_left_ratio", chosen, "objective")


def _number(
    title: str, *targets: tuple[str, str], unit: str = "short", names: bool = False
) -> Panel:
    return Panel(
        title=title, targets=targets, unit=unit, kind="stat", width=6, height=4, names=names
    )


def _placed(shown: Sequence[Panel]) -> Iterator[dict[str, Any]]:
    """In rows, from the left to the right."""
    left, top, lowest = 0, 0, 0
    for number, panel in enumerate(shown, 1):
        if left + panel.width > COLUMNS:
            left, top = 0, lowest
        yield _panel(number, panel, left, top)
        left, lowest = left + panel.width, max(lowest, top + panel.height)


def _panel(number: int, panel: Panel, left: int, top: int) -> dict[str, Any]:
    return {
        "id": number,
        "type": panel.kind,
        "title": panel.title,
        "datasource": SOURCE,
        "gridPos": {"x": left, "y": top, "w": panel.width, "h": panel.height},
        "fieldConfig": {"defaults": {"unit": panel.unit, "min": 0}, "overrides": []},
        "options": {"textMode": "name"} if panel.names else {},
        "targets": [
            {"refId": chr(ord("A") + at), "datasource": SOURCE, "expr": query, "legendFormat": name}
            for at, (query, name) in enumerate(panel.targets)
        ],
    }


def _data_source() -> dict[str, Any]:
    return {"name": "datasource", "type": "datasource", "query": "prometheus", "label": "Source"}


def _environments(app: str) -> dict[str, Any]:
    query = (
        f"label_values(fullcycle_last_reading_timestamp_seconds{{{selected(app)}}}, environment)"
    )
    return {
        "name": "environment",
        "type": "query",
        "label": "Environment",
        "datasource": SOURCE,
        "definition": query,
        "query": {"query": query, "refId": "environments"},
        "refresh": 2,
        "multi": True,
        "includeAll": True,
    }


def _annotation(app: str) -> dict[str, Any]:
    """A mark on every chart where a deployment began."""
    moment = (
        f'fullcycle_deployment_timestamp_seconds{{{selected(app)}, environment=~"$environment"}}'
    )
    return {
        "name": "Deployments",
        "datasource": SOURCE,
        "enable": True,
        "expr": f"{moment} * 1000",
        "useValueForTime": True,
        "titleFormat": "Deployed to {{environment}}",
        "iconColor": "blue",
    }


def _uid(app: str) -> str:
    """Stable, so that importing it again replaces it; Grafana allows 40 characters."""
    return f"fullcycle-{app}"[:40]
