"""Faults: what AWS and its SDK answer when something goes wrong, in our errors."""

from __future__ import annotations

import re
from contextlib import contextmanager
from typing import TYPE_CHECKING

from fullcycle.errors import FullcycleError, OutOfReachError, StepError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

EXPIRED = frozenset(
    {"ExpiredToken", "ExpiredTokenException", "RequestExpired", "TokenRefreshRequired"}
)
UNKNOWN_KEY = frozenset(
    {"InvalidClientTokenId", "UnrecognizedClientException", "InvalidAccessKeyId"}
    | {"SignatureDoesNotMatch", "AuthFailure", "IncompleteSignature"}
)
DENIED = frozenset(
    {"AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "Forbidden", "403"}
)
THROTTLED = frozenset(
    {"Throttling", "ThrottlingException", "ThrottledException", "RequestLimitExceeded"}
    | {"TooManyRequestsException", "RequestThrottled", "SlowDown", "LimitExceededException"}
)
_ACTION = re.compile(r"not authorized to perform:? ([a-z0-9-]+:[A-Za-z]+)")


@contextmanager
def translated(doing: str, profile: str = "") -> Iterator[None]:
    """Turn what the SDK raises into one clear line.

    Args:
        doing: what is being done, after "while": `making the stack fullcycle-shop`.
        profile: the one in use, for the hint.

    Raises:
        OutOfReachError: there are no valid credentials, or nobody answers.
        UsageError: the configuration is wrong.
        StepError: AWS refuses: not allowed, throttled, not valid.
    """
    try:
        yield
    except FullcycleError:
        raise
    except Exception as error:
        if not _of_sdk(error):
            raise
        raise fault(error, doing, profile) from error


def code(error: Exception) -> str:
    """AWS' code of an error it answered, `ResourceNotFoundException`; empty where it didn't."""
    response = getattr(error, "response", None)
    return str(response.get("Error", {}).get("Code", "")) if isinstance(response, dict) else ""


def message(error: Exception) -> str:
    """AWS' own words on one line, or the SDK's."""
    response = getattr(error, "response", None)
    said = response.get("Error", {}).get("Message", "") if isinstance(response, dict) else ""
    return " ".join(str(said or error).split())


def fault(error: Exception, doing: str, profile: str = "") -> FullcycleError:
    """What an exception of the SDK means."""
    from botocore.exceptions import ClientError
    from botocore.parsers import ResponseParserError

    if isinstance(error, ClientError):
        return _answered(error, doing, profile)
    if isinstance(error, ResponseParserError):
        return OutOfReachError(
            f"what answers while {doing} does not speak as AWS does: {message(error)[:200]}",
            hint="look at proxies, and at AWS_ENDPOINT_URL if it is set",
        )
    return _unsent(error, doing, profile)


def _of_sdk(error: Exception) -> bool:
    from botocore.exceptions import BotoCoreError, ClientError
    from botocore.parsers import ResponseParserError

    return isinstance(error, BotoCoreError | ClientError | ResponseParserError)


def _answered(error: Exception, doing: str, profile: str) -> FullcycleError:
    found, said = code(error), message(error)
    if found in EXPIRED:
        return OutOfReachError(f"AWS credentials expired while {doing}", hint=_sign_in(profile))
    if found in UNKNOWN_KEY:
        return OutOfReachError(
            f"AWS does not accept the credentials while {doing}: {said}", hint=_sign_in(profile)
        )
    if found in DENIED:
        return _denied(error, doing)
    if found in THROTTLED:
        return StepError(
            f"AWS throttles requests while {doing}: {said}", hint="wait a little and run it again"
        )
    return StepError(f"AWS refused while {doing}: {found}: {said}")


def _denied(error: Exception, doing: str) -> FullcycleError:
    said = message(error)
    named = _ACTION.search(said)
    action = named.group(1) if named else str(getattr(error, "operation_name", "it"))
    return StepError(
        f"these AWS credentials may not do {action} while {doing}: {said}",
        hint=f"allow {action} to the role or user; the docs' policies name all that is needed",
    )


def _unsent(error: Exception, doing: str, profile: str) -> FullcycleError:
    from botocore import exceptions as sdk

    said = message(error)
    if isinstance(error, sdk.ProfileNotFound):
        return UsageError(said, hint="see `aws configure list-profiles`, and mend `profile`")
    if isinstance(error, sdk.NoRegionError | sdk.InvalidRegionError):
        return UsageError(f"{said} while {doing}", hint="set `region` for the environment")
    if isinstance(error, _sign_in_errors()):
        return OutOfReachError(f"no valid AWS credentials: {said}", hint=_sign_in(profile))
    if isinstance(error, sdk.ParamValidationError):
        return StepError(f"AWS' SDK does not accept the request while {doing}: {said}")
    if isinstance(error, sdk.HTTPClientError | sdk.ConnectionError):
        return OutOfReachError(
            f"AWS cannot be reached while {doing}: {said}",
            hint="look at the network, the region, and AWS_ENDPOINT_URL if it is set",
        )
    return StepError(f"AWS' SDK failed while {doing}: {said}")


def _sign_in_errors() -> tuple[type[Exception], ...]:
    from botocore import exceptions as sdk

    return (
        sdk.NoCredentialsError,
        sdk.PartialCredentialsError,
        sdk.CredentialRetrievalError,
        sdk.TokenRetrievalError,
        sdk.SSOError,
        sdk.LoginError,
    )


def _sign_in(profile: str) -> str:
    login = f"aws sso login --profile {profile}" if profile else "aws sso login"
    return f"sign in ({login}), set AWS_PROFILE, or give the CI server a role by OIDC"
