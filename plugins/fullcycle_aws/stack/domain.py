"""Domain: the certificate and the DNS record of the name that users know."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .balancer import dns
from .parts import Resources, att, resource

if TYPE_CHECKING:
    from .site import Site


def domain(site: Site) -> Resources:
    """What the settings ask for: nothing without a zone."""
    return {
        **({"Certificate": _certificate(site)} if site.options.own_certificate else {}),
        **({"Record": _record(site)} if site.zone else {}),
    }


def url(site: Site) -> Any:
    """Where users reach the application."""
    secure = site.balancer.secure if site.balancer else site.options.https
    host = site.options.domain or dns(site)
    return {"Fn::Join": ["", [f"http{'s' if secure else ''}://", host]]}


def _certificate(site: Site) -> dict[str, Any]:
    name = site.options.domain
    return resource(
        "CertificateManager::Certificate",
        {
            "DomainName": name,
            "ValidationMethod": "DNS",
            "DomainValidationOptions": [{"DomainName": name, "HostedZoneId": site.zone}],
        },
    )


def _record(site: Site) -> dict[str, Any]:
    zone = site.balancer.zone if site.balancer else att("Balancer", "CanonicalHostedZoneID")
    return resource(
        "Route53::RecordSet",
        {
            "HostedZoneId": site.zone,
            "Name": site.options.domain,
            "Type": "A",
            "AliasTarget": {"DNSName": dns(site), "HostedZoneId": zone},
        },
    )
