"""What every request must be, and what every answer carries, so that a page runs nothing but our own code.

Rules of this file:
1. Strict CSP with Trusted Types on every answer; no third party is ever asked for anything.
2. A request that changes something comes from our own origin, or is refused: browsers say so themselves (Origin,
   Sec-Fetch-Site), and cookies are SameSite=Strict beside that. The referrer policy is same-origin and not none: under
   none a browser says "null" for the origin of our own forms.
3. Only the configured host is answered, so that no other name can be bound to this address.
"""

from __future__ import annotations

import secrets
from typing import Final
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

SAFE: Final = frozenset({"GET", "HEAD"})
POLICY: Final = (
    "default-src 'none'; script-src 'self' 'nonce-{nonce}'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; media-src 'self' blob:; worker-src 'self'; manifest-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types htmx console"
)
HEADERS: Final = {
    "permissions-policy": "microphone=(self), camera=(), geolocation=(), payment=(), usb=(), "
    "publickey-credentials-get=(self), publickey-credentials-create=(self)",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
}


class Guarded:
    """ASGI middleware. `origin`: as in the configuration."""

    def __init__(self, app: ASGIApp, origin: str) -> None:
        self.app = app
        self.origin = origin
        self.host = urlsplit(origin).netloc
        self.https = origin.startswith("https:")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        why = self._refusal(scope)
        if why and scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})
            return
        scope["nonce"] = secrets.token_urlsafe(16)

        async def dressed(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._dress(MutableHeaders(scope=message), scope["nonce"])
            await send(message)

        app: ASGIApp = PlainTextResponse(why, status_code=403) if why else self.app
        await app(scope, receive, dressed)

    def _refusal(self, scope: Scope) -> str:
        headers = Headers(scope=scope)
        if headers.get("host") != self.host:
            return f"This console answers as {self.host} only."
        unsafe = scope["type"] == "websocket" or scope["method"] not in SAFE
        if unsafe and headers.get("origin") != self.origin:
            return "This request did not come from this console's own pages."
        if unsafe and headers.get("sec-fetch-site", "same-origin") != "same-origin":
            return "This request came from another site."
        return ""

    def _dress(self, headers: MutableHeaders, nonce: str) -> None:
        headers["content-security-policy"] = POLICY.format(nonce=nonce)
        for name, value in HEADERS.items():
            headers[name] = value
        if self.https:
            headers["strict-transport-security"] = "max-age=31536000"
        headers.setdefault("cache-control", "no-store")
