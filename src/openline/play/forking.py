"""The side that signs two different entries at one place of its chain (spec 12.5).

Rules of this file:
1. The entry that its own station keeps goes the usual way; the other one is shown by another path if there is one,
   else by the same after it, and on every stick.
2. Whoever forks wants both to be seen: the other one is shown again, as any entry is, until the forger's own station
   holds the proof against itself.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from openline.core.release import by_station
from openline.play.carrying import Carriers
from openline.play.station import Station
from openline.play.world import World
from openline.station.context import Send
from openline.station.desk import Desk
from openline.station.retry import Retry
from openline.wire.bodies import Fault, Service
from openline.wire.bundle import Payload
from openline.wire.entry import encode_core, signed_bytes
from openline.wire.errors import Refused

TEXTS: Final = ("one thing", "another thing")


@dataclass
class Other:
    """The entry that the forger's own station does not keep."""

    data: bytes
    retry: Retry = field(default_factory=Retry)


class Forking:
    def __init__(self, world: World, carriers: Carriers) -> None:
        self.world = world
        self.carriers = carriers
        self.others: dict[int, list[Other]] = {0: [], 1: []}
        carriers.path_in_use = self._path_in_use
        carriers.on_stick = self._on_stick

    def fork(self, station: Station) -> None:
        """Sign two entries, record one, and begin to show the other.

        Raises:
            Refused: the station is down, or restoring.
        """
        desk = station.desk
        if desk is None:
            raise Refused(f"the station of {station.name} is down: it cannot sign")
        desk.check_appending()
        desk.at(self.world.now(station.side))
        other = Other(self._sign_other(desk))

        def sign_one() -> None:
            desk.ctx.append(by_station(Service(text=TEXTS[0])))

        station.turn(sign_one)
        self.others[station.side].append(other)
        paths = desk.ctx.live_up() + desk.ctx.relays_up()
        if paths:
            self._show(station, desk, other, [paths[1 % len(paths)]])

    @staticmethod
    def _sign_other(desk: Desk) -> bytes:
        ctx = desk.ctx
        cursor = ctx.record.cursors[ctx.us]
        body = Service(text=TEXTS[1])
        ack = ctx.record.ack_to_write(ctx.us, body, ctx.record.cursors[ctx.them].head)
        core = encode_core(ctx.us, *cursor.next_place, cursor.prev, ack, ctx.now.clock_s, body)
        return core + ctx.keys.station.sign(signed_bytes(ctx.accord_id, core))

    def _show(self, station: Station, desk: Desk, other: Other, paths: list[int]) -> None:
        bundle = desk.sealer.seal(Payload(entries=(other.data,)))
        self.carriers.deliver(station, [Send(carrier, bundle) for carrier in paths])
        if other.retry.since_ms is None:
            other.retry.begin(self.world.now_ms)
        due = other.retry.next_ms()
        if due is not None:
            self.world.at(due, lambda: self._again(station, other))

    def _again(self, station: Station, other: Other) -> None:
        """A round is due; where no live path is up, the next path that comes into use is waited for (what a relay
        was given it keeps)."""
        desk = station.desk
        paths = [] if desk is None else desk.ctx.live_up()
        if desk is None or not paths:
            other.retry.rest()
        elif self._unseen(station, desk, other) and other.retry.fires(self.world.now_ms):
            self._show(station, desk, other, paths)

    def _path_in_use(self, station: Station, carrier: int) -> None:
        desk = station.desk
        for other in list(self.others[station.side]):
            if desk is not None and other.retry.since_ms is None and self._unseen(station, desk, other):
                self._show(station, desk, other, [carrier])

    def _on_stick(self, station: Station) -> list[bytes]:
        desk = station.desk
        if desk is None:
            return []
        unseen = [other for other in list(self.others[station.side]) if self._unseen(station, desk, other)]
        return [desk.sealer.seal(Payload(entries=(other.data,)), opener=True) for other in unseen]

    def _unseen(self, station: Station, desk: Desk, other: Other) -> bool:
        """Whether the proof has not come back yet; once it has, the matter rests."""
        bodies = (act.body for act in desk.ctx.record.ledger.proofs)
        seen = any(isinstance(body, Fault) and other.data in (body.first, body.second) for body in bodies)
        if seen:
            self.others[station.side].remove(other)
        return not seen
