"""Keeper: keeps what came of a step, if that is certain."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from fullcycle.errors import FullcycleError

from . import explain
from .facts import artifact_digest
from .key import key_of
from .memory import last_of
from .store import DamagedError

if TYPE_CHECKING:
    from .ground import Ground
    from .judge import Verdict
    from .memory import Attempt, Components
    from .recipe import Recipe
    from .store import Entry


class Keeper:
    """Keeps results of steps that ended well, and the store within its bounds.

    Args:
        ground: what checks stand on.
        most: bytes that the store may hold.
    """

    def __init__(self, ground: Ground, *, most: int) -> None:
        self._ground = ground
        self._most = most
        self._kept = False

    def keep(self, entry: Entry, recipe: Recipe, verdict: Verdict, attempt: Attempt) -> str:
        """Keep what came of a step; returns why not, if it is not kept.

        Args:
            entry: what came of it, without its outputs.
            recipe: what it depended on.
            verdict: what was known before it ran.
            attempt: tells whether it ran alone.
        """
        with self._ground.lock:
            try:
                return self._keep(self._whole(entry, recipe), recipe, verdict, attempt)
            except (DamagedError, FullcycleError, OSError) as error:
                return str(error)

    def prune(self) -> None:
        """Keep the store within its bounds, if anything came to it."""
        if not self._kept:
            return
        self._kept = False
        try:
            self._ground.store.prune(self._most)
            self._ground.memory.forget_listings()
        except OSError as error:
            self._ground.complain(f"the store cannot be pruned: {error}")

    def _whole(self, entry: Entry, recipe: Recipe) -> Entry:
        return replace(
            entry,
            artifact=artifact_digest(self._ground.root) if recipe.artifact else "",
            outputs=self._ground.outputs.collect(recipe),
        )

    def _keep(self, entry: Entry, recipe: Recipe, verdict: Verdict, attempt: Attempt) -> str:
        memory = self._ground.memory
        if verdict.components is None:
            token = entry.token if entry.outputs else None
            self._ground.tokens[entry.step] = token
            memory.put(last_of(entry, {}, token=token or ""))
            return ""
        doubt = self._doubt(entry, recipe, verdict, attempt)
        if doubt:
            memory.put(last_of(entry, verdict.components, token=""))
            return doubt
        self._put(entry, recipe, verdict.components)
        return ""

    def _doubt(self, entry: Entry, recipe: Recipe, verdict: Verdict, attempt: Attempt) -> str:
        """What makes the result doubtful; empty when nothing does."""
        if entry.summary.startswith("skipped"):
            return "it had nothing to look at"
        if not attempt.alone():
            return "it ran twice at the same time"
        now = self._ground.components(entry.step, recipe)
        if key_of(now) == verdict.key:
            return ""
        if verdict.listing is not None:
            self._ground.memory.keep_listing(verdict.listing)
        before, listings = verdict.components or {}, self._ground.listings(recipe)
        return f"{explain.told(explain.changes(before, now, listings))} while it ran"

    def _put(self, entry: Entry, recipe: Recipe, components: Components) -> None:
        root, store, memory = self._ground.root, self._ground.store, self._ground.memory
        store.put(entry, lambda output: root / output.path)
        try:
            store.share(entry)
        except (FullcycleError, OSError) as error:
            self._ground.complain(str(error))
        listing = self._ground.inputs(recipe)
        if listing is not None:
            memory.keep_listing(listing)
        memory.put(last_of(entry, components))
        self._ground.tokens[entry.step] = entry.token
        self._kept = True
