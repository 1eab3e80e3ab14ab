"""Fargate: the sizes a task can have.

Source: the table of task CPU and memory of the Amazon ECS developer guide, the same that cfn-lint
checks a task definition against.
"""

from __future__ import annotations

from dataclasses import dataclass

_GIB = 1024

PAIRS: dict[int, tuple[int, ...]] = {
    256: (512, 1 * _GIB, 2 * _GIB),
    512: tuple(range(1 * _GIB, 4 * _GIB + 1, _GIB)),
    1024: tuple(range(2 * _GIB, 8 * _GIB + 1, _GIB)),
    2048: tuple(range(4 * _GIB, 16 * _GIB + 1, _GIB)),
    4096: tuple(range(8 * _GIB, 30 * _GIB + 1, _GIB)),
    8192: tuple(range(16 * _GIB, 60 * _GIB + 1, 4 * _GIB)),
    16384: tuple(range(32 * _GIB, 120 * _GIB + 1, 8 * _GIB)),
}
"""CPU units (1024 are a core) → MiB that go with them."""


@dataclass(frozen=True, slots=True)
class Size:
    """What a task gets."""

    units: int
    """CPU units; 1024 are a core."""
    mebibytes: int


def exact(cpu: float, memory: int) -> Size:
    """A size that exists.

    Args:
        cpu: cores.
        memory: MiB.

    Raises:
        ValueError: Fargate has no such size; says which there are.
    """
    units = round(cpu * 1024)
    if units not in PAIRS:
        known = ", ".join(f"{each / 1024:g}" for each in PAIRS)
        raise ValueError(f"Fargate has no tasks of {cpu:g} cores; there are {known}")
    if memory not in PAIRS[units]:
        known = ", ".join(map(str, PAIRS[units]))
        raise ValueError(f"with {cpu:g} cores, Fargate has memory of {known} MiB, not {memory}")
    return Size(units, memory)


def fitting(cpus: float | None, memory: int | None, default: Size) -> Size:
    """The smallest size that has at least what a replica may use.

    Args:
        cpus: cores; None for the default's.
        memory: bytes; None for the default's, or the least that goes with the cores.
        default: what is taken where nothing is said.

    Raises:
        ValueError: no task of Fargate is so large.
    """
    if cpus is None and memory is None:
        return default
    units = default.units if cpus is None else cpus * 1024
    mebibytes = _mebibytes(memory, default if cpus is None else Size(0, 0))
    for each, sizes in PAIRS.items():
        found = next((size for size in sizes if size >= mebibytes), None)
        if each >= units and found is not None:
            return Size(each, found)
    raise ValueError(
        f"no task of Fargate has {units / 1024:g} cores and {mebibytes:g} MiB; the largest has"
        " 16 cores and 122880 MiB"
    )


def _mebibytes(memory: int | None, default: Size) -> float:
    return default.mebibytes if memory is None else memory / 2**20
