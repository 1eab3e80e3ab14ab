"""Changes: what a change set would do, in words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from types_boto3_cloudformation.type_defs import ResourceChangeTypeDef

STATEFUL = frozenset({"AWS::ECR::Repository", "AWS::Logs::LogGroup"})
"""What holds data that nobody can make again."""
_VERBS = {"Add": "add", "Modify": "change", "Remove": "REMOVE", "Import": "import"}


@dataclass(frozen=True, slots=True)
class Change:
    """What becomes of one resource."""

    verb: str
    """`add`, `change`, `REPLACE`, `REMOVE`, `import`."""
    kind: str
    """Its type: `AWS::ECS::Cluster`."""
    name: str
    detail: str = ""

    @property
    def loses(self) -> bool:
        """Whether data is lost by it."""
        return self.kind in STATEFUL and self.verb in {"REPLACE", "REMOVE"}

    def __str__(self) -> str:
        loss = ", AND ALL ITS DATA IS LOST" if self.loses else ""
        detail = f": {self.detail}" if self.detail else ""
        return f"{self.verb} {self.kind.removeprefix('AWS::')} {self.name}{detail}{loss}"


def new(template: Mapping[str, Any]) -> Iterator[Change]:
    """All that a stack which doesn't exist yet will have."""
    for name, each in template["Resources"].items():
        yield Change("add", each["Type"], name)


def change(told: ResourceChangeTypeDef) -> Change:
    """What CloudFormation says of one resource."""
    verb = _VERBS.get(told.get("Action", ""), str(told.get("Action", "")).lower())
    replacement = told.get("Replacement", "False")
    named = (each.get("Target", {}).get("Name", "") for each in told.get("Details", ()))
    detail = ", ".join(sorted(set(filter(None, named)) or told.get("Scope", ())))
    return Change(
        "REPLACE" if replacement == "True" else verb,
        told.get("ResourceType", ""),
        told.get("PhysicalResourceId") or told.get("LogicalResourceId", ""),
        f"{detail}{' (may be replaced)' if replacement == 'Conditional' else ''}" if detail else "",
    )
