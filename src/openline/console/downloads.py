"""Files that a page gives: whole, or piece by piece as the station makes them.

Rules of this file: what is given is never shown by the browser as a page; a fault is told before anything is sent.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Final

from starlette.responses import Response, StreamingResponse

BYTES: Final = "application/octet-stream"


def attachment(name: str, data: bytes, media: str = BYTES) -> Response:
    """A file that is there whole."""
    return Response(data, media_type=media, headers=_headers(name))


async def streamed(name: str, pieces: AsyncIterator[bytes]) -> Response:
    """A file piece by piece. Raises: whatever `pieces` does before its first."""
    first = await anext(pieces)
    return StreamingResponse(_after(first, pieces), media_type=BYTES, headers=_headers(name))


async def _after(first: bytes, pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    yield first
    async for piece in pieces:
        yield piece


def _headers(name: str) -> dict[str, str]:
    plain = "".join(each if each.isascii() and (each.isalnum() or each in "-.") else "_" for each in name)
    return {"content-disposition": f'attachment; filename="{plain}"'}
