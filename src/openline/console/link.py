"""The console's way to its station: the local API, over the Unix socket.

Rules of this file: what the station refuses is raised here as the same error; a station that does not answer is a
`StorageFault` of its own kind, `Unreachable`, so that pages can say how old what they show is.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Final, TypeVar
from urllib.parse import quote

import httpx2
import msgspec

from openline.station.api import types as t
from openline.station.api.socket_path import addressable
from openline.wire.errors import Misuse, OpenlineError, OurFault, StorageFault

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
        return _as(await self.call("GET", path, params=given), gives)

    async def post(self, path: str, asked: Any, gives: type[T]) -> T:
        """Have something done. `asked`: a value of the API, bytes, or None. Raises: as `call`."""
        body = asked if isinstance(asked, bytes) else b"" if asked is None else msgspec.json.encode(asked)
        return _as(await self.call("POST", path, content=body), gives)

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
        f"the station does not answer ({type(error).__name__})",
        next_step="Call the technician: the station must be started, or its log read.",
    )


def part(text: str) -> str:
    """A name as a part of a path."""
    return quote(text, safe="")


def _as(data: bytes, gives: type[T]) -> T:
    if gives is bytes:
        return data  # type: ignore[return-value]
    try:
        return msgspec.json.decode(data, type=gives)
    except msgspec.DecodeError as error:
        raise OurFault(f"the station answered what this console does not know: {error}") from None


def _fault(data: bytes, status: int) -> OpenlineError:
    try:
        fault = msgspec.json.decode(data, type=t.Fault)
    except msgspec.DecodeError:
        if status >= 500:
            return OurFault(f"the station failed at this request ({status}); its log says more")
        return Misuse(f"the station does not know this request ({status}): is it of another release?")
    kind = t.FAULTS.get(fault.fault, OurFault)
    return (Unreachable if kind is StorageFault else kind)(fault.what, next_step=fault.next_step)
