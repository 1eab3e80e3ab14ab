"""Network: a VPC with two public subnets, and who may talk to whom."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .parts import Resources, ref, resource, tags

if TYPE_CHECKING:
    from .site import Site

SUBNETS = {"SubnetA": "10.0.0.0/20", "SubnetB": "10.0.16.0/20"}
"""A load balancer wants two zones at least; each has room for 4091 addresses."""


def network(site: Site) -> Resources:
    """What connects: the VPC, where none is adopted, and the security groups."""
    return {
        **(_vpc(site) if site.network is None else {}),
        **(_gate(site) if site.balancer is None else {}),
        "TaskGroup": _group(site, "tasks", [_from(each) for each in _balancer_groups(site)]),
    }


def vpc(site: Site) -> Any:
    """The VPC's id."""
    return site.network.vpc if site.network else ref("Vpc")


def subnets(site: Site) -> list[Any]:
    """Where the load balancer is."""
    return list(site.network.subnets) if site.network else [ref(name) for name in SUBNETS]


def task_subnets(site: Site) -> list[Any]:
    """Where tasks run."""
    return list(site.network.task_subnets) if site.network else [ref(name) for name in SUBNETS]


def _vpc(site: Site) -> Resources:
    named = {"Tags": tags({"Name": site.names.prefix})}
    routes = {
        f"{name}Routes": resource(
            "EC2::SubnetRouteTableAssociation",
            {"SubnetId": ref(name), "RouteTableId": ref("Routes")},
        )
        for name in SUBNETS
    }
    return {
        "Vpc": resource(
            "EC2::VPC",
            {
                "CidrBlock": "10.0.0.0/16",
                "EnableDnsSupport": True,
                "EnableDnsHostnames": True,
                **named,
            },
        ),
        "Internet": resource("EC2::InternetGateway", named),
        "InternetAttachment": resource(
            "EC2::VPCGatewayAttachment",
            {"VpcId": ref("Vpc"), "InternetGatewayId": ref("Internet")},
        ),
        "Routes": resource("EC2::RouteTable", {"VpcId": ref("Vpc"), **named}),
        "RouteOut": resource(
            "EC2::Route",
            {
                "RouteTableId": ref("Routes"),
                "DestinationCidrBlock": "0.0.0.0/0",
                "GatewayId": ref("Internet"),
            },
            DependsOn="InternetAttachment",
        ),
        **{name: _subnet(site, name, zone) for zone, name in enumerate(SUBNETS)},
        **routes,
    }


def _subnet(site: Site, name: str, zone: int) -> dict[str, Any]:
    return resource(
        "EC2::Subnet",
        {
            "VpcId": ref("Vpc"),
            "CidrBlock": SUBNETS[name],
            "AvailabilityZone": {"Fn::Select": [zone, {"Fn::GetAZs": ""}]},
            "Tags": tags({"Name": f"{site.names.prefix}-{name[-1].lower()}"}),
        },
    )


def _gate(site: Site) -> Resources:
    options = site.options
    ports = sorted({80, options.test_port} | ({443} if options.https else set()))
    rules = [_open(port, cidr) for port in ports for cidr in options.allow]
    return {"BalancerGroup": _group(site, "load balancer", rules)}


def _group(site: Site, of: str, rules: list[dict[str, Any]]) -> dict[str, Any]:
    return resource(
        "EC2::SecurityGroup",
        {
            "GroupDescription": f"{site.names.prefix}: {of}",
            "VpcId": vpc(site),
            "SecurityGroupIngress": rules,
            "Tags": tags({"Name": f"{site.names.prefix}-{of.replace(' ', '-')}"}),
        },
    )


def _open(port: int, cidr: str) -> dict[str, Any]:
    version = "CidrIpv6" if ":" in cidr else "CidrIp"
    return {"IpProtocol": "tcp", "FromPort": port, "ToPort": port, version: cidr}


def _from(group: Any) -> dict[str, Any]:
    """Any port: which one a replica listens on is the release's to say."""
    return {"IpProtocol": "tcp", "FromPort": 0, "ToPort": 65535, "SourceSecurityGroupId": group}


def _balancer_groups(site: Site) -> list[Any]:
    return list(site.balancer.security_groups) if site.balancer else [ref("BalancerGroup")]
