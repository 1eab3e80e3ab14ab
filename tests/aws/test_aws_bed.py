"""The emulators behave as the tests of the aws provider need it."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

import boto3

if TYPE_CHECKING:
    from aws_bed.account import Account


def test_every_test_has_an_account_of_its_own(account: Account) -> None:
    assert boto3.Session().client("sts").get_caller_identity()["Account"] == account.number
    assert boto3.Session().client("ecs").list_clusters()["clusterArns"] == []


def test_moto_serves_what_ministack_lacks(scaling_account: Account) -> None:
    client = boto3.Session().client("application-autoscaling")
    assert client.describe_scalable_targets(ServiceNamespace="ecs")["ScalableTargets"] == []
    assert boto3.Session().client("sts").get_caller_identity()["Account"] == scaling_account.number


def test_moto_serves_everything_where_it_is_asked_to(moto_account: Account) -> None:
    name = secrets.token_hex(4)
    boto3.Session().client("ecs").create_cluster(clusterName=name)
    found = boto3.Session().client("ecs").list_clusters()["clusterArns"]
    assert any(arn.endswith(f":{moto_account.number}:cluster/{name}") for arn in found)
