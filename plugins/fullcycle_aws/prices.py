"""Prices: what AWS asks, for estimates only.

Source: AWS' public price lists (https://aws.amazon.com/fargate/pricing/, …/elasticloadbalancing/,
…/vpc/, …/cloudwatch/, …/ecr/, …/ec2/on-demand/ for transfer), without taxes, discounts and free
tiers. They were written down from memory of those lists and not compared with them since: the
estimate tells the order of magnitude.
"""

from __future__ import annotations

from dataclasses import dataclass

AS_OF = "November 2026"
HOURS = 730
"""Of a month, as AWS' own calculator counts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Prices:
    """Of a region, in US dollars."""

    core_hour: float
    """Fargate, Linux on x86_64."""
    gb_hour: float
    """Memory of Fargate, Linux on x86_64."""
    balancer_hour: float
    capacity_hour: float
    """A load balancer capacity unit."""
    log_gb: float
    """Written to CloudWatch Logs."""
    address_hour: float = 0.005
    """A public IPv4 address."""
    transfer_gb: float = 0.09
    """To the internet."""
    image_gb: float = 0.10
    """A month in ECR."""
    alarm: float = 0.10
    """A month."""
    dashboard: float = 3.0
    """A month."""


ARM_SHARE = 0.8
"""Of the price of Fargate on x86_64."""
SPOT_SHARE = 0.3
"""Of the price of Fargate; it changes with demand (AWS: "up to 70 % off")."""

_VIRGINIA = Prices(
    core_hour=0.04048, gb_hour=0.004445, balancer_hour=0.0225, capacity_hour=0.008, log_gb=0.50
)
_IRELAND = Prices(
    core_hour=0.04048, gb_hour=0.004445, balancer_hour=0.0252, capacity_hour=0.008, log_gb=0.57
)
REFERENCE = "us-east-1"
REGIONS = {REFERENCE: _VIRGINIA, "eu-west-1": _IRELAND}
