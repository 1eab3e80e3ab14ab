"""Links: where AWS' console shows an environment."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

if TYPE_CHECKING:
    from .ground import Ground
    from .names import Names


def links(names: Names, place: Ground, region: str) -> dict[str, str]:
    """Services and tasks, the dashboard with its charts, and the logs."""
    console = f"https://{region}.console.aws.amazon.com"
    cloudwatch = f"{console}/cloudwatch/home?region={region}"
    group = quote(quote(place.log_group, safe=""), safe="").replace("%", "$")
    return {
        "ECS": f"{console}/ecs/v2/clusters/{quote(place.cluster)}/services?region={region}",
        "dashboard": f"{cloudwatch}#dashboards/dashboard/{quote(names.dashboard)}",
        "logs": f"{cloudwatch}#logsV2:log-groups/log-group/{group}",
    }
