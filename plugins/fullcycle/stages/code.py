"""`code`."""

from .stage import stage_task

code = stage_task("code", "The checks before merging, all in parallel.")
