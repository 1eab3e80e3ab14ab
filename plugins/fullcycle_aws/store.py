"""Store: what a team shares of an environment, as objects in S3.

A write can be made to depend on what is there, which S3 decides: so several people never overwrite
one another.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from .faults import code, translated

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .clients import Clients
    from .names import Names

NEW = ""
"""In place of a mark: write only if there is no such object."""
REFUSED = frozenset({"PreconditionFailed", "ConditionalRequestConflict", "NoSuchKey", "412", "409"})
"""What S3 says when an object is not what a write depends on."""
MISSING = frozenset({"NoSuchKey", "NoSuchBucket"})
HOME = "us-east-1"
"""The region whose name CreateBucket does not take."""


@dataclass(frozen=True, slots=True)
class Stored:
    """An object as it was read."""

    content: bytes
    mark: str
    """What tells this content from every other (S3's ETag)."""
    notes: dict[str, str]
    """What was written beside the content."""
    written: float
    """When, in seconds since 1970 by S3's clock, in whole seconds."""
    read: float
    """The same of when it was read."""


class Store:
    """The objects of one environment, in a bucket that is made when first written to."""

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
                found = self._s3.get_object(**self._address(key))
            except ClientError as error:
                if code(error) in MISSING:
                    return None
                raise
            return Stored(
                content=found["Body"].read(),
                mark=found["ETag"],
                notes=found["Metadata"],
                written=found["LastModified"].timestamp(),
                read=_now(found["ResponseMetadata"]["HTTPHeaders"]),
            )

    def write(
        self,
        key: str,
        content: str,
        *,
        mark: str | None = None,
        notes: dict[str, str] | None = None,
    ) -> bool:
        """Write an object of the environment; makes the bucket when there is none.

        Args:
            key: its name.
            content: JSON.
            mark: write only if the object still is what was read with this mark, or, with NEW, if
                there is none; in any case without.
            notes: kept beside the content.

        Returns:
            whether it was written: whether the object was what the write depends on.
        """
        request = self._address(key) | {
            "Body": content.encode(),
            "ContentType": "application/json",
            "Metadata": notes or {},
            **_condition(mark),
        }
        with translated(f"writing {self._url(key)}"):
            return self._put(request) or (self._make() and self._put(request)) or False

    def keys(self, prefix: str) -> Iterator[str]:
        """The names of the environment's objects that begin so, in the order of the alphabet."""
        from botocore.exceptions import ClientError

        begin = self._names.key
        with translated(f"listing {self._url(prefix)}"):
            pages = self._s3.get_paginator("list_objects_v2").paginate(
                Bucket=self.bucket, Prefix=begin + prefix, **self._owner
            )
            try:
                for page in pages:
                    yield from (each["Key"][len(begin) :] for each in page.get("Contents", ()))
            except ClientError as error:
                if code(error) not in MISSING:
                    raise
