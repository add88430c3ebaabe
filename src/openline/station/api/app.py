"""The local API: one table of routes, served on a Unix socket and, to whoever shows the token, on a loopback address.

Rules of this file:
1. The table is the API: what is not in it is not served, and docs/openapi.json is made from it.
2. Every answer is JSON of a declared type, or bytes; every error is a `Fault` that says whose fault it is, what is
   wrong and what to do. No traceback leaves the station.
3. What is asked is read in bounded memory before anything is done.
"""

from __future__ import annotations

import hmac
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Final, NamedTuple

import msgspec
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route as StarletteRoute

from openline.station.api import types as t
from openline.wire.errors import (
    Misuse,
    OpenlineError,
)
from openline.wire.said import as_text, say, sentence_of

BODY_BYTES_MAX: Final = 1024 * 1024  # chosen: a letter in base64 with room; pages have a limit of their own
STATUS: Final = {"refused": 409, "misuse": 400, "peer": 422, "carrier": 422, "storage": 503, "ours": 500}
JSON: Final = "application/json"
BYTES: Final = "application/octet-stream"


class Asked(NamedTuple):
    """One request: the names in its path, its query, and its body as the type the route declares."""

    path: dict[str, str]
    query: dict[str, str]
    body: Any


class Route(NamedTuple):
    """One line of the API. `takes`: None, a type, or `bytes`; `gives` likewise. `does` is given the service."""

    method: str
    path: str
    summary: str
    does: Callable[[Any, Asked], Awaitable[Any]]
    takes: Any = None
    gives: Any = t.Done
    query: tuple[tuple[str, str], ...] = ()  # (name, what it is for)
    body_max: int = BODY_BYTES_MAX


Finding = Callable[[], Any]


def application(routes: Sequence[Route], service: Finding, *, token: str | None = None) -> Starlette:
    """Serve a table of routes.

    Args:
        service: gives the service that answers, or raises why there is none at the moment.
        token: where given, whoever does not show it as a bearer is turned away.
    """
    return Starlette(routes=[StarletteRoute(r.path, _endpoint(r, service, token), methods=[r.method]) for r in routes])


def _endpoint(
    route: Route, service: Finding, token: str | None
) -> Callable[[Request], Awaitable[Response]]:
    async def serve(request: Request) -> Response:
        if token is not None and not _shows(request, token):
            return _error(Misuse(say("this address wants the station's token")), 401)
        try:
            body = await _body(request, route)
            asked = Asked(dict(request.path_params), dict(request.query_params), body)
            answer = await route.does(service(), asked)
        except OpenlineError as error:
            return _error(error)
        if isinstance(answer, bytes):
            return Response(answer, media_type=BYTES)
        if isinstance(answer, Response):
            return answer
        return _json(answer)

    return serve


def _shows(request: Request, token: str) -> bool:
    shown = request.headers.get("authorization", "")
    return hmac.compare_digest(shown.encode(), f"Bearer {token}".encode())


async def _body(request: Request, route: Route) -> Any:
    """The body as the type that the route takes.

    Raises:
        Misuse: it is too long, or is no value of that type.
    """
    if route.takes is None:
        return None
    data = bytearray()
    async for chunk in request.stream():
        data += chunk
        if len(data) > route.body_max:
            raise Misuse(say("a request of more than {most} bytes", most=str(route.body_max)))
    if route.takes is bytes:
        return bytes(data)
    try:
        return msgspec.json.decode(bytes(data), type=route.takes)
    except msgspec.DecodeError as error:
        raise Misuse(
            say("the request does not fit {method} {path}: {why}", method=route.method, path=route.path, why=str(error))
        ) from None


def _error(error: OpenlineError, status: int = 0) -> Response:
    name = next((name for name, kind in t.FAULTS.items() if isinstance(error, kind)), "ours")
    what, step = error.what, error.next_step
    said = {"what_said": sentence_of(what), "next_step_said": sentence_of(step)}
    return _json(t.Fault(fault=name, what=what, next_step=step, **said), status or STATUS[name])


def _json(answer: Any, status: int = 200) -> Response:
    return Response(msgspec.json.encode(answer, enc_hook=as_text), status_code=status, media_type=JSON)


# ---- the document


def openapi(routes: Sequence[Route], version: str) -> dict[str, Any]:
    """The API as an OpenAPI 3.1 document."""
    types = [each for route in routes for each in (route.takes, route.gives) if each not in (None, bytes)]
    _, components = msgspec.json.schema_components([*types, t.Fault], ref_template="#/components/schemas/{name}")
    paths: dict[str, Any] = {}
    for route in routes:
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(route)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Openline station", "version": version},
        "paths": paths,
        "components": {"schemas": components},
    }


def _operation(route: Route) -> dict[str, Any]:
    names = [part[1:-1] for part in route.path.split("/") if part.startswith("{")]
    parameters = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}} for name in names
    ] + [
        {"name": name, "in": "query", "description": what, "schema": {"type": "string"}} for name, what in route.query
    ]
    operation: dict[str, Any] = {"summary": route.summary, "operationId": _operation_id(route)}
    if parameters:
        operation["parameters"] = parameters
    if route.takes is not None:
        operation["requestBody"] = {"required": True, "content": _content(route.takes)}
    operation["responses"] = {
        "200": {"description": "Done.", "content": _content(route.gives)},
        "default": {"description": "Why not.", "content": _content(t.Fault)},
    }
    return operation


def _operation_id(route: Route) -> str:
    words = [part.strip("{}") for part in route.path.split("/")[2:]]
    return "-".join([route.method.lower(), *words])


def _content(of: Any) -> dict[str, Any]:
    if of is bytes:
        return {BYTES: {}}
    (made,), _ = msgspec.json.schema_components([of], ref_template="#/components/schemas/{name}")
    return {JSON: {"schema": made}}
