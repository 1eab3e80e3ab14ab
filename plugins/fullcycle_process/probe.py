"""One look at a replica's health check."""

from __future__ import annotations

import http.client
import time
from http import HTTPStatus
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fullcycle.model import HealthCheck


def get(address: str, health: HealthCheck) -> tuple[bool, str]:
    """GET the health check's path: whether it answers 200 to 399, and what."""
    begun = time.monotonic()
    connection = http.client.HTTPConnection(address, timeout=health.timeout)
    try:
        connection.request("GET", health.path, headers={"User-Agent": "fullcycle"})
        answer = connection.getresponse()
        answer.read(65536)  # or the application would see its connection reset
        status = answer.status
    except TimeoutError:
        return False, f"no answer within {health.timeout:g} s"
    except (OSError, http.client.HTTPException) as error:
        return False, getattr(error, "strerror", None) or f"{type(error).__name__}: {error}"
    finally:
        connection.close()
    took = f"{status} in {(time.monotonic() - begun) * 1000:.0f} ms"
    return HTTPStatus.OK <= status < HTTPStatus.BAD_REQUEST, took
