"""From a request to a response."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Callable, Hashable  # noqa: TC003 (the key of the application has the type)
from dataclasses import fields
from typing import TYPE_CHECKING

from aiohttp import web

from fullcycle.errors import FullcycleError

from . import live
from .memo import Memo
from .places import Places, Wanted
from .render import HTML, JSON, Body, favicon, own_version, page, security_headers
from .site import MOST, READINGS, MissingError, Site

if TYPE_CHECKING:
    from collections.abc import Awaitable

    Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

SITE = web.AppKey("site", Site)
MEMO = web.AppKey("memo", Memo[Body])
PROJECT = web.AppKey("project", str)
MARK: web.AppKey[Callable[[], Hashable]] = web.AppKey("mark")
STOPPING = web.AppKey("stopping", asyncio.Event)
"""Set when the process is to end: from then on every response closes its connection."""
PLACES = web.AppKey("places", Places)
PATIENCE = 30.0
"""How long a request waits for a platform, in seconds."""
LIMIT_SECONDS = 5.0
"""How long a request waits for a ledger that somebody holds."""

logger = logging.getLogger(__name__)


async def overview(request: web.Request) -> web.Response:
    """`/`."""
    return await _made(request, ("overview",), request.app[SITE].overview)


async def run(request: web.Request) -> web.Response:
    """`/runs/{id}`."""
    run_id = request.match_info["id"]
    return await _made(request, ("run", run_id), lambda: request.app[SITE].run(run_id))


async def log(request: web.Request) -> web.Response:
    """`/runs/{id}/logs/{step}`."""
    run_id, step = request.match_info["id"], request.match_info["step"]
    return await _made(request, ("log", run_id, step), lambda: request.app[SITE].log(run_id, step))


async def report(request: web.Request) -> web.Response:
    """`/runs/{id}/report`."""
    run_id = request.match_info["id"]
    return await _made(request, ("report", run_id), lambda: request.app[SITE].report(run_id))


async def deployments(request: web.Request) -> web.Response:
    """`/deployments`."""
    return await _made(request, ("deployments",), request.app[SITE].deployments)


async def readings(request: web.Request) -> web.Response:
    """`/readings?environment=&range=1h&subject=`."""
    wanted = _wanted(request)
    places = request.app[PLACES]
    return await _made(request, ("readings", wanted), lambda: places.readings(wanted))


async def replicas(request: web.Request) -> web.Response:
    """`/replicas?environment=`."""
    wanted = _wanted(request)
    places = request.app[PLACES]
    return await _made(request, ("replicas", wanted), lambda: places.replicas(wanted), PATIENCE)


async def objectives(request: web.Request) -> web.Response:
    """`/objectives?environment=`."""
    wanted = _wanted(request)
    places = request.app[PLACES]
    return await _made(request, ("objectives", wanted), lambda: places.objectives(wanted))


async def logs(request: web.Request) -> web.Response:
    """`/logs?environment=&subject=&text=&since=15m`."""
    wanted = _wanted(request)
    places = request.app[PLACES]
    return await _made(request, ("logs", wanted), lambda: places.logs(wanted), PATIENCE)


async def api_runs(request: web.Request) -> web.Response:
    """`/api/runs?limit=50`."""
    limit = _limit(request, 50, MOST)
    site = request.app[SITE]
    return await _made(request, ("api-runs", limit), lambda: site.api_runs(limit))


async def api_run(request: web.Request) -> web.Response:
    """`/api/runs/{id}`."""
    run_id = request.match_info["id"]
    return await _made(request, ("api-run", run_id), lambda: request.app[SITE].api_run(run_id))


async def api_deployments(request: web.Request) -> web.Response:
    """`/api/deployments?limit=100`."""
    limit = _limit(request, 100, MOST)
    site = request.app[SITE]
    return await _made(request, ("api-deployments", limit), lambda: site.api_deployments(limit))


async def api_readings(request: web.Request) -> web.Response:
    """`/api/readings?limit=1000`."""
    limit = _limit(request, 1000, READINGS)
    site = request.app[SITE]
    return await _made(request, ("api-readings", limit), lambda: site.api_readings(limit))


async def metrics(request: web.Request) -> web.Response:
    """`/metrics`, for Prometheus."""
    return await _made(request, ("metrics",), request.app[PLACES].metrics, PATIENCE)


async def events(request: web.Request) -> web.StreamResponse:
    """`/events`: says when there is something new to look at."""
    return await live.stream(request, request.app[MARK], request.app[STOPPING])


async def healthz(request: web.Request) -> web.Response:
    """`/healthz`: whether this process answers; looks at nothing else."""
    if JSON in request.headers.get("Accept", ""):
        return web.json_response({"status": "ok", "version": own_version()})
    return web.Response(text="ok\n", headers={"Cache-Control": "no-store"})


async def icon(_request: web.Request) -> web.Response:
    """`/favicon.ico`."""
    headers = {"Cache-Control": "max-age=86400"}
    return web.Response(body=favicon(), content_type="image/svg+xml", headers=headers)


@web.middleware
async def guarded(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Security headers on every response, and a readable page for every failure."""
    try:
        response = await handler(request)
    except MissingError as error:
        response = _problem(request, 404, "Not found", str(error))
    except FullcycleError as error:
        response = _problem(request, 503, "The ledger cannot be read", error.message, error.hint)
    except TimeoutError:
        why = "What this page shows did not come in time: somebody holds the ledger, or a platform."
        response = _problem(request, 503, "This takes too long", why, "this page tries again")
    except web.HTTPException as error:
        response = _refused(request, error)
    except Exception:
        logger.exception("%s %s failed", request.method, request.path)
        response = _problem(request, 500, "This page failed", "The reason is in the log.")
    for name, value in () if response.prepared else security_headers().items():
        response.headers.setdefault(name, value)
    if request.app[STOPPING].is_set():
        response.force_close()
    return response


