"""Which deployments a history keeps."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

SCALING = "scale "
"""How the reason of a deployment begins that changed nothing but the number of replicas."""


def kept(records: Mapping[str, str | bytes], most: int) -> set[str]:
    """The ids of the newest deployments, and beside them of as many that only scaled.

    Else a scaling policy at work would push out what a rollback needs.

    Args:
        records: JSON of each deployment, by its id.
        most: how many of each kind.
    """
    scaled = {ident for ident, text in records.items() if _is_scaling(text)}
    kinds = (sorted(scaled), sorted(records.keys() - scaled))
    return {ident for kind in kinds for ident in kind[-most:]}


def _is_scaling(text: str | bytes) -> bool:
    try:
        found = json.loads(text)
    except ValueError:
        return False
    return isinstance(found, dict) and str(found.get("reason", "")).startswith(SCALING)
