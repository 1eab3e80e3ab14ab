"""`config`: the settings as fullcycle understands them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from invoke.collection import Collection

from .command import command

if TYPE_CHECKING:
    from .call import Call


@command(flags=("json",))
def show(call: Call) -> None:
    """The settings in force, each with its origin."""
    from fullcycle.settings import show as rows

    found = rows(call.loaded)
    width = max(len(key) for key, _, _ in found)
    text = "\n".join(f"{key:{width}}  {value!r}  ({origin})" for key, value, origin in found)
    call.show([list(row) for row in found], text)


@command(flags=())
def schema(call: Call) -> None:
    """The JSON Schema of the settings, for editors."""
    import json

    from fullcycle.settings import json_schema

    call.show(None, json.dumps(json_schema(), indent=2))


collection = Collection("config", show, schema)
