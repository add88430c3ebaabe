"""The `do` verbs of a scenario: each carried out by the side's own people and station (spec 12.4).

Rules of this file: a verb is one function, found by its name; it returns what the transcript says, or raises `Refused`
with the rule's words. A ref is given to what was made only when it was made.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from openline.keys import letters, notes
from openline.keys.secret import SigningKey, XwingKey
from openline.play.carrying import Carriers
from openline.play.scenario import Do, Person, Scenario
from openline.play.station import Station
from openline.play.world import World
from openline.station import commands as c
from openline.wire.accord import CarrierKind
from openline.wire.bodies import Announce, Minute
from openline.wire.errors import Malformed, Refused
from openline.wire.terms import Presence

LETTER_ID_BYTES: Final = 16


class Doing:
    """Carries out `do` steps. `refs`: what the scenario's names stand for, by entry id."""

    def __init__(self, world: World, stations: tuple[Station, Station], carriers: Carriers) -> None:
        self.world = world
        self.scenario: Scenario = world.scenario
        self.stations = stations
        self.carriers = carriers
        self.refs: dict[str, bytes] = {}
        self.letters: dict[str, tuple[Person, str]] = {}

    def do(self, do: Do) -> str:
        """Carry out one step.

        Raises:
            Refused: a rule refuses it, or the station is down.
        """
        station = self.stations[do.by]
        if station.desk is None and do.verb != "restore_site":
            raise Refused(f"the station of {station.name} is down")
        verb: Callable[[Station, dict[str, Any]], str] = getattr(self, f"_{do.verb}")
        return verb(station, do.args)

    def _enact(
        self, station: Station, command: c.EntryCommand, args: dict[str, Any], pages: bytes | None = None
    ) -> str:
        entry, warnings = station.enact(command, pages)
        if "ref" in args and isinstance(args["ref"], str):
            self.refs.setdefault(args["ref"], entry.id)
        return "; ".join(warnings)

    def _held(self, station: Station, ref: str) -> bytes:
        """What a ref stands for, if this side holds it."""
        identity = self.refs.get(ref)
        desk = station.desk
        if identity is None or desk is None or not desk.holds(identity):
            raise Refused(f"{station.name} does not hold {ref}")
        return identity

    # ---- acts of state

    def _suspend(self, station: Station, args: dict[str, Any]) -> str:
        return self._enact(
            station,
            c.CutLines(lines=args["lines"], lanes=args["lanes"], reason=args["reason"], from_s=args["from_s"]),
            {},
        )

    def _propose(self, station: Station, args: dict[str, Any]) -> str:
        command = c.ProposeRestoration(lines=args["lines"], lanes=args["lanes"], effective_s=args["effective"])
        return self._enact(station, command, args)

    def _accept(self, station: Station, args: dict[str, Any]) -> str:
        target = self._held(station, args["ref"])
        desk = station.desk
        offer = None if desk is None else desk.ctx.record.ledger.offers.get(target)
        ed25519 = mldsa44 = None
        if offer is not None and isinstance(offer.body, Announce | Minute):
            ed25519, mldsa44 = self._sign(station, offer.body)
        return self._enact(station, c.AcceptOffer(target=target, ed25519=ed25519, mldsa44=mldsa44), {})

    def _withdraw(self, station: Station, args: dict[str, Any]) -> str:
        return self._enact(station, c.WithdrawOffer(target=self._held(station, args["ref"])), {})

    def _amend(self, station: Station, args: dict[str, Any]) -> str:
        command = c.AmendLine(
            line=args["line"],
            effective_s=args["effective"],
            check_ins=args["check_ins"],
            carriers=args["carriers"],
            expires_s=args["expires"],
            holidays=args["holidays"],
            pulse_s=args["pulse_s"],
        )
        return self._enact(station, command, args)

    def _announce(self, station: Station, args: dict[str, Any]) -> str:
        return self._statement(station, args, minute=False)

    def _minute(self, station: Station, args: dict[str, Any]) -> str:
        return self._statement(station, args, minute=True)

    def _statement(self, station: Station, args: dict[str, Any], *, minute: bool) -> str:
        unsigned = (Minute if minute else Announce)(texts=args["text"], ed25519=bytes(64), mldsa44=bytes(2420))
        ed25519, mldsa44 = self._sign(station, unsigned)
        command = c.MakeStatement(texts=args["text"], ed25519=ed25519, mldsa44=mldsa44, minute=minute)
        return self._enact(station, command, args)

    def _sign(self, station: Station, body: Announce | Minute) -> tuple[bytes, bytes]:
        if station.signed is None:
            raise Refused(f"{station.name} has no accord")
        kind = "minute" if isinstance(body, Minute) else "announcement"
        try:
            text = notes.statement_text(station.signed.accord, station.signed.id, body.texts, kind)
        except Malformed as error:
            raise Refused(f"this statement cannot be written: {error.what}") from None
        return notes.sign_statement(text, station.name, station.keys.announce)

    def _presence(self, station: Station, args: dict[str, Any]) -> str:
        mode = Presence.WITHHELD if args["mode"] == "withheld" else Presence.SHOWN
        self._enact(station, c.SetPresence(mode=mode), {})
        desk = station.desk
        if mode is Presence.SHOWN and desk is not None:
            station.turn(desk.paths.pulse_all)
        return ""

    # ---- traffic

    def _common(self, args: dict[str, Any]) -> dict[str, Any]:
        corrects = args.get("corrects")
        return {
            "line": args["line"],
            "lane": args["lane"],
            "precedence": args["precedence"],
            "due_s": args["due"],
            "exercise": args.get("exercise", False),
            "corrects": None if corrects is None else self.refs.get(corrects, b""),
        }

    def _message(self, station: Station, args: dict[str, Any]) -> str:
        if args["corrects"] is not None:
            self._held(station, args["corrects"])
        return self._enact(station, c.SendMessage(text=args["text"], **self._common(args)), args)

    def _notice(self, station: Station, args: dict[str, Any]) -> str:
        command = c.SendNotice(form=args["form"], fields=args["fields"], **self._common(args))
        return self._enact(station, command, args)

    def _document(self, station: Station, args: dict[str, Any]) -> str:
        pages = self.world.random.randbytes(args["bytes"])
        return self._enact(station, c.SendDocument(pages=pages, **self._common(args)), args, pages)

    def _letter(self, station: Station, args: dict[str, Any]) -> str:
        to: Person = args["to"]
        if to.side == station.side or station.signed is None:
            raise Refused("a letter is sealed to a principal of the other side")
        names = self.scenario.principals
        own = names[station.side]
        letter = letters.Letter(
            accord_id=station.signed.id,
            from_side=station.side,
            from_name=own[0] if own else station.keys.officers[0].name,
            to_side=to.side,
            to_name=names[to.side][to.number],
            letter_id=station.entropy.bytes(LETTER_ID_BYTES),
            time_s=self.world.now(station.side).clock_s,
            texts=(("und", args["text"]),),
        )
        signer = station.keys.principals[own[0]].key if own else station.keys.officers[0]
        principal = station.signed.accord.sides[to.side].principals[to.number]
        age = letters.seal(letters.write(letter, signer), [principal.xwing], station.entropy)
        outcome = self._enact(station, c.SendLetter(to=to.number, age=age), args)
        self.letters[args["ref"]] = (to, args["text"])
        return outcome

    def _acknowledge(self, station: Station, args: dict[str, Any]) -> str:
        return self._enact(station, c.Acknowledge(target=self._held(station, args["ref"])), {})

    def _answer(self, station: Station, args: dict[str, Any]) -> str:
        return self._enact(station, c.SendAnswer(to=self._held(station, args["ref"]), text=args["text"]), {})

    def _call(self, station: Station, args: dict[str, Any]) -> str:
        desk = station.desk
        warnings: list[str] = []
        if desk is not None:
            desk.check_call(args["line"], args["lane"], self.world.now(station.side))
            station.turn(
                lambda: warnings.extend(desk.place_call(args["line"], args["lane"], self.world.now(station.side))[1])
            )
        return "; ".join(warnings)

    def _desk(self, station: Station, args: dict[str, Any]) -> str:
        station.set_mode(args["line"], args["mode"])
        return ""

    def _courier(self, station: Station, args: dict[str, Any]) -> str:
        if not self.carriers.of(CarrierKind.COURIER):
            raise Refused("the accord names no courier")
        self.carriers.courier(station.side, args["travel"])
        return ""

    # ---- keys and sites

    def _rotate_key(self, station: Station, args: dict[str, Any]) -> str:
        desk = station.desk
        if desk is not None:
            desk.check_appending()
            key, prekey = SigningKey.generate(station.entropy), XwingKey.generate(station.entropy)

            def rotate() -> None:
                desk.rotate_keys(key, prekey, self.world.now(station.side))

            station.turn(rotate)
        return ""

    def _backup(self, station: Station, args: dict[str, Any]) -> str:
        station.back_up(args["name"])
        return ""

    def _restore_site(self, station: Station, args: dict[str, Any]) -> str:
        if station.desk is not None:
            raise Refused(f"the station of {station.name} is running: there is nothing to restore")
        self.carriers.change(lambda: station.restore(args["source"]))
        self.carriers.started(station.side)
        return ""


