"""Cluster: where services run, and where their logs go."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .parts import Resources, ref, resource

if TYPE_CHECKING:
    from .site import Site


def cluster(site: Site) -> Resources:
    """The cluster, where none is adopted, and the log group."""
    return {
        **({} if site.options.cluster else {"Cluster": _cluster(site)}),
        "Logs": resource(
            "Logs::LogGroup",
            {
                "LogGroupName": site.names.log_group,
                "RetentionInDays": site.options.log_retention,
            },
            DeletionPolicy="Delete",
            UpdateReplacePolicy="Retain",
        ),
    }


def name(site: Site) -> Any:
    """The cluster's name."""
    return site.options.cluster or ref("Cluster")


def _cluster(site: Site) -> dict[str, Any]:
    insights = "enabled" if site.options.insights else "disabled"
    return resource(
        "ECS::Cluster",
        {
            "ClusterName": site.names.cluster,
            "CapacityProviders": ["FARGATE", "FARGATE_SPOT"],
            "ClusterSettings": [{"Name": "containerInsights", "Value": insights}],
        },
    )
