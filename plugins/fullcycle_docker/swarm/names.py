"""Names: what things of an environment are called on a Swarm."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fullcycle_docker.labels import Owner

LONGEST = 63
"""Characters of a name in DNS, which is what a service has."""


def named(owner: Owner, *parts: str) -> str:
    """As Owner.name, but shortened where it would be too long, and still unique."""
    name = owner.name(*parts)
    if len(name) <= LONGEST:
        return name
    mark = hashlib.sha256(name.encode()).hexdigest()[:10]
    return f"{name[: LONGEST - 11]}-{mark}"
