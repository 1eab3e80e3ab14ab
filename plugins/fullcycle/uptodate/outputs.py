"""Outputs: the files a step made, found, compared and put back."""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from fullcycle.errors import StepError
from fullcycle.pipeline.folder import NAME

from .facts import artifact
from .files import NEVER
from .patterns import Patterns
from .store import DamagedError, Output

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from .hashes import Hashes
    from .recipe import Recipe
    from .store import Store


class Outputs:
    """The outputs of a project's steps."""

    def __init__(self, root: Path, hashes: Hashes) -> None:
        self._root = root
        self._hashes = hashes

    def collect(self, recipe: Recipe) -> tuple[Output, ...]:
        """What a step has made, in the order of the paths.

        Raises:
            StepError: a file is neither file nor link, or the artifact is not in the hand-over
                folder.
            OSError: a file cannot be read.
        """
        wanted = Patterns(recipe.outputs)
        paths = {
            path for root in wanted.roots for path in self._below(root) if wanted.matches(path)
        }
        if recipe.artifact:
            paths.update(self._artifact())
        return tuple(self._output(path) for path in sorted(paths))

    def differing(self, outputs: Iterable[Output]) -> dict[str, str]:
        """Which of them are not as they were made: path → `deleted` or `altered`."""
        found: dict[str, str] = {}
        for each in outputs:
            place = str(self._root / each.path)
            there = self._hashes.look(place)
            if there is None:
                found[each.path] = "deleted"
            elif not self._same(place, there, each):
                found[each.path] = "altered"
        return found

    def restore(
        self, outputs: Sequence[Output], recipe: Recipe, before: Sequence[Output], store: Store
    ) -> None:
        """Put outputs back as they were made; what `before` had made beside them goes.

        Raises:
            DamagedError: the store lacks one, or it lies; nothing of it was put anywhere.
            OSError: a file cannot be written.
        """
        wanted = Patterns(recipe.outputs)
        for each in outputs:
            self._check(each, wanted, recipe)
        differing = self.differing(outputs)
        for each in outputs:
            if each.path in differing:
                self._put(each, store)
        kept = {each.path for each in outputs}
        for each in before:
            if each.path not in kept and not self.differing([each]):
                (self._root / each.path).unlink(missing_ok=True)

    def _same(self, place: str, there: os.stat_result, output: Output) -> bool:
        if stat.S_ISLNK(there.st_mode):
            return not output.mode and str(Path(place).readlink()) == output.content
        if not stat.S_ISREG(there.st_mode) or _mode(there) != output.mode:
            return False
        return self._hashes.content(place, there) == output.content

    def _below(self, root: str) -> Iterator[str]:
        place = self._root / root
        if place.is_symlink() or place.is_file():
            yield root
            return
        for folder, names, files in os.walk(place):
            links = [name for name in names if (Path(folder) / name).is_symlink()]
            names[:] = [n for n in names if n not in NEVER and n not in links]
            relative = Path(folder).relative_to(self._root).as_posix()
            if relative == ".":
                names[:] = [name for name in names if name != NAME]
            for name in (*files, *links):
                yield name if relative == "." else f"{relative}/{name}"

    def _output(self, path: str) -> Output:
        place = str(self._root / path)
        found = self._hashes.look(place)
        if found is not None and stat.S_ISLNK(found.st_mode):
            return Output(path, 0, str(Path(place).readlink()))
        if found is None or not stat.S_ISREG(found.st_mode):
            raise StepError(f"the output {path} is no file")
        return Output(path, _mode(found), self._hashes.content(place, found))

    def _artifact(self) -> Iterator[str]:
        name = artifact(self._root).get("path")
        if not name:
            raise StepError("the artifact's content is kept by its platform")
        yield f"{NAME}/handoff/artifact.json"
        yield f"{NAME}/handoff/blobs/{name}"

    def _check(self, output: Output, wanted: Patterns, recipe: Recipe) -> None:
        """Nothing is written anywhere but where the step itself may have written."""
        path = PurePosixPath(output.path)
        handed = recipe.artifact and output.path.startswith(f"{NAME}/handoff/")
        if path.is_absolute() or ".." in path.parts or not (handed or wanted.matches(output.path)):
            raise DamagedError(f"{output.path} is no output of the step")
        parent = (self._root / path).parent.resolve()
        if not parent.is_relative_to(self._root.resolve()):
            raise DamagedError(f"{output.path} leads out of the project")

    def _put(self, output: Output, store: Store) -> None:
        place = self._root / output.path
        place.parent.mkdir(parents=True, exist_ok=True)
        if place.is_dir() and not place.is_symlink():
            raise DamagedError(f"{output.path} is a folder now")
        if output.mode:
            store.copy(output, place)
            return
        with suppress(FileNotFoundError):
            place.unlink()
        place.symlink_to(output.content)


def _mode(found: os.stat_result) -> int:
    return 0o755 if found.st_mode & stat.S_IXUSR else 0o644
