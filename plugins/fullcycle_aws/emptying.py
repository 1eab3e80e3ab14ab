"""Emptying: the data that goes with an environment, which CloudFormation doesn't delete."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fullcycle.model import Event
from fullcycle.words import plural

from .faults import code, translated
from .lock import KEY

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .clients import Clients
    from .names import Names

AT_ONCE = 100
"""Images that BatchDeleteImage takes."""
OBJECTS_AT_ONCE = 1000
"""Objects that DeleteObjects takes."""


class Emptying:
    """Deletes what is in the repository and in the bucket."""

    def __init__(self, clients: Clients, names: Names, adopted: str = "") -> None:
        self._clients = clients
        self._names = names
        self._adopted = adopted

    def repository(self) -> Iterator[Event]:
        """Delete all images."""
        name, ecr = self._names.repository, self._clients.ecr
        with translated(f"emptying the repository {name}"):
            try:
                pages = list(ecr.get_paginator("list_images").paginate(repositoryName=name))
            except ecr.exceptions.RepositoryNotFoundException:
                return
            digests = sorted({each["imageDigest"] for page in pages for each in page["imageIds"]})
            for at in range(0, len(digests), AT_ONCE):
                some: Any = [{"imageDigest": each} for each in digests[at : at + AT_ONCE]]
                ecr.batch_delete_image(repositoryName=name, imageIds=some)
        if digests:
            yield Event(message=f"removed {plural(len(digests), 'image')}")

    def bucket(self, *, whole: bool) -> Iterator[Event]:
        """Delete what the environment has in the bucket; the bucket, too, when it is empty.

        The lock is held until after: it is the last thing to go, together with the bucket, and
        nothing is told after that.

        Args:
            whole: no other environment needs the bucket; one that is adopted stays.
        """
        bucket = self._adopted or self._names.bucket(self._clients.account, self._clients.region)
        gone = whole and not self._adopted
        with translated(f"emptying the bucket {bucket}"):
            keys = self._keys(bucket, "" if gone else self._names.key)
        if keys is None:
            return
        yield Event(message=f"removing {plural(len(keys), 'record')} from the bucket {bucket}")
        with translated(f"removing the bucket {bucket}"):
            self._delete(bucket, keys if gone else [each for each in keys if each != self._lock])
            if gone:
                self._clients.s3.delete_bucket(**self._of(bucket))

    @property
    def _lock(self) -> str:
        return self._names.key + KEY

    def _keys(self, bucket: str, prefix: str) -> list[str] | None:
        """None when there is no bucket."""
        from botocore.exceptions import ClientError

        pages = self._clients.s3.get_paginator("list_objects_v2")
        try:
            found = list(pages.paginate(**self._of(bucket), Prefix=prefix))
        except ClientError as error:
            if code(error) == "NoSuchBucket":
                return None
            raise
        return [each["Key"] for page in found for each in page.get("Contents", ())]

    def _delete(self, bucket: str, keys: list[str]) -> None:
        for at in range(0, len(keys), OBJECTS_AT_ONCE):
            some: Any = [{"Key": each} for each in keys[at : at + OBJECTS_AT_ONCE]]
            self._clients.s3.delete_objects(
                **self._of(bucket), Delete={"Objects": some, "Quiet": True}
            )

    def _of(self, bucket: str) -> Any:
        """The bucket, if it is of our account; one that is adopted may be of another."""
        owner = {} if self._adopted else {"ExpectedBucketOwner": self._clients.account}
        return {"Bucket": bucket, **owner}
