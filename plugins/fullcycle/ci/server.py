"""Server: what a run says to the CI server it runs on, beside its output."""

from __future__ import annotations

from contextlib import suppress
from itertools import chain, zip_longest
from typing import TYPE_CHECKING

from fullcycle.errors import FullcycleError

from .annotation import Annotation

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from fullcycle.model import Run, StepRecord
    from fullcycle.project import Project

    from .dialect import Dialect

FOLDER = "ci"
"""`.fullcycle/ci/`: files that a CI server is told to pick up."""


class Server:
    """Turns what becomes of a run into the server's annotations, summary and outputs.

    Args:
        dialect: of the server.
        project: whose run it is; without one, nothing is written to files.
    """

    def __init__(self, dialect: Dialect, project: Project | None = None) -> None:
        self.dialect = dialect
        self._project = project
        self._failed: list[StepRecord] = []
        self._tails: dict[str, str] = {}

    def begin(self) -> str:
        """The first lines: what the server shall hide. They hold secrets: not for files."""
        if self._project is None:
            return ""
        return "".join(map(self.dialect.mask, self._project.masker.secrets))

    def note(self, record: StepRecord, tail: str) -> None:
        """A step ended; annotations come at the end of the run, where no fold hides them."""
        if record.result.bad and record.started:
            self._failed.append(record)
            self._tails[record.name] = tail

    def end(self, run: Run) -> str:
        """The last lines; files are written on the way.

        What the server shows beside the output is worth no failure: where something cannot be
        written, a line says so.
        """
        try:
            return self._end(run)
        except (OSError, FullcycleError) as error:
            return f"note: the CI server misses a part: {self.dialect.disarm(str(error))}\n"

    def _end(self, run: Run) -> str:
        found = self._annotations(run)
        said = "".join(map(self.dialect.annotate, _limited(found, self.dialect.limit)))
        return said + (self._publish(run, found, self._project) if self._project else "")

    def _publish(self, run: Run, found: Sequence[Annotation], project: Project) -> str:
        from fullcycle.pipeline.folder import state_folder, write_atomically

        from .outputs import dotenv, outputs
        from .summary import summary

        values = outputs(project, run)
        text = summary(run, found, self._tails, values, self.dialect.room())
        folder = state_folder(project.root, FOLDER)
        file = state_folder(project.root, "runs", run.id) / "summary.md"
        write_atomically(file, text)
        write_atomically(folder / "outputs.env", dotenv(values))
        self.dialect.keep(found, folder)
        return self.dialect.outputs(values) + self.dialect.publish(
            text, file, failed=run.result.bad
        )

    def _annotations(self, run: Run) -> list[Annotation]:
        """Of every failed step in turn, so that no step takes all the places there are."""
        by_step = [list(self._of(run, record)) for record in self._failed]
        return [each for each in chain.from_iterable(zip_longest(*by_step)) if each is not None]

    def _of(self, run: Run, record: StepRecord) -> Iterator[Annotation]:
        """What its tools and tests complain about, or else that it failed."""
        found: Sequence[Annotation] = ()
        if self._project is not None:
            found = _found(self._project, run, record)
        if not any(each.level == "error" for each in found):
            yield Annotation(title=record.name, message=record.reason or "failed")
        yield from sorted(found, key=lambda each: each.level)


def _found(project: Project, run: Run, record: StepRecord) -> Sequence[Annotation]:
    from fullcycle.observe.tested import kept

    from .findings import Files, findings

    folder: Path = project.ledger.folder(run.id)
    with suppress(OSError):
        tested = [each for each in kept(folder) if each.step == record.name]
        failures = [case for each in tested for case in each.suite.failures]
        return findings(Files(project.root), folder / record.log, failures)
    return ()


def _limited(annotations: Sequence[Annotation], limit: int | None) -> list[Annotation]:
    """As many of each kind as the server takes."""
    if limit is None:
        return list(annotations)
    errors = [each for each in annotations if each.level == "error"]
    warnings = [each for each in annotations if each.level == "warning"]
    return errors[:limit] + warnings[:limit]
