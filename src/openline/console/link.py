"""The console's way to its station: the local API, over the Unix socket.

Rules of this file: what the station refuses is raised here as the same error; a station that does not answer is a
`StorageFault` of its own kind, `Unreachable`, so that pages can say how old what they show is.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Final, TypeVar

import httpx2
import msgspec

from openline.station.api import answers
from openline.station.api.socket_path import addressable
from openline.wire.errors import OpenlineError, StorageFault
from openline.wire.said import say

READER: Final = "this console"
PATIENCE_S: Final = 30.0
CONNECTIONS: Final = 32
KEPT_S: Final = 1.0  # less than a station keeps an idle connection, or a request would meet its closing and be lost

T = TypeVar("T")


class Unreachable(StorageFault):
    """The station does not answer: it is down, starting, or cannot read its record."""


class Link:
    """One station, asked many things at once."""

    def __init__(self, socket: Path) -> None:
        self._held = ExitStack()
        where = self._held.enter_context(addressable(socket))
        self._client = httpx2.AsyncClient(
            transport=httpx2.AsyncHTTPTransport(
                uds=where, limits=httpx2.Limits(max_connections=CONNECTIONS, keepalive_expiry=KEPT_S)
            ),
            base_url="http://localhost",
            timeout=PATIENCE_S,
        )

    async def close(self) -> None:
        await self._client.aclose()
        self._held.close()

    async def get(self, path: str, gives: type[T], **query: str | int | None) -> T:
        """What is at `path`; a query of None is left out. Raises: as `call`."""
        given = {name: value for name, value in query.items() if value is not None}
        return answers.value(await self.call("GET", path, params=given), gives, READER)

    async def post(self, path: str, asked: Any, gives: type[T]) -> T:
        """Have something done. `asked`: a value of the API, bytes, or None. Raises: as `call`."""
        body = asked if isinstance(asked, bytes) else b"" if asked is None else msgspec.json.encode(asked)
        return answers.value(await self.call("POST", path, content=body), gives, READER)

    async def delete(self, path: str) -> None:
        await self.call("DELETE", path)

    async def call(self, method: str, path: str, **how: Any) -> bytes:
        """One request.

        Raises:
            Unreachable: the station does not answer.
            OpenlineError: what the station raised, as the same class.
        """
        try:
            response = await self._client.request(method, path, **how)
        except httpx2.HTTPError as error:
            raise unreachable(error) from None
        if response.status_code >= 400:
            raise _fault(response.content, response.status_code)
        return response.content

    async def stream(self, method: str, path: str) -> AsyncIterator[bytes]:
        """What is at `path`, piece by piece. Raises: as `call`."""
        try:
            async with self._client.stream(method, path) as response:
                if response.status_code >= 400:
                    raise _fault(await response.aread(), response.status_code)
                async for piece in response.aiter_bytes():
                    yield piece
        except httpx2.HTTPError as error:
            raise unreachable(error) from None


def unreachable(error: Exception) -> Unreachable:
    return Unreachable(
        say("the station does not answer ({why})", why=type(error).__name__),
        next_step=say("Call the technician: the station must be started, or its log read."),
    )


def _fault(data: bytes, status: int) -> OpenlineError:
    found = answers.fault(data, status)
    return Unreachable(found.what, next_step=found.next_step) if type(found) is StorageFault else found
