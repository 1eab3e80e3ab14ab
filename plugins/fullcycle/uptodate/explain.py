"""In words: why a step is not up to date."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from .memory import Components
    from .worktree import Entries

MOST = 3
"""Changes that are named; the others are counted."""
SHORT = 9
"""Digits of a commit that are shown."""


def changes(
    before: Components, now: Components, listing: Callable[[str], Entries | None]
) -> list[str]:
    """What differs, the closest to the user first; empty when nothing does.

    Args:
        before: what the last run depended on.
        now: what this one depends on.
        listing: the files behind a digest of inputs, if they are still known.
    """
    found = list(_command(before, now))
    for kind in ("definition", "inputs", "upstream", "env", "environ", "facts", "parameters"):
        found += _differing(kind, before.get(kind, {}), now.get(kind, {}), listing)
    found += _differing("tools", before.get("tools", {}), now.get("tools", {}), listing)
    return found or ([] if before == now else ["fullcycle or this machine changed"])


def told(found: list[str]) -> str:
    """Changes in one line."""
    more = len(found) - MOST
    return ", ".join(found[:MOST]) + (f" and {more} more" if more > 0 else "")


def _command(before: Components, now: Components) -> Iterator[str]:
    if before["definition"]["command"] != now["definition"]["command"]:
        yield f"command changed: `{before['shown']['command']}` → `{now['shown']['command']}`"


def _differing(
    kind: str,
    before: Mapping[str, str],
    now: Mapping[str, str],
    listing: Callable[[str], Entries | None],
) -> Iterator[str]:
    if kind == "inputs":
        yield from _inputs(before, now, listing)
        return
    for name in sorted({*before, *now}):
        old, new = before.get(name), now.get(name)
        if old != new and name != "command":
            yield _WORDS[kind](name, old, new)


def _inputs(
    before: Mapping[str, str],
    now: Mapping[str, str],
    listing: Callable[[str], Entries | None],
) -> Iterator[str]:
    if before.get("patterns") != now.get("patterns"):
        yield "other files count as its inputs"
    old, new = before.get("files", ""), now.get("files", "")
    if old == new:
        return
    known, found = listing(old), listing(new)
    if known is None or found is None:
        yield "an input changed"
        return
    yield from files(known, found)


def files(before: Entries, now: Entries) -> Iterator[str]:
    """What became of files, a few words each."""
    gone = {path: told for path, told in before.items() if path not in now}
    fresh = {path: told for path, told in now.items() if path not in before}
    for path, told in list(fresh.items()):
        source = next((each for each, other in gone.items() if other == told), None)
        if source is not None:
            del gone[source], fresh[path]
            yield f"{source} was moved to {path}"
    for path in sorted(path for path in before.keys() & now.keys() if before[path] != now[path]):
        yield _altered(path, before[path], now[path])
    yield from (f"new file {path}" for path in sorted(fresh))
    yield from (f"{path} was deleted" for path in sorted(gone))


def _altered(path: str, before: str, now: str) -> str:
    (mode, content), (new_mode, new_content) = before.split(" ", 1), now.split(" ", 1)
    if content == new_content and mode != new_mode:
        return f"{path} is {'now' if new_mode == '100755' else 'no longer'} executable"
    link, leads, _ = path.partition(" -> ")
    return f"what {link} leads to changed" if leads else f"{path} changed"


def _setting(name: str, _old: str | None, _new: str | None) -> str:
    return f"setting {name} changed"


def _variable(name: str, old: str | None, new: str | None) -> str:
    if old in {None, "unset"}:
        return f"env {name} is set"
    return f"env {name} is no longer set" if new in {None, "unset"} else f"env {name} changed"


def _tool(name: str, old: str | None, new: str | None) -> str:
    shown = name.removeprefix("program ").removeprefix("python package ")
    before, after = _version(old), _version(new)
    if old is None or new is None:
        return f"tool {shown} {'is new' if old is None else 'is gone'}"
    if before != after and before and after:
        return f"tool {shown} {before} → {after}"
    return f"tool {shown} changed"


def _version(identity: str | None) -> str:
    """The words of an identity without the digest at its end."""
    words = (identity or "").split()
    return " ".join(word for word in words if len(word) != 16)  # noqa: PLR2004 (digits of a digest)


def _upstream(name: str, old: str | None, new: str | None) -> str:
    if old is None or new is None:
        return f"{'now' if old is None else 'no longer'} needs {name}"
    made = "another artifact" if name == "build" else "something else"
    return f"{name} made {made}"


def _fact(name: str, old: str | None, new: str | None) -> str:
    if name == "HEAD" and old and new:
        return f"HEAD moved: {old[:SHORT]} → {new[:SHORT]}"
    if name == "branch":
        return f"branch {old or '-'} → {new or '-'}"
    if name == "artifact":
        return "build made another artifact"
    return f"{name} moved" if name.startswith("branch") else f"{name} changed"


_WORDS: dict[str, Callable[[str, str | None, str | None], str]] = {
    "definition": _setting,
    "upstream": _upstream,
    "env": _variable,
    "environ": _variable,
    "facts": _fact,
    "parameters": _setting,
    "tools": _tool,
}
