"""The inbox: what of theirs there is, read whole, opened by an officer on watch (spec 8.1).

Rules of this file:
1. Reading sends nothing. Opening is an act of its own: the station appends the receipt *shown*.
2. No station opens a letter: its age file is given out as it came, and that it was given out is marked here alone.
3. A list costs what it shows: bodies are read from the store for what is listed, not for what there is.
"""

from __future__ import annotations

import asyncio
from itertools import islice
from typing import Any, Final

import msgspec

from openline.core import state
from openline.core.ledger import Item
from openline.core.receipts import Reached
from openline.ports import Now
from openline.station.api import types_items as t
from openline.station.api.citing import Citations
from openline.station.api.offers import OfferView
from openline.station.api.reading import Reading
from openline.station.desk import Desk
from openline.station.driver import Driver
from openline.station.duty import Duty
from openline.station.parts import part_count
from openline.wire import bodies
from openline.wire.entry import Entry, Place
from openline.wire.errors import Misuse, Refused
from openline.wire.said import say, sentence_of
from openline.wire.terms import Lane, Level

BEGINNING: Final = 160  # characters of a text that a list shows
HANDED: Final = "handed/"
NO_RECEIPT: Final = say("a service message has no receipt")
HANDED_OVER: Final = say("marked as handed over; no station shows a letter")
FRESH: Final = say("their station is told that it was shown")
BEFORE: Final = say("it was opened before; nothing is sent")
NOBODY_OPENS: Final = say("nobody holds the watch, so nobody opens it")
NAMING: Final = (("answers", "answers"), ("corrects", "corrects"), ("translation_of", "translates"))
NAMED_BY_MAX: Final = 64  # chosen: what one page tells; a hostile side may name one item without end


