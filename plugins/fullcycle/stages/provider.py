"""`provider`: the plugins on this machine."""
# ruff: noqa: TC001 (the types of flags are read at run time)

from __future__ import annotations

from typing import TYPE_CHECKING

from invoke.collection import Collection

from .command import command
from .values import ProviderName

if TYPE_CHECKING:
    from .call import Call


@command(flags=("json",), name="list")
def list_(call: Call) -> None:
    """Providers installed, and what each can do."""
    from fullcycle.loop.doctor import providers

    found = providers(call.loaded)
    call.show(found, "\n".join(f"{each['name']:12} {each['offers']}" for each in found))


@command(flags=("json",), positional=("name",), help={"name": "the provider"})
def check(call: Call, name: ProviderName) -> None:
    """Check that a provider keeps the contract."""
    from fullcycle.loop.doctor import check as examine

    report = examine(name)
    call.show(report, "\n".join(report))


collection = Collection("provider", list_, check)
