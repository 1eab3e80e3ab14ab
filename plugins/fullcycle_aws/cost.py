"""Cost: an environment's estimated costs of a month."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fullcycle.model import Cost

from .prices import ARM_SHARE, AS_OF, HOURS, REFERENCE, REGIONS, SPOT_SHARE

if TYPE_CHECKING:
    from .options import Assumptions, Options
    from .prices import Prices

BALANCER_ADDRESSES = 2
"""Public addresses of a load balancer: one a zone."""
ALARMS = 5
REQUESTS_A_UNIT = 25.0
"""New connections a second that one capacity unit covers; each request counts as one."""
GB_A_UNIT = 1.0
"""GB an hour that one capacity unit covers."""


def estimate(options: Options, region: str, tasks: int) -> Cost:
    """What a month costs.

    Args:
        options: sizes, what is adopted, and the assumptions.
        region: whose prices; those of us-east-1 where they aren't known.
        tasks: that run all month, where the assumptions don't say.
    """
    prices = REGIONS.get(region, REGIONS[REFERENCE])
    assumed = options.assumptions
    running = tasks if assumed.replicas is None else assumed.replicas
    items = {
        f"tasks on Fargate ({running})": running * _task(options, prices),
        "load balancer": 0.0 if options.load_balancer else _balancer(assumed, prices),
        "public addresses": _addresses(options, running) * prices.address_hour * HOURS,
        "logs": assumed.log_gb * prices.log_gb,
        "transfer to the internet": assumed.transfer_gb * prices.transfer_gb,
        "images": assumed.image_gb * prices.image_gb,
        "alarms and dashboard": ALARMS * prices.alarm + prices.dashboard,
    }
    rounded = {name: round(dollars, 2) for name, dollars in items.items() if dollars}
    return Cost(
        total=round(sum(rounded.values()), 2),
        items=rounded,
        assumptions=tuple(_assumptions(options, region, running)),
    )


def _task(options: Options, prices: Prices) -> float:
    share = (ARM_SHARE if options.architecture == "arm64" else 1) * (
        SPOT_SHARE if options.spot else 1
    )
    hourly = options.cpu * prices.core_hour + options.memory / 1024 * prices.gb_hour
    return share * hourly * HOURS


def _balancer(assumed: Assumptions, prices: Prices) -> float:
    units = max(
        assumed.requests_per_second / REQUESTS_A_UNIT, assumed.transfer_gb / HOURS / GB_A_UNIT
    )
    return (prices.balancer_hour + units * prices.capacity_hour) * HOURS


def _addresses(options: Options, running: int) -> int:
    own = 0 if options.load_balancer or options.internal else BALANCER_ADDRESSES
    return own + (running if options.public_ip else 0)


def _assumptions(options: Options, region: str, running: int) -> list[str]:
    assumed = options.assumptions
    priced = region if region in REGIONS else f"{REFERENCE}, as those of {region} aren't known here"
    return [
        f"prices are those of {AS_OF} in {priced}, without taxes, discounts and free tiers",
        f"{running} tasks of {options.cpu:g} cores and {options.memory} MiB run {HOURS} hours",
        f"{assumed.requests_per_second:g} requests a second come in all month",
        f"{assumed.transfer_gb:g} GB a month go out to the internet",
        f"{assumed.log_gb:g} GB a month are logged, {assumed.image_gb:g} GB of images are kept",
    ]
