"""What the docker provider lends: images are built, tried out and pushed by its Engine.

It is asked for when it is needed: whoever only looks at AWS needs no Engine.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar

from fullcycle.errors import UsageError
from fullcycle.providers import borrow

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from fullcycle.model import Artifact, Workload
    from fullcycle.providers import Bench, Capabilities, Source, Target

T = TypeVar("T")

LENDER = "docker"


class Borrowed:
    """The docker provider's Builder and Tryout."""

    def __init__(self, target: Target) -> None:
        self._target = target

    def build(self, source: Source, bench: Bench) -> Artifact:
        """See Builder.build."""
        return _had(self._lent.builder).build(source, bench)

    def try_out(
        self, artifact: Artifact, content: Path | None, workload: Workload, bench: Bench
    ) -> str:
        """See Tryout.try_out."""
        return _had(self._lent.tryout).try_out(artifact, content, workload, bench)

    def run(
        self,
        artifact: Artifact,
        content: Path | None,
        command: str,
        bench: Bench,
        *,
        env: Mapping[str, str],
        collect: Sequence[str] = (),
    ) -> int:
        """See Tryout.run."""
        tryout = _had(self._lent.tryout)
        return tryout.run(artifact, content, command, bench, env=env, collect=collect)

    def registry(self, place: str) -> Any:
        """Its registry of images at a place: `123456789012.dkr.ecr.eu-west-1.amazonaws.com`."""
        return _had(borrow(LENDER, self._target, {"registry": place}).registry)

    @cached_property
    def _lent(self) -> Capabilities:
        return borrow(LENDER, self._target, {})


def _had(capability: T | None) -> T:
    if capability is None:
        raise UsageError(f"the provider {LENDER!r} that is installed lends no such thing")
    return capability
