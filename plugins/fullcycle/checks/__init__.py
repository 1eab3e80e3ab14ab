"""Checks of the stage `code` that any git project can have and that need nothing installed.

Each module has a `check(repository, settings, log)`: it returns what it found in a few words, or
why it had nothing to check (`skipped: …`), and raises StepError with a finding a line.
"""
