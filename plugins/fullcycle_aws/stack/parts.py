"""Parts: how templates of CloudFormation are written."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

Resources = dict[str, dict[str, Any]]
"""Logical id → resource."""


def resource(kind: str, properties: Mapping[str, Any], **attributes: Any) -> dict[str, Any]:
    """A resource; `kind` without its `AWS::`. Attributes are such as DependsOn."""
    return {"Type": f"AWS::{kind}", "Properties": dict(properties), **attributes}


def ref(name: str) -> dict[str, str]:
    """What identifies a resource of the same template."""
    return {"Ref": name}


def att(name: str, attribute: str) -> dict[str, list[str]]:
    """An attribute of a resource of the same template."""
    return {"Fn::GetAtt": [name, attribute]}


def sub(text: str) -> dict[str, str]:
    """Text with `${Resource}`, `${Resource.Attribute}` and `${AWS::Region}` in it."""
    return {"Fn::Sub": text}


def tags(given: Mapping[str, str]) -> list[dict[str, str]]:
    """Tags as resources have them."""
    return [{"Key": key, "Value": value} for key, value in given.items()]


def template(description: str, resources: Resources, outputs: Mapping[str, Any]) -> dict[str, Any]:
    """The whole."""
    return {
        "AWSTemplateFormatVersion": "2010-09-09",
        "Description": description,
        "Resources": resources,
        "Outputs": {name: {"Value": value} for name, value in outputs.items()},
    }
