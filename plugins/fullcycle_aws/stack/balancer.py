"""Balancer: the load balancer, its production and test listeners, and two target groups.

Which target group is served, with what health check, and how long one drains is changed by every
deployment; what is written here is how they begin.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .network import subnets, vpc
from .parts import Resources, att, ref, resource
from .site import BLUE, GREEN

if TYPE_CHECKING:
    from .site import Site

POLICY = "ELBSecurityPolicy-TLS13-1-2-2021-06"
"""TLS 1.2 and 1.3, which the console of Elastic Load Balancing proposes."""
DRAIN_SECONDS = 30
EMPTY = {
    "Type": "fixed-response",
    "FixedResponseConfig": {
        "StatusCode": "503",
        "ContentType": "text/plain",
        "MessageBody": "nothing is deployed here",
    },
}


def balancer(site: Site) -> Resources:
    """What requests pass on their way to tasks."""
    return {
        "Blue": _group(site, BLUE),
        "Green": _group(site, GREEN),
        **(_own(site) if site.balancer is None else {}),
        "Rule": _rule(site, _production(site), site.serving),
    }


def arn(site: Site) -> Any:
    """The load balancer's ARN."""
    return site.balancer.arn if site.balancer else ref("Balancer")


def full_name(site: Site) -> Any:
    """The load balancer as metrics call it."""
    return site.balancer.full_name if site.balancer else att("Balancer", "LoadBalancerFullName")


def dns(site: Site) -> Any:
    """The name that the load balancer has by itself."""
    return site.balancer.dns if site.balancer else att("Balancer", "DNSName")


def _own(site: Site) -> Resources:
    secure = site.options.https
    return {
        "Balancer": _balancer(site),
        "Http": _listener(80, _to_https() if secure else EMPTY),
        **({"Https": _https(site)} if secure else {}),
        "Test": _listener(site.options.test_port, EMPTY),
        "TestRule": _rule(site, ref("Test"), site.waiting),
    }


def _balancer(site: Site) -> dict[str, Any]:
    own = site.network is None
    return resource(
        "ElasticLoadBalancingV2::LoadBalancer",
        {
            "Name": site.names.load_balancer,
            "Type": "application",
            "Scheme": "internal" if site.options.internal else "internet-facing",
            "Subnets": subnets(site),
            "SecurityGroups": [ref("BalancerGroup")],
            "LoadBalancerAttributes": [
                {"Key": "routing.http.drop_invalid_header_fields.enabled", "Value": "true"}
            ],
        },
        **({"DependsOn": "InternetAttachment"} if own else {}),
    )


def _group(site: Site, colour: str) -> dict[str, Any]:
    return resource(
        "ElasticLoadBalancingV2::TargetGroup",
        {
            "Name": site.names.target_group(colour),
            "TargetType": "ip",
            "Protocol": "HTTP",
            "Port": 80,
            "VpcId": vpc(site),
            "HealthCheckPath": "/",
            "HealthCheckIntervalSeconds": 10,
            "HealthCheckTimeoutSeconds": 5,
            "HealthyThresholdCount": 2,
            "UnhealthyThresholdCount": 2,
            "Matcher": {"HttpCode": "200-399"},
            "TargetGroupAttributes": [
                {"Key": "deregistration_delay.timeout_seconds", "Value": str(DRAIN_SECONDS)}
            ],
        },
    )


def _listener(port: int, action: dict[str, Any], **more: Any) -> dict[str, Any]:
    return resource(
        "ElasticLoadBalancingV2::Listener",
        {
            "LoadBalancerArn": ref("Balancer"),
            "Port": port,
            "Protocol": "HTTP",
            "DefaultActions": [action],
        }
        | more,
    )


def _https(site: Site) -> dict[str, Any]:
    certificate = site.options.certificate or ref("Certificate")
    return _listener(
        443,
        EMPTY,
        Protocol="HTTPS",
        SslPolicy=POLICY,
        Certificates=[{"CertificateArn": certificate}],
    )


def _to_https() -> dict[str, Any]:
    to = {"Protocol": "HTTPS", "Port": "443", "StatusCode": "HTTP_301"}
    return {"Type": "redirect", "RedirectConfig": to}


def _production(site: Site) -> Any:
    if site.balancer:
        return site.balancer.listener
    return ref("Https" if site.options.https else "Http")


def _rule(site: Site, listener: Any, to: str) -> dict[str, Any]:
    return resource(
        "ElasticLoadBalancingV2::ListenerRule",
        {
            "ListenerArn": listener,
            "Priority": site.names.priority(shared=site.balancer is not None),
            "Conditions": [_condition(site)],
            "Actions": [{"Type": "forward", "ForwardConfig": {"TargetGroups": _weights(to)}}],
        },
    )


def _condition(site: Site) -> dict[str, Any]:
    if site.balancer:
        return {"Field": "host-header", "HostHeaderConfig": {"Values": [site.options.domain]}}
    return {"Field": "path-pattern", "PathPatternConfig": {"Values": ["/*"]}}


def _weights(to: str) -> list[dict[str, Any]]:
    """Both groups belong to the load balancer; the one that is served comes first."""
    order = ["Blue", "Green"] if to == BLUE else ["Green", "Blue"]
    return [
        {"TargetGroupArn": ref(name), "Weight": weight}
        for name, weight in zip(order, (100, 0), strict=True)
    ]
