"""EcrRegistry: releases in a repository of ECR.

Images are pushed and read by the docker provider, as to any registry; ECR itself is asked for
the login, for what it found when it scanned, and to delete.
"""

from __future__ import annotations

import base64
import time
from functools import cached_property
from typing import TYPE_CHECKING, Any

from fullcycle.errors import UsageError

from .faults import code, translated

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from types_boto3_ecr.type_defs import ImageIdentifierTypeDef, RepositoryTypeDef

    from fullcycle.model import Artifact, Release

    from .borrowed import Borrowed
    from .clients import Clients
    from .names import Names
    from .options import Options

RENEWED = 6 * 3600.0
"""Seconds after which a new login is asked for; ECR's are good for twelve hours."""
AT_ONCE = 100
"""Images that ECR deletes with one request."""
SERIOUS = ("CRITICAL", "HIGH")
"""How bad a finding of a scan must be to be amiss with a release."""


class EcrRegistry:
    """Keeps the releases of one application. Tags never change: each release has its version."""

    def __init__(self, clients: Clients, names: Names, options: Options, docker: Borrowed) -> None:
        self._clients = clients
        self._names = names
        self._options = options
        self._docker = docker
        self._known: tuple[float, tuple[str, str]] | None = None

    def publish(self, artifact: Artifact, release: Release, content: Path | None) -> Release:
        """See Registry.publish.

        Raises:
            UsageError: the repository isn't provisioned.
        """
        published: Release = self._images.publish(artifact, release, content)
        return published

    def attach(self, release: Release, name: str, content: bytes) -> None:
        """See Registry.attach."""
        self._images.attach(release, name, content)

    def find(self, reference: str) -> Release | None:
        """See Registry.find; also `latest`."""
        found: Release | None = self._images.find(reference)
        return found

    def list(self) -> Sequence[Release]:
        """See Registry.list."""
        found: Sequence[Release] = self._images.list()
        return found

    def verify(self, release: Release) -> Sequence[str]:
        """See Registry.verify; serious findings of ECR's scan are amiss, too."""
        amiss: Sequence[str] = self._images.verify(release)
        return [*amiss, *self._scanned(release)]

    def prune(self, keep: int, needed: frozenset[str]) -> Sequence[Release]:
        """See Registry.prune."""
        releases = self.list()
        gone = [each for each in releases[keep:] if each.digest not in needed]
        kept = {each.registry for each in releases if each not in gone}
        records: list[ImageIdentifierTypeDef] = [
            {"imageTag": self._images.record_of(each.version)} for each in gone
        ]
        images = {each.registry for each in gone} - kept
        digests: list[ImageIdentifierTypeDef] = [
            {"imageDigest": _manifest(each)} for each in sorted(images)
        ]
        for doomed in (records, digests):  # what refers to an image goes before it
            for start in range(0, len(doomed), AT_ONCE):
                self._delete(doomed[start : start + AT_ONCE])
        return gone

    @cached_property
    def _images(self) -> Any:
        place = self._repository["repositoryUri"].removesuffix(f"/{self._names.repository}")
        images = self._docker.registry(self._options.registry or place)
        images.login = self._login
        images.moving_tags = False
        return images

    @cached_property
    def _repository(self) -> RepositoryTypeDef:
        ecr, name = self._clients.ecr, self._names.repository
        with translated(f"looking at the repository {name}", self._options.profile):
            try:
                return ecr.describe_repositories(repositoryNames=[name])["repositories"][0]
            except ecr.exceptions.RepositoryNotFoundException as error:
                raise UsageError(
                    f"ECR has no repository {name!r} in {self._clients.region}",
                    hint=f"invoke deploy.provision --env {self._names.environment}",
                ) from error

    def _login(self) -> tuple[str, str]:
        if self._known is None or time.monotonic() - self._known[0] > RENEWED:
            with translated("asking ECR for a login", self._options.profile):
                data = self._clients.ecr.get_authorization_token()["authorizationData"]
            user, _, word = base64.b64decode(data[0]["authorizationToken"]).decode().partition(":")
            self._known = time.monotonic(), (user, word)
        return self._known[1]

    def _scanned(self, release: Release) -> Iterator[str]:
        """What ECR's own scan found, where scanning is switched on."""
        ecr, name = self._clients.ecr, self._names.repository
        if not self._repository.get("imageScanningConfiguration", {}).get("scanOnPush"):
            return
        with translated(f"reading what ECR found in {release.version}", self._options.profile):
            try:
                found = ecr.describe_image_scan_findings(
                    repositoryName=name, imageId={"imageDigest": _manifest(release.registry)}
                )
            except ecr.exceptions.ClientError as error:
                if code(error) == "ScanNotFoundException":
                    return
                raise
        counts = found.get("imageScanFindings", {}).get("findingSeverityCounts", {})
        for severity in SERIOUS:
            if count := counts.get(severity, 0):  # type: ignore[call-overload]
                yield f"ECR found {count} {severity.lower()} vulnerabilities in {release.version}"

    def _delete(self, images: Sequence[ImageIdentifierTypeDef]) -> None:
        with translated("deleting old releases", self._options.profile):
            self._clients.ecr.batch_delete_image(
                repositoryName=self._names.repository, imageIds=images
            )


def _manifest(reference: str) -> str:
    """The digest of `REPOSITORY@DIGEST`."""
    return reference.partition("@")[2]
