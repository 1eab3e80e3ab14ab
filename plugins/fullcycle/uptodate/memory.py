"""Memory: what each step's last run here depended on, so that one can say what has changed."""

from __future__ import annotations

import fcntl
import json
import os
import zlib
from contextlib import suppress
from dataclasses import dataclass, field, replace
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from fullcycle.pipeline.folder import NAME as STATE
from fullcycle.pipeline.folder import state_folder, write_atomically

from .files import parsed, serialized
from .store import Output

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

    from .files import Listing
    from .store import Entry
    from .worktree import Entries

NAME = "uptodate"
Components = dict[str, dict[str, str]]
"""What a key is made of: kind → name → a digest, or words that are no secret."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Last:
    """The last run of a step in this folder."""

    step: str
    whole: bool
    """Whether it ended well; False also when it was killed."""
    components: Components = field(default_factory=dict)
    """Of the last run that ended well."""
    token: str = ""
    outputs: tuple[Output, ...] = ()


def last_of(entry: Entry, components: Components, token: str | None = None) -> Last:
    """A run that ended well; `token` when it isn't the entry's own."""
    return Last(
        step=entry.step,
        whole=True,
        components=components,
        token=entry.token if token is None else token,
        outputs=entry.outputs,
    )


class Memory:
    """`.fullcycle/uptodate/`: of this folder only, never shared.

    What cannot be read counts as never written: then steps run.
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        self.folder = root / STATE / NAME

    def last(self, step: str) -> Last | None:
        """The last run of a step; None when it never ran here."""
        last = self._read(self.file(step))
        return last if last is not None and last.step == step else None

    @staticmethod
    def _read(file: Path) -> Last | None:
        try:
            read: dict[str, Any] = json.loads(file.read_bytes())
            outputs = tuple(Output(**each) for each in read.pop("outputs"))
            return Last(**read, outputs=outputs)
        except (OSError, ValueError, TypeError, KeyError, AttributeError):
            return None

    def prepare(self) -> None:
        """Make the folder, before anything is written."""
        for part in ("steps", "listings"):
            state_folder(self._root, NAME, part)

    def put(self, last: Last) -> None:
        """Remember a run, whole or not at all."""
        self.prepare()
        told = {
            "step": last.step,
            "whole": last.whole,
            "components": last.components,
            "token": last.token,
            "outputs": [
                {"path": each.path, "mode": each.mode, "content": each.content}
                for each in last.outputs
            ],
        }
        write_atomically(self.file(last.step), json.dumps(told))

    def maker(self, paths: Collection[str], but: str) -> str | None:
        """Another step that has made one of these files, if there is one."""
        for file in (self.folder / "steps").glob("*.json"):
            last = self._read(file)
            if last is None or last.step == but:
                continue
            if any(output.path in paths for output in last.outputs):
                return last.step
        return None

    def listing(self, digest: str) -> Entries | None:
        """The files behind a listing's digest, if they were kept."""
        try:
            return parsed(zlib.decompress((self.folder / "listings" / digest).read_bytes()))
        except (OSError, ValueError, zlib.error):
            return None

    def keep_listing(self, listing: Listing) -> None:
        """Keep the files behind a listing, to say later which of them changed."""
        path = self.folder / "listings" / listing.digest
        with suppress(OSError):
            if path.exists():
                os.utime(path)
                return
            temporary = path.with_name(f".{path.name}-{os.getpid()}")
            temporary.write_bytes(zlib.compress(serialized(listing.entries), 1))
            temporary.replace(path)

    def forget_listings(self, most: int = 50) -> None:
        """Keep only the listings used last."""
        kept = [(each.stat().st_mtime, each) for each in (self.folder / "listings").iterdir()]
        for _, each in sorted(kept, reverse=True)[most:]:
            each.unlink(missing_ok=True)

    def attempt(self, step: str) -> Attempt:
        """A run of a step begins: from now on it counts as not done, until it ends well."""
        self.prepare()
        attempt = Attempt(self.file(step).with_suffix(".runs"))
        self.put(replace(self.last(step) or Last(step=step, whole=False), whole=False))
        return attempt

    def file(self, step: str) -> Path:
        """Where a step is remembered.

        One file a name: the names themselves may differ in no more than case or a colon.
        """
        return self.folder / "steps" / f"{sha256(step.encode()).hexdigest()[:32]}.json"


class Attempt:
    """One run of a step among those of other processes; to be closed."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("ab", buffering=0)
        fcntl.flock(self._file, fcntl.LOCK_SH)
        self._file.write(b".")
        self._size = os.fstat(self._file.fileno()).st_size

    def close(self) -> None:
        """The run is over."""
        self._file.close()

    def alone(self) -> bool:
        """Whether nobody else ran the step meanwhile; from now on, nobody can begin."""
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
        undisturbed = os.fstat(self._file.fileno()).st_size == self._size
        if undisturbed:
            os.ftruncate(self._file.fileno(), 0)
        return undisturbed
