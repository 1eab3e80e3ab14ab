"""FolderRegistry: releases in a folder, their content by digest."""

from __future__ import annotations

import re
import shutil
import tempfile
from contextlib import AbstractContextManager  # noqa: TC003 (return type of a short helper)
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote, urlsplit

from fullcycle.errors import StepError, UsageError
from fullcycle.model import Release
from fullcycle.pipeline.codec import dump, parse

from .content import digest_of, pack
from .home import guard, private, sync, write

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fullcycle.model import Artifact

_HEX = re.compile(r"[0-9a-f]{4,64}")
"""An abbreviated digest has at least 4 digits, as git's."""


class FolderRegistry:
    """`releases/VERSION.json`, `blobs/sha256/HEX.tar` and `attachments/HEX/NAME` in a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @classmethod
    def at(cls, uri: str) -> FolderRegistry:
        """The registry a release names.

        Raises:
            UsageError: it is not a folder of this machine.
        """
        parts = urlsplit(uri)
        if parts.scheme != "file":
            raise UsageError(
                f"the release is in {uri!r}, which the process provider cannot read",
                hint="it reads registries that are folders (file://…)",
            )
        return cls(Path(unquote(parts.path)))

    def publish(self, artifact: Artifact, release: Release, content: Path | None) -> Release:
        """See Registry.publish."""
        if content is None or not content.exists():
            raise StepError(
                f"the content of {artifact.app} {artifact.version} is missing"
                + (f": {content}" if content else ""),
                hint="run `invoke build` again, or pass .fullcycle/handoff/ on whole",
            )
        release = replace(release, digest=artifact.digest, registry=self._folder.as_uri())
        with self._guard():
            present = self._read(self._file(release.version))
            if present and present.digest != release.digest:
                raise StepError(
                    f"version {release.version} is taken by {present.digest[:19]}, "
                    f"this is {release.digest[:19]}",
                    hint="a version never changes its content: release a new one",
                )
            self._store(artifact.digest, content)
            if present is None:
                write(self._file(release.version), dump(release))
        return present or release

    def fetch(self, digest: str) -> Path:
        """The tar file of a digest, its content verified.

        Raises:
            StepError: it is missing or damaged.
        """
        blob = self._blob(digest)
        if not blob.exists():
            raise StepError(
                f"{self._folder} does not hold {digest}", hint="release it again, or look for it"
            )
        found = digest_of(blob)
        if found != digest:
            raise StepError(
                f"{blob} is damaged: its content has the digest {found}",
                hint="delete the file and release the same artifact again",
            )
        return blob

    def attach(self, release: Release, name: str, content: bytes) -> None:
        """Keep a file (an SBOM, a provenance statement) beside the release's content."""
        folder = private(self._folder / "attachments" / _hex(release.digest))
        write(folder / name, content)

    def find(self, reference: str) -> Release | None:
        """See Registry.find; also `latest`.

        Raises:
            UsageError: an abbreviated digest fits several.
        """
        releases = self.list()
        if reference == "latest":
            return releases[0] if releases else None
        for release in releases:
            if release.version == reference:
                return release
        start = _hex(reference)
        if not _HEX.fullmatch(start):
            return None
        fitting = [release for release in releases if _hex(release.digest).startswith(start)]
        digests = sorted({release.digest for release in fitting})
        if len(digests) > 1:
            raise UsageError(
                f"{reference!r} fits {len(digests)} digests: {', '.join(d[:19] for d in digests)}",
                hint="write more of it",
            )
        return fitting[0] if fitting else None

    def list(self) -> Sequence[Release]:
        """See Registry.list."""
        found = [self._read(file) for file in (self._folder / "releases").glob("*.json")]
        releases = [release for release in found if release]
        return sorted(releases, key=lambda r: (r.created, r.version), reverse=True)

    def verify(self, release: Release) -> Sequence[str]:
        """See Registry.verify."""
        try:
            self.fetch(release.digest)
        except StepError as error:
            return [error.message]
        return []

    def prune(self, keep: int, needed: frozenset[str]) -> Sequence[Release]:
        """See Registry.prune."""
        with self._guard():
            releases = self.list()
            gone = [release for release in releases[keep:] if release.digest not in needed]
            left = {release.digest for release in releases if release not in gone}
            for release in gone:
                self._file(release.version).unlink(missing_ok=True)
            for digest in {release.digest for release in gone} - left:
                self._blob(digest).unlink(missing_ok=True)
                shutil.rmtree(self._folder / "attachments" / _hex(digest), ignore_errors=True)
        return gone

    def _store(self, digest: str, content: Path) -> None:
        blob = self._blob(digest)
        if blob.exists() and _intact(blob, digest):
            return
        for left in blob.parent.glob(".incoming-*"):
            shutil.rmtree(left, ignore_errors=True)  # by a publication that was killed
        with tempfile.TemporaryDirectory(dir=private(blob.parent), prefix=".incoming-") as name:
            if content.is_dir():
                draft = pack(content, Path(name)).path
            else:
                draft = Path(shutil.copyfile(content, Path(name) / "content"))
            found = digest_of(draft)
            if found != digest:
                raise StepError(
                    f"{content} has the digest {found}, the artifact has {digest}",
                    hint="run `invoke build` again",
                )
            sync(draft)
            draft.replace(blob)
            sync(blob.parent)

    def _read(self, file: Path) -> Release | None:
        try:
            return parse(Release, file.read_bytes(), file)
        except FileNotFoundError:
            return None

    def _guard(self) -> AbstractContextManager[None]:
        return guard(private(self._folder / "releases") / ".guard")

    def _file(self, version: str) -> Path:
        return self._folder / "releases" / f"{quote(version, safe='+!')}.json"

    def _blob(self, digest: str) -> Path:
        return self._folder / "blobs" / "sha256" / f"{_hex(digest)}.tar"


def _intact(blob: Path, digest: str) -> bool:
    try:
        return digest_of(blob) == digest
    except StepError:
        return False


def _hex(digest: str) -> str:
    return digest.removeprefix("sha256:")
