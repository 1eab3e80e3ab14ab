"""`monitor.metrics`, `monitor.rules`, `monitor.grafana`: what is measured, for Prometheus."""
# ruff: noqa: TC003 (the types of flags are read at run time)

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from .command import command

if TYPE_CHECKING:
    from .call import Call

READABLE = 0o644
OUTPUT = {"output": "file to write, replaced at once; standard output without"}


@command(flags=("env",), help=OUTPUT)
def metrics(call: Call, output: Path | None = None) -> None:
    """Measure once, and write Prometheus metrics: a file for node_exporter's textfile collector."""
    from fullcycle.loop.export import metrics as measured

    _write(measured(call.project()), output)


@command(flags=(), help=OUTPUT)
def rules(call: Call, output: Path | None = None) -> None:
    """Write alert rules for Prometheus: thresholds and SLOs."""
    from fullcycle.loop.export import rules as made

    _write(made([call.project(name) for name in call.loaded.settings.environments]), output)


@command(flags=(), help=OUTPUT)
def grafana(call: Call, output: Path | None = None) -> None:
    """Write a dashboard for Grafana to import."""
    from fullcycle.export.grafana import text

    _write(text(call.loaded.settings.app.name), output)


def _write(text: str, output: Path | None) -> None:
    """Whole or not at all: somebody, and not only we, may read the file at any moment."""
    if output is None:
        sys.stdout.write(text)
        return
    from fullcycle.errors import UsageError
    from fullcycle.pipeline.folder import write_atomically

    try:
        write_atomically(output, text, READABLE)
    except OSError as error:
        raise UsageError(f"cannot write {output}: {error.strerror or error}") from error
