"""The little Markdown that the pages are made of."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

SECTIONS = ("Args", "Returns", "Raises", "Yields")


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table; nothing when it has no rows."""
    body = [_row(row) for row in rows]
    return "\n".join([_row(head), _row(["---"] * len(head)), *body]) if body else ""


def _row(cells: Iterable[str]) -> str:
    return "| " + " | ".join(" ".join(cell.split()).replace("|", "\\|") for cell in cells) + " |"


def code(value: object) -> str:
    """A value, as code; nothing for nothing."""
    return f"`{value}`" if value not in {None, ""} else ""


def docstring(text: str) -> str:
    """A docstring of ours as Markdown: its `Args:` and the like become lists."""
    blocks = re.split(rf"^({'|'.join(SECTIONS)}):\n", text.strip(), flags=re.MULTILINE)
    made = [_paragraphs(blocks[0])]
    for name, body in zip(blocks[1::2], blocks[2::2], strict=True):
        lines = body.splitlines()
        indent = min(len(line) - len(line.lstrip()) for line in lines if line.strip())
        made.append(_section(name, [line[indent:] for line in lines]))
    return "\n\n".join(made)


def _paragraphs(text: str) -> str:
    return "\n\n".join(" ".join(each.split()) for each in text.split("\n\n") if each.strip())


def _section(name: str, lines: Sequence[str]) -> str:
    if name in {"Returns", "Yields"}:
        return f"{name}: {' '.join(line.strip() for line in lines if line.strip())}"
    entries: list[str] = []
    for line in filter(str.strip, lines):
        if line.startswith(" ") and entries:
            entries[-1] += f" {line.strip()}"
        else:
            entries.append(re.sub(r"^(\w+):", r"`\1`:", line))
    return f"{name}:\n\n" + "\n".join(f"- {entry}" for entry in entries)
