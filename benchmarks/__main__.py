"""`python -m benchmarks`: list them; with a name, run one."""

from __future__ import annotations

import argparse
import json
import sys
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from .measure import BenchmarkError

if TYPE_CHECKING:
    from collections.abc import Callable

    from .measure import Report

BENCHMARKS = {
    "list": ("listing", 41),
    "tab": ("tab", 21),
    "command": ("single", 11),
    "step": ("step", 9),
    "parallel": ("parallel", 7),
    "replace": ("replace", 3),
    "uptodate": ("uptodate", 41),
    "fingerprint": ("fingerprint", 21),
    "correctness": ("correctness", 1),
    "build": ("build", 11),
    "docker-replace": ("docker_replace", 3),
    "docker-scale": ("docker_scale", 3),
    "simulate": ("simulate", 5),
    "autoscale": ("autoscale", 41),
    "snapshot": ("snapshot", 5),
    "dashboard": ("dashboard", 5),
}
"""Name → module, and how many rounds make its medians steady."""
MOST_ROUNDS = 200


def main(words: list[str] | None = None) -> int:
    """Exit 0 when the goal holds, 1 when it doesn't, 2 when it can't be measured here."""
    given = _parser().parse_args(words)
    if given.name is None:
        sys.stdout.write("\n".join(f"{name:14} {about(name)}" for name in BENCHMARKS) + "\n")
        return 0
    try:
        report = _load(given.name)(given.rounds or BENCHMARKS[given.name][1])
    except BenchmarkError as error:
        sys.stderr.write(f"error: {error}\n")
        return 2
    sys.stdout.write(report.as_text() + "\n")
    if given.json:
        given.json.write_text(json.dumps(report.as_json(), indent=2) + "\n", encoding="utf-8")
    return 0 if report.holds else 1


def about(name: str) -> str:
    """The first line of the benchmark's own text."""
    return (import_module(f"benchmarks.{BENCHMARKS[name][0]}").__doc__ or "").partition("\n")[0]


def _load(name: str) -> Callable[[int], Report]:
    run: Callable[[int], Report] = import_module(f"benchmarks.{BENCHMARKS[name][0]}").run
    return run


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("name", nargs="?", choices=tuple(BENCHMARKS), help="which one to run")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the result here")
    parser.add_argument("--rounds", type=_rounds, help="samples of each side (1 to 200)")
    return parser


def _rounds(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= MOST_ROUNDS:
        raise argparse.ArgumentTypeError(f"should be a whole number from 1 to {MOST_ROUNDS}")
    return int(text)


if __name__ == "__main__":
    sys.exit(main())
