"""The software bill of materials of a release: CycloneDX, as JSON."""

from __future__ import annotations

from datetime import UTC, datetime
from importlib.metadata import version as installed_version
from typing import TYPE_CHECKING
from uuid import NAMESPACE_URL, uuid5

from cyclonedx.model import HashAlgorithm, HashType
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.output import make_outputter
from cyclonedx.schema import OutputFormat, SchemaVersion
from packageurl import PackageURL

from .packages import Package, bundled

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from fullcycle.model import Release

SCHEMA = SchemaVersion.V1_6
"""What Dependency-Track, Trivy and GitHub read today; 1.7 adds nothing that is said here."""

_ALGORITHMS = {
    "md5": HashAlgorithm.MD5,
    "sha1": HashAlgorithm.SHA_1,
    "sha256": HashAlgorithm.SHA_256,
    "sha384": HashAlgorithm.SHA_384,
    "sha512": HashAlgorithm.SHA_512,
}


def bill_of_materials(release: Release, content: Path | None, epoch: int) -> bytes:
    """What a release is made of; the same release always has the same bytes.

    Args:
        release: the serial number is derived from its digest.
        content: its artifact, a tar archive or a folder, in which the packages are found; None
            when it is not at hand: then only the application itself is listed.
        epoch: SOURCE_DATE_EPOCH of the commit it was built from.

    Raises:
        StepError: the content cannot be read.
    """
    return listing(release, bundled(content) if content else (), epoch)


def listing(release: Release, packages: Iterable[Package], epoch: int) -> bytes:
    """The bill of materials of a release and its packages; see `bill_of_materials`."""
    bom = Bom(serial_number=uuid5(NAMESPACE_URL, release.digest))
    bom.metadata.timestamp = datetime.fromtimestamp(epoch, UTC)
    bom.metadata.tools.components.add(
        Component(name="fullcycle", version=installed_version("fullcycle"))
    )
    root = _application(release)
    bom.metadata.component = root
    parts = [_part(package) for package in packages]
    for part in parts:
        bom.components.add(part)
        bom.register_dependency(part)
    bom.register_dependency(root, parts)
    return make_outputter(bom, OutputFormat.JSON, SCHEMA).output_as_string(indent=2).encode()


def _application(release: Release) -> Component:
    digest = release.digest.removeprefix("sha256:")
    return Component(
        name=release.app,
        version=release.version,
        type=ComponentType.APPLICATION,
        bom_ref=f"{release.app}@{release.version}",
        hashes=[HashType(alg=HashAlgorithm.SHA_256, content=digest)],
    )


def _part(package: Package) -> Component:
    purl = PackageURL("pypi", None, package.name, package.version)
    return Component(
        name=package.name,
        version=package.version,
        type=ComponentType.LIBRARY,
        bom_ref=str(purl),
        purl=purl,
        hashes=[
            HashType(alg=_ALGORITHMS[name], content=value)
            for name, value in package.hashes
            if name in _ALGORITHMS
        ],
    )