class InboxView:
    """What of theirs there is. Made before the runner runs: it watches the record from the start."""

    def __init__(self, runner: Driver, citations: Citations, reading: Reading, offers: OfferView, duty: Duty) -> None:
        self.runner = runner
        self.citations = citations
        self.reading = reading
        self.offers = offers
        self.duty = duty
        self.ctx = runner.desk.ctx
        self.theirs: list[bytes] = []  # in the order in which they came
        self.documents: list[bytes] = []  # of both sides, in the order in which they came
        self.unopened: dict[bytes, None] = {}
        self.service: dict[bytes, Place] = {}
        self.namings: dict[bytes, list[tuple[str, bytes]]] = {}  # id → how it is named, and by what
        self.handed = {key.removeprefix(HANDED) for key in runner.store.metas(HANDED)}
        self.ctx.hear(self._on_entry, bodies.Tracked, bodies.Letter, bodies.Service, bodies.Receipt)
        self.ctx.on_rebuild.append(self._forget)

    def _forget(self) -> None:
        """Another branch of a fork is followed: all entries are told again."""
        self.theirs, self.unopened, self.service, self.namings, self.documents = [], {}, {}, {}, []

    def _on_entry(self, entry: Entry) -> None:
        """Keep what is listed first at hand, so that a list costs what it shows."""
        body = entry.body
        if isinstance(body, bodies.Document) and entry.id in self.ctx.record.ledger.items:
            self.documents.append(entry.id)
        if isinstance(body, bodies.Tracked):
            for name, how in NAMING:
                if (target := getattr(body, name)) is not None:
                    self.namings.setdefault(target, []).append((how, entry.id))
        if entry.side == self.ctx.us:
            if isinstance(body, bodies.Receipt) and body.level is Level.SHOWN:
                self.unopened.pop(self.ctx.record.id_at(self.ctx.them, body.gen, body.seq) or b"", None)
        elif isinstance(body, bodies.Service):
            self.theirs.append(entry.id)
            self.service[entry.id] = entry.place
        elif entry.id in self.ctx.record.ledger.items:
            self.theirs.append(entry.id)
            if entry.id.hex() not in self.handed:
                self.unopened[entry.id] = None

    # ---- lists

    def all(self, limit: int) -> t.Inbox:
        """What of theirs there is: of the unopened and of the rest, `limit` each."""
        self.runner.desk.at(self.runner.clock.now())
        items = self.ctx.record.ledger.items
        unopened = sorted(map(items.__getitem__, self.unopened), key=lambda item: (-item.precedence, item.position))
        rest = islice((identity for identity in reversed(self.theirs) if identity not in self.unopened), limit)
        listed = [self._item(item.id, item.place, item) for item in unopened[:limit]]
        others = [self._item(*self._placed(identity)) for identity in rest]
        return t.Inbox(
            items=(*map(_shortened, listed), *map(_shortened, others)),
            unopened=len(unopened),
            more=len(self.theirs) - len(listed) - len(others),
            offers=self.offers.waiting_for_us(),
        )

    def all_documents(self, limit: int, before: str) -> t.Documents:
        """Documents of both sides, the newest first, `limit` of them. `before`: a document that came after all that are
        listed, "" for none.

        Raises:
            Misuse: `before` is no document.
        """
        self.runner.desk.at(self.runner.clock.now())
        end = len(self.documents)
        if before:
            identity = self.citations.resolve(before)
            if identity not in self.documents:
                raise Misuse(say("{ref} is no document", ref=before), next_step=say("Name one that was listed."))
            end = self.documents.index(identity)
        first = max(end - limit, 0)
        listed = (self._item(*self._placed(identity)) for identity in reversed(self.documents[first:end]))
        return t.Documents(items=tuple(listed), more=first)

    def _placed(self, identity: bytes) -> tuple[bytes, Place, Item | None]:
        item = self.ctx.record.ledger.items.get(identity)
        return identity, self.service[identity] if item is None else item.place, item

    def one(self, ref: str) -> t.One:
        """An item or an offer of either side, whole. Nothing is sent.

        Raises:
            Misuse: nothing of that name, or neither.
        """
        self.runner.desk.at(self.runner.clock.now())
        if self.citations.resolve(ref) in self.ctx.record.ledger.offers:
            return t.One(offer=self.offers.one(ref))
        identity, place, item = self._found(ref)
        return t.One(item=self._item(identity, place, item, whole=True))

    async def pages(self, ref: str) -> bytes:
        """The pages of a document of either side.

        Raises:
            Misuse: it is no document. Refused: its pages have not all come.
        """
        identity, place, item = self._found(ref)
        if item is None or not item.document:
            raise Misuse(say("{ref} is no document", ref=ref), next_step=say("Only documents have pages."))
        entry, _ = self.reading.entry(identity, place)
        body = entry.body
        found = None
        if isinstance(body, bodies.Document):
            found = await asyncio.to_thread(self.runner.desk.pages.whole, body)  # some 64 MiB: the loop goes on
        if found is None:
            raise Refused(
                say("the pages of {ref} have not all come yet", ref=ref),
                next_step=say("They come by themselves as soon as a path is up; openline status shows the paths."),
            )
        return found

    def _found(self, ref: str) -> tuple[bytes, Place, Item | None]:
        identity = self.citations.resolve(ref)
        if identity in self.ctx.record.ledger.items or identity in self.service:
            return self._placed(identity)
        raise Misuse(
            say("{ref} is no message, notice, document or letter", ref=ref),
            next_step=say("The inbox lists what there is; openline record show has every entry of an export."),
        )

    # ---- opening

    async def open(self, asked: t.Open) -> t.Opened:
        """An officer on watch opens an item of theirs: their side is told that it was shown.

        Raises:
            Misuse: nothing of that name, or no officer of ours.
            Refused: it is ours; its pages have not all come; nobody is named, and nobody holds the watch.
        """
        return await self.runner.ask(lambda desk, now: self._open(desk, now, asked))

    def _open(self, desk: Desk, now: Now, asked: t.Open) -> t.Opened:
        identity, place, item = self._found(asked.ref)
        if place.side == self.ctx.us:
            raise Refused(say("{ref} is our own: only what they sent is opened here", ref=asked.ref))
        if item is None:
            told = self._item(identity, place, None, whole=True)
            return t.Opened(item=told, receipt=False, says=NO_RECEIPT, said=sentence_of(NO_RECEIPT))
        if item.letter:
            self.handed.add(identity.hex())
            self.unopened.pop(identity, None)
            self.ctx.remember(HANDED + identity.hex(), b"")
            told = self._item(identity, place, item, whole=True)
            return t.Opened(item=told, receipt=False, says=HANDED_OVER, said=sentence_of(HANDED_OVER))
        if item.document and not self._bits(item) >> Level.PAGES & 1:
            raise Refused(
                say(
                    "the pages of {ref} have not all come: a document counts as shown when they are verified",
                    ref=asked.ref,
                ),
                next_step=say("Read what has come without opening it: openline inbox {ref}.", ref=asked.ref),
            )
        desk.check_appending()
        fresh = not self._bits(item) >> Level.SHOWN & 1
        officer = desk.watchkeeping.officer_for(item.line, self.duty.officer(asked.officer), NOBODY_OPENS)
        desk.show(identity, now, officer=officer)
        says = FRESH if fresh else BEFORE
        told = self._item(identity, place, item, whole=True)
        return t.Opened(item=told, receipt=fresh, says=says, said=sentence_of(says))

    # ---- telling

    def _bits(self, item: Item) -> int:
        place = item.place
        return self.ctx.record.ledger.receipts.get((place.side, place.gen, place.seq), 0)

    def _opened(self, item: Item) -> bool:
        if item.letter:
            return item.id.hex() in self.handed
        return bool(self._bits(item) >> Level.SHOWN & 1)

    def _pages_here(self, body: bodies.Document, item: Item) -> bool:
        ours = item.place.side == self.ctx.us
        came = ours or bool(self._bits(item) >> Level.PAGES & 1)
        return came and len(self.ctx.store.parts(body.digest)) >= part_count(body.size)

    def _item(self, identity: bytes, place: Place, item: Item | None, *, whole: bool = False) -> t.Item:
        entry, received_s = self.reading.entry(identity, place)
        told: dict[str, Any] = {
            "ref": self.citations.ref(identity, place),
            "id": identity.hex(),
            "place": self.citations.place(place),
            "author": self.reading.sides[place.side],
            "time_s": entry.time_s,
            "received_s": received_s,
            "approved_by": self.reading.officers(entry),
        }
        if item is None:
            return self._service(entry, told)
        reached, by = self.reading.attested(item)
        told |= {"receipt": reached.value, "attested_by": str(by), "opened": self._opened(item)}
        if whole:
            receipts = self.reading.receipts(item)
            told["receipts"] = tuple(t.Said(receipt=reached.value, by=str(word)) for reached, word in receipts)
            told["named_by"] = self._named_by(identity)
        body = entry.body
        if isinstance(body, bodies.Letter):
            principals = [principal.name for principal in self.ctx.accord.sides[1 - place.side].principals]
            to = principals[body.to] if body.to < len(principals) else f"principal {body.to}"
            age = body.age if whole else None
            return t.Item(kind="letter", to=to, size=len(body.age), age=age, **told)
        if isinstance(body, bodies.Tracked):
            return self._tracked(body, item, reached, told)
        raise Misuse(say("that entry is no item"), next_step=say("Look at the list."))

    def _named_by(self, identity: bytes) -> tuple[t.Naming, ...]:
        """The last items that answer, correct or translate one, oldest first."""
        found = []
        for how, naming in self.namings.get(identity, ())[-NAMED_BY_MAX:]:
            item = self.ctx.record.ledger.items.get(naming)
            if item is None:  # it stands on a branch of a fork that is not followed any more
                continue
            place = item.place
            told: dict[str, Any] = {"how": how, "ref": self.citations.ref(naming, place), "id": naming.hex()}
            told["kind"] = bodies.kind_name(type(self.reading.entry(naming, place)[0].body))
            found.append(t.Naming(author=self.reading.sides[place.side], **told))
        return tuple(found)

    def _service(self, entry: Entry, told: dict[str, Any]) -> t.Item:
        body = entry.body
        line, text = getattr(body, "line", 0), getattr(body, "text", "")
        return t.Item(kind="service", line=self.reading.line(line), text=text, opened=True, **told)

    def _tracked(self, body: bodies.Tracked, item: Item, reached: Reached, told: dict[str, Any]) -> t.Item:
        due_s = item.time_s + item.due_s if item.due_s else 0
        told |= {
            "line": self.reading.line(body.line),
            "lane": Lane(body.lane).name.lower(),
            "precedence": body.precedence.name,
            "exercise": body.exercise,
            "language": body.language or self.ctx.accord.sides[item.place.side].language,
            "answers": self.reading.named(body.answers),
            "corrects": self.reading.named(body.corrects),
            "translation_of": self.reading.named(body.translation_of),
            "action": body.action,
            "info": body.info,
            "due_s": due_s,
            "overdue": bool(due_s) and due_s < self.ctx.now.clock_s and reached is not Reached.ANSWERED,
            "flag": state.flag(self.ctx.record.ledger, item).value,
        }
        match body:
            case bodies.Message():
                return t.Item(kind="message", text=body.text, **told)
            case bodies.Notice():
                return t.Item(kind="notice", form=body.form, fields=dict(body.fields), **told)
            case bodies.Document():
                here = self._pages_here(body, item)
                digest = body.digest.hex()
                return t.Item(
                    kind="document", title=body.title, size=body.size, digest=digest, pages_here=here, **told
                )
            case _:
                raise Misuse(say("an item of a kind that this release does not know"))


def _shortened(item: t.Item) -> t.Item:
    if len(item.text) <= BEGINNING:
        return item
    return msgspec.structs.replace(item, text=item.text[:BEGINNING], shortened=True)
