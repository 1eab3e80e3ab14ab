"""UpToDate: whether a step has to run, and what is kept of it when it has."""

from __future__ import annotations

import json
import os
import threading
from contextlib import closing, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import fullcycle
from fullcycle.errors import FullcycleError
from fullcycle.model import Result
from fullcycle.pipeline.attempt import Ending
from fullcycle.pipeline.folder import NAME as STATE

from . import explain
from .facts import artifact_digest
from .hashes import Hashes
from .key import Moment, key_of
from .memory import Last, Memory
from .outputs import Outputs
from .seal import MOST, OURS, digest, put, signature, surroundings
from .store import DamagedError, Entry

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from fullcycle.pipeline.step import Step

    from .files import Listing
    from .memory import Attempt, Components
    from .recipe import Recipe
    from .store import Store
    from .worktree import Entries

UP_TO_DATE = "up to date"
"""How the reason of a step begins that did not have to run."""
RESTORED = f"{UP_TO_DATE}, outputs restored"


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
    listing: Listing | None = None
    """Its inputs."""

    @property
    def key(self) -> str:
        """Empty when it cannot have one."""
        return key_of(self.components) if self.components is not None else ""


class UpToDate:
    """Asked about every step of a run. For several threads.

    Args:
        root: the project's folder.
        environ: all variables the run's commands get.
        store: where results are kept.
        mask: hides secrets in text.
        force: every step runs; what comes of it is kept all the same.
        most: bytes that the store may hold.
    """

    def __init__(
        self,
        root: Path,
        environ: Mapping[str, str],
        store: Store,
        *,
        mask: Callable[[str], str],
        force: bool = False,
        most: int = 2 * 10**9,
    ) -> None:
        self._root = root
        self._environ = environ
        self._store = store
        self._mask = mask
        self._force = force
        self._most = most
        self._memory = Memory(root)
        self._hashes = Hashes(self._memory.folder / "hashes.json")
        self._outputs = Outputs(root, self._hashes)
        self._lock = threading.RLock()
        self._moment: Moment | None = None
        self._busy = 0
        self._kept = False
        self._ran = False
        self._names: set[str] = set()
        self._tokens: dict[str, str | None] = {}
        """What the steps of this run have made; None when nobody knows."""
        self.trouble: list[str] = []
        """What the user should know about the store."""

    def around(self, step: Step, act: Callable[[], Ending], tell: Callable[[str], None]) -> Ending:
        """Run a step, unless its result is known already.

        Args:
            step: the step.
            act: runs it; never raises.
            tell: gets why it runs, or why not.
        """
        verdict = self.verdict(step, restore=True)
        if not verdict.why and verdict.entry is not None:
            reason = RESTORED if verdict.restored else UP_TO_DATE
            tell(reason)
            self._tokens[step.name] = verdict.entry.token
            return Ending(Result.SKIP, summary=verdict.entry.summary, reason=reason)
        tell(f"runs: {verdict.why}")
        if step.recipe is None:
            return self._unheeded(step, act)
        return self._watched(step, step.recipe, verdict, act, tell)

    def verdict(self, step: Step, *, restore: bool = False) -> Verdict:
        """Whether a step has to run now.

        Args:
            step: the step.
            restore: put outputs back that are not as they were made.
        """
        if step.always:
            return Verdict("always runs")
        if step.recipe is None or not (step.recipe.inputs or step.recipe.facts):
            return Verdict("has no inputs")
        with self._lock:
            try:
                return self._verdict(step.name, step.recipe, restore=restore)
            except (FullcycleError, OSError) as error:
                return Verdict(f"cannot be checked: {error}")

    def foresee(self, steps: Sequence[Step]) -> dict[str, str]:
        """What would become of steps, in an order they can run in: name → why, or up to date."""
        told: dict[str, str] = {}
        running: set[str] = set()
        for step in steps:
            above = sorted(running & (step.recipe.upstream if step.recipe else frozenset()))
            verdict = self.verdict(step)
            if above:
                verdict = Verdict(f"needs {above[0]}, which runs")
            if verdict.why:
                running.add(step.name)
            elif verdict.entry is not None:
                self._tokens[step.name] = verdict.entry.token
            told[step.name] = f"runs: {verdict.why}" if verdict.why else UP_TO_DATE
        return told

    def close(self) -> None:
        """Remember what was learned, and keep the store within its bounds."""
        with self._lock:
            if self._moment is not None:
                self._moment.save()
            self._hashes.save()
            if self._kept:
                self._kept = False
                try:
                    self._store.prune(self._most)
                    self._memory.forget_listings()
                except OSError as error:
                    self._trouble(f"the store cannot be pruned: {error}")

    def seal(self, request: object, configured: object, rows: Mapping[str, str]) -> None:
        """Seal a run in which every step was up to date, so that the next one sees it at once.

        Args:
            request: what was asked for.
            configured: settings that are not in a file of the project.
            rows: name and achievement of each step.
        """
        with self._lock, suppress(FullcycleError):
            moment = self._moment
            if moment is None or self._ran or moment.facts.detached:
                return
            for name in (*OURS, f"{STATE}/handoff/artifact.json"):
                self._hashes.look(str(self._root / name))
            for file in (str(self._memory.file(name)) for name in rows):
                # Never young: a new file takes the place of the old one.
                self._hashes.seen[file] = signature(os.lstat(file))
            self._hashes.look(str(Path(fullcycle.__file__)))
            git = moment.sealed
            if self._hashes.unsteady or git is None or len(self._hashes.seen) > MOST:
                return
            sealed = {
                "configured": digest(json.dumps(configured, default=str)),
                "names": sorted(self._names),
                "environ": surroundings(os.environ, self._names),
                "path": self._environ["PATH"],
                "witnesses": self._hashes.seen,
                "git": {**git, "references": moment.facts.seen} if git else None,
                "said": moment.tools.asked,
                "rows": list(rows.items()),
            }
            put(self._root, request, sealed)

    def _verdict(self, name: str, recipe: Recipe, *, restore: bool) -> Verdict:
        self._names.update(recipe.environ)
        upstream = self._upstream(recipe)
        unknown = next((each for each, token in upstream.items() if token is None), None)
        if unknown is not None:
            return Verdict(f"needs {unknown}, of which nobody knows what it made")
        components = self._now.components(
            name, recipe, {each: token or "" for each, token in upstream.items()}, self._mask
        )
        last = self._memory.last(name)
        if self._force:
            return Verdict("--force", components)
        listing = self._now.listing(recipe) if recipe.inputs else None
        entry = self._find(key_of(components))
        if entry is None:
            why = self._reason(last, recipe, components)
            return Verdict(why, components, listing=listing)
        if not entry.outputs and last is not None and not last.whole:
            return Verdict("its last run did not end well", components)
        return self._compared(entry, recipe, last, components, restore=restore)

    def _compared(
        self,
        entry: Entry,
        recipe: Recipe,
        last: Last | None,
        components: Components,
        *,
        restore: bool,
    ) -> Verdict:
        differing = self._outputs.differing(entry.outputs)
        if not differing or not restore:
            return Verdict("", components, entry)
        before = last.outputs if last is not None else ()
        try:
            self._memory.prepare()
            self._outputs.restore(entry.outputs, recipe, before, self._store)
        except (DamagedError, FullcycleError, OSError) as error:
            self._trouble(f"outputs of {entry.step} cannot be restored: {error}")
            path, how = next(iter(differing.items()))
            return Verdict(f"output {path} was {how}", components)
        self._memory.put(_last(entry, components))
        return Verdict("", components, entry, restored=True)

    def _reason(self, last: Last | None, recipe: Recipe, components: Components) -> str:
        if last is None:
            return "never ran before"
        found: list[str] = []
        if last.components:
            found = explain.changes(last.components, components, self._listings(recipe))
        if not last.whole:
            found.append("its last run did not end well")
        return explain.told(found) or "its result is no longer kept"

    def _listings(self, recipe: Recipe) -> Callable[[str], Entries | None]:
        """The files behind a digest of inputs: those of now, or those of an earlier run."""
        now = self._now.listing(recipe) if recipe.inputs else None

        def find(digest: str) -> Entries | None:
            if now is not None and digest == now.digest:
                return now.entries
            return self._memory.listing(digest)

        return find

    def _find(self, key: str) -> Entry | None:
        try:
            return self._store.find(key)
        except DamagedError as error:
            self._trouble(f"{error}; it is ignored")
        except (FullcycleError, OSError) as error:
            self._trouble(str(error))
        return None

    def _upstream(self, recipe: Recipe) -> dict[str, str | None]:
        return {name: self._token(name) for name in sorted(recipe.upstream)}

    def _token(self, name: str) -> str | None:
        """What a step has made: in this run, or before it."""
        if name in self._tokens:
            return self._tokens[name]
        last = self._memory.last(name)
        if last is None or not last.whole or not last.token:
            return None
        return "altered" if self._outputs.differing(last.outputs) else last.token

    def _unheeded(self, step: Step, act: Callable[[], Ending]) -> Ending:
        """Run a step of which nothing is kept."""
        with self._lock:
            self._begin()
        try:
            return act()
        finally:
            with self._lock:
                self._end()
                self._tokens[step.name] = None

    def _watched(
        self,
        step: Step,
        recipe: Recipe,
        verdict: Verdict,
        act: Callable[[], Ending],
        tell: Callable[[str], None],
    ) -> Ending:
        """Run a step, and keep what came of it if that is certain."""
        try:
            attempt = self._memory.attempt(step.name)
        except (FullcycleError, OSError) as error:
            tell(f"its result is not kept: {error}")
            return self._unheeded(step, act)
        with closing(attempt):
            ending = self._unheeded(step, act)
            if ending.result is Result.SUCCESS:
                made = Entry(key=verdict.key, step=step.name, summary=ending.summary)
                with self._lock:
                    doubt = self._after(made, recipe, verdict, attempt)
                if doubt:
                    tell(f"its result is not kept: {doubt}")
        return ending

    def _after(self, entry: Entry, recipe: Recipe, verdict: Verdict, attempt: Attempt) -> str:
        """Keep what came of a step; returns why not, if it is not kept."""
        try:
            entry = replace(
                entry,
                artifact=artifact_digest(self._root) if recipe.artifact else "",
                outputs=self._outputs.collect(recipe),
            )
            if verdict.components is None:
                self._tokens[entry.step] = entry.token if entry.outputs else None
                self._memory.put(_last(entry, {}, token=self._tokens[entry.step] or ""))
                return ""
            doubt = self._against(entry, recipe, verdict, attempt)
            if doubt:
                self._memory.put(_last(entry, verdict.components, token=""))
            else:
                self._keep(entry, recipe, verdict.components)
        except (DamagedError, FullcycleError, OSError) as error:
            return str(error)
        return doubt

    def _against(self, entry: Entry, recipe: Recipe, verdict: Verdict, attempt: Attempt) -> str:
        """What makes the result doubtful; empty when nothing does."""
        if entry.summary.startswith("skipped"):
            return "it had nothing to look at"
        if not attempt.alone():
            return "it ran twice at the same time"
        before = verdict.components or {}
        upstream = {each: token or "" for each, token in self._upstream(recipe).items()}
        now = self._now.components(entry.step, recipe, upstream, self._mask)
        if key_of(now) == verdict.key:
            return ""
        if recipe.inputs and verdict.listing is not None:
            self._memory.keep_listing(verdict.listing)
        found = explain.changes(before, now, self._listings(recipe))
        return f"{explain.told(found)} while it ran"

    def _keep(self, entry: Entry, recipe: Recipe, components: Components) -> None:
        self._store.put(entry, lambda output: self._root / output.path)
        try:
            self._store.share(entry)
        except (FullcycleError, OSError) as error:
            self._trouble(str(error))
        if recipe.inputs:
            self._memory.keep_listing(self._now.listing(recipe))
        self._memory.put(_last(entry, components))
        self._tokens[entry.step] = entry.token
        self._kept = True

    @property
    def _now(self) -> Moment:
        """The moment: the same one until a step runs; what runs may change anything."""
        if self._moment is None or self._busy:
            self._moment = Moment(
                self._root, self._environ, self._hashes, self._memory.folder / "index.json"
            )
        return self._moment

    def _begin(self) -> None:
        self._busy += 1
        self._ran = True
        if self._moment is not None:
            self._moment.save()
        self._moment = None

    def _end(self) -> None:
        self._busy -= 1
        self._moment = None

    def _trouble(self, text: str) -> None:
        if text not in self.trouble:
            self.trouble.append(text)


def _last(entry: Entry, components: Components, token: str | None = None) -> Last:
    return Last(
        step=entry.step,
        whole=True,
        components=components,
        token=entry.token if token is None else token,
        outputs=entry.outputs,
    )
