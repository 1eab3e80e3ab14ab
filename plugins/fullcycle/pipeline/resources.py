"""What steps need for themselves: tags, and how many steps may use each at the same time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fullcycle.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .step import Step


def capacities(steps: Sequence[Step]) -> dict[str, int]:
    """How many steps may use each tag at the same time, by the tag as it is written.

    Raises:
        UsageError: a tag is malformed, or steps disagree on it.
    """
    found: dict[str, dict[str, tuple[int, str]]] = {}
    tags = {tag: step.name for step in steps for tag in step.uses}
    for tag, name in tags.items():
        resource, colon, number = tag.partition(":")
        if not resource or (colon and not (number.isdecimal() and int(number))):
            raise UsageError(
                f"step {name!r} uses {tag!r}",
                hint="write `docker`, or `docker:2` for two at a time",
            )
        found.setdefault(resource, {})[tag] = (int(number or 1), name)
    for resource, spellings in found.items():
        if len(spellings) > 1:
            (one, (_, first)), (other, (_, second)) = list(spellings.items())[:2]
            raise UsageError(
                f"step {first!r} uses {one!r} and step {second!r} uses {other!r}",
                hint=f"give {resource!r} the same number in both",
            )
    return {tag: count for each in found.values() for tag, (count, _) in each.items()}
