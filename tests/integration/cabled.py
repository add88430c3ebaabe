"""Two hosts on this machine: a network namespace a side, and cables between them that can be pulled.

Rules of this file: every name is this process's own; all of it is removed whatever happens; where the system does not
let us make namespaces, the tests that need them are skipped with that word.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

NORTH, SOUTH = 0, 1
PREFIX: Final = f"ol{os.getpid() % 100_000}"


def ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True, capture_output=True)


def can_make_hosts() -> bool:
    """Whether this process may make network namespaces."""
    try:
        ip("netns", "add", f"{PREFIX}t")
    except (OSError, subprocess.CalledProcessError):
        return False
    ip("netns", "del", f"{PREFIX}t")
    return True


@dataclass(frozen=True)
class Hosts:
    """Two namespaces, joined by `cables` cables. Cable n has the addresses 10.77.n.1 (north) and 10.77.n.2 (south)."""

    cables: int

    def space(self, side: int) -> str:
        return f"{PREFIX}{'ns'[side]}"

    def end(self, side: int, cable: int) -> str:
        return f"{PREFIX}{'ns'[side]}{cable}"

    def address(self, side: int, cable: int) -> str:
        return f"10.77.{cable}.{side + 1}"

    def command(self, side: int) -> tuple[str, ...]:
        """What a program is run under to be on that side's host."""
        return ("ip", "netns", "exec", self.space(side))

    def within(self, side: int, *words: str) -> None:
        ip("-n", self.space(side), *words)

    def pull(self, cable: int) -> None:
        """The cable is pulled: neither end is told more than that the link is gone."""
        self.within(NORTH, "link", "set", self.end(NORTH, cable), "down")

    def plug(self, cable: int) -> None:
        self.within(NORTH, "link", "set", self.end(NORTH, cable), "up")

    def deafen(self, side: int, cable: int) -> None:
        """What `side` sends by the cable is lost from now on; what the other sends still arrives."""
        self.within(side, "route", "replace", "blackhole", f"{self.address(1 - side, cable)}/32")

    def undeafen(self, side: int, cable: int) -> None:
        self.within(side, "route", "del", "blackhole", f"{self.address(1 - side, cable)}/32")


@contextmanager
def hosts(cables: int) -> Iterator[Hosts]:
    made = Hosts(cables)
    try:
        for side in (NORTH, SOUTH):
            ip("netns", "add", made.space(side))
            made.within(side, "link", "set", "lo", "up")
        for cable in range(cables):
            ends = made.end(NORTH, cable), made.end(SOUTH, cable)
            ip("link", "add", ends[0], "type", "veth", "peer", "name", ends[1])
            for side, end in enumerate(ends):
                ip("link", "set", end, "netns", made.space(side))
                made.within(side, "addr", "add", f"{made.address(side, cable)}/24", "dev", end)
                made.within(side, "link", "set", end, "up")
        yield made
    finally:
        for side in (NORTH, SOUTH):
            subprocess.run(["ip", "netns", "del", made.space(side)], check=False, capture_output=True)


