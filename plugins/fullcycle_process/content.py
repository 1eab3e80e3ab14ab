"""Content: a tree of files, packed into one file and named by what is in it.

The digest covers relative paths, file contents, the executable bit and the targets of symbolic
links; not owners, not times, not empty folders. The same tree gives the same digest and the same
tar file on every machine.
"""

from __future__ import annotations

import hashlib
import os
import tarfile
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING

from fullcycle.errors import StepError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """A packed tree."""

    digest: str
    """`sha256:` and 64 hexadecimal digits."""
    size: int
    """Bytes of the tar file."""
    path: Path
    """The tar file, called after the digest."""


def pack(tree: Path, folder: Path) -> Content:
    """Pack a tree, or a single file, into `folder`.

    Raises:
        StepError: it is empty, or a symbolic link leads out of it.
    """
    files = dict(_walk(tree))
    if not files:
        raise StepError(f"{tree} is empty", hint="see what the build leaves there")
    digest = _digest((name, _describe(path)) for name, path in files.items())
    path = folder / f"{digest.removeprefix('sha256:')}.tar"
    with tempfile.NamedTemporaryFile(dir=folder, prefix=".packing-", delete=False) as file:
        draft = Path(file.name)
        try:
            _write_tar(files, file.file)
            file.flush()
            os.fsync(file.fileno())
            draft.replace(path)
        except BaseException:
            draft.unlink(missing_ok=True)
            raise
    return Content(digest=digest, size=path.stat().st_size, path=path)


def digest_of(tar: Path) -> str:
    """The digest of a packed tree.

    Raises:
        StepError: the file is no whole tar file.
    """
    try:
        with tarfile.open(tar, "r:") as archive:
            return _digest(
                sorted((member.name, _describe_member(archive, member)) for member in archive)
            )
    except (tarfile.TarError, EOFError) as error:
        raise StepError(f"{tar} is damaged: {error}", hint="build and release again") from error


def unpack(tar: Path, folder: Path) -> None:
    """Unpack a tree; nothing gets outside of `folder`."""
    with tarfile.open(tar, "r:") as archive:
        archive.extractall(folder, filter="data")


def file_digest(path: Path) -> str:
    """The SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return _hash(file)


def _walk(tree: Path) -> Iterator[tuple[str, Path]]:
    if tree.is_file():
        yield tree.name, tree
        return
    found = []
    for parent, folders, files in os.walk(tree):
        links = [name for name in folders if (Path(parent) / name).is_symlink()]
        found += [Path(parent) / name for name in (*files, *links)]
    for path in found:
        if path.is_symlink() and not path.resolve().is_relative_to(tree.resolve()):
            raise StepError(f"{path} is a symbolic link that leads out of {tree}")
    yield from sorted((path.relative_to(tree).as_posix(), path) for path in found)


def _digest(entries: Iterable[tuple[str, str]]) -> str:
    whole = hashlib.sha256()
    for name, description in entries:
        whole.update(os.fsencode(f"{description} {name}\0"))
    return f"sha256:{whole.hexdigest()}"


def _describe(path: Path) -> str:
    if path.is_symlink():
        return _link(str(path.readlink()))
    return _file(executable=bool(path.stat().st_mode & 0o100), digest=file_digest(path))


def _describe_member(archive: tarfile.TarFile, member: tarfile.TarInfo) -> str:
    if member.issym():
        return _link(member.linkname)
    file = archive.extractfile(member)
    if file is None:
        raise tarfile.TarError(f"{member.name} is no file")
    return _file(executable=bool(member.mode & 0o100), digest=_hash(file))


def _link(target: str) -> str:
    return f"link {hashlib.sha256(os.fsencode(target)).hexdigest()}"


def _file(*, executable: bool, digest: str) -> str:
    return f"{'executable' if executable else 'file'} {digest}"


def _hash(file: IO[bytes]) -> str:
    whole = hashlib.sha256()
    while chunk := file.read(_CHUNK):
        whole.update(chunk)
    return whole.hexdigest()


def _write_tar(files: dict[str, Path], file: IO[bytes]) -> None:
    with tarfile.open(fileobj=file, mode="w", format=tarfile.GNU_FORMAT) as archive:
        for name, path in files.items():
            member = archive.gettarinfo(path, name)
            member.uid = member.gid = 0
            member.uname = member.gname = ""
            member.mtime = 0
            member.mode = 0o755 if member.mode & 0o100 else 0o644
            member.type = member.type if member.issym() else tarfile.REGTYPE
            if member.issym():
                archive.addfile(member)
                continue
            member.size = path.stat().st_size
            with path.open("rb") as data:
                archive.addfile(member, data)
