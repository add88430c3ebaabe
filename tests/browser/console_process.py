"""`python -m tests.browser.console_process STATION.toml PORT`: a station's real console, but for who signs in: a cookie
says who acts, and what they may.

Rules of this file: it is for tests alone and lies where no package carries it; everything else is the program itself.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import Final
from urllib.parse import unquote

import msgspec
from starlette.requests import HTTPConnection

from openline.console.acting import Acting, Role
from openline.console.program import run
from openline.station import config as configs

COOKIE: Final = "acting"


class CookieGate:
    """Believes what the cookie says: `officer|role,role|post`."""

    async def acting(self, connection: HTTPConnection) -> Acting | None:
        parts = unquote(connection.cookies.get(COOKIE, "")).split("|")
        if len(parts) != 3:
            return None
        officer, roles, post = parts
        return Acting(officer, frozenset(Role(role) for role in roles.split(",") if role), post, session="test")


def main(path: Path, port: int) -> None:
    config = configs.load(path)
    table = configs.Console(
        listen=f"127.0.0.1:{port}",
        origin=f"http://{config.station.side}.localhost:{port}",
        store=path.parent / "console.sqlite",
    )
    asyncio.run(run(msgspec.structs.replace(config, console=table), CookieGate()))


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
