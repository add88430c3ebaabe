"""Drafts that wait for their officers, and their release (spec 2.1): the one way in for everything a person records.

Rules of this file:
1. A command is drafted; what needs no officer is recorded in the same turn, what needs one or two waits for them.
2. A draft is durable. Before it is recorded it is drafted again: if the record has changed what it says, nobody has
   approved *that*, and it is refused.
3. An approval is checked when it is given, so that the second officer does not find out about the first one's key.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final, cast

import msgspec

from openline.audit.describe import Describer
from openline.core import approvals
from openline.core.release import Draft
from openline.keys import public
from openline.ports import Now
from openline.station.api import types as t
from openline.station.api.citing import Citations
from openline.station.api.held_pages import HeldPages
from openline.station.api.saying import sentences
from openline.station.api.translate import Translator
from openline.station.desk import Desk
from openline.station.driver import Driver
from openline.station.parts import part_count
from openline.wire import cbor
from openline.wire.bodies import Body, Receipt, kind_of, to_plain
from openline.wire.entry import Entry
from openline.wire.errors import Misuse, Refused
from openline.wire.said import say, sentence_of
from openline.wire.terms import Approval

DRAFTS_MAX: Final = 256  # chosen: more than a post has at hand in a day
ID_BYTES: Final = 4
PREFIX: Final = "draft/"
STALE: Final = say("cannot be released any more")
RETURNED_MAX: Final = 16
STORED_PARTS: Final = 64  # chosen: 2 MiB to a commit, some 20 ms


class Pending(msgspec.Struct, frozen=True):
    """A draft that waits, as it is kept. `drafted_ms`: when, by our clock; `by`: an officer of ours, or ""."""

    command: t.AnyCommand
    body: bytes
    drafted_ms: int
    given: tuple[Approval, ...] = ()
    by: str = ""
    returned: tuple[t.Returned, ...] = ()


class Drafts:
    """The station's drafts; `known` is the memory of what the store holds."""

    def __init__(self, runner: Driver, citations: Citations, store_folder: Path | None = None) -> None:
        self.runner = runner
        self.citations = citations
        self.pages = HeldPages(store_folder)
        self.translator = Translator(runner.desk.ctx, citations, self.pages.of)
        kept = runner.store.metas(PREFIX)
        known = {key.removeprefix(PREFIX): msgspec.msgpack.decode(data, type=Pending) for key, data in kept.items()}
        self.known = dict(sorted(known.items(), key=lambda each: each[1].drafted_ms))
        self.pages.load(self._needed())

    # ---- pages

    async def keep_pages(self, pages: bytes) -> str:
        """Hold the pages of a document until its draft is recorded or dropped; their digest.

        Raises:
            Misuse, Refused, StorageFault: as `HeldPages.keep`.
        """
        return await self.pages.keep(pages, self._needed())

    def _needed(self) -> set[str]:
        return {each.command.pages for each in self.known.values() if isinstance(each.command, t.Document)}

    def _let_go(self, asked: t.AnyCommand) -> None:
        """A document was recorded, durably, or dropped; its pages go, unless another draft waits for the same."""
        if isinstance(asked, t.Document) and asked.pages not in self._needed():
            self.pages.forget(bytes.fromhex(asked.pages))

    async def _store_pages(self, asked: t.AnyCommand, given: int) -> None:
        """Before a document is recorded, with so many approvals: its pages go into the store, some in each turn, so
        that the largest holds nobody up. If it is not recorded after all, they lie there and mean nothing."""
        if not isinstance(asked, t.Document):
            return
        command = self.translator.command(asked)

        def needed(desk: Desk, now: Now) -> int:
            desk.check_appending()
            return desk.approvals_needed(desk.draft(command, now))

        if given < await self.runner.ask(needed):
            return
        digest = bytes.fromhex(asked.pages)
        pages = self.pages.of(digest)
        parts = range(part_count(len(pages)))
        for at in range(0, len(parts), STORED_PARTS):
            some = parts[at : at + STORED_PARTS]

            def keep(desk: Desk, now: Now, some: range = some) -> None:
                desk.pages.keep_some(digest, pages, some)

            await self.runner.ask(keep)

    # ---- drafting and release

    async def make(self, asked: t.AnyCommand, by: str = "") -> t.Drafted:
        """Draft a command; record it at once if no officer need approve it. `by`: the officer who drafts, "" for none.

        Raises:
            Refused: a rule refuses it. Misuse: a name in it means nothing.
        """
        if by:
            self.translator.officer(by)
        await self._store_pages(asked, 0)
        told = await self.runner.ask(lambda desk, now: self._make(desk, now, asked, by))
        if told.entry is not None:
            self._let_go(asked)
        return told

    def _make(self, desk: Desk, now: Now, asked: t.AnyCommand, by: str) -> t.Drafted:
        desk.check_appending()
        draft = desk.draft(self.translator.command(asked), now)
        if desk.approvals_needed(draft) == 0:
            return self._recorded(desk, now, asked, draft, ())
        if len(self.known) >= DRAFTS_MAX:
            raise Refused(
                say("{count} drafts wait already", count=DRAFTS_MAX),
                next_step=say("Release or drop one of them."),
            )
        identity = desk.ctx.entropy.bytes(ID_BYTES).hex()
        pending = Pending(asked, plain(draft.body), now.clock_ms, by=by)
        self._keep(desk, identity, pending)
        return self._told(desk, identity, pending, draft)

    async def approve(self, identity: str, asked: t.Approve) -> t.Drafted:
        """Add an officer's approval; record the draft when it has all it needs.

        Raises:
            Refused: the signature or counter does not hold, or the record has changed what the draft says.
            Misuse: no such draft or officer.
        """
        pending = self._pending(identity)
        await self._store_pages(pending.command, len(pending.given) + 1)
        told = await self.runner.ask(lambda desk, now: self._approve(desk, now, identity, asked))
        if told.entry is not None:
            self._let_go(pending.command)
        return told

    def _approve(self, desk: Desk, now: Now, identity: str, asked: t.Approve) -> t.Drafted:
        pending = self._pending(identity)
        draft = self._drafted_again(desk, now, pending)
        given = self._checked(desk, draft, asked, pending)
        pending = msgspec.structs.replace(pending, given=tuple(given))
        if len(given) >= desk.approvals_needed(draft):
            told = self._recorded(desk, now, pending.command, draft, given)
            self._forget(desk, identity)
            return told
        self._keep(desk, identity, pending)
        return self._told(desk, identity, pending, draft)

    def _drafted_again(self, desk: Desk, now: Now, pending: Pending) -> Draft:
        draft = desk.draft(self.translator.command(pending.command), now)
        if plain(draft.body) != pending.body:
            raise Refused(
                say("the record has changed what this draft says since it was drafted; nobody has approved that"),
                next_step=say("Drop it and draft it again."),
            )
        return draft

    def _checked(self, desk: Desk, draft: Draft, asked: t.Approve, pending: Pending) -> list[Approval]:
        """The approvals given so far and this one."""
        ctx, officer = desk.ctx, self.translator.officer(asked.officer)
        before = self._in_force(desk, pending)
        if officer in {each.officer for each in before}:
            raise Refused(
                say("{officer} has approved this already; it needs another officer", officer=asked.officer),
                next_step=say("Have it approved by somebody else, with their own key."),
            )
        if isinstance(draft.body, Receipt) and officer != draft.body.officer:
            raise Refused(
                say(
                    "this is {officer}'s own word; nobody else can give it",
                    officer=self.translator.officers[draft.body.officer],
                ),
                next_step=say("Draft the acknowledgement in your own name."),
            )
        if asked.counter < desk.next_counter(officer):
            raise Refused(
                say(
                    "counter {counter} of {officer} was used before", counter=str(asked.counter),
                    officer=asked.officer,
                ),
                next_step=say("Sign again with {counter} or more.", counter=str(desk.next_counter(officer))),
            )
        message = public.officer_message(ctx.accord_id, ctx.us, draft.body, officer, asked.counter)
        signature = bytes.fromhex(asked.signature)
        try:
            public.verify(ctx.accord.sides[ctx.us].officers[officer].key, message, signature)
        except public.BadSignature:
            raise Refused(
                say("this is not {officer}'s signature of this draft", officer=asked.officer),
                next_step=say("Sign with the officer's own key."),
            ) from None
        return [*before, Approval(officer, asked.counter, signature)]

    def _in_force(self, desk: Desk, pending: Pending) -> list[Approval]:
        """The approvals given so far, but those whose counter the record has overtaken since."""
        return [each for each in pending.given if each.counter >= desk.next_counter(each.officer)]

    def _next_counter(self, desk: Desk, officer: int) -> int:
        """What an officer signs next with: above the record's, and above what waits in other drafts."""
        given = [each for pending in self.known.values() for each in pending.given]
        waiting = [each.counter for each in given if each.officer == officer]
        return max([desk.next_counter(officer), *(counter + 1 for counter in waiting)])

    def _recorded(
        self, desk: Desk, now: Now, asked: t.AnyCommand, draft: Draft, given: Sequence[Approval]
    ) -> t.Drafted:
        released = desk.release(draft, given)
        pages = self.pages.of(bytes.fromhex(asked.pages)) if isinstance(asked, t.Document) else None
        entry = desk.record(released, now, pages=pages)
        told = self._told(desk, "", Pending(asked, plain(draft.body), now.clock_ms), draft)
        names = tuple(self.translator.officers[each.officer] for each in given)
        return msgspec.structs.replace(told, approved_by=names, entry=self.entry(entry))

    # ---- what waits

    def all(self) -> tuple[t.Drafted, ...]:
        """Every draft that waits, oldest first."""
        return tuple(self.one(identity) for identity in self.known)

    def one(self, identity: str) -> t.Drafted:
        """A draft that waits; one that cannot be released any more says why.

        Raises:
            Misuse: there is none of that name.
        """
        pending, desk = self._pending(identity), self.runner.desk
        try:
            draft = self._drafted_again(desk, self.runner.clock.now(), pending)
        except (Refused, Misuse) as error:
            return self._stale(identity, pending, error.what)
        return self._told(desk, identity, pending, draft)

    async def drop(self, identity: str) -> None:
        """Take a draft back before anybody recorded it.

        Raises:
            Misuse: there is none of that name.
        """

        def drop(desk: Desk, now: Now) -> t.AnyCommand:
            command = self._pending(identity).command
            self._forget(desk, identity)
            return command

        self._let_go(await self.runner.ask(drop))

    async def give_back(self, identity: str, asked: t.GiveBack) -> t.Drafted:
        """Note that an officer gives a draft back, and why. It goes on waiting.

        Raises:
            Misuse: no such draft or officer. Refused: it was given back as often as one draft may be.
        """
        self.translator.officer(asked.officer)

        def note(desk: Desk, now: Now) -> t.Drafted:
            pending = self._pending(identity)
            if len(pending.returned) >= RETURNED_MAX:
                raise Refused(say("this draft was given back too often"), next_step=say("Drop it, and draft it anew."))
            said = t.Returned(officer=asked.officer, reason=asked.reason, time_s=now.clock_s)
            self._keep(desk, identity, msgspec.structs.replace(pending, returned=(*pending.returned, said)))
            return self.one(identity)

        return await self.runner.ask(note)

    def _pending(self, identity: str) -> Pending:
        if identity not in self.known:
            raise Misuse(
                say("no draft {id} waits here", id=identity),
                next_step=say("See which do: openline release list."),
            )
        return self.known[identity]

    def _keep(self, desk: Desk, identity: str, pending: Pending) -> None:
        self.known[identity] = pending
        desk.ctx.remember(PREFIX + identity, msgspec.msgpack.encode(pending))

    def _forget(self, desk: Desk, identity: str) -> None:
        del self.known[identity]
        desk.ctx.remember(PREFIX + identity, None)

    # ---- telling

    def _told(self, desk: Desk, identity: str, pending: Pending, draft: Draft) -> t.Drafted:
        officers = self.translator.officers
        row = self._row(desk, draft.body)
        return t.Drafted(
            id=identity,
            kind=row.kind,
            what=row.text(),
            body=pending.body.hex(),
            needed=desk.approvals_needed(draft),
            drafted_s=pending.drafted_ms // 1000,
            approved_by=tuple(officers[each.officer] for each in self._in_force(desk, pending)),
            counters={name: self._next_counter(desk, number) for number, name in enumerate(officers)},
            warnings=draft.warnings,
            drafted_by=pending.by,
            returned=pending.returned,
            says=row.what,
            said=sentence_of(row.what),
            warnings_said=sentences(draft.warnings),
        )

    def _stale(self, identity: str, pending: Pending, why: str) -> t.Drafted:
        return t.Drafted(
            id=identity, kind=type(pending.command).__name__.lower(), what=STALE, says=STALE, said=sentence_of(STALE),
            body=pending.body.hex(), drafted_s=pending.drafted_ms // 1000, needed=0, approved_by=(), counters={},
            warnings=(why,), warnings_said=sentences([why]), drafted_by=pending.by, returned=pending.returned,
        )  # fmt: skip

    def _row(self, desk: Desk, body: Body) -> Any:
        """The draft told as its entry will be."""
        ctx = desk.ctx
        gen, seq = ctx.record.cursors[ctx.us].next_place
        entry = Entry(ctx.us, gen, seq, b"", None, ctx.now.clock_s, body, b"", b"")
        return Describer(ctx.accord, self.citations.name).row(entry)

    def entry(self, entry: Entry) -> t.Entry:
        return t.Entry(
            id=entry.id.hex(), place=self.citations.place(entry.place), ref=self.citations.ref(entry.id, entry.place)
        )


def plain(body: Body) -> bytes:
    """What approving officers look at and sign: [kind, body] without approvals."""
    bare = cast(Body, replace(cast(Any, body), approvals=())) if approvals.approvals_of(body) else body
    return cbor.encode([kind_of(bare), to_plain(bare)])
