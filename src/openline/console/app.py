"""The console put together: what guards it, what it serves, and what lives as long as it does.

Rules of this file: whether someone may use a place is asked here, once for all of them, by the table's roles; an error
becomes a page that says what is wrong and what to do, and never a traceback.
"""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Mount, Route, WebSocketRoute
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from openline.console.accounts.gate import AccountsGate
from openline.console.acting import Acting, Gate
from openline.console.asked import FORM_BYTES_MAX, Asked
from openline.console.comparing import Comparing
from openline.console.link import Link, Unreachable
from openline.console.live import Sockets, Watcher
from openline.console.pages import Pages
from openline.console.pixels import Pixels
from openline.console.places import SETTINGS, SIGN_IN, Place, places, regions
from openline.console.security import Guarded
from openline.console.words import LANGUAGES, Words, preferred, words
from openline.wire.errors import Misuse, OpenlineError, OurFault, Refused
from openline.wire.limits import BLOB_BYTES_MAX

STATIC: Final = Path(__file__).parent / "static"
STATUS: Final[tuple[tuple[type[OpenlineError], int], ...]] = (
    (Refused, 409), (Misuse, 400), (Unreachable, 503), (OurFault, 500), (OpenlineError, 422),
)  # fmt: skip
LANGUAGE_COOKIE: Final = "language"
# Where forms bring a document's pages, what a stick holds, or an export.
LARGE: Final = ("/documents", "/courier", "/record/compare")


class Console:
    """All that a request may use. `origin`: as browsers name this console; `gate`: tells who a request comes from."""

    def __init__(self, link: Link, gate: Gate, origin: str) -> None:
        self.link = link
        self.gate = gate
        self.origin = origin
        self.version = _version()
        self.pages = Pages(self)
        self.watcher = Watcher(link)
        self.pixels = Pixels()
        self.comparing = Comparing()
        self.places: Sequence[Place] = places()
        self.hidden = frozenset[str]() if isinstance(gate, AccountsGate) else frozenset({SETTINGS})
        self.watcher.regions.update(regions())
        self.choices: Callable[[], Awaitable[tuple[str, ...]]] | None = None  # in a trial: whom anybody may act as

    def body_max(self, path: str) -> int:
        return BLOB_BYTES_MAX + FORM_BYTES_MAX if path.startswith(LARGE) else FORM_BYTES_MAX

    def words_for(self, request: Request) -> Words:
        """The language that a browser chose here, else the one it asks for."""
        chosen = request.cookies.get(LANGUAGE_COOKIE, "")
        return words(chosen if chosen in LANGUAGES else preferred(request.headers.get("accept-language", "")))


def application(console: Console) -> Starlette:
    """Everything that is served, from the places table."""

    @asynccontextmanager
    async def life(_app: Starlette) -> AsyncIterator[None]:
        async with console.watcher.running():
            yield
        await console.link.close()

    return Starlette(
        routes=[
            Route("/healthz", _alive),
            Route("/sw.js", _worker),
            WebSocketRoute("/live", Sockets(console).serve),
            # Pages are not compressed: what the other side wrote and what it must not guess would share a length.
            Mount(f"/static/{console.version}", GZipMiddleware(_Static(directory=STATIC), minimum_size=1000)),
            *(Route(place.path, _endpoint(console, place), methods=[place.method]) for place in console.places),
        ],
        middleware=[Middleware(Guarded, origin=console.origin)],
        exception_handlers={404: _not_found(console)},
        lifespan=life,
    )


def _endpoint(console: Console, place: Place):  # type: ignore[no-untyped-def]
    async def serve(request: Request) -> Response:
        acting = await console.gate.acting(request)
        asked = Asked(console, request, console.words_for(request), acting)
        if place.roles is not None and (refusal := await _refused(asked, acting, place)) is not None:
            return refusal
        try:
            return await place.does(asked)
        except OpenlineError as error:
            return await error_page(asked, error)
        finally:
            await request.close()  # what a form brought as files is let go

    return serve


async def _refused(asked: Asked, acting: Acting | None, place: Place) -> Response | None:
    if acting is None:
        return RedirectResponse(SIGN_IN, status_code=303)
    if place.roles is not None and not place.roles & acting.roles:
        _ = asked.words
        names = ", ".join(_(role) for role in sorted(place.roles))
        error = Refused(_("This needs another role than yours: {roles}.").format(roles=names),
                        next_step=_("Ask a supervisor, or an officer who has it."))  # fmt: skip
        return await error_page(asked, error, status=403)
    return None


async def error_page(asked: Asked, error: OpenlineError, status: int = 0) -> Response:
    """What is wrong, where, and what to do."""
    code = status or next(code for kind, code in STATUS if isinstance(error, kind))
    return await asked.page("error.html", status=code, error=asked.fault(error))


def _not_found(console: Console):  # type: ignore[no-untyped-def]
    async def serve(request: Request, _error: Exception) -> Response:
        asked = Asked(console, request, console.words_for(request), await console.gate.acting(request))
        _ = asked.words
        return await error_page(asked, Misuse(_("There is no such page."), next_step=_("Go to the board.")), 404)

    return serve


class _Static(StaticFiles):
    """Files whose address holds their version, so that a browser keeps them for good."""

    def file_response(self, full_path: object, stat_result: object, scope: Scope, status_code: int = 200) -> Response:
        response = super().file_response(full_path, stat_result, scope, status_code)  # type: ignore[arg-type]
        response.headers["cache-control"] = "public, max-age=31536000, immutable"
        return response


async def _alive(_request: Request) -> Response:
    return PlainTextResponse("ok\n")


async def _worker(_request: Request) -> Response:
    return FileResponse(STATIC / "sw.js", media_type="text/javascript", headers={"cache-control": "no-cache"})


def _version() -> str:
    """A digest of every static file."""
    found = hashlib.sha256()
    for path in sorted(STATIC.rglob("*")):
        if path.is_file():
            found.update(path.name.encode() + path.read_bytes())
    return found.hexdigest()[:12]
