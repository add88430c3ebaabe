"""The console's pages over a real pair of stations, without a browser.

Rules of this file: the stations are real processes and last for all tests of one worker; who is signed in is the
test's to say, by a gate of its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.requests import HTTPConnection
from starlette.testclient import TestClient

from openline.console.accounts.service import Accounts
from openline.console.acting import Acting, Role
from openline.console.app import Console, application
from openline.console.link import Link
from tests.console.accounts_kit import Clock, opened
from tests.integration.pairs import Pair, make_pair

ORIGIN = "http://south.localhost:7471"
EVERYTHING = frozenset(Role)


class Said:
    """A gate that says who it was told."""

    def __init__(self, acting: Acting | None) -> None:
        self.who = acting

    async def acting(self, connection: HTTPConnection) -> Acting | None:
        return self.who


class Browser(TestClient):
    """One browser at south's console. `gate.who`: who is signed in."""

    gate: Said
    console: Console

    def post(self, url: Any, *args: Any, **kwargs: Any) -> Any:  # a browser says where a form came from
        kwargs["headers"] = {"origin": ORIGIN, **kwargs.get("headers", {})}
        return super().post(url, *args, **kwargs)


@pytest.fixture(scope="session")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    """Two stations that are through."""
    with make_pair(tmp_path_factory.mktemp("pair")).through() as made:
        yield made


@pytest.fixture
def browser(pair: Pair) -> Iterator[Browser]:
    """South's console, with officer kim signed in who may do everything."""
    yield from browsing(pair.south.folder / "station.sock")


def browsing(socket: Path) -> Iterator[Browser]:
    gate = Said(Acting("kim", EVERYTHING))
    console = Console(Link(socket), gate, ORIGIN)
    with Browser(application(console), base_url=ORIGIN, follow_redirects=False) as client:
        client.gate, client.console = gate, console
        yield client


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def accounts(tmp_path: Path, clock: Clock) -> Iterator[Accounts]:
    """The console's own file, by a clock that a test sets."""
    made = opened(tmp_path, clock)
    yield made
    made.close()
