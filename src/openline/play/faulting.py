"""The `fault` steps of a scenario (spec 12.5).

Rules of this file: a fault changes conditions, never a record; the two that touch a station (`fork`, and the stops
and starts) use what a real adversary or operator would: the station's own keys, a signal, a power switch.
"""

from __future__ import annotations

from collections.abc import Callable

from openline.play.carrying import Carriers
from openline.play.forking import Forking
from openline.play.scenario import FaultStep
from openline.play.station import Station
from openline.play.world import RETURN_MS, Spoiling, World
from openline.wire.errors import Refused


class Faulting:
    def __init__(self, world: World, stations: tuple[Station, Station], carriers: Carriers) -> None:
        self.world = world
        self.stations = stations
        self.carriers = carriers
        self.forking = Forking(world, carriers)

    def fault(self, fault: FaultStep) -> None:
        """Let one fault begin or end.

        Raises:
            Refused: there is nothing for it to act on (a destroyed site cannot be switched on).
        """
        apply: Callable[[FaultStep], None] = getattr(self, f"_{fault.kind}")
        apply(fault)

    # ---- carriers

    def _carrier_down(self, fault: FaultStep) -> None:
        failing = self.world.conditions.failing.setdefault(_carrier(fault), set())
        self.carriers.change(lambda: failing.update(_sides(fault)))

    def _carrier_up(self, fault: FaultStep) -> None:
        failing = self.world.conditions.failing.setdefault(_carrier(fault), set())
        self.carriers.change(lambda: failing.difference_update(_sides(fault)))

    def _carrier_lossy(self, fault: FaultStep) -> None:
        def apply() -> None:
            how = self._spoiling(fault)
            how.loss, how.duplicate, how.reorder = (fault.args[k] for k in ("loss", "duplicate", "reorder"))

        self.carriers.change(apply, mended=_carrier(fault))

    def _tamper(self, fault: FaultStep) -> None:
        def apply() -> None:
            self._spoiling(fault).tamper = fault.args["on"]

        self.carriers.change(apply, mended=_carrier(fault))

    def _spoiling(self, fault: FaultStep) -> Spoiling:
        return self.world.conditions.spoiling.setdefault(_carrier(fault), Spoiling())

    # ---- stations and networks

    def _station_down(self, fault: FaultStep) -> None:
        self.carriers.change(self._one(fault).kill)

    def _station_up(self, fault: FaultStep) -> None:
        station = self._one(fault)
        if not station.exists:
            raise Refused(f"the site of {station.name} is destroyed", next_step="Use restore_site.")
        if station.desk is None:
            self.carriers.change(station.start)
            self.carriers.started(station.side)

    def _site_destroyed(self, fault: FaultStep) -> None:
        self.carriers.change(self._one(fault).destroy)

    def _own_network_down(self, fault: FaultStep) -> None:
        self.carriers.change(lambda: self.world.conditions.network_down.update(_sides(fault)))

    def _own_network_up(self, fault: FaultStep) -> None:
        self.carriers.change(lambda: self.world.conditions.network_down.difference_update(_sides(fault)))
        station = self._one(fault)
        self.world.at(self.world.now_ms + RETURN_MS, lambda: self._probe(station))

    def _probe(self, station: Station) -> None:
        if station.desk is not None and station.side not in self.world.conditions.network_down:
            station.desk.paths.probed(True, self.world.now(station.side))

    def _clock_skew(self, fault: FaultStep) -> None:
        station = self._one(fault)

        def apply() -> None:
            self.world.conditions.skew_ms[station.side] = fault.args["skew_ms"]

        self.carriers.change(apply)
        station.replan()

    # ---- the adversary

    def _fork(self, fault: FaultStep) -> None:
        self.forking.fork(self._one(fault))

    def _one(self, fault: FaultStep) -> Station:
        return self.stations[0 if fault.side is None else fault.side]


def _carrier(fault: FaultStep) -> int:
    return 0 if fault.carrier is None else fault.carrier


def _sides(fault: FaultStep) -> set[int]:
    return {0, 1} if fault.side is None else {fault.side}
