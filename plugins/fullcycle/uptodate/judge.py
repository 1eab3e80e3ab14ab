"""Judge: whether a step has to run, and why."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from fullcycle.errors import FullcycleError

from . import explain
from .key import key_of
from .memory import last_of
from .store import DamagedError, Entry

if TYPE_CHECKING:
    from fullcycle.pipeline.step import Step

    from .files import Listing
    from .ground import Ground
    from .memory import Components, Last
    from .recipe import Recipe

NOT_WELL = "its last run did not end well"


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a step has to run."""

    why: str
    """Why it has to; empty when it need not."""
    components: Components | None = None
    """What its key is made of; None when it cannot have one."""
    entry: Entry | None = None
    """What came of it under the same key."""
    restored: bool = False
    """Whether outputs were put back."""
    listing: Listing | None = None
    """Its inputs."""

    @property
    def key(self) -> str:
        """Empty when it cannot have one."""
        return key_of(self.components) if self.components is not None else ""


class Judge:
    """Says of every step whether it has to run.

    Args:
        ground: what checks stand on.
        force: every step runs.
    """

    def __init__(self, ground: Ground, *, force: bool) -> None:
        self._ground = ground
        self._force = force

    def verdict(self, step: Step, *, restore: bool) -> Verdict:
        """Whether a step has to run now.

        Args:
            step: the step.
            restore: put outputs back that are not as they were made.
        """
        if step.always:
            return Verdict("always runs")
        if step.recipe is None or not (step.recipe.inputs or step.recipe.facts):
            return Verdict("has no inputs")
        with self._ground.lock:
            try:
                return self._verdict(step.name, step.recipe, restore=restore)
            except (FullcycleError, OSError) as error:
                return Verdict(f"cannot be checked: {error}")

    def _verdict(self, name: str, recipe: Recipe, *, restore: bool) -> Verdict:
        unknown = [each for each, token in self._ground.upstream(recipe).items() if token is None]
        if unknown:
            return Verdict(f"needs {unknown[0]}, of which nobody knows what it made")
        components = self._ground.components(name, recipe)
        if self._force:
            return Verdict("--force", components)
        last = self._ground.memory.last(name)
        entry = self._find(key_of(components))
        if entry is None:
            why = self._reason(last, recipe, components)
            return Verdict(why, components, listing=self._ground.inputs(recipe))
        if not entry.outputs and last is not None and not last.whole:
            return Verdict(NOT_WELL, components)
        differing = self._ground.outputs.differing(entry.outputs)
        if differing and restore:
            return self._restored(entry, recipe, last, components, differing)
        if restore and (last is None or last.components != components):
            self._ground.memory.put(last_of(entry, components))
        return Verdict("", components, entry)

    def _find(self, key: str) -> Entry | None:
        try:
            return self._ground.store.find(key)
        except DamagedError as error:
            self._ground.complain(f"{error}; it is ignored")
        except (FullcycleError, OSError) as error:
            self._ground.complain(str(error))
        return None

    def _reason(self, last: Last | None, recipe: Recipe, components: Components) -> str:
        if last is None:
            return "never ran before"
        found: list[str] = []
        if last.components:
            listings = self._ground.listings(recipe)
            found = explain.changes(last.components, components, listings)
        if not last.whole:
            found.append(NOT_WELL)
        return explain.told(found) or "its result is no longer kept"

    def _restored(
        self,
        entry: Entry,
        recipe: Recipe,
        last: Last | None,
        components: Components,
        differing: dict[str, str],
    ) -> Verdict:
        """Put the outputs back; where that cannot be, the step runs."""
        path, how = next(iter(differing.items()))
        why = f"output {path} was {how}"
        also = self._ground.memory.maker(differing, entry.step)
        if also:
            return Verdict(f"{why}: {also} makes it, too", components)
        before = last.outputs if last is not None else ()
        try:
            self._ground.outputs.restore(entry.outputs, recipe, before, self._ground.store)
            self._ground.memory.put(last_of(entry, components))
        except (DamagedError, FullcycleError, OSError) as error:
            self._ground.complain(f"outputs of {entry.step} cannot be restored: {error}")
            return Verdict(why, components)
        return Verdict("", components, entry, restored=True)
