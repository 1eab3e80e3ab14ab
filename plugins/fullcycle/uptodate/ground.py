"""Ground: what all checks of a run stand on, and what is known at the moment."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from .hashes import Hashes
from .key import Moment
from .memory import Memory
from .outputs import Outputs

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from .files import Listing
    from .memory import Components
    from .recipe import Recipe
    from .store import Store
    from .worktree import Entries


class Ground:
    """A project, its store and its memory. Whoever asks it anything holds its `lock`.

    Args:
        root: the project's folder.
        environ: all variables the run's commands get.
        store: where results are kept.
        mask: hides secrets in text.
    """

    def __init__(
        self, root: Path, environ: Mapping[str, str], store: Store, mask: Callable[[str], str]
    ) -> None:
        self.root = root
        self.environ = environ
        self.store = store
        self.memory = Memory(root)
        self.hashes = Hashes(self.memory.folder / "hashes.json")
        self.outputs = Outputs(root, self.hashes)
        self.lock = threading.RLock()
        self.tokens: dict[str, str | None] = {}
        """What the steps of this run have made; None when nobody knows."""
        self.names: set[str] = set()
        """The variables that steps read."""
        self.trouble: list[str] = []
        """What the user should know about the store."""
        self.ran = False
        """Whether any step ran."""
        self._mask = mask
        self._moment: Moment | None = None
        self._busy = 0

    @property
    def now(self) -> Moment:
        """The moment: the same one until a step runs; what runs may change anything."""
        if self._moment is None or self._busy:
            memory = self.memory.folder / "index.json"
            self._moment = Moment(self.root, self.environ, self.hashes, memory)
        return self._moment

    def begin(self) -> None:
        """A step runs from now on."""
        self._busy += 1
        self.ran = True
        self.save()
        self._moment = None

    def end(self) -> None:
        """A step has run."""
        self._busy -= 1
        self._moment = None

    def save(self) -> None:
        """Remember what was found of the files."""
        if self._moment is not None:
            self._moment.save()

    def upstream(self, recipe: Recipe) -> dict[str, str | None]:
        """What the steps above have made, in this run or before it; None when nobody knows."""
        return {name: self._token(name) for name in sorted(recipe.upstream)}

    def components(self, name: str, recipe: Recipe) -> Components:
        """What the key of a step is made of now."""
        self.names.update(recipe.environ)
        upstream = {each: token or "" for each, token in self.upstream(recipe).items()}
        return self.now.components(name, recipe, upstream, self._mask)

    def inputs(self, recipe: Recipe) -> Listing | None:
        """The inputs of a step; None for one without."""
        return self.now.listing(recipe) if recipe.inputs else None

    def listings(self, recipe: Recipe) -> Callable[[str], Entries | None]:
        """The files behind a digest of inputs: those of now, or those of an earlier run."""
        now = self.inputs(recipe)

        def find(digest: str) -> Entries | None:
            if now is not None and digest == now.digest:
                return now.entries
            return self.memory.listing(digest)

        return find

    def complain(self, text: str) -> None:
        """Note what the user should know; once."""
        if text not in self.trouble:
            self.trouble.append(text)

    def _token(self, name: str) -> str | None:
        if name in self.tokens:
            return self.tokens[name]
        last = self.memory.last(name)
        if last is None or not last.whole or not last.token:
            return None
        return "altered" if self.outputs.differing(last.outputs) else last.token
