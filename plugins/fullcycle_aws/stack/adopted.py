"""Adopted: what the settings name and exists already, looked up."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fullcycle.errors import UsageError
from fullcycle_aws.ecs.balance import Balance
from fullcycle_aws.faults import translated

from .site import BLUE, GREEN, Balancer, Network, Site

if TYPE_CHECKING:
    from types_boto3_elbv2.type_defs import ListenerTypeDef

    from fullcycle_aws.clients import Clients
    from fullcycle_aws.ground import Ground
    from fullcycle_aws.names import Names
    from fullcycle_aws.options import Options

ZONES = 2
"""Availability zones that a load balancer wants at least."""


def site(clients: Clients, names: Names, options: Options, found: Ground | None) -> Site:
    """Everything that the environment's template depends on.

    Args:
        clients: reach AWS.
        names: whose environment.
        options: what is adopted.
        found: what was provisioned before.

    Raises:
        UsageError: what the settings name doesn't exist, or doesn't serve.
    """
    _cluster(clients, options.cluster)
    return Site(
        names=names,
        options=options,
        account=clients.account,
        region=clients.region,
        network=_network(clients, options) if options.vpc else None,
        balancer=_balancer(clients, options.load_balancer) if options.load_balancer else None,
        zone=_zone(clients, options.zone) if options.zone else "",
        serving=_serving(clients, found) if found else BLUE,
    )


def _cluster(clients: Clients, name: str) -> None:
    if not name:
        return
    with translated(f"looking for the cluster {name}"):
        found = clients.ecs.describe_clusters(clusters=[name])["clusters"]
    if not any(each.get("status") == "ACTIVE" for each in found):
        raise UsageError(
            f"there is no ECS cluster {name!r} in {clients.region}", hint="mend `cluster`"
        )


def _network(clients: Clients, options: Options) -> Network:
    vpc = _vpc(clients, options.vpc)
    subnets = options.subnets or _public(clients, vpc)
    return Network(vpc=vpc, subnets=subnets, task_subnets=options.task_subnets or subnets)


def _vpc(clients: Clients, name: str) -> str:
    wanted = {"Name": "vpc-id" if name.startswith("vpc-") else "tag:Name", "Values": [name]}
    with translated(f"looking for the VPC {name}"):
        found = clients.ec2.describe_vpcs(Filters=[wanted])["Vpcs"]  # type: ignore[list-item]
    if len(found) != 1:
        raise UsageError(
            f"{len(found) or 'no'} VPCs are called {name!r} in {clients.region}",
            hint="write its id in `vpc`: vpc-…",
        )
    return found[0]["VpcId"]


def _public(clients: Clients, vpc: str) -> tuple[str, ...]:
    """One subnet a zone of those that give out public addresses."""
    with translated(f"looking for the subnets of {vpc}"):
        found = clients.ec2.describe_subnets(Filters=[{"Name": "vpc-id", "Values": [vpc]}])
    by_zone = {
        each["AvailabilityZone"]: each["SubnetId"]
        for each in sorted(found["Subnets"], key=lambda each: each["SubnetId"], reverse=True)
        if each.get("MapPublicIpOnLaunch")
    }
    if len(by_zone) < ZONES:
        raise UsageError(
            f"{vpc} has no public subnets in {ZONES} zones, which a load balancer needs",
            hint="name its subnets: `subnets`, and `task_subnets` if tasks run in others",
        )
    return tuple(by_zone[zone] for zone in sorted(by_zone))


def _balancer(clients: Clients, name: str) -> Balancer:
    with translated(f"looking for the load balancer {name}"):
        try:
            found = clients.elb.describe_load_balancers(Names=[name])["LoadBalancers"][0]
        except clients.elb.exceptions.LoadBalancerNotFoundException as error:
            raise UsageError(
                f"there is no load balancer {name!r} in {clients.region}",
                hint="mend `load_balancer`",
            ) from error
        listeners = clients.elb.describe_listeners(LoadBalancerArn=found["LoadBalancerArn"])
    listener = _listener(name, listeners["Listeners"])
    return Balancer(
        arn=found["LoadBalancerArn"],
        dns=found["DNSName"],
        zone=found["CanonicalHostedZoneId"],
        security_groups=tuple(found["SecurityGroups"]),
        listener=listener["ListenerArn"],
        secure=listener.get("Protocol") == "HTTPS",
    )


def _listener(name: str, found: list[ListenerTypeDef]) -> ListenerTypeDef:
    for protocol in ("HTTPS", "HTTP"):
        for each in found:
            if each.get("Protocol") == protocol:
                return each
    raise UsageError(
        f"the load balancer {name!r} has no HTTPS or HTTP listener", hint="give it one"
    )


def _zone(clients: Clients, name: str) -> str:
    with translated(f"looking for the hosted zone {name}"):
        route53 = clients.client("route53")
        found = route53.list_hosted_zones_by_name(DNSName=name)["HostedZones"]
    wanted = f"{name.rstrip('.')}."
    for each in found:
        if each["Name"] == wanted and not each.get("Config", {}).get("PrivateZone"):
            return str(each["Id"]).removeprefix("/hostedzone/")
    raise UsageError(f"Route 53 has no public hosted zone {name!r}", hint="mend `zone`")


def _serving(clients: Clients, found: Ground) -> str:
    """A deployment may have switched them."""
    return GREEN if Balance(clients, found).serving == found.green else BLUE
