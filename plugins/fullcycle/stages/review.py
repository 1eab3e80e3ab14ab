"""`review`."""

from .stage import stage_task

review = stage_task("review", "DORA metrics, slow and flaky steps: findings for the next plan.")
