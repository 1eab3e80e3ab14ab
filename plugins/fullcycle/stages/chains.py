"""Chains as tasks: those of the loop, those of the settings, those made in Python."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fullcycle.loop import CHAINS, spelled

from .command import CHAIN, command

if TYPE_CHECKING:
    from collections.abc import Sequence

    from invoke.tasks import Task

    from fullcycle.loop import Written

    from .call import Call

ABOUT = {
    "delivery": "From plan to tested artifact: plan, code, build, test.",
    "ci": "Everything before production: delivery and release.",
    "cd": "Everything in production: deploy, operate, monitor.",
    "full-cycle": "The whole loop: ci, cd and review.",
}
LINKS: dict[str, Sequence[Written]] = {}
"""The links of all chains that are tasks, for completion."""


def chain_task(name: str, links: Sequence[Written], about: str = "") -> Task[Any]:
    """The task that runs a chain."""
    LINKS[name] = links

    def body(call: Call) -> None:
        call.run(name, links)

    body.__doc__ = about or f"Your chain: {spelled(links)}."
    body.__name__ = name.replace("-", "_")
    return command(flags=CHAIN, name=name)(body)


def builtin() -> list[Task[Any]]:
    """The chains of the loop."""
    return [chain_task(name, links, ABOUT[name]) for name, links in CHAINS.items()]


def from_settings() -> list[Task[Any]]:
    """The user's chains, read without validating anything.

    A broken file is reported by the command that loads it, not by `--list`.
    """
    from fullcycle.settings.glance import chains

    return [chain_task(name, links) for name, links in chains().items() if name not in CHAINS]
