"""The user's own Invoke tasks, as links of chains.

They run as processes of their own: Invoke's tasks print and change folders as if they were
alone, and only a process can be timed out, killed and kept from mixing its output with others'.
"""

from __future__ import annotations

_OWN: set[str] = set()


def known_tasks() -> frozenset[str]:
    """Names of all tasks that may be links: those given to `chain`, and those of tasks.py."""
    from .commandline import loaded

    return frozenset({*_OWN, *loaded().task_names})


def remember(name: str) -> None:
    """Note that a task of this name was given to a chain."""
    _OWN.add(name)
