"""Cards: what is remembered of replicas, beside what their processes tell."""

from __future__ import annotations

import contextlib
import json
import secrets
from dataclasses import asdict, dataclass
from operator import itemgetter
from typing import TYPE_CHECKING

from fullcycle.model import WEB, HealthKind

from .home import guard, private, write
from .ports import free_port

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from fullcycle.model import Workload


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """One replica."""

    id: str
    deployment: str
    version: str
    digest: str
    port: int
    process: str = WEB
    """Which process of the application it is."""
    listens: bool = True
    """Whether it is healthy only when it listens on its port."""


class Cards:
    """`replicas/ID.json` in a home."""

    def __init__(self, home: Path) -> None:
        self._folder = home / "replicas"

    def all(self) -> Sequence[Card]:
        """The oldest first."""
        found = []
        for file in self._folder.glob("*.json"):
            with contextlib.suppress(FileNotFoundError):  # removed by another command just now
                card = Card(**json.loads(file.read_text(encoding="utf-8")))
                found.append((file.stat().st_mtime_ns, card.id, card))
        return [card for _, _, card in sorted(found, key=itemgetter(0, 1))]

    def deal(self, app: str, workload: Workload, deployment: str) -> Card:
        """Give a new replica its id and its port, before anything of it exists."""
        release, process = workload.release, workload.process
        called = app if process == WEB else f"{app}-{process}"  # process_of takes it apart
        with guard(private(self._folder) / ".guard"):
            card = Card(
                id=f"{called}-{secrets.token_hex(3)}",
                deployment=deployment,
                version=release.version,
                digest=release.digest,
                port=free_port({card.port for card in self.all()}),
                process=process,
                listens=workload.health.kind in {HealthKind.HTTP, HealthKind.TCP},
            )
            write(self._file(card.id), json.dumps(asdict(card)))
        return card

    def remove(self, replica: str) -> None:
        """Forget a replica."""
        self._file(replica).unlink(missing_ok=True)

    def _file(self, replica: str) -> Path:
        return self._folder / f"{replica}.json"


def process_of(replica: str, app: str) -> str:
    """Which process of an application a replica is, or was, by its id."""
    called = replica.rpartition("-")[0]
    return WEB if called == app else called.removeprefix(f"{app}-")


def digests(homes: Path) -> set[str]:
    """The digests that run in any environment of an application."""
    return {card.digest for home in homes.iterdir() for card in Cards(home).all()}
