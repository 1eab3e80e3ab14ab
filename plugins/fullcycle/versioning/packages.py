"""What an artifact is made of: the packages locked or bundled in it."""

from __future__ import annotations

import hashlib
import re
import tarfile
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import InvalidWheelFilename, canonicalize_name, parse_wheel_filename

from fullcycle.errors import StepError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

_HASH = re.compile(r"--hash[= ](?P<name>[a-z0-9]+):(?P<value>[0-9a-f]+)")
_REQUIREMENTS = re.compile(r"(requirements.*\.txt|.*\.lock)$")
_ARCHIVE = re.compile(r"\.(tar|tar\.\w+|t[gbx]z2?)$")
_BLOCK = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Package:
    """A package from the Python Package Index, in one version."""

    name: str
    """Canonical: lower-case, with dashes."""
    version: str
    hashes: tuple[tuple[str, str], ...] = field(default=())
    """Algorithm (`sha256`) and hexadecimal value, of each file it may be installed from."""


def locked(requirements: str) -> list[Package]:
    """The pinned lines (`name==1.2 --hash=sha256:…`) of a requirements file, by name.

    Lines that pin nothing (options, URLs, ranges) are left out: they name no version.
    """
    joined = requirements.replace("\\\n", " ")
    found = (_pinned(line) for line in joined.splitlines())
    return _by_name(package for package in found if package)


def bundled(artifact: Path) -> list[Package]:
    """The packages in an artifact: its wheels, or else what its requirements file pins.

    Args:
        artifact: a folder, or a tar archive (`*.tar`, `*.tar.gz`, `*.tgz`, …); nothing is known of
            other files.

    Raises:
        StepError: it is missing, or no whole archive.
    """
    wheels: list[Package] = []
    pinned: list[Package] = []
    for name, content in _members(artifact):
        if name.endswith(".whl"):
            wheels += _wheel(name, content)
        else:
            pinned += locked(b"".join(content).decode(errors="replace"))
    return _by_name(wheels or pinned)


def _pinned(line: str) -> Package | None:
    text = re.split(r"\s(?:--|#)", f" {line}", maxsplit=1)[0].strip()
    try:
        requirement = Requirement(text)
    except InvalidRequirement:
        return None
    pins = [s.version for s in requirement.specifier if s.operator in {"==", "==="}]
    if len(pins) != 1 or pins[0].endswith(".*"):
        return None
    hashes = tuple((match["name"], match["value"]) for match in _HASH.finditer(line))
    return Package(
        name=canonicalize_name(requirement.name), version=pins[0], hashes=tuple(sorted(hashes))
    )


def _wheel(name: str, content: Iterable[bytes]) -> list[Package]:
    try:
        project, version, _, _ = parse_wheel_filename(name)
    except InvalidWheelFilename:
        return []
    digest = hashlib.sha256()
    for block in content:
        digest.update(block)
    return [Package(name=project, version=str(version), hashes=(("sha256", digest.hexdigest()),))]


def _members(artifact: Path) -> Iterable[tuple[str, Iterable[bytes]]]:
    """Name and content of what may tell of packages."""
    if artifact.is_dir():
        for path in sorted(artifact.rglob("*")):
            if path.is_file() and _tells(path.name):
                with path.open("rb") as wheel:
                    yield path.name, _blocks(wheel)
        return
    if artifact.is_file() and not _ARCHIVE.search(artifact.name):
        return
    try:
        with tarfile.open(artifact) as archive:
            for member in archive:
                name = PurePosixPath(member.name).name
                content = archive.extractfile(member) if _tells(name) else None
                if content is not None:
                    yield name, _blocks(content)
    except (tarfile.TarError, OSError, EOFError) as error:
        raise StepError(
            f"the artifact {artifact} cannot be read: {error}", hint="build it again"
        ) from error


def _tells(name: str) -> bool:
    return name.endswith(".whl") or bool(_REQUIREMENTS.fullmatch(name))


def _blocks(file: Any) -> Iterable[bytes]:
    return iter(lambda: file.read(_BLOCK), b"")


def _by_name(packages: Iterable[Package]) -> list[Package]:
    return sorted(set(packages), key=lambda package: (package.name, package.version))
