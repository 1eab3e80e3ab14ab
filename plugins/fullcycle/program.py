"""The `fullcycle` command: Invoke, with our collection where a project has no tasks.py."""

from __future__ import annotations

import re
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from invoke.exceptions import CollectionNotFound, Exit, ParseError
from invoke.program import Program

if TYPE_CHECKING:
    from collections.abc import Iterator

    from invoke.collection import Collection

USAGE = 2
"""The exit code of a command line that can't be understood (ExitCode.USAGE)."""


class FullcycleProgram(Program):
    """Invoke's program. A tasks.py is used when there is one; it includes ours or doesn't."""

    def load_collection(self) -> None:
        """Load the project's tasks.py, or our own collection; invoke.yaml counts in both cases."""
        from . import ns
        from .settings import find_root

        loader = self.loader_class(start=self.args["search-root"].value, config=self.config)  # type: ignore[call-arg]
        try:
            loader.find(self.args.collection.value or "tasks")
        except CollectionNotFound:
            self.config.set_project_location(str(find_root(Path.cwd())))
            self.config.load_project()
            self.collection: Collection = ns
            return
        super().load_collection()

    def parse_core_args(self) -> None:
        """Invoke's, with errors of ours."""
        with self._understood():
            super().parse_core_args()

    def parse_tasks(self) -> None:
        """Invoke's, with errors of ours."""
        with self._understood():
            super().parse_tasks()

    def parse_cleanup(self) -> None:
        """Invoke's, with errors of ours."""
        with self._understood():
            super().parse_cleanup()

    @contextmanager
    def _understood(self) -> Iterator[None]:
        """Exit 2 with what was probably meant, where Invoke has exit 1."""
        try:
            yield
        except Exit:
            raise
        except ParseError as error:
            raise Exit(self._explained(error), USAGE) from error

    def _explained(self, error: ParseError) -> str:
        unknown = re.fullmatch(r"No idea what '(.*)' is!", str(error), re.DOTALL)
        if unknown is None:
            return f"error: {error}"
        word, within = unknown[1], error.context
        if not word.startswith("-"):
            return _unknown("task", word, self._names())
        flags = [*self.initial_context.flag_names(), *(within.flag_names() if within else ())]
        return _unknown(f"flag of {within.name}" if within and within.name else "flag", word, flags)

    def _names(self) -> list[str]:
        tasks = self.collection.task_names
        return [name for task, aliases in tasks.items() for name in (task, *aliases)]


def _unknown(what: str, word: str, known: list[str]) -> str:
    from difflib import get_close_matches

    near = get_close_matches(word, known, 1)
    see = "`fullcycle --list` shows all tasks, `fullcycle --help TASK` the flags of one"
    hint = f"did you mean {near[0]!r}?" if near else see
    return f"error: unknown {what}: {word}\nhint: {hint}"


def main() -> None:
    """Run the command line."""
    try:
        FullcycleProgram(name="fullcycle", version=version("fullcycle")).run()
    except Exit as end:
        raise SystemExit(end.code) from end
