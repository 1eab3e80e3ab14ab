"""`plan`."""

from .stage import stage_task

plan = stage_task("plan", "What has changed, the next version, what the last review asked for.")
