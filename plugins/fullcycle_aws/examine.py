"""What the provider misses on a machine."""

from __future__ import annotations

import shutil
from dataclasses import replace
from typing import TYPE_CHECKING

from fullcycle.errors import FullcycleError
from fullcycle.providers import Ailment, load

from .borrowed import LENDER
from .clients import require_sdk
from .exec import HOW, PLUGIN

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from fullcycle.providers import Target

    from .clients import Clients
    from .options import Options


def examine(clients: Clients, target: Target, options: Options) -> Sequence[Ailment]:
    """What is missing, and how to get it; changes nothing."""
    return [*_reach(clients), *_builder(target), *_sessions(options)]


def _reach(clients: Clients) -> Iterator[Ailment]:
    """Whether there is an SDK, a region, credentials, and the right account."""
    try:
        require_sdk()
        _ = clients.region
        _ = clients.account
    except FullcycleError as error:
        yield Ailment(problem=error.message, remedy=error.hint)


def _builder(target: Target) -> Iterator[Ailment]:
    """What building images lacks; whoever only deploys needs none of it."""
    lender = load(LENDER)
    for each in lender(replace(target, options=lender.Options())).examine():
        yield replace(each, fatal=False, problem=f"for building images: {each.problem}")


def _sessions(options: Options) -> Iterator[Ailment]:
    if options.exec and shutil.which(PLUGIN) is None:
        yield Ailment(
            problem=f"{PLUGIN} is not installed: operate.exec cannot run commands inside tasks",
            remedy=f"{HOW}; or set `exec = false`",
            fatal=False,
        )
