"""Archives: how files come into containers and out of them."""

from __future__ import annotations

import io
import tarfile
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


def packed(
    files: Mapping[str, bytes | str], links: Mapping[str, str] | None = None, mode: int = 0o644
) -> bytes:
    """A tar archive.

    Args:
        files: path → content.
        links: path → where it leads; behind the files, so that what is cut off changes no link.
        mode: of the files.
    """
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w") as tar:
        for path, content in files.items():
            data = content.encode() if isinstance(content, str) else content
            entry = tarfile.TarInfo(path)
            entry.size, entry.mode = len(data), mode
            tar.addfile(entry, io.BytesIO(data))
        for path, target in (links or {}).items():
            entry = tarfile.TarInfo(path)
            entry.type, entry.linkname = tarfile.SYMTYPE, target
            tar.addfile(entry)
    return archive.getvalue()


def unpacked(chunks: Iterable[bytes]) -> dict[str, bytes]:
    """The files of a tar archive, by their path below its first folder."""
    found = {}
    with tarfile.open(fileobj=io.BytesIO(b"".join(chunks))) as tar:
        for entry in tar:
            if (content := tar.extractfile(entry)) is not None:
                found[entry.name.partition("/")[2] or entry.name] = content.read()
    return found
