"""Readings of a platform and of its endpoints, together."""

from __future__ import annotations

from collections.abc import Sequence  # noqa: TC003 (a protocol's method has it)
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import ClassVar

from fullcycle.environment import Platform
from fullcycle.model import Reading
from fullcycle.observe.collect import collect
from fullcycle.observe.probe import Ask
from fullcycle.providers import Ailment, Capabilities, Target

MEASURED = Reading(metric="cpu_ratio", value=0.1, unit="ratio", subject="a", at=datetime.now(UTC))


class Meter:
    def readings(self) -> Sequence[Reading]:
        return [MEASURED]


@dataclass
class Metered:
    target: Target
    offered: Capabilities = field(default_factory=lambda: Capabilities(telemetry=Meter()))
    name: ClassVar[str] = "metered"
    Options: ClassVar[type] = dict

    def capabilities(self) -> Capabilities:
        return self.offered

    def examine(self) -> Sequence[Ailment]:
        return ()


def platform(offered: Capabilities) -> Platform:
    target = Target(app="shop", environment="test", root=Path(), options=None)
    return Platform(Metered(target, offered), target)


def test_an_application_that_does_not_run_has_its_paths_down() -> None:
    readings = collect(platform(Capabilities(telemetry=Meter())), "", [Ask(url="/healthz")])
    assert readings[0] == MEASURED
    assert [(r.metric, r.value, r.subject) for r in readings[1:]] == [("up", 0, "/healthz")]


def test_paths_are_asked_where_the_application_is_and_urls_where_they_say() -> None:
    closed = "http://127.0.0.1:1"
    asks = [Ask(url="/a"), Ask(url="http://127.0.0.1:2/b")]
    readings = collect(platform(Capabilities()), f"{closed}/", asks)
    assert [r.subject for r in readings] == [f"{closed}/a", "http://127.0.0.1:2/b"]
