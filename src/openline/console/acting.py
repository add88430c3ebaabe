"""Who acts through the console: an officer of the accord, signed in at a post, with roles.

Rules of this file: it names people and rights and checks nothing itself; whoever can tell who a request comes from is a
`Gate`, and the places table is where rights are asked for.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final, NamedTuple, Protocol

from starlette.requests import HTTPConnection


class Role(StrEnum):
    OFFICER = "officer"  # keeps the watch: calls, messages, drafts
    RELEASER = "releaser"  # approves drafts
    SUPERVISOR = "supervisor"  # enrols officers, gives roles
    AUDITOR = "auditor"  # reads everything, changes nothing


class Acting(NamedTuple):
    """Who is signed in. `officer`: the name in the accord; `post`: "" where none is held; `session`: its public id."""

    officer: str
    roles: frozenset[Role]
    post: str = ""
    session: str = ""


ANYONE: Final = frozenset(Role)
DUTY: Final = frozenset({Role.OFFICER})
RELEASE: Final = frozenset({Role.RELEASER})


class Unproved:
    """A gate of a trial: nobody shows who they are, so nobody can be asked to show it again (ADR 0024)."""


class Gate(Protocol):
    """Tells who a request comes from; None: nobody who is signed in."""

    async def acting(self, connection: HTTPConnection) -> Acting | None: ...
