"""The `fullcycle` command: Invoke, with our collection where a project has no tasks.py."""

from __future__ import annotations

from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from invoke.exceptions import CollectionNotFound, Exit
from invoke.program import Program

if TYPE_CHECKING:
    from invoke.collection import Collection


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


def main() -> None:
    """Run the command line."""
    try:
        FullcycleProgram(name="fullcycle", version=version("fullcycle")).run()
    except Exit as end:
        raise SystemExit(end.code) from end
