"""A played station as the local API wants one: the same routes, the same answers, on a simulated clock.

Rules of this file:
1. What is asked is a turn of the desk at the play's instant; nothing waits, for no time passes meanwhile.
2. Before anything is answered the play is settled: the station has heard what it would have heard by now.
3. Being looked at changes nothing that is told, recorded or sent: a play that is served is the same play.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Final

from openline.keys.secret import SigningKey, XwingKey
from openline.play.station import Station
from openline.ports import Carrier, Now, Store
from openline.station.api.keep import Copies
from openline.station.api.routes import Service
from openline.station.desk import Desk
from openline.station.driver import Driver, Input, T
from openline.wire.accord import CarrierKind
from openline.wire.entry import Entry
from openline.wire.errors import OpenlineError, OurFault, StorageFault
from openline.wire.said import say

PATH_DOWN: Final = say("down")
DOWN: Final = say("the station is down in this play")


class PlayedClock:
    """A side's own clock in the play."""

    def __init__(self, station: Station) -> None:
        self._station = station

    def now(self) -> Now:
        return self._station.world.now(self._station.side)


class Played:
    """Drives one played desk, from its making until its station goes down."""

    def __init__(self, station: Station, desk: Desk) -> None:
        self.station = station
        self.desk = desk
        self.clock = PlayedClock(station)
        self.carriers: Mapping[int, Carrier] = {}
        self.on_start: list[Input] = []
        self.in_turn: list[Input] = []
        self.after_turn: list[Callable[[], None]] = []
        self.beside: list[Callable[[], Awaitable[None]]] = []  # a play has nobody to tell and looks by itself
        self.log: Callable[..., None] = lambda event, **fields: None
        self.turns = 0
        self.ended = False
        self._changed = asyncio.Event()
        self.started = False

    @property
    def runs(self) -> bool:
        """Whether the station still runs on this desk."""
        return self.station.desk is self.desk and not self.ended

    @property
    def store(self) -> Store:
        if self.station.store is None or not self.runs:
            raise StorageFault(DOWN)
        return self.station.store

    @property
    def paths(self) -> Mapping[int, str]:
        kinds = enumerate(self.station.world.scenario.carriers)
        up = self.desk.ctx.up
        return {n: "up" if n in up else PATH_DOWN for n, carrier in kinds if carrier.kind is not CarrierKind.COURIER}

    # ---- turns

    def look(self, desk: Desk) -> None:
        """In a turn, before its commit."""
        now = self.clock.now()
        looks = self.in_turn if self.started else self.on_start
        self.started = True
        for each in list(looks):
            each(desk, now)

    def turned(self) -> None:
        """A turn is durable, or the station went down."""
        if self.runs:
            for tell in self.after_turn:
                tell()
        self.turns += 1
        self._changed.set()

    def post(self, act: Input) -> None:
        """Have the desk do something now; nothing is done if the station is down."""
        if self.runs:
            self._try(act)

    def done_with(self, act: Input) -> asyncio.Future[None]:
        """As `post`; what is given is complete."""
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        fault = self._try(act) if self.runs else StorageFault(DOWN)
        if fault is None:
            done.set_result(None)
        else:
            done.set_exception(fault)
        return done

    async def ask(self, act: Callable[[Desk, Now], T]) -> T:
        """What `act` gives.

        Raises:
            What `act` raises; of its turn the rest is durable all the same.
            StorageFault: the station is down in the play.
        """
        result: list[T] = []
        await self.done_with(lambda desk, now: result.append(act(desk, now)))
        return result[0]

    async def until(self, holds: Callable[[Desk], T | None]) -> T:
        """The first value other than None that `holds` gives after a turn.

        Raises:
            StorageFault: the station went down in the play.
        """
        while (found := holds(self.desk)) is None:
            if not self.runs:
                raise StorageFault(DOWN)
            self._changed.clear()
            await self._changed.wait()
        return found

    def nudge(self) -> None:
        """Carriers in a play need no encouraging."""

    def _try(self, act: Input) -> OpenlineError | None:
        failed: list[OpenlineError] = []

        def guarded() -> None:
            try:
                act(self.desk, self.clock.now())
            except (OurFault, StorageFault):
                raise
            except OpenlineError as error:
                failed.append(error)

        self.station.turn(guarded)
        return failed[0] if failed else None


class PlayedKeys:
    """Changes a played station's keys, which lie in no file."""

    def __init__(self, station: Station) -> None:
        self._station = station

    async def rotate(self, driver: Driver) -> Entry:
        """Take a new station key and a new prekey into use; the entry that names the station key.

        Raises:
            Refused: this station is restoring.
        """
        entropy = self._station.entropy

        def rotate(desk: Desk, now: Now) -> Entry:
            desk.check_appending()
            return desk.rotate_keys(SigningKey.generate(entropy), XwingKey.generate(entropy), now)

        return await driver.ask(rotate)


class Side:
    """One side of a play with the API over it, whatever becomes of its station meanwhile."""

    def __init__(self, station: Station) -> None:
        self.station = station
        self.quick = False  # nobody can be looking: turns are not looked at
        self.settle: Callable[[], None] = lambda: None
        self._driver: Played | None = None
        self._service: Service | None = None

    def made(self, desk: Desk) -> None:
        """The station comes up on a new desk."""
        self._driver = Played(self.station, desk)
        self._driver.on_start.append(_keep_watch)
        self._service = Service(self._driver, PlayedKeys(self.station), Copies(self.station.path))

    def look(self, desk: Desk) -> None:
        """A turn of the desk is about to be committed."""
        if self._driver is not None and not (self.quick and self._driver.started):
            self._driver.look(desk)

    def turned(self) -> None:
        if self._driver is not None:
            self._driver.turned()

    def end(self) -> None:
        """The play is served no longer: whoever waits for something is told."""
        if self._driver is not None:
            self._driver.ended = True
            self._driver.turned()

    def look_now(self) -> None:
        """See what sounds and how lines stand at this instant."""
        driver = self._driver
        if driver is not None and driver.runs:
            quick, self.quick = self.quick, False
            driver.post(lambda desk, now: None)
            self.quick = quick

    def found(self) -> Service:
        """The service that answers at this instant.

        Raises:
            StorageFault: the station is down in the play.
        """
        if self._service is None or self._driver is None or not self._driver.runs:
            raise StorageFault(
                say("{station}: {why}", station=self.station.name, why=DOWN), next_step=say("Let the play go on.")
            )
        self.settle()
        return self._service


def _keep_watch(desk: Desk, now: Now) -> None:
    """Somebody is on watch at every post, as the scenario's people are; who takes part may relieve them."""
    keeping = desk.watchkeeping
    for post in keeping.posts:
        if keeping.holding(post) is None:
            keeping.come_on(post, 0)
