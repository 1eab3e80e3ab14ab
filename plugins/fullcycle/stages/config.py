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


@command(flags=(), help={"run": "of what `--json` prints of a run"})
def schema(call: Call, *, run: bool = False) -> None:
    """The JSON Schema of the settings, for editors."""
    import json

    from fullcycle.report.document import json_schema as of_run
    from fullcycle.settings import json_schema as of_settings

    call.show(None, json.dumps(of_run() if run else of_settings(), indent=2))


collection = Collection("config", show, schema)
