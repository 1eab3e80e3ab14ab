"""Repository: what the environments of an application share, and what outlives each of them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from .parts import att, ref, resource, template

if TYPE_CHECKING:
    from fullcycle_aws.names import Names

UNTAGGED_DAYS = 14
"""After which images that no release names are deleted; releases are, by `release.prune` only."""
MOVING = ("*.fullcycle", "sha-*")
"""Tags that may change: what is known of a release, which gets papers later, and a commit's last
build."""


def shared(names: Names) -> dict[str, Any]:
    """The template of the stateful stack."""
    return template(
        f"fullcycle: what the environments of {names.app} share",
        {"Repository": _repository(names)},
        {"Repository": ref("Repository"), "RepositoryArn": att("Repository", "Arn")},
    )


def _repository(names: Names) -> dict[str, Any]:
    return resource(
        "ECR::Repository",
        {
            "RepositoryName": names.repository,
            "ImageTagMutability": "IMMUTABLE_WITH_EXCLUSION",
            "ImageTagMutabilityExclusionFilters": [
                {
                    "ImageTagMutabilityExclusionFilterType": "WILDCARD",
                    "ImageTagMutabilityExclusionFilterValue": each,
                }
                for each in MOVING
            ],
            "ImageScanningConfiguration": {"ScanOnPush": True},
            "EncryptionConfiguration": {"EncryptionType": "AES256"},
            "LifecyclePolicy": {"LifecyclePolicyText": json.dumps(_lifecycle())},
        },
        DeletionPolicy="Delete",
        UpdateReplacePolicy="Retain",
    )


def _lifecycle() -> dict[str, Any]:
    selection = {
        "tagStatus": "untagged",
        "countType": "sinceImagePushed",
        "countUnit": "days",
        "countNumber": UNTAGGED_DAYS,
    }
    rule = {
        "rulePriority": 1,
        "description": "what no release names",
        "selection": selection,
        "action": {"type": "expire"},
    }
    return {"rules": [rule]}
