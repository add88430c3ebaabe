"""What the API and the people's side of a station ask of whatever drives its desk: the runner by the machine's clock,
the player by a simulated one.

Rules of this file: it does nothing; what is not here, neither the API nor `duty` may ask. Everything is asked in the
event loop's thread.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Protocol, TypeAlias, TypeVar

from openline.ports import Carrier, Clock, Now, Store
from openline.station.desk import Desk
from openline.wire.entry import Entry

T = TypeVar("T")
Input: TypeAlias = Callable[[Desk, Now], None]


class Driver(Protocol):
    """Drives one desk, in turns.

    on_start: done in the turn in which the desk comes up, after it did.
    in_turn: done at the end of every turn, before its commit; after_turn: when the turn is durable.
    beside: run for as long as the desk is driven.
    log: is given an event's name and its fields, never content.
    """

    on_start: list[Input]
    in_turn: list[Input]
    after_turn: list[Callable[[], None]]
    beside: list[Callable[[], Awaitable[None]]]

    @property
    def desk(self) -> Desk: ...

    @property
    def store(self) -> Store: ...

    @property
    def turns(self) -> int:
        """How many turns the desk has had."""

    @property
    def clock(self) -> Clock: ...

    @property
    def carriers(self) -> Mapping[int, Carrier]:
        """The carriers that the station has here, by their number in the accord."""

    @property
    def paths(self) -> Mapping[int, str]:
        """How each carrier stands: `up`, or one sentence why not."""

    @property
    def log(self) -> Callable[..., None]: ...

    def post(self, act: Input) -> None:
        """Have the desk do something in its next turn."""

    def done_with(self, act: Input) -> asyncio.Future[None]:
        """As `post`; what is given completes when the turn is durable, and raises what `act` raised."""

    async def ask(self, act: Callable[[Desk, Now], T]) -> T:
        """What `act` gives, once its turn is durable.

        Raises:
            What `act` raises; of its turn the rest is durable all the same.
            StorageFault, OurFault: the desk is not driven any more.
        """

    async def until(self, holds: Callable[[Desk], T | None]) -> T:
        """The first value other than None that `holds` gives after a turn.

        Raises:
            StorageFault, OurFault: the desk is not driven any more.
        """

    def nudge(self) -> None:
        """Whatever carrier waits for its next attempt tries now."""


class KeyKeeper(Protocol):
    """Changes the keys of a station that is driven."""

    async def rotate(self, driver: Driver) -> Entry:
        """Take a new station key and a new prekey into use; the entry that names the station key.

        Raises:
            Refused: this station is restoring.
            StorageFault: it could not be written; do it again, it goes on from there.
        """
