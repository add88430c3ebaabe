"""Simulated carriers: live, relay, courier (spec 5.2–5.4, 12.2).

Rules of this file:
1. A carrier sees bytes and a flag whether a relay may keep them; it never looks inside.
2. A relay drops a station at once when it is gone, takes it back when its path is in use again, keeps entries for
   whoever is away, and tells those in touch with it who is attached.
3. Whether a carrier passes is asked when something is sent, whether the station hears when it arrives.
"""

from __future__ import annotations

from collections.abc import Callable

from openline.play.station import Station
from openline.play.world import RETURN_MS, World
from openline.station.context import Send
from openline.wire.accord import CarrierKind


class Carriers:
    """All carriers of a scenario between two stations."""

    def __init__(self, world: World, stations: tuple[Station, Station]) -> None:
        self.world = world
        self.stations = stations
        self.kinds = [c.kind for c in world.scenario.carriers]
        self.attached: dict[int, set[int]] = {n: set() for n in self.of(CarrierKind.RELAY)}
        self.mailboxes: dict[tuple[int, int], list[bytes]] = {}
        self.waiting_sticks: dict[int, list[Callable[[], None]]] = {0: [], 1: []}
        self.before_change: Callable[[], None] = lambda: None
        self.after_change: Callable[[], None] = lambda: None
        self.path_in_use: Callable[[Station, int], None] = lambda station, carrier: None
        self.on_stick: Callable[[Station], list[bytes]] = lambda station: []
        self._passing_since: dict[tuple[int, int], int] = {}

    def of(self, kind: CarrierKind) -> list[int]:
        return [n for n, k in enumerate(self.kinds) if k is kind]

    # ---- sending

    def deliver(self, station: Station, sends: list[Send]) -> None:
        """Take a turn's sends; what is lost is lost."""
        for send in sends:
            if not self.world.passes(send.carrier, station.side):
                continue
            latency = self.world.scenario.carriers[send.carrier].latency_ms
            for delay, data in self.world.spoil(send.carrier, send.data):
                self._later(latency + delay, station.side, send._replace(data=data))

    def _later(self, delay_ms: int, sender: int, send: Send) -> None:
        incarnation = self.stations[1 - sender].incarnation
        self.world.at(self.world.now_ms + delay_ms, lambda: self._arrive(sender, send, incarnation))

    def _arrive(self, sender: int, send: Send, incarnation: int) -> None:
        to = 1 - sender
        if self.kinds[send.carrier] is CarrierKind.LIVE and incarnation != self.stations[to].incarnation:
            return  # the connection went down with the station that it was to
        if not self.hands_over(send.carrier, to):
            if send.stored:
                self.mailboxes.setdefault((send.carrier, to), []).append(send.data)
                self._confirm_kept(sender, send)
        else:
            self.hand_over(to, send.carrier, send.data)

    def hands_over(self, carrier: int, to: int) -> bool:
        """Whether what arrives now goes on to the station: a relay hands over to those attached."""
        return self.kinds[carrier] is not CarrierKind.RELAY or to in self.attached[carrier]

    def _confirm_kept(self, sender: int, send: Send) -> None:
        desk, kept = self.stations[sender].desk, send.ticket
        if desk is None or kept is None or sender not in self.attached[send.carrier]:
            return
        self.stations[sender].turn(lambda: desk.paths.relay_kept(send.carrier, kept, self.world.now(sender)))

    def hand_over(self, to: int, carrier: int, data: bytes) -> None:
        station = self.stations[to]
        desk = station.desk
        if desk is not None and self.world.hears(to):
            station.turn(lambda: desk.arrive(carrier, data, self.world.now(to)))

    # ---- conditions

    def change(self, what: Callable[[], None], *, mended: int | None = None) -> None:
        """Change conditions: what no longer passes is down at once, what passes again is in use a little later; so is
        a carrier that is `mended` (it passed, and spoilt what it carried)."""
        self.before_change()
        what()
        self._drop()
        self._note_passing()
        self.world.at(self.world.now_ms + RETURN_MS, lambda: self.bring_up(after_ms=RETURN_MS))
        if mended is not None:
            self.world.at(self.world.now_ms + RETURN_MS, lambda: self._use_again(mended))
        self.after_change()

    def _use_again(self, carrier: int) -> None:
        for station in self.stations:
            if station.desk is not None and carrier in station.desk.ctx.up:
                self._use(station, carrier)

    def usable(self, carrier: int, side: int) -> bool:
        return self.kinds[carrier] is not CarrierKind.COURIER and self.world.passes(carrier, side)

    def _drop(self) -> None:
        for carrier in self.attached:
            before = set(self.attached[carrier])
            self.attached[carrier] = {s for s in before if self.world.passes(carrier, s)}
            if self.attached[carrier] != before:
                self._tell(carrier)
        for station in self.stations:
            desk = station.desk
            if desk is not None:
                for carrier in sorted(desk.ctx.up):
                    if not self.usable(carrier, station.side):
                        desk.paths.down(carrier, self.world.now(station.side))

    def _note_passing(self) -> None:
        """Since when each path passes, whatever else has changed meanwhile."""
        now = self.world.now_ms
        self._passing_since = {
            (carrier, side): self._passing_since.get((carrier, side), now)
            for carrier in range(len(self.kinds))
            for side in (0, 1)
            if self.usable(carrier, side)
        }

    def bring_up(self, after_ms: int = 0) -> None:
        """Paths that have passed for so long and are not in use yet, are from now on."""
        self._note_passing()
        latest = self.world.now_ms - after_ms
        back = [
            (station, carrier)
            for station in self.stations
            if station.desk is not None
            for carrier in range(len(self.kinds))
            if self._passing_since.get((carrier, station.side), latest + 1) <= latest
            and carrier not in station.desk.ctx.up
        ]
        if not back:
            return
        self.before_change()
        for station, carrier in back:
            if station.desk is not None:
                station.desk.ctx.up.add(carrier)
        for station, carrier in back:
            self._use(station, carrier)
        self.after_change()

    def _use(self, station: Station, carrier: int) -> None:
        desk, side = station.desk, station.side
        if desk is None:
            return
        if self.kinds[carrier] is CarrierKind.RELAY:
            self.attached[carrier].add(side)
            self._tell(carrier)
        station.turn(lambda: self._probe_and_use(station, carrier))
        self.path_in_use(station, carrier)
        if self.kinds[carrier] is CarrierKind.RELAY:
            latency = self.world.scenario.carriers[carrier].latency_ms
            for data in self.mailboxes.pop((carrier, side), []):
                self.world.at(self.world.now_ms + latency, self._from_mailbox(side, carrier, data))

    def _probe_and_use(self, station: Station, carrier: int) -> None:
        desk = station.desk
        if desk is not None:
            now = self.world.now(station.side)
            desk.paths.probed(True, now)
            desk.paths.up(carrier, now)

    def _from_mailbox(self, to: int, carrier: int, data: bytes) -> Callable[[], None]:
        def arrive() -> None:
            if to in self.attached[carrier]:
                self.hand_over(to, carrier, data)
            else:
                self.mailboxes.setdefault((carrier, to), []).append(data)

        return arrive

    def _tell(self, carrier: int) -> None:
        """The relay tells those in touch who is attached; a side out of touch knows that it is."""
        for station in self.stations:
            desk, side = station.desk, station.side
            if desk is None:
                continue
            in_touch = side in self.attached[carrier]
            word = (1 - side) in self.attached[carrier] if in_touch else None
            self._tell_one(station, carrier, in_touch, word)

    def _tell_one(self, station: Station, carrier: int, in_touch: bool, word: bool | None) -> None:
        desk = station.desk
        if desk is not None:
            station.turn(lambda: desk.paths.relay_word(carrier, in_touch, word, self.world.now(station.side)))

    # ---- courier

    def courier(self, sender: int, travel_ms: int) -> None:
        """Pack now what the other side lacks; it is imported after the travel, and what we lack comes back."""
        couriers = self.of(CarrierKind.COURIER)
        carrier = next((n for n in couriers if self.world.courier_passes(n, sender)), couriers[0])

        def import_there() -> None:
            self._carry(carrier, 1 - sender, travel_ms, lambda: None)

        self._carry(carrier, sender, travel_ms, import_there)

    def _carry(self, carrier: int, sender: int, travel_ms: int, then: Callable[[], None]) -> None:
        station = self.stations[sender]
        desk = station.desk
        if desk is None:
            return
        packed: list[bytes] = []
        station.turn(lambda: packed.extend(desk.pack(self.world.now(sender))))
        packed += self.on_stick(station)
        if not self.world.courier_passes(carrier, sender):
            return
        stick = [data for bundle in packed for _, data in self.world.spoil(carrier, bundle)]
        self.world.at(self.world.now_ms + travel_ms, lambda: self._import(1 - sender, carrier, stick, then))

    def _import(self, to: int, carrier: int, stick: list[bytes], then: Callable[[], None]) -> None:
        station = self.stations[to]
        desk = station.desk
        if desk is None:  # the stick lies there until somebody can import it
            self.waiting_sticks[to].append(lambda: self._import(to, carrier, stick, then))
            return

        def read() -> None:
            for data in stick:
                desk.arrive(carrier, data, self.world.now(to))
            desk.pages.finish()

        station.turn(read)
        then()

    def started(self, side: int) -> None:
        """A station is up: sticks that lay there are imported."""
        sticks, self.waiting_sticks[side] = self.waiting_sticks[side], []
        for stick in sticks:
            self.world.at(self.world.now_ms + RETURN_MS, stick)
