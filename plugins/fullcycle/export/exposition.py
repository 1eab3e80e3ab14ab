"""Prometheus' text format, version 0.0.4.

https://prometheus.io/docs/instrumenting/exposition_formats/: families of samples, each family with
its help and its kind, each sample with its labels.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from math import inf, isnan
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

KIND = "text/plain; version=0.0.4"
"""The type of its content."""
_NO_NAME = re.compile(r"[^a-zA-Z0-9_]")


@dataclass(slots=True)
class Family:
    """All samples of one metric."""

    name: str
    """In base units, with the unit as its ending; `_total` for what only grows."""
    help: str
    kind: Literal["gauge", "counter"] = "gauge"
    samples: list[tuple[Mapping[str, str], float]] = field(default_factory=list)
    """Labels and value."""

    def add(self, value: float, **labels: str) -> None:
        """Add a sample."""
        self.samples.append((labels, value))


def render(families: Iterable[Family], common: Mapping[str, str]) -> str:
    """The families as text, those without samples left out.

    Args:
        families: no two of the same name.
        common: labels that every sample gets before its own.
    """
    return "".join(_family(family, common) for family in families if family.samples)


def named(text: str) -> str:
    """Text as a part of a metric's name."""
    return _NO_NAME.sub("_", text)


def _family(family: Family, common: Mapping[str, str]) -> str:
    explained = family.help.replace("\\", r"\\").replace("\n", r"\n")
    lines = [f"# HELP {family.name} {explained}", f"# TYPE {family.name} {family.kind}"]
    lines += (
        f"{family.name}{_labels({**common, **labels})} {_number(value)}"
        for labels, value in family.samples
    )
    return "\n".join(lines) + "\n"


def _labels(labels: Mapping[str, str]) -> str:
    if not labels:
        return ""
    return "{" + ",".join(f'{name}="{_escaped(value)}"' for name, value in labels.items()) + "}"


def _escaped(value: str) -> str:
    return value.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")


def _number(value: float) -> str:
    if isnan(value):
        return "NaN"
    if abs(value) == inf:
        return "+Inf" if value > 0 else "-Inf"
    return repr(float(value)).removesuffix(".0")
