"""S3History: the deployments of an environment, an object each."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from fullcycle.errors import UsageError
from fullcycle.model import Deployment
from fullcycle.pipeline.codec import dump, parse

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .store import Store

FOLDER = "deployments/"
AT_ONCE = 10
"""Objects read at the same time: botocore's own number of connections."""


class S3History:
    """All deployments, for ever: a thousand of them cost less than a cent a month."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def record(self, deployment: Deployment) -> None:
        """See History.record."""
        self._store.write(f"{FOLDER}{deployment.id}.json", dump(deployment))

    def list(self, limit: int = 50) -> Sequence[Deployment]:
        """See History.list. A record that cannot be read is passed over."""
        newest = sorted(self._store.keys(FOLDER), reverse=True)
        with ThreadPoolExecutor(AT_ONCE) as pool:
            found = list(pool.map(self._deployment, newest[:limit]))
        return [deployment for deployment in found if deployment]

    def _deployment(self, key: str) -> Deployment | None:
        stored = self._store.read(key)
        try:
            return parse(Deployment, stored.content, key) if stored else None
        except UsageError:
            return None
