"""What one stage hands to the next: small JSON files that may travel between machines."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from fullcycle.errors import UsageError

from .codec import dump, parse
from .folder import NAME, state_folder, unwritable, write_atomically

if TYPE_CHECKING:
    from pathlib import Path

T = TypeVar("T")


class Handoff:
    """`.fullcycle/handoff/`: the last plan, artifact, release and deployment.

    A CI job that goes on where another one ended brings this folder with it, whole.
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        self.folder = root / NAME / "handoff"

    @property
    def blobs(self) -> Path:
        """Where a build leaves content that no platform holds; made when it is missing."""
        return state_folder(self._root, "handoff", "blobs")

    def write(self, name: str, value: object) -> Path:
        """Hand on a value of the model as `<name>.json`; whole or not at all.

        Raises:
            UsageError: the folder cannot be written to.
        """
        path = state_folder(self._root, "handoff") / f"{name}.json"
        try:
            write_atomically(path, dump(value, indent=2) + "\n")
        except OSError as error:
            raise unwritable(path, error) from error
        return path

    def read(self, name: str, cls: type[T]) -> T | None:
        """What was handed on as `<name>.json`, or None.

        Raises:
            UsageError: the file is damaged or cannot be read.
        """
        path = self.folder / f"{name}.json"
        try:
            text = path.read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise UsageError(f"cannot read {path}: {error.strerror or error}") from error
        return parse(cls, text, path)

    def require(self, name: str, cls: type[T], made_by: str) -> T:
        """What was handed on as `<name>.json`.

        Args:
            name: `plan`, `artifact`, `release`, `deployment`.
            cls: what it must be.
            made_by: the stage that makes it, for the error.

        Raises:
            UsageError: there is none, or it is damaged.
        """
        value = self.read(name, cls)
        if value is None:
            raise UsageError(
                f"there is no {name} to go on from in {self.folder}",
                hint=f"run `invoke {made_by}` first, or bring its .fullcycle/handoff/ here",
            )
        return value
