"""What single entries claim in their bodies, checked as far as signatures and the record itself can tell (spec 13.6).

Rules of this file:
1. A checkpoint that does not hold is a break: its author signed a false account of its own chain. Everything else here
   is a finding: the entry stands in the record, and what it claims has no effect.
2. What can be judged only when all entries are read (the other chain's keys, the entries named) is kept as a place and
   the entry is read again at the end.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, TypeAlias

from openline.audit import proofs
from openline.audit.approvals import Approvals
from openline.audit.keyring import Keyring, first_that_signed
from openline.audit.log import Log
from openline.audit.reading import Read
from openline.audit.references import Places, References, Why
from openline.audit.tracks import Track
from openline.audit.verdict import Statement
from openline.keys import age, notes, public
from openline.keys.public import BadSignature
from openline.wire import bodies, terms
from openline.wire.accord import Accord
from openline.wire.bodies import Body
from openline.wire.entry import Entry, Place
from openline.wire.errors import Malformed
from openline.wire.terms import Phase, Word

ReadAgain: TypeAlias = Callable[[Place], Entry | None]
OPENING_CHARACTERS: Final = 60
_FOR_XWING: Final = "mlkem768x25519"


class Contents:
    """Takes each sound entry once, in order; `finish` judges what had to wait."""

    def __init__(self, accord: Accord, keyring: Keyring, references: References, log: Log) -> None:
        self._accord = accord
        self._keyring = keyring
        self._references = references
        self._log = log
        self._approvals = Approvals(accord, keyring.accord_id)
        self._later = Places()
        self._statements: dict[bytes, Statement] = {}
        self.receipts: dict[tuple[int, int], tuple[int, Place]] = {}  # (side, gen) → highest seq, and who names it

    def check(self, track: Track, read: Read) -> None:
        """Count the entry and judge its body."""
        entry = read.entry
        if entry is None:
            return
        self._count(track, entry)
        body = entry.body
        if isinstance(body, bodies.Ack):
            return
        fault = self._approvals.fault(entry.side, body)
        if fault:
            self._log.found("approval", f"{_act(body)} without effect: {fault}", entry.place)
        self._line(entry, body)
        self._names(entry, body)
        if isinstance(body, bodies.Checkpoint):
            self._checkpoint(track, read, entry, body.checkpoint)
        elif isinstance(body, bodies.Seal):
            self._seal(track, read, entry, body)
        elif isinstance(body, bodies.Letter):
            self._letter(entry, body)
        elif isinstance(body, bodies.Announce | bodies.Minute):
            self._statement(entry, body)
        elif isinstance(body, bodies.Receipt):
            self._receipt(entry, body)
        elif isinstance(body, bodies.Call):
            if not self._words_hold(entry, body):
                self._later.add(entry.place)
        elif isinstance(body, bodies.Fault | bodies.Accept):
            self._later.add(entry.place)

    def finish(self, again: ReadAgain, targets: dict[Place, Place]) -> list[Statement]:
        """Judge what waited. `again` reads an entry anew; `targets` says which entry one accepts or closes with."""
        for place in self._later:
            entry = again(place)
            if entry is None:
                continue
            body = entry.body
            if isinstance(body, bodies.Fault):
                self._proof(entry, body)
            elif isinstance(body, bodies.Call):
                self._late_words(entry, body)
            elif isinstance(body, bodies.Accept):
                self._accepts_statement(entry, body, again)
            elif isinstance(body, bodies.Seal):
                self._closes(entry, body, again, targets.get(place))
        return list(self._statements.values())

    # --- at once ------------------------------------------------------------------------------------------------------

    def _count(self, track: Track, entry: Entry) -> None:
        summary = track.summary
        if isinstance(entry.body, bodies.Unknown):
            kind = entry.body.number_of_kind
            summary.unknown_kinds[kind] = summary.unknown_kinds.get(kind, 0) + 1
        else:
            name = bodies.kind_name(type(entry.body))
            summary.kinds[name] = summary.kinds.get(name, 0) + 1
        if summary.first_s is None:
            summary.first_s = entry.time_s
        summary.last_s = entry.time_s

    def _line(self, entry: Entry, body: Body) -> None:
        scope = getattr(body, "scope", ())
        line = max([getattr(body, "line", 0), *(number for number, _ in scope)])
        if line >= len(self._accord.lines):
            self._log.found("line", f"{_act(body)} on line {line}, which the accord does not have", entry.place)

    def _names(self, entry: Entry, body: Body) -> None:
        add = self._references.add
        if isinstance(body, bodies.Propose):
            for identity in body.lists:
                add(identity, entry.place, Why.LISTS)
        elif isinstance(body, bodies.Accept | bodies.Withdraw):
            add(body.target, entry.place, Why.TARGETS)
        elif isinstance(body, bodies.Generation):
            for pair in body.forks:
                for identity in pair:
                    add(identity, entry.place, Why.SETTLES)
        elif isinstance(body, bodies.Tracked):
            for named, why in (
                (body.answers, Why.ANSWERS), (body.corrects, Why.CORRECTS), (body.translation_of, Why.TRANSLATES)
            ):  # fmt: skip
                if named is not None:
                    add(named, entry.place, why)

    def _checkpoint(self, track: Track, read: Read, entry: Entry, checkpoint: terms.Checkpoint44) -> None:
        if checkpoint.size != entry.seq:
            what = f"a checkpoint over {checkpoint.size} entries, where {entry.seq} stand before it"
        elif track.tree is None or track.tree.size != entry.seq:
            what = "a checkpoint not checked: ids of damaged entries before it are not known"
            self._log.found("checkpoint", what, entry.place)
            return
        elif track.tree.root() != checkpoint.root:
            what = "its checkpoint's root is not that of the entries before it"
        else:
            what = self._checkpoint_signatures(track, read, entry, checkpoint)
        if what:
            self._log.entry("checkpoint", what, entry.place, read)
            return
        track.summary.checkpoints += 1
        track.summary.checkpointed = checkpoint.size

    def _checkpoint_signatures(
        self, track: Track, read: Read, entry: Entry, checkpoint: terms.Checkpoint44
    ) -> str:
        accord_id, station = self._keyring.accord_id, read.signed_by or b""
        try:
            notes.check_checkpoint(accord_id, entry.side, entry.gen, checkpoint, station, track.checkpoint_key)
        except BadSignature as error:
            return error.what
        return ""

    def _seal(self, track: Track, read: Read, entry: Entry, body: bodies.Seal) -> None:
        if body.checkpoint is not None:
            self._checkpoint(track, read, entry, body.checkpoint)
        if body.closes is not None:
            self._references.add(body.closes, entry.place, Why.CLOSES)
            self._later.add(entry.place)

    def _letter(self, entry: Entry, body: bodies.Letter) -> None:
        fault = _letter_fault(body.age)
        if body.to >= len(self._accord.sides[1 - entry.side].principals):
            fault = f"it is to principal {body.to}, whom the accord does not name"
        if fault:
            self._log.found("letter", f"a letter that nobody can open: {fault}", entry.place)

    def _receipt(self, entry: Entry, body: bodies.Receipt) -> None:
        chain = (1 - entry.side, body.gen)
        if chain not in self.receipts or self.receipts[chain][0] < body.seq:
            self.receipts[chain] = (body.seq, entry.place)

    def _statement(self, entry: Entry, body: bodies.Announce | bodies.Minute) -> None:
        kind = _statement_kind(body)
        fault = self._statement_fault(body, entry.side, body.ed25519, body.mldsa44)
        if fault:
            self._log.found("statement", f"{kind} without effect: {fault}", entry.place)
        languages = tuple(language for language, _ in body.texts)
        opening = body.texts[0][1].replace("\n", " ")[:OPENING_CHARACTERS]
        standing = "void" if fault else "waiting"
        self._statements[entry.id] = Statement(entry.place, entry.id, kind, languages, opening, standing, None)

    def _statement_fault(
        self, body: bodies.Announce | bodies.Minute, side: int, ed25519: bytes, mldsa44: bytes
    ) -> str:
        try:
            text = notes.statement_text(self._accord, self._keyring.accord_id, body.texts, _statement_kind(body))
            notes.check_statement(text, self._accord.sides[side], ed25519, mldsa44)
        except (BadSignature, Malformed) as error:
            return error.what
        return ""

    # --- calls --------------------------------------------------------------------------------------------------------

    def _words_hold(self, entry: Entry, body: bodies.Call) -> bool:
        return all(
            word is None or (word.phase in phases and self._word_signed(entry, body, word))
            for word, _, phases in _words(body)
        )

    def _word_signed(self, entry: Entry, body: bodies.Call, word: Word) -> bool:
        message = public.call_message(
            self._keyring.accord_id, entry.side, body.call_id, body.line, body.lane, body.due_s, word.phase, word.time_s
        )
        return first_that_signed(self._keyring.known(1 - entry.side), message, word.signature) is not None

    def _late_words(self, entry: Entry, body: bodies.Call) -> None:
        called = self._accord.sides[1 - entry.side].name
        for word, what, phases in _words(body):
            if word is not None and word.phase not in phases:
                self._log.found("call", f"a call whose word {what} says something else", entry.place)
            elif word is not None and not self._word_signed(entry, body, word):
                self._log.found("call", f"a call whose word {what} is not signed by {called}'s station", entry.place)

    # --- at the end ---------------------------------------------------------------------------------------------------

    def _proof(self, entry: Entry, body: bodies.Fault) -> None:
        guilty = proofs.against(body, self._keyring)
        what = body.proof.name.lower().replace("_", " ")
        if guilty is None or guilty.side == entry.side:
            self._log.found("proof", f"claims a {what}, but its two entries do not prove one", entry.place)
        else:
            name = self._log.name(guilty.place)
            self._log.found(_PROVEN[body.proof], f"proves a {what} at {name}", entry.place, guilty.side)

    def _accepts_statement(self, entry: Entry, body: bodies.Accept, again: ReadAgain) -> None:
        statement = self._statements.get(body.target)
        if statement is None or statement.place.side == entry.side:
            return
        made = again(statement.place)
        if made is None or not isinstance(made.body, bodies.Announce | bodies.Minute):
            return
        fault = self._statement_fault(made.body, entry.side, body.ed25519 or b"", body.mldsa44 or b"")
        if fault:
            name = self._log.name(statement.place)
            self._log.found("statement", f"accepts {name} with signatures that do not hold: {fault}", entry.place)
        elif statement.standing == "waiting":
            self._statements[body.target] = statement._replace(standing="verifies", accepted_at=entry.place)

    def _closes(self, entry: Entry, body: bodies.Seal, again: ReadAgain, target: Place | None) -> None:
        if target is None:
            return  # absent, and reported as that
        first = again(target)
        if (
            first is None
            or first.side == entry.side
            or not isinstance(first.body, bodies.Seal)
            or first.body.closes is not None
            or (first.body.call_id, first.body.line) != (body.call_id, body.line)
        ):
            name = self._log.name(target)
            self._log.found("seal", f"closes with {name}, which is not the other side's seal of this call", entry.place)


_PROVEN: Final = {
    terms.ProofKind.FORK: "fork",
    terms.ProofKind.BAD_SIGNATURE: "bad_signature",
    terms.ProofKind.BAD_CHAIN: "bad_chain",
}


def _words(body: bodies.Call) -> tuple[tuple[Word | None, str, tuple[Phase, ...]], ...]:
    """The called station's two words, what each is of, and what it may say."""
    return (
        (body.rang, "that it rang", (Phase.RANG,)),
        (body.final, "of how it went", (Phase.ANSWERED, Phase.DECLINED, Phase.DEFERRED)),
    )


def _letter_fault(data: bytes) -> str:
    """Why the outside of a letter is not that of an age file to X-Wing keys (spec 4.5); empty where it is."""
    try:
        opened = age.take_apart(data)
    except Malformed as error:
        return error.what
    if not opened.stanzas or any(stanza.arguments[0] != _FOR_XWING for stanza in opened.stanzas):
        return "it is not sealed to X-Wing keys alone"
    return ""


def _statement_kind(body: bodies.Announce | bodies.Minute) -> str:
    return "minute" if isinstance(body, bodies.Minute) else "announcement"


def _act(body: Body) -> str:
    return "entry" if isinstance(body, bodies.Unknown) else bodies.kind_name(type(body))