async def _made(
    request: web.Request, key: Hashable, make: Callable[[], Body], limit: float = LIMIT_SECONDS
) -> web.Response:
    return _answer(request, await request.app[MEMO].get(key, make, limit))


def _wanted(request: web.Request) -> Wanted:
    """What the query asks for; what it says beside that is ignored."""
    query = request.query
    return Wanted(**{each.name: query[each.name] for each in fields(Wanted) if each.name in query})


def _answer(request: web.Request, body: Body) -> web.Response:
    tags = {tag.value for tag in request.if_none_match or ()}
    fresh = body.status == 200 and body.etag in tags  # noqa: PLR2004 (HTTP's OK)
    response = web.Response(
        status=304 if fresh else body.status,
        body=None if fresh else body.content,
        headers={"Cache-Control": "no-cache", "Content-Type": f"{body.kind}; charset=utf-8"},
    )
    if body.policy:
        response.headers["Content-Security-Policy"] = body.policy
    response.etag = body.etag
    return response


def _problem(
    request: web.Request, status: int, title: str, message: str, hint: str = ""
) -> web.Response:
    if request.path.startswith("/api/"):
        text = json.dumps({"error": message, "hint": hint})
        return _answer(request, Body.of(text, JSON, status))
    body = page(
        "problem",
        live=False,
        status=status,
        project=request.app[PROJECT],
        title=title,
        message=message,
        hint=hint,
    )
    return _answer(request, Body(body.content, HTML, body.etag, status))


def _refused(request: web.Request, error: web.HTTPException) -> web.Response:
    message = {
        404: "There is nothing at this address.",
        405: "The dashboard only shows: GET and HEAD are all it understands.",
    }.get(error.status, error.text or error.reason)
    response = _problem(request, error.status, error.reason, message)
    if "Allow" in error.headers:
        response.headers["Allow"] = error.headers["Allow"]
    return response


def _limit(request: web.Request, default: int, most: int) -> int:
    """The `limit` that was asked for, within what is allowed."""
    text = request.query.get("limit", str(default))
    if not (text.isascii() and text.isdigit() and len(text) < 10):  # noqa: PLR2004 (no huge number)
        raise web.HTTPBadRequest(text=f"limit must be a number from 1 to {most}, not {text!r}")
    return min(max(int(text), 1), most)
