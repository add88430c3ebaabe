"""A station that `openline doctor` looks at, and how a finding is said.

Rules of this file: what a check is given stands here, so that checks of different things need not know each other.
"""

from __future__ import annotations

import errno
import socket
from collections.abc import Iterator
from typing import NamedTuple

from openline.carriers.live import address
from openline.carriers.relay_check import Finding, Outcome
from openline.station.api import types as t
from openline.station.config import Config
from openline.wire.accord import SignedAccord
from openline.wire.errors import system_words


def ok(what: str, said: str) -> Finding:
    return Finding(what, Outcome.OK, said)


def warning(what: str, said: str, do: str) -> Finding:
    return Finding(what, Outcome.WARNING, said, do)


def problem(what: str, said: str, do: str) -> Finding:
    return Finding(what, Outcome.PROBLEM, said, do)


class Case(NamedTuple):
    """A station to look at. `status`: what it says of itself, if it runs and can say it."""

    config: Config
    signed: SignedAccord
    us: int
    status: t.Status | None
    runs: bool


def bindable(where: str, what: str) -> Iterator[Finding]:
    """Whether a TCP address can be listened on, for a station that does not run."""
    host, port = address(where)
    try:
        socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET).close()
    except OSError as error:
        said = f"{where} cannot be listened on: {system_words(error)}"
        here = error.errno != errno.EADDRNOTAVAIL
        taken = "Another program may listen there: ss --listening --tcp --processes"
        yield problem(what, said, taken if here else "No interface of this machine has that address: ip address")
    else:
        yield ok(what, f"{where} can be listened on")
