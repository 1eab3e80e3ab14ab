"""Faults: what an Engine answers when something goes wrong, in our errors."""

from __future__ import annotations

import re
from contextlib import contextmanager
from typing import TYPE_CHECKING

from fullcycle.errors import FullcycleError, OutOfReachError, StepError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import TypeGuard

    from docker.errors import APIError

_PORT = re.compile(r"(?:port is already allocated|address already in use)")
_FULL = re.compile(r"no space left on device|disk quota exceeded", re.IGNORECASE)
_DENIED = re.compile(r"permission denied", re.IGNORECASE)
_SILENT = re.compile(r"timed out", re.IGNORECASE)
_NO_ADDRESS = re.compile(r"invalid (?:bind address|port|host)", re.IGNORECASE)
_OLD = re.compile(r"API versions? below", re.IGNORECASE)


@contextmanager
def translated(doing: str, where: str = "") -> Iterator[None]:
    """Turn what the SDK raises into one clear line.

    Args:
        doing: what is being done, after "while": `starting shop-staging-web-1`.
        where: the Engine, for people; empty when that is no help.

    Raises:
        OutOfReachError: the Engine cannot be reached, or not by this user.
        UsageError: a port is taken.
        StepError: everything else that the Engine refuses.
    """
    try:
        yield
    except FullcycleError:
        raise
    except Exception as error:
        if not _of_sdk(error):
            raise
        raise fault(error, doing, where) from error


def fault(error: Exception, doing: str, where: str = "") -> FullcycleError:
    """What an exception of the SDK means."""
    said = _said(error)
    place = f"the Docker Engine at {where}" if where else "the Docker Engine"
    if _FULL.search(said):
        return StepError(
            f"{place} has no space left while {doing}",
            hint="see `docker system df`; free space, then run the command again",
        )
    if _from_engine(error):
        return _refused(error, said, doing)
    return _away(said, f"while {doing}", place)


def _away(said: str, doing: str, place: str) -> FullcycleError:
    """What it means that nobody answers."""
    if _NO_ADDRESS.search(said):
        return UsageError(
            f"there is no address of a Docker Engine: {said}",
            hint="write unix:///var/run/docker.sock, tcp://host:port or ssh://user@host",
        )
    if _OLD.search(said):
        return too_old(place, said)
    if _SILENT.search(said):
        return OutOfReachError(
            f"{place} does not answer {doing}: {said}",
            hint="see whether `docker version` ends; restart the Engine if it hangs",
        )
    if _DENIED.search(said):
        return OutOfReachError(
            f"{place} does not let this user in: {said}",
            hint="join the group docker, or name another Engine by DOCKER_HOST or a context",
        )
    return OutOfReachError(
        f"{place} cannot be reached {doing}: {said}",
        hint="start it, or name another one by DOCKER_HOST or a context",
    )


def too_old(place: str, offered: str) -> OutOfReachError:
    """An Engine offers too little."""
    return OutOfReachError(f"{place} is too old: {offered}", hint="20.10 or newer is needed")


def _of_sdk(error: Exception) -> bool:
    """Whether the SDK raises it, or what it stands on."""
    from http.client import HTTPException

    from docker.errors import DockerException
    from requests import RequestException
    from urllib3.exceptions import HTTPError

    return isinstance(
        error, DockerException | RequestException | HTTPError | HTTPException | OSError
    )


def _from_engine(error: Exception) -> TypeGuard[APIError]:
    from docker.errors import APIError

    return isinstance(error, APIError)


def _refused(error: APIError, said: str, doing: str) -> FullcycleError:
    from docker.errors import ImageNotFound, NotFound

    if _PORT.search(said):
        return UsageError(
            f"a port is taken while {doing}: {said}",
            hint="set another `port` for the environment, or stop what listens there",
        )
    if isinstance(error, ImageNotFound):
        return StepError(f"an image is missing while {doing}: {said}", hint="release it again")
    if isinstance(error, NotFound):
        return StepError(f"something vanished while {doing}: {said}", hint="run the command again")
    return StepError(f"the Docker Engine refused while {doing}: {said}")


def _said(error: Exception) -> str:
    """The Engine's own words, or the innermost reason, on one line."""
    if _from_engine(error) and error.explanation:
        return " ".join(str(error.explanation).split())
    inner: BaseException = error
    while (deeper := inner.__cause__ or inner.__context__) is not None:
        inner = deeper
    text = inner.strerror if isinstance(inner, OSError) and inner.strerror else str(inner)
    return " ".join(text.split()) or type(inner).__name__
