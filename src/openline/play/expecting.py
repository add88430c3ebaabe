"""The `expect` checks of a scenario: what one side's own station, record and people can see (spec 12.6).

Rules of this file: a check is one function, found by its name, that returns what was found; the step holds if that
equals what was expected. A side that is down is read from its durable record. Nothing looks at the other side's
station, but for `heads_equal`, which says so.
"""

from __future__ import annotations

import io
from typing import Any, Final

from openline.audit.check import audit
from openline.core import receipts, silence, state
from openline.core.ledger import Act
from openline.keys import letters, notes
from openline.keys.secret import XwingKey
from openline.play.doing import Doing
from openline.play.exporting import export
from openline.play.scenario import Expect, Person
from openline.play.station import Station
from openline.play.world import World
from openline.station.desk import Desk
from openline.wire.bodies import Accept, Announce, Fault, Letter, Minute
from openline.wire.entry import decode
from openline.wire.errors import OpenlineError
from openline.wire.terms import ProofKind

NOTHING: Final = "nothing"
PROOFS: Final = {
    ProofKind.FORK: "fork",
    ProofKind.BAD_SIGNATURE: "bad_signature",
    ProofKind.BAD_CHAIN: "bad_chain",
}


class Expecting:
    def __init__(self, world: World, stations: tuple[Station, Station], doing: Doing) -> None:
        self.world = world
        self.stations = stations
        self.doing = doing

    def found(self, expect: Expect, name: str, value: Any) -> Any:
        """What this check finds; equal to `value` if the expectation holds."""
        station = self.stations[expect.side]
        desk = station.durable()
        if desk is None and name != "observed":
            return f"{NOTHING}: the site of {station.name} is destroyed"
        return getattr(self, f"_{name}")(station, desk, expect, value)

    def _formal(self, station: Station, desk: Desk, expect: Expect, value: str) -> str:
        return desk.formal(expect.line or 0, expect.lane, self.world.now(station.side)).value

    def _observed(self, station: Station, desk: Desk | None, expect: Expect, value: str) -> str:
        if station.desk is None:
            return silence.Observed.NOT_WATCHING.value
        evidence = station.desk.evidence(expect.line or 0, expect.lane, self.world.now(station.side))
        return silence.verdict(evidence, self.world.now_ms).value

    def _receipt(self, station: Station, desk: Desk, expect: Expect, value: str) -> str:
        identity = self._ref(expect)
        ledger = desk.ctx.record.ledger
        item = ledger.items.get(identity)
        if item is not None:
            return receipts.reached(ledger, item).value
        act = ledger.offers.get(identity)
        if act is None:
            return self._absent(station, expect)
        return receipts.act_reached(ledger, act.place.side, act.position).value

    def _flag(self, station: Station, desk: Desk, expect: Expect, value: str) -> str:
        ledger = desk.ctx.record.ledger
        identity = self._ref(expect)
        item = ledger.items.get(identity)
        if item is not None:
            return state.flag(ledger, item).value
        return state.Flag.NONE.value if identity in ledger.offers else self._absent(station, expect)

    def _readable_by(self, station: Station, desk: Desk, expect: Expect, value: Person) -> Person | str:
        identity = self._ref(expect)
        stored = self._entry(station, desk, identity)
        if stored is None:
            return self._absent(station, expect)
        body = decode(stored).body
        if not isinstance(body, Letter) or station.signed is None:
            return f"{expect.ref} is no letter"
        if any(self._opens(body.age, key) for s in self.stations if s.station_keys for key in s.station_keys.prekeys):
            return "a station key opens it"
        principal = self.stations[value.side].keys.principals[self.world.scenario.principals[value.side][value.number]]
        if not self._opens(body.age, principal.xwing):
            return "that principal's key does not open it"
        letter = letters.read(letters.open_age(body.age, principal.xwing), self._author_key(station, expect))
        _, text = self.doing.letters[expect.ref or ""]
        return value if letter.texts == (("und", text),) else "it opens, and the text is another"

    def _author_key(self, station: Station, expect: Expect) -> bytes:
        to, _ = self.doing.letters[expect.ref or ""]
        author = self.stations[1 - to.side].keys
        names = self.world.scenario.principals[1 - to.side]
        return author.principals[names[0]].key.public if names else author.officers[0].key.public

    @staticmethod
    def _opens(age: bytes, key: XwingKey) -> bool:
        try:
            letters.open_age(age, key)
        except OpenlineError:
            return False
        return True

    def _heads_equal(self, station: Station, desk: Desk, expect: Expect, value: bool) -> bool:
        other = self.stations[1 - station.side].durable()
        return other is not None and desk.ctx.record.heads() == other.ctx.record.heads()

    def _evidence(self, station: Station, desk: Desk, expect: Expect, value: str) -> str:
        proofs = [
            PROOFS[act.body.proof]
            for act, against in desk.ctx.record.ledger.proven()
            if against != station.side and isinstance(act.body, Fault)
        ]
        return proofs[-1] if proofs else "none"

    def _record(self, station: Station, desk: Desk, expect: Expect, value: str) -> str:
        if desk.ctx.restoring and desk.ctx.keys.station.public != desk.ctx.record.cursors[station.side].key:
            return "incomplete"  # the generation under whose key it would be exported is not there yet
        out = io.BytesIO()
        export(station, desk, out)
        out.seek(0)
        return str(audit(out).kind)

    def _announcement(self, station: Station, desk: Desk, expect: Expect, value: str) -> str:
        identity = self._ref(expect)
        ledger = desk.ctx.record.ledger
        act = ledger.offers.get(identity)
        if act is None or station.signed is None or not isinstance(act.body, Announce | Minute):
            return self._absent(station, expect)
        if state.standing(ledger, act) is state.Standing.WITHDRAWN:
            return "waiting"  # for ever: what was taken back is never published
        published = published_note(station, ledger.accepts.get(identity, []), act)
        if published is None:
            return "waiting"
        try:
            notes.verify_published(published, station.signed.accord)
        except OpenlineError as error:
            return f"does not verify: {error.what}"
        return "verifies"

    def _alarm(self, station: Station, desk: Desk, expect: Expect, value: str) -> str:
        sounding = set() if station.desk is None else station.desk.alarms(self.world.now(station.side))
        names = sorted(alarm.value for alarm in sounding)
        if value in names or (value == "none" and not names):
            return value
        return ", ".join(names) or "none"

    def _entries_min(self, station: Station, desk: Desk, expect: Expect, value: int) -> int:
        count = desk.ctx.record.count
        return value if count >= value else count

    def _refused(self, station: Station, desk: Desk, expect: Expect, value: bool) -> bool:
        return value  # the engine has already compared it with the step before

    def _ref(self, expect: Expect) -> bytes:
        return self.doing.refs.get(expect.ref or "", b"")

    def _absent(self, station: Station, expect: Expect) -> str:
        return f"{NOTHING}: {station.name} does not hold {expect.ref}"

    def _entry(self, station: Station, desk: Desk, identity: bytes) -> bytes | None:
        if identity not in desk.ctx.record.ledger.items:
            return None
        return station.stored(identity)


def published_note(station: Station, accepts: list[Act], act: Act) -> bytes | None:
    """The note that both signed, or None while one signature is missing."""
    body, signed = act.body, station.signed
    if signed is None or not isinstance(body, Announce | Minute):
        return None
    kind = "minute" if isinstance(body, Minute) else "announcement"
    text = notes.statement_text(signed.accord, signed.id, body.texts, kind)
    for accept in accepts:
        answer = accept.body
        if isinstance(answer, Accept) and answer.ed25519 is not None and answer.mldsa44 is not None:
            pairs = {act.place.side: (body.ed25519, body.mldsa44), accept.place.side: (answer.ed25519, answer.mldsa44)}
            return notes.published(text, signed.accord, (pairs[0], pairs[1]))
    return None
