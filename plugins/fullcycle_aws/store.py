"""Store: what a team shares of an environment, as objects in S3.

A write can be made to depend on what is there, and S3 decides: so nobody overwrites what somebody
else has just written.
"""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any

from fullcycle.errors import UsageError

from .faults import code, translated

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from types_boto3_s3.type_defs import (
        PublicAccessBlockConfigurationTypeDef,
        WaiterConfigTypeDef,
    )

    from .clients import Clients
    from .names import Names

NEW = ""
"""In place of a mark: write only if there is no such object."""
CHANGED = frozenset({"PreconditionFailed", "ConditionalRequestConflict", "NoSuchKey"})
"""What S3 says when an object is not what a write depends on."""
MISSING = frozenset({"NoSuchKey", "NoSuchBucket"})
MADE = frozenset({"BucketAlreadyOwnedByYou", "OperationAborted"})
"""What S3 says when somebody else of the account has made the bucket, or is about to."""
PATIENCE: WaiterConfigTypeDef = {"Delay": 1, "MaxAttempts": 30}
"""Seconds between two looks for it, and how many."""
HOME = "us-east-1"
"""The region that CreateBucket takes for granted, and does not take by name."""
PRIVATE: PublicAccessBlockConfigurationTypeDef = {
    "BlockPublicAcls": True,
    "IgnorePublicAcls": True,
    "BlockPublicPolicy": True,
    "RestrictPublicBuckets": True,
}


@dataclass(frozen=True, slots=True)
class Stored:
    """An object as it was read."""

    content: bytes
    mark: str
    """What tells this content from any other (S3's ETag)."""
    notes: Mapping[str, str]
    """What was written beside the content."""
    written: float
    """When, in seconds since 1970 by S3's clock, without fractions."""
    read: float
    """The same of when it was read."""


class Store:
    """The objects of one environment, in a bucket that is made when something is first written."""

    def __init__(self, clients: Clients, names: Names, adopted: str = "") -> None:
        self._clients = clients
        self._names = names
        self._adopted = adopted

    @cached_property
    def bucket(self) -> str:
        """The bucket's name."""
        clients = self._clients
        return self._adopted or self._names.bucket(clients.account, clients.region)

    def read(self, key: str) -> Stored | None:
        """An object of the environment; None when there is none."""
        from botocore.exceptions import ClientError

        with translated(f"reading {self._url(key)}"):
            try:
                found = self._clients.s3.get_object(**self._address(key))
            except ClientError as error:
                if code(error) in MISSING:
                    return None
                raise
            return Stored(
                content=found["Body"].read(),
                mark=found["ETag"],
                notes=found["Metadata"],
                written=found["LastModified"].timestamp(),
                read=_clock(found["ResponseMetadata"]["HTTPHeaders"]),
            )

    def write(
        self,
        key: str,
        content: str,
        *,
        mark: str | None = None,
        notes: Mapping[str, str] | None = None,
    ) -> bool:
        """Write an object of the environment.

        Args:
            key: its name.
            content: JSON.
            mark: write only if the object still is what was read with this mark, or, with NEW, if
                there is none; in any case without.
            notes: kept beside the content.

        Returns:
            False when the object is not what the write depends on.

        Raises:
            UsageError: the bucket that the settings name does not exist.
        """
        with translated(f"writing {self._url(key)}"):
            answer = self._put(key, content, mark, notes or {})
            if answer == "NoSuchBucket":
                self._make()
                answer = self._put(key, content, mark, notes or {})
        return not answer

    def keys(self, prefix: str) -> Iterator[str]:
        """The names of the environment's objects that begin so, in the order of the alphabet."""
        from botocore.exceptions import ClientError

        begin = self._names.key
        with translated(f"listing {self._url(prefix)}"):
            pages = self._clients.s3.get_paginator("list_objects_v2")
            try:
                for page in pages.paginate(**self._where, Prefix=begin + prefix):
                    yield from (each["Key"][len(begin) :] for each in page.get("Contents", ()))
            except ClientError as error:
                if code(error) not in MISSING:
                    raise

    def _put(self, key: str, content: str, mark: str | None, notes: Mapping[str, str]) -> str:
        """What S3 has against it; empty when it is written."""
        from botocore.exceptions import ClientError

        try:
            self._clients.s3.put_object(
                **self._address(key),
                Body=content.encode(),
                ContentType="application/json",
                Metadata=notes,
                **_condition(mark),
            )
        except ClientError as error:
            if code(error) in CHANGED | MISSING:
                return code(error)
            raise
        return ""

    def _make(self) -> None:
        """Make the bucket; by default S3 encrypts what is in it, and this says so."""
        if self._adopted:
            raise UsageError(
                f"there is no bucket {self._adopted!r}",
                hint="make it, or leave `bucket` out of the settings: then one is made",
            )
        s3 = self._clients.s3
        if not self._create():
            s3.get_waiter("bucket_exists").wait(**self._where, WaiterConfig=PATIENCE)
            return
        s3.put_public_access_block(**self._where, PublicAccessBlockConfiguration=PRIVATE)
        s3.put_bucket_policy(**self._where, Policy=json.dumps(_policy(self.bucket)))
        s3.put_bucket_tagging(**self._where, Tagging={"TagSet": self._tags})

    def _create(self) -> bool:
        """Whether it was us; somebody else may be doing the same at this moment."""
        from botocore.exceptions import ClientError

        region = self._clients.region
        place: Any = {} if region == HOME else {"LocationConstraint": region}
        more = {"CreateBucketConfiguration": place} if place else {}
        try:
            self._clients.s3.create_bucket(Bucket=self.bucket, **more)
        except ClientError as error:
            if code(error) in MADE:
                return False
            raise
        return True

    @property
    def _tags(self) -> Any:
        return [{"Key": key, "Value": value} for key, value in self._names.shared_tags.items()]

    @property
    def _where(self) -> Any:
        """The bucket, if it is of our account: its name can be guessed and taken by others."""
        owner = {} if self._adopted else {"ExpectedBucketOwner": self._clients.account}
        return {"Bucket": self.bucket, **owner}

    def _address(self, key: str) -> Any:
        return {**self._where, "Key": self._names.key + key}

    def _url(self, key: str) -> str:
        return f"s3://{self.bucket}/{self._names.key}{key}"


def _condition(mark: str | None) -> Any:
    if mark is None:
        return {}
    return {"IfNoneMatch": "*"} if mark == NEW else {"IfMatch": mark}


def _clock(headers: Mapping[str, str]) -> float:
    """S3's clock; ours where it doesn't say."""
    said = headers.get("date")
    return parsedate_to_datetime(said).timestamp() if said else time.time()


def _policy(bucket: str) -> dict[str, Any]:
    """Nobody reads or writes it without TLS."""
    arn = f"arn:aws:s3:::{bucket}"
    return {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "TlsOnly",
                "Effect": "Deny",
                "Principal": "*",
                "Action": "s3:*",
                "Resource": [arn, f"{arn}/*"],
                "Condition": {"Bool": {"aws:SecureTransport": "false"}},
            }
        ],
    }
