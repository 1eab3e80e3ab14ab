"""Alarms: what somebody should hear of, and what stops a deployment."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fullcycle.model import WEB

from .balancer import full_name
from .cluster import name as cluster_name
from .parts import Resources, att, resource
from .site import BLUE, GREEN

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .site import Site

KINDS = ("5xx-blue", "5xx-green", "unhealthy-blue", "unhealthy-green", "cpu")
"""What the alarms are about, as their names end."""


def alarms(site: Site) -> Resources:
    """Errors and unhealthy tasks of either target group, and CPU."""
    return {
        "BlueErrors": _errors(site, BLUE),
        "GreenErrors": _errors(site, GREEN),
        "BlueUnhealthy": _unhealthy(site, BLUE),
        "GreenUnhealthy": _unhealthy(site, GREEN),
        "Cpu": _cpu(site),
    }


def stopping(site: Site) -> list[str]:
    """Names of the alarms that a deployment watches."""
    return [site.names.alarm(f"5xx-{colour}") for colour in (BLUE, GREEN)]


def dimensions(site: Site, colour: str) -> dict[str, Any]:
    """What metrics of a target group are found by."""
    return {
        "LoadBalancer": full_name(site),
        "TargetGroup": att(colour.capitalize(), "TargetGroupFullName"),
    }


def _errors(site: Site, colour: str) -> dict[str, Any]:
    return _alarm(
        site,
        f"5xx-{colour}",
        "AWS/ApplicationELB",
        "HTTPCode_Target_5XX_Count",
        dimensions(site, colour),
        Statistic="Sum",
        Threshold=site.options.max_5xx,
        EvaluationPeriods=2,
    )


def _unhealthy(site: Site, colour: str) -> dict[str, Any]:
    return _alarm(
        site,
        f"unhealthy-{colour}",
        "AWS/ApplicationELB",
        "UnHealthyHostCount",
        dimensions(site, colour),
        Statistic="Maximum",
        Threshold=1,
        EvaluationPeriods=5,
    )


def _cpu(site: Site) -> dict[str, Any]:
    return _alarm(
        site,
        "cpu",
        "AWS/ECS",
        "CPUUtilization",
        {"ClusterName": cluster_name(site), "ServiceName": site.names.service(WEB)},
        Statistic="Average",
        Threshold=site.options.max_cpu,
        EvaluationPeriods=5,
    )


def _alarm(
    site: Site,
    about: str,
    namespace: str,
    metric: str,
    found_by: Mapping[str, Any],
    **when: Any,
) -> dict[str, Any]:
    """Minutes in a row at or above a threshold; no data are no alarm."""
    topic = site.options.alarm_topic
    return resource(
        "CloudWatch::Alarm",
        {
            "AlarmName": site.names.alarm(about),
            "Namespace": namespace,
            "MetricName": metric,
            "Dimensions": [{"Name": key, "Value": value} for key, value in found_by.items()],
            "Period": 60,
            "ComparisonOperator": "GreaterThanOrEqualToThreshold",
            "TreatMissingData": "notBreaching",
            **({"AlarmActions": [topic], "OKActions": [topic]} if topic else {}),
            **when,
        },
    )
