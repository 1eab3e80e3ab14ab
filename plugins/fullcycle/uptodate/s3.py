"""The shared place in S3, for those who have boto3."""

from __future__ import annotations

from typing import IO, TYPE_CHECKING, Any

from fullcycle.errors import FullcycleError, OutOfReachError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

CONNECT = 5.0
"""Seconds to wait for a connection."""
READ = 30.0
"""Seconds to wait for data."""
ATTEMPTS = 2


class S3:
    """A bucket, below a prefix. Nothing is asked of it before something is looked for.

    Args:
        url: `s3://bucket/prefix`.

    Raises:
        UsageError: boto3 is not installed.
        OutOfReachError: the bucket cannot be used.
    """

    def __init__(self, url: str) -> None:
        bucket, _, prefix = url.removeprefix("s3://").partition("/")
        self._bucket = bucket
        self._prefix = f"{prefix.strip('/')}/" if prefix.strip("/") else ""
        self._made: Any = None
        self._broken: FullcycleError | None = None
        """Why it cannot be used: then nobody waits for it a second time."""

    def fetch(self, name: str, to: IO[bytes]) -> bool:
        """See Remote."""
        client = self._client()
        from botocore.exceptions import ClientError

        try:
            self._ask(lambda: client.download_fileobj(self._bucket, self._prefix + name, to))
        except ClientError as error:
            if error.response.get("Error", {}).get("Code") in {"404", "NoSuchKey"}:
                return False
            raise OutOfReachError(f"the cache in S3 refuses: {error}") from error
        return True

    def keep(self, name: str, source: Path) -> None:
        """See Remote."""
        client = self._client()
        from boto3.exceptions import S3UploadFailedError
        from botocore.exceptions import ClientError

        try:
            self._ask(lambda: client.upload_file(str(source), self._bucket, self._prefix + name))
        except (ClientError, S3UploadFailedError) as error:
            raise OutOfReachError(f"the cache in S3 refuses: {error}") from error

    def _ask(self, what: Callable[[], object]) -> None:
        from botocore.exceptions import BotoCoreError

        try:
            what()
        except BotoCoreError as error:
            self._broken = OutOfReachError(f"the cache in S3 is out of reach: {error}")
            raise self._broken from error

    def _client(self) -> Any:
        if self._broken is not None:
            raise self._broken
        if self._made is None:
            try:
                import boto3
                from botocore.config import Config
            except ImportError:
                raise UsageError(
                    "[cache] s3 needs boto3", hint="pip install 'fullcycle[aws]'"
                ) from None
            limits = Config(
                connect_timeout=CONNECT,
                read_timeout=READ,
                retries={"total_max_attempts": ATTEMPTS, "mode": "standard"},
            )
            self._made = boto3.client("s3", config=limits)
        return self._made
