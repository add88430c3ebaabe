"""The desk: one station's whole conduct without a clock, a socket or a file.

Commands, arrivals and ticks go in; `take` gives out what to commit and then what to send. One program, two clocks: the
runner drives it by the machine's, `play` by a simulated one.

Rules of this file:
1. Every input sets the time of the turn, changes memory and gathers effects; nothing is sent or stored from here.
2. The runner commits a turn's writes before it hands out its sends. If the commit fails, this desk is thrown away and
   loaded again from the store.
3. Every way in passes the same release: `record` takes a `Released` and nothing else.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import cast

from openline.core import approvals, release, state
from openline.core.ledger import Item
from openline.core.record import Record
from openline.core.release import Draft, Released, by_station
from openline.core.silence import Evidence
from openline.keys.public import possession_message
from openline.keys.secret import RootKeys, SigningKey, XwingKey, psk_check
from openline.ports import Entropy, Now, Store, Write
from openline.station import alarms, commands
from openline.station.alarms import Alarm
from openline.station.calls import IN_USE, TALK_MS, Calls
from openline.station.checkpoints import Checkpoints
from openline.station.compose import check_lane, compose
from openline.station.context import Context, Effects, Identity
from openline.station.duties import Duties
from openline.station.inbound import Inbound
from openline.station.outbox import Outbox
from openline.station.pages import Pages
from openline.station.paths import Paths
from openline.station.restoring import Restoration
from openline.station.retry import Retry
from openline.station.sealer import Sealer
from openline.station.watch import Watch
from openline.station.watchkeeping import Watchkeeping
from openline.wire.bodies import Ack, Document, Key, Prekey, Receipt
from openline.wire.bundle import Pulse
from openline.wire.entry import Entry
from openline.wire.errors import Misuse, invariant
from openline.wire.terms import Approval, Lane, Level, Phase


class Desk:
    """One station. `identity` holds its keys; `store` its record, which this desk alone may write; `talk_ms`: how long
    an answered call lasts that nobody hangs up."""

    def __init__(self, identity: Identity, store: Store, entropy: Entropy, *, talk_ms: int = TALK_MS) -> None:
        self.identity = identity
        self.ctx = Context(identity, store, entropy)
        ctx = self.ctx
        self.sealer = Sealer(ctx)
        self.outbox = Outbox(ctx, self.sealer)
        self.pages = Pages(ctx, self.sealer)
        self.checkpoints = Checkpoints(ctx)
        self.calls = Calls(ctx, self.sealer, self.checkpoints, talk_ms)
        self.watch = Watch(ctx)
        self.watchkeeping = Watchkeeping(ctx)
        self.restoration = Restoration(ctx, self.sealer, self.outbox)
        self.duties = Duties(ctx, self.calls)
        self.paths = Paths(ctx, self.sealer, self.outbox, self.pages, self.watch, self.restoration)
        self.inbound = Inbound(ctx, self.sealer, self.outbox, self.pages, self.calls, self.watch, self.restoration)
        self.restoration.on_whole = self._whole

    # ---- life

    def _whole(self) -> None:
        """Our record is whole again: what waited for that, in an order that lifts and acknowledges nothing late."""
        self.duties.resume()
        self.calls.seal_missing()

    def clock_was_set(self, now: Now) -> None:
        """Somebody set the station's clock."""
        self.ctx.now = now
        self.duties.clock_was_set()

    def start(self, now: Now, *, first: bool = False, root: RootKeys | None = None, restored: bool = False) -> None:
        """Come up on what the store holds. `first`: at the founding. `restored`: from a backup or, with `root`, from
        nothing: append nothing until the other side has shown us our tail.

        Raises:
            Misuse: another pre-shared secret; or our keys are not those that this record names, and no root is at hand.
        """
        ctx = self.ctx
        if psk_check(self.identity.psk) != ctx.accord.psk_check:
            raise Misuse(
                "the pre-shared secret is not the one that the accord was made with",
                next_step="Take the secret from the envelope of this accord.",
            )
        ctx.now = now
        self.load_record()
        self.watch.load()
        self.watchkeeping.load()
        ctx.note_first_start(restored or root is not None)
        self.duties.begin(now.clock_s - 1 if first else now.clock_s)
        if restored or ctx.store.meta("restoring"):
            self.restoration.begin(root)
        elif ctx.keys.signing(ctx.record.cursors[ctx.us].key) is None:
            self._begin_without_keys(root)
        else:
            self.calls.finish_interrupted()

    def _begin_without_keys(self, root: RootKeys | None) -> None:
        """Our keys are older than our record, or others: only the root can say which are to come (spec 3.7, 5.8)."""
        if root is None:
            raise Misuse(
                "the station's keys are not the ones in force in its record",
                next_step="Put back the key file that this station used last; if it is lost, start it once with the"
                " root's key file: openline up CONFIG --root FILE.",
            )
        self.restoration.begin(root)

    def load_record(self) -> None:
        """Derive memory from the store."""
        ctx = self.ctx
        for kept in ctx.store.replay():
            ctx.heard(ctx.record.replay_one(kept.data, kept.id))
        self.inbound.load()
        acked = ctx.record.cursors[ctx.them].ack
        if acked is not None:
            self.outbox.note_ack((acked.gen, acked.seq))
        self.outbox.sent = self.outbox.held
        if self.outbox.waiting():
            self.outbox.retry.begin(ctx.now.elapsed_ms)
        self.inbound.ack_due = False

    @property
    def wants_turn(self) -> bool:
        """Whether a commit left something to say at once."""
        return self.inbound.ack_due

    def at(self, now: Now) -> None:
        """Set the time of the turn that begins."""
        self.ctx.now = now

    def take(self, submit: Callable[[Sequence[Write]], None] | None = None) -> Effects:
        """End the turn: acknowledge what came, seal what goes, and hand both out. `submit`: is given what there is to
        commit as soon as it stands, so that the disk may be at it while the rest is sealed."""
        ctx = self.ctx
        if self.restoration.ask_again and ctx.restoring:
            self.restoration.ask_all()
        self.restoration.ask_again = False
        self.pages.settle()
        if self.inbound.ack_due and not ctx.restoring:
            ctx.append(by_station(Ack()))
        self.inbound.ack_due = False
        writes = tuple(ctx.effects.writes)
        if submit is not None and writes:
            submit(writes)
        self.outbox.flush()
        self.pages.flush()
        for line in sorted(set(self.inbound.wanted_pulse)):
            self.paths.pulse(line)
        self.inbound.wanted_pulse.clear()
        self.watch.compare_heads(self.inbound.heads_equal())
        effects, ctx.effects = ctx.effects, Effects()
        invariant(len(effects.writes) == len(writes), "nothing is written once a turn's writes are submitted")
        return effects

    def committed(self) -> None:
        """The turn's writes are durable. Where another branch of a fork is followed from here on, memory is derived
        again from the store."""
        self.ctx.unstored.clear()
        self.pages.forget_cache()
        if self.inbound.rebuild:
            self.inbound.rebuild = False
            self.inbound.strays.clear()
            self.ctx.record = Record(self.ctx.signed)
            for forget in self.ctx.on_rebuild:
                forget()
            self.load_record()
            self.inbound.ack_due = True

    # ---- officers

    def draft(self, command: commands.EntryCommand, now: Now) -> Draft:
        """What a command would record.

        Raises:
            Refused: a rule refuses it.
        """
        self.ctx.now = now
        return compose(self.ctx.record, self.ctx.us, command, now.clock_s)

    def approvals_needed(self, draft: Draft) -> int:
        """How many officers of ours must approve this draft."""
        return approvals.needed(self.ctx.accord, draft.body)

    def release(self, draft: Draft, given: Sequence[Approval] = ()) -> Released:
        """Let a draft out under its approvals (the two-person rule is there).

        Raises:
            Refused: the approvals do not suffice.
        """
        ctx = self.ctx
        return release.release(ctx.accord, ctx.accord_id, ctx.us, draft, given, ctx.record.ledger.counters)

    def record(self, released: Released, now: Now, *, pages: bytes | None = None) -> Entry:
        """Append what was released; durable and on its way with this turn.

        Raises:
            Refused: this station is restoring.
        """
        self.ctx.now = now
        self.ctx.check_appending()
        if pages is not None and isinstance(released.body, Document):
            self.pages.keep_own(released.body.digest, pages)
        return self.ctx.append(released)

    def next_counter(self, officer: int) -> int:
        """The counter that an officer's next approval must carry or exceed."""
        return self.ctx.record.ledger.counters.get((self.ctx.us, officer), 0) + 1

    def show(self, target: bytes, now: Now, *, officer: int = 0) -> None:
        """An officer on watch opened a message, notice or document of theirs: their side gets a receipt."""
        ctx = self.ctx
        ctx.now = now
        item = ctx.record.ledger.items.get(target)
        if item is None or item.letter or item.place.side == ctx.us or ctx.restoring:
            return
        place = item.place
        if not ctx.record.ledger.receipts.get((place.side, place.gen, place.seq), 0) >> Level.SHOWN & 1:
            ctx.append(by_station(Receipt(gen=place.gen, seq=place.seq, level=Level.SHOWN, officer=officer)))

    def try_now(self, now: Now) -> list[int]:
        """Send what waits again now, entries before pages; the carriers by which it goes."""
        self.ctx.now = now
        return sorted({*self.outbox.again(), *self.pages.again()})

    def place_call(self, line: int, lane: Lane, now: Now) -> tuple[bytes, tuple[str, ...]]:
        """Ring them outside the schedule, or be led to the call that lasts there (spec 5.6): its id, and its warnings.
        Raises: Refused, as `check_call`.
        """
        self.ctx.now = now
        if (lasting := self.calls.lasting(line, lane)) is not None:
            return lasting, (IN_USE,)
        warnings = self.check_call(line, lane, now)
        return self.calls.place(line, lane, 0), warnings

    def pick_up(self, call_id: bytes, phase: Phase, now: Now) -> None:
        """The officer answers, declines or defers a call that rings here."""
        self.ctx.now = now
        self.calls.answer(call_id, phase)

    def hang_up(self, call_id: bytes, now: Now) -> None:
        """End a call, whichever side placed it."""
        self.ctx.now = now
        self.calls.hang_up(call_id)

    def rotate_keys(self, new: SigningKey, prekey: XwingKey, now: Now) -> Entry:
        """Take a new station key and a new prekey into use, where keys are kept in memory alone."""
        keys = self.identity.keys
        keys.next_station = new
        keys.add_prekey(prekey)
        made = self.name_keys(now)
        keys.settle(new.public)
        return made

    def name_keys(self, now: Now) -> Entry:
        """Name the station key that is to come, then the newest prekey; prekeys of before stay for what is still on
        its way. The caller has both private halves on durable ground already: an entry that names a lost key cannot be
        taken back.

        Raises:
            Refused: this station is restoring.
        """
        ctx, new = self.ctx, self.identity.keys.next_station
        invariant(new is not None, "there is a key to name")
        new = cast(SigningKey, new)
        ctx.now = now
        possession = new.sign(possession_message(ctx.accord_id, new.public))
        made = ctx.append(by_station(Key(station=new.public, possession=possession)))
        ctx.append(by_station(Prekey(xwing=self.identity.keys.xwing.public)))
        return made

    # ---- the world

    def arrive(self, carrier: int, bundle: bytes, now: Now) -> None:
        self.ctx.now = now
        self.inbound.arrive(carrier, bundle)

    def heard_computed(self, pulse: Pulse, carrier: int, at_ms: int, now: Now) -> None:
        """The last of a run of identical pulses that the player computed instead of carrying (spec 12.2)."""
        self.ctx.now = now
        self.watch.heard_pulse(pulse, carrier, at_ms)
        self.watch.save()

    def amendments_in_force(self) -> int:
        """How many concluded amendments have taken effect by the turn's time."""
        ledger, now_s = self.ctx.record.ledger, self.ctx.now.clock_s
        lines = range(ledger.line_count())
        return sum(a.effective_s <= now_s for n in lines for a in state.amendments(ledger, n))

    def holds(self, identity: bytes) -> bool:
        """Whether our record holds this message, letter or offer."""
        ledger = self.ctx.record.ledger
        return identity in ledger.items or identity in ledger.offers

    def check_call(self, line: int, lane: Lane, now: Now) -> tuple[str, ...]:
        """Whether an unscheduled call may be placed; the warnings it goes out with.

        Raises:
            Refused: the liaison lane is cut, or this station is restoring.
        """
        self.check_appending()
        return check_lane(self.ctx.record.ledger, line, lane, now.clock_s, "call")

    def check_appending(self) -> None:
        """Whether this station may append at all.

        Raises:
            Refused: it is fetching its own record back.
        """
        self.ctx.check_appending()

    def unopened(self) -> list[Item]:
        """Messages, notices and documents of theirs (these with verified pages) that nobody here has opened."""
        ledger = self.ctx.record.ledger
        found = []
        for item in ledger.items.values():
            if item.place.side == self.ctx.them and not item.letter:
                bits = ledger.receipts.get((item.place.side, item.place.gen, item.place.seq), 0)
                if not bits >> Level.SHOWN & 1 and (not item.document or bits >> Level.PAGES & 1):
                    found.append(item)
        return found

    # ---- courier

    def pack(self, now: Now) -> list[bytes]:
        """Bundles for a courier: all that the other side is not known to hold, openers all."""
        self.ctx.now = now
        return list(self.packing())

    def packing(self) -> Iterator[bytes]:
        """The same, each made when it is taken: a load may be longer than memory. It may be taken over many turns, and
        only within turns."""
        if self.ctx.restoring:
            yield from self.restoration.packed()
            return
        if self.restoration.they_lack is not None:
            yield from self.restoration.answer()
            self.restoration.they_lack = None
        yield from self.outbox.packed()
        yield from self.pages.packed()

    # ---- time

    def next_ms(self, *, rounds: bool = True) -> int | None:
        """When `tick` wants to be called next, in elapsed time (pulses and probes are the runner's). Without `rounds`,
        what is only to be sent again does not count."""
        ctx, pages, outbox = self.ctx, self.pages, self.outbox
        times = [self.calls.next_ms(), self.restoration.claim_ends_ms(), outbox.next_hint_ms(), pages.next_turn_ms()]
        if rounds:
            times += [outbox.next_ms(), pages.next_ms(), self.restoration.next_round_ms()]
        if (due_s := self.duties.next_s()) is not None and not ctx.restoring:
            times.append(due_s * 1000 - (ctx.now.clock_ms - ctx.now.elapsed_ms))
        return min((t for t in times if t is not None), default=None)

    def retries(self) -> list[Retry]:
        """What is being sent again."""
        return [self.outbox.retry, *self.pages.retries(), self.restoration.retry]

    def has_repeated(self) -> bool:
        """Whether all that waits has been sent again at least once since it was new."""
        asked = self.restoration.retry.since_ms is None or self.restoration.retry.round > 0
        return asked and self.outbox.has_repeated() and self.pages.has_repeated()

    def tick(self, now: Now) -> None:
        self.ctx.now = now
        self.calls.tick()
        self.duties.tick()
        self.outbox.tick()
        self.pages.tick()
        self.restoration.tick()

    # ---- questions

    def evidence(self, line: int, lane: Lane, now: Now) -> Evidence:
        self.ctx.now = now
        return self.watch.evidence(line, lane)

    def formal(self, line: int, lane: Lane, now: Now) -> state.Formal:
        return state.formal(self.ctx.record.ledger, line, lane, now.clock_s)

    def alarms(self, now: Now) -> set[Alarm]:
        self.ctx.now = now
        return alarms.sounding(self.ctx, self.watch, self.calls)
