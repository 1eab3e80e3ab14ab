"""Key: a digest of everything the result of a step depends on."""

from __future__ import annotations

import json
import platform
import shlex
import sys
from functools import cached_property
from hashlib import sha256
from typing import TYPE_CHECKING

from .facts import Facts
from .files import Snapshot
from .tools import Tools

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from .files import Listing
    from .hashes import Hashes
    from .memory import Components
    from .recipe import Recipe

SCHEMA = "1"
"""Changes whenever keys are made in another way, or checks of ours look at other things."""
PLACE = "FULLCYCLE_ENV"


class Moment:
    """The project, its tools and git, as they are at one moment."""

    def __init__(
        self, root: Path, environ: Mapping[str, str], hashes: Hashes, memory: Path
    ) -> None:
        self._root = root
        self._environ = environ
        self._hashes = hashes
        self._memory = memory
        self.facts = Facts(root, environ)
        self.tools = Tools(root, environ, hashes)

    @cached_property
    def snapshot(self) -> Snapshot:
        """The project's files."""
        return Snapshot(self._root, self._hashes, self._memory)

    def save(self) -> None:
        """Remember what was found of the files."""
        if "snapshot" in vars(self):
            self.snapshot.save()

    @property
    def sealed(self) -> dict[str, str] | None:
        """How the files' side of it can be recognized; see `Snapshot.sealed`."""
        if "snapshot" in vars(self):
            return self.snapshot.sealed()
        return {} if not self.facts.seen else None

    def listing(self, recipe: Recipe) -> Listing:
        """The inputs of a step."""
        return self.snapshot.listing(recipe.inputs, recipe.outputs)

    def components(
        self,
        name: str,
        recipe: Recipe,
        upstream: Mapping[str, str],
        mask: Callable[[str], str] = str,
    ) -> Components:
        """What the key of a step is made of. Holds digests of whatever may be a secret.

        Args:
            name: the step.
            recipe: what its result depends on.
            upstream: what the steps it reads from have made.
            mask: hides secrets in the command.
        """
        command = recipe.command
        text = command if isinstance(command, str) else shlex.join(command)
        return {
            "definition": {
                "name": name,
                "command": _digest(text),
                "cwd": recipe.cwd,
                "outputs": json.dumps([recipe.outputs, recipe.artifact]),
            },
            "inputs": {
                "patterns": json.dumps(recipe.inputs),
                "files": self.listing(recipe).digest if recipe.inputs else "",
            },
            "upstream": dict(upstream),
            "env": {name: _digest(value) for name, value in recipe.env.items()},
            "environ": {
                name: _digest(self._environ[name]) if name in self._environ else "unset"
                for name in (*recipe.environ, PLACE)
            },
            "tools": self.tools.identities(command, recipe.tools, recipe.cwd),
            "facts": {each: self.facts.value(each) for each in recipe.facts},
            "parameters": {name: _digest(value) for name, value in recipe.parameters.items()},
            "shown": {"command": mask(text)},
            "machine": {"system": sys.platform, "processor": platform.machine(), "keys": SCHEMA},
        }


def key_of(components: Components) -> str:
    """The digest of the components."""
    counting = {kind: made for kind, made in components.items() if kind != "shown"}
    text = json.dumps(counting, sort_keys=True, separators=(",", ":"))
    return sha256(text.encode(errors="surrogateescape")).hexdigest()


def _digest(text: str) -> str:
    return sha256(text.encode(errors="surrogateescape")).hexdigest()[:32]
