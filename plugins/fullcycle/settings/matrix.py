"""One step many times over: every combination of some values."""

from __future__ import annotations

import re
from itertools import product
from math import prod
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

MOST = 256
"""Combinations of one matrix, as on GitHub Actions."""

Cell = dict[str, str]
"""One combination: a value for every key."""


def cells(matrix: Mapping[str, Sequence[str]], exclude: Iterable[Mapping[str, str]]) -> list[Cell]:
    """Every combination of the values, the last key changing fastest, without those excluded.

    An exclusion that names some keys only takes out every combination that has these values.
    """
    every = (dict(zip(matrix, values, strict=True)) for values in product(*matrix.values()))
    gone = [each.items() for each in exclude]
    return [cell for cell in every if not any(each <= cell.items() for each in gone)]


def label(cell: Cell) -> str:
    """The end of the step's name: `[3.11,pg]`."""
    return f"[{','.join(cell.values())}]"


def fill(value: Any, cell: Cell) -> Any:
    """The value with `{key}` replaced in all its texts; `${key}` is the shell's and stays."""
    if isinstance(value, str):
        return _placeholder(cell).sub(lambda match: cell[match[1]], value)
    if isinstance(value, tuple):
        return tuple(fill(each, cell) for each in value)
    if isinstance(value, dict):
        return {key: fill(each, cell) for key, each in value.items()}
    return value


def mistakes(
    matrix: Mapping[str, Sequence[str]], exclude: Sequence[Mapping[str, str]], texts: Any
) -> Iterator[str]:
    """What doesn't make sense about a matrix.

    Args:
        matrix: the values of every key.
        exclude: combinations that are left out.
        texts: all that may hold a placeholder.
    """
    if exclude and not matrix:
        yield "exclude needs a matrix"
        return
    for key, values in matrix.items():
        if len(set(values)) < len(values):
            yield f"matrix.{key} has a value twice"
        if fill(texts, {key: "\0"}) == texts:
            yield f"matrix.{key} is used nowhere: write {{{key}}} in run or env"
    for each in exclude:
        yield from _unknown(each, matrix)
    if prod(map(len, matrix.values())) > MOST:
        yield f"the matrix has {prod(map(len, matrix.values()))} combinations, {MOST} at most"
    elif matrix and not cells(matrix, exclude):
        yield "exclude leaves nothing of the matrix"


def _unknown(excluded: Mapping[str, str], matrix: Mapping[str, Collection[str]]) -> Iterator[str]:
    if not excluded:
        yield "exclude has an empty table"
    for key, value in excluded.items():
        if key not in matrix:
            yield f"exclude: the matrix has no key {key!r}, it has {', '.join(matrix)}"
        elif value not in matrix[key]:
            yield f"exclude: matrix.{key} has no {value!r}, it has {', '.join(matrix[key])}"


def _placeholder(keys: Iterable[str]) -> re.Pattern[str]:
    return re.compile(rf"(?<!\$)\{{({'|'.join(map(re.escape, keys))})\}}")
