"""Metrics: what CloudWatch has measured, many figures by one request."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeAlias

from .faults import translated

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from .clients import Clients

AT_ONCE = 500
"""Queries that GetMetricData takes."""

Points: TypeAlias = list[tuple[datetime, float]]
"""When a period began, and the value of it."""


@dataclass(frozen=True, slots=True)
class Query:
    """One figure of one thing."""

    namespace: str
    metric: str
    found_by: tuple[tuple[str, str], ...]
    """Its dimensions."""
    statistic: str


@dataclass(frozen=True, slots=True)
class Span:
    """Of which time, in periods of so many seconds."""

    begin: datetime
    end: datetime
    period: int


def ask(clients: Clients, queries: Iterable[Query], span: Span) -> Mapping[Query, Points]:
    """What each query's figure was, newest first; nothing where it was not measured."""
    wanted = list(dict.fromkeys(queries))
    found: dict[Query, Points] = {query: [] for query in wanted}
    pages = clients.cloudwatch.get_paginator("get_metric_data")
    with translated("asking CloudWatch for figures"):
        for start in range(0, len(wanted), AT_ONCE):
            few = {
                f"q{number}": query for number, query in enumerate(wanted[start : start + AT_ONCE])
            }
            asked: Any = [_query(ident, query, span.period) for ident, query in few.items()]
            for page in pages.paginate(
                MetricDataQueries=asked, StartTime=span.begin, EndTime=span.end
            ):
                for each in page["MetricDataResults"]:
                    points = zip(each["Timestamps"], each["Values"], strict=True)
                    found[few[each["Id"]]].extend(points)
    return {query: sorted(points, reverse=True) for query, points in found.items()}


def _query(ident: str, query: Query, period: int) -> dict[str, Any]:
    dimensions = [{"Name": name, "Value": value} for name, value in query.found_by]
    return {
        "Id": ident,
        "MetricStat": {
            "Metric": {
                "Namespace": query.namespace,
                "MetricName": query.metric,
                "Dimensions": dimensions,
            },
            "Period": period,
            "Stat": query.statistic,
        },
    }
