"""Dashboard: the environment at a glance, in CloudWatch."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from fullcycle.model import WEB

from .parts import Resources, resource

if TYPE_CHECKING:
    from .site import Site

WIDTH, HEIGHT = 12, 6
"""Of a widget, in the dashboard's grid of 24 columns."""
_GROUPS = ("${Blue.TargetGroupFullName}", "${Green.TargetGroupFullName}")


def dashboard(site: Site) -> Resources:
    """Requests, errors, response times, healthy tasks, CPU and memory."""
    widgets = [
        _widget(place, title, metrics) for place, (title, metrics) in enumerate(_charts(site))
    ]
    body = json.dumps({"widgets": widgets})
    values = {} if site.balancer is None else {"LoadBalancerName": site.balancer.full_name}
    values |= {"ClusterName": site.options.cluster} if site.options.cluster else {}
    return {
        "Dashboard": resource(
            "CloudWatch::Dashboard",
            {
                "DashboardName": site.names.dashboard,
                "DashboardBody": {"Fn::Sub": [body, values] if values else body},
            },
        )
    }


def _charts(site: Site) -> list[tuple[str, list[list[Any]]]]:
    percentiles = ("p50", "p95", "p99")
    times = [row for each in percentiles for row in _balancing(site, "TargetResponseTime", each)]
    return [
        ("Requests a minute", _balancing(site, "RequestCount", "Sum")),
        ("Answers of 500 and more", _balancing(site, "HTTPCode_Target_5XX_Count", "Sum")),
        ("Response time in seconds", times),
        ("Healthy tasks", _balancing(site, "HealthyHostCount", "Minimum")),
        ("CPU in percent", _service(site, "CPUUtilization")),
        ("Memory in percent", _service(site, "MemoryUtilization")),
    ]


def _balancing(site: Site, metric: str, statistic: str) -> list[list[Any]]:
    name = "${LoadBalancerName}" if site.balancer else "${Balancer.LoadBalancerFullName}"
    found_by = ("LoadBalancer", name, "TargetGroup")
    return [
        ["AWS/ApplicationELB", metric, *found_by, group, {"stat": statistic}] for group in _GROUPS
    ]


def _service(site: Site, metric: str) -> list[list[Any]]:
    cluster = "${ClusterName}" if site.options.cluster else "${Cluster}"
    found_by = ("ClusterName", cluster, "ServiceName", site.names.service(WEB))
    return [["AWS/ECS", metric, *found_by, {"stat": each}] for each in ("Average", "Maximum")]


def _widget(place: int, title: str, metrics: list[list[Any]]) -> dict[str, Any]:
    return {
        "type": "metric",
        "x": WIDTH * (place % 2),
        "y": HEIGHT * (place // 2),
        "width": WIDTH,
        "height": HEIGHT,
        "properties": {
            "title": title,
            "metrics": metrics,
            "region": "${AWS::Region}",
            "period": 60,
        },
    }
