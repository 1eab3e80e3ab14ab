"""Environment: the template of all that one environment needs, its services excepted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .alarms import alarms, stopping
from .balancer import arn, balancer
from .cluster import cluster
from .cluster import name as cluster_name
from .dashboard import dashboard
from .domain import domain, url
from .network import network, task_subnets, vpc
from .parts import att, ref, template
from .roles import roles

if TYPE_CHECKING:
    from .site import Site


def environment(site: Site) -> dict[str, Any]:
    """The template; what is adopted isn't in it."""
    parts = (network, balancer, domain, cluster, roles, alarms, dashboard)
    resources = {name: each for part in parts for name, each in part(site).items()}
    about = f"fullcycle: {site.names.app} in {site.names.environment}"
    return template(about, resources, _outputs(site))


def _outputs(site: Site) -> dict[str, Any]:
    """What fullcycle_aws.ground reads."""
    return {
        "Url": url(site),
        "Cluster": cluster_name(site),
        "Vpc": vpc(site),
        "Subnets": {"Fn::Join": [",", task_subnets(site)]},
        "SecurityGroup": att("TaskGroup", "GroupId"),
        "LoadBalancer": arn(site),
        "Blue": ref("Blue"),
        "Green": ref("Green"),
        "Rule": ref("Rule"),
        **({} if site.balancer else {"TestRule": ref("TestRule")}),
        "ExecutionRole": att("ExecutionRole", "Arn"),
        "TaskRole": att("TaskRole", "Arn"),
        "BalancingRole": att("BalancingRole", "Arn"),
        "LogGroup": ref("Logs"),
        "Alarms": ",".join(stopping(site)),
    }
