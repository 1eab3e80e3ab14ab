"""EngineRegistry: releases that stay in the Engine they were built in.

A release is the tag `APP:VERSION`. What is known of it, its papers included, is kept as tiny
images `APP.papers:VERSION-NAME` of one file each: tagged, so that `docker image prune` leaves
them alone.
"""

from __future__ import annotations

import base64
import re
import zlib
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from fullcycle.errors import StepError
from fullcycle.model import Release
from fullcycle.pipeline.codec import dump, parse

from . import images
from .archive import packed
from .faults import translated
from .labels import APP, DIGEST, ROLE, VERSION, Role
from .registry_common import newest_first, outdated, pick, taken

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from fullcycle.model import Artifact

    from .engine import Engine

RECORD = "release.json"
CONTENT = "fullcycle.release."
"""How the labels begin that hold a release, so that all are listed in one question."""
CHUNK = 30_000
"""Characters in a label; the Engine takes lines of up to 65,535."""
_ODD = re.compile(r"[^A-Za-z0-9_.-]")


class EngineRegistry:
    """Keeps the releases of one application."""

    def __init__(self, app: str, engine: Engine) -> None:
        self._app = app
        self._engine = engine

    def publish(self, artifact: Artifact, release: Release, content: Path | None) -> Release:  # noqa: ARG002 (the Engine holds it)
        """See Registry.publish."""
        present = self.find(release.version)
        if present and present.digest != artifact.digest:
            raise taken(artifact, release.version, present.digest)
        images.require(self._engine, artifact.digest)
        name = self._name(release.version)
        images.tag(self._engine, artifact.digest, name)
        where = f"{images.LOCAL}{self._engine.info['ID']}/{name}"
        release = replace(release, digest=artifact.digest, registry=where)
        if present is None:
            self._keep(release, RECORD, dump(release).encode())
        return present or release

    def attach(self, release: Release, name: str, content: bytes) -> None:
        """See Registry.attach."""
        self._keep(release, name, content)

    def find(self, reference: str) -> Release | None:
        """See Registry.find; also `latest`."""
        releases = self.list()
        same = (each for each in releases if each.version == reference)
        return next(same, None) or pick(releases, reference)

    def list(self) -> Sequence[Release]:
        """See Registry.list."""
        found = [_unlabelled(each["Labels"]) for each in self._papers()]
        return newest_first([parse(Release, each, "a release's label") for each in found if each])

    def verify(self, release: Release) -> Sequence[str]:
        """See Registry.verify."""
        found = images.inspect(self._engine, self._name(release.version))
        problems = []
        if found is None:
            problems.append(f"the Engine holds no image {self._name(release.version)}")
        elif found["Id"] != release.digest:
            problems.append(
                f"{self._name(release.version)} is {found['Id']}, the release is {release.digest}"
            )
        if not any(each.version == release.version for each in self.list()):
            problems.append(f"the papers of {release.version} are missing")
        return problems

    def prune(self, keep: int, needed: frozenset[str]) -> Sequence[Release]:
        """See Registry.prune; what a container uses stays as well."""
        gone, left = outdated(self.list(), keep, needed)
        digests = {each.digest for each in left}
        for release in gone:
            names = [self._name(release.version)]
            if release.digest not in digests:
                names.append(images.build_tag(self._app, release.digest))
            self._untag(names, release.digest)
            for paper in self._papers(release.version):
                self._untag(paper["RepoTags"], paper["Id"])
        return gone

    def _keep(self, release: Release, name: str, content: bytes) -> None:
        """Make a tiny image of a file, instead of the one that had its name."""
        labels = {APP: self._app, ROLE: Role.PAPER, VERSION: release.version}
        labels |= {DIGEST: release.digest}
        labels |= _labelled(content) if name == RECORD else {}
        repository, tag = f"{self._app}.papers", self._paper(release.version, name)
        before = images.inspect(self._engine, f"{repository}:{tag}")
        with translated(f"keeping {name} of {release.version}"):
            told = self._engine.api.import_image_from_data(
                packed({name: content}),
                repository=repository,
                tag=tag,
                changes=[f'LABEL "{label}"="{value}"' for label, value in labels.items()],
            )
        if '"error"' in str(told):
            raise StepError(f"the Engine does not keep {name} of {release.version}: {told}")
        if before is not None and not before["RepoTags"][1:]:
            images.untag(self._engine, before["Id"])

    def _papers(self, version: str = "") -> Sequence[dict[str, Any]]:
        labels: Mapping[str, str] = {APP: self._app, ROLE: Role.PAPER}
        labels = {**labels, VERSION: version} if version else labels
        wanted = [f"{name}={value}" for name, value in labels.items()]
        with translated("listing releases"):
            found: Sequence[dict[str, Any]] = self._engine.api.images(filters={"label": wanted})
        return [each for each in found if each["RepoTags"]]

    def _untag(self, names: Sequence[str], digest: str) -> None:
        """Take names away that still are this image's."""
        for name in names:
            found = images.inspect(self._engine, name)
            if found is not None and found["Id"] == digest:
                images.untag(self._engine, name)

    def _name(self, version: str) -> str:
        return f"{self._app}:{images.tag_of(version)}"

    def _paper(self, version: str, name: str) -> str:
        return _ODD.sub("_", f"{images.tag_of(version)}-{name}")


def _labelled(content: bytes) -> dict[str, str]:
    """A text as labels, in letters that mean nothing to the Engine's parser."""
    text = base64.b64encode(zlib.compress(content)).decode()
    starts = range(0, len(text), CHUNK)
    return {f"{CONTENT}{n:03}": text[at : at + CHUNK] for n, at in enumerate(starts)}


def _unlabelled(labels: Mapping[str, str]) -> bytes:
    """The text that labels hold; empty when they hold none."""
    text = "".join(labels[name] for name in sorted(labels) if name.startswith(CONTENT))
    return zlib.decompress(base64.b64decode(text)) if text else b""
