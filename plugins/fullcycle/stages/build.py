"""`build`."""

from .stage import stage_task

build = stage_task("build", "Build the artifact, named by its content.")
