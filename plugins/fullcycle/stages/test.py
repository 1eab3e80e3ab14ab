"""`test`."""

from .stage import stage_task

test = stage_task("test", "The project's suites, and a smoke test of the built artifact.")
