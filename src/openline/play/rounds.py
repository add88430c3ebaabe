"""Rounds of sending again, in the player: carried for real while they may do something, computed where they cannot
(spec 12.2.6).

Rules of this file:
1. What is not acknowledged goes again every minute, for a year if need be. Where no word can come back, or nothing
   gets through, and that is certain until the conditions change, a round does what the one before it did.
2. Such rounds are not played. What the other side would have heard of them is handed to it when somebody looks.
3. Where chance decides whether something new gets through, every round is played. Where all has got through and no
   word of it can come back, it follows from the seed and the round's own time which rounds are still heard.
"""

from __future__ import annotations

from typing import Final

from openline.play.carrying import Carriers
from openline.play.station import Station
from openline.play.world import World
from openline.station.desk import Desk
from openline.station.retry import Retry

LOOK_BACK: Final = 4_096  # chosen: after so many rounds lost in a row, none is looked for


class Rounds:
    def __init__(self, world: World, stations: tuple[Station, Station], carriers: Carriers) -> None:
        self.world = world
        self.stations = stations
        self.carriers = carriers
        self.parked: dict[int, int] = {}  # side → since when its rounds are not played

    def next_ms(self, station: Station, desk: Desk) -> int | None:
        """When the station's desk wants its next turn."""
        if self._vain(station.side, desk):
            self.parked.setdefault(station.side, self.world.now_ms)
            return desk.next_ms(rounds=False)
        self.resume(station)
        self.parked.pop(station.side, None)
        return desk.next_ms()

    def resume(self, station: Station) -> None:
        """Before a turn: the rounds that were not played are over."""
        if station.side in self.parked and station.desk is not None:
            for retry in station.desk.retries():
                retry.skip(self.world.now_ms)

    def changed(self) -> None:
        """Conditions changed: what was in vain may not be so any longer."""
        for station in self.stations:
            if station.side in self.parked:
                station.plan()

    def settle(self) -> None:
        """Hand to each side what it has heard of rounds that were not played."""
        for side in sorted(self.parked):
            station, other = self.stations[side], self.stations[1 - side].desk
            if station.desk is None or other is None or not self.world.hears(1 - side):
                continue
            for carrier in station.desk.ctx.worth_repeating():
                latency = self.world.scenario.carriers[carrier].latency_ms
                rounds = [self._last_ms(side, carrier, retry) for retry in station.desk.retries()]
                last = max((at for at in rounds if at is not None), default=None)
                if last is not None and self._may_pass(carrier, side) and self._hears(carrier, 1 - side):
                    other.watch.heard_bundle(carrier, last + latency)

    def _last_ms(self, side: int, carrier: int, retry: Retry) -> int | None:
        """When the last round that was not played and not lost by this carrier left, if it has arrived."""
        at = retry.last_ms(self.world.now_ms - self.world.scenario.carriers[carrier].latency_ms)
        for _ in range(LOOK_BACK):
            if at is None or at < self.parked[side]:
                return at if at is not None and not self._by_chance(carrier) else None
            if not self.world.loses(carrier, f"round/{side}/{at}"):
                return at
            at = retry.last_ms(at - 1)
        return None

    # ---- what conditions allow

    def _vain(self, side: int, desk: Desk) -> bool:
        """Whether one more round changes nothing on either side while conditions are as they are."""
        every = range(len(self.world.scenario.carriers))
        outward = [carrier for carrier in every if self._may_pass(carrier, side)]
        if not outward:
            return True
        if any(self._may_pass(carrier, 1 - side) and self._hears(carrier, side) for carrier in every):
            return False
        chance = any(self._by_chance(carrier) for carrier in outward)
        return desk.has_repeated() and (not chance or self._all_came(side, desk))

    def _all_came(self, side: int, desk: Desk) -> bool:
        """Whether the other side holds all that is sent again."""
        other = self.stations[1 - side].desk
        if other is None or desk.ctx.restoring or other.ctx.restoring or desk.pages.outgoing:
            return False
        return other.ctx.record.cursors[side].head == desk.ctx.record.cursors[side].head

    def _may_pass(self, carrier: int, sender: int) -> bool:
        """Whether a bundle can come through whole, or into a relay's keeping."""
        how = self.world.conditions.spoiling.get(carrier)
        spoilt = how is not None and (how.tamper or how.loss >= 1)
        return not spoilt and self.carriers.usable(carrier, sender)

    def _hears(self, carrier: int, receiver: int) -> bool:
        """A relay hands over to whom it hears; what it keeps until then is no word yet."""
        attached = self.carriers.attached.get(carrier)
        return attached is None or receiver in attached

    def _by_chance(self, carrier: int) -> bool:
        how = self.world.conditions.spoiling.get(carrier)
        return how is not None and how.loss > 0
