"""Following both chains: order, predecessors, generations, acknowledgements (spec 6 steps 2 to 5 and 7; spec 13.5).

Rules of this file:
1. An entry that its author signed is believed about its place; bytes that nobody signed are named by the place at which
   they stand in the file.
2. One damage is one break: what follows from it (an unknown id, a shifted order) is worked out, not reported again.
3. Nothing is held against an entry that depends on a damaged one.
"""

from __future__ import annotations

from collections.abc import Callable

from openline.audit.keyring import Keyring
from openline.audit.log import Log
from openline.audit.reading import Read
from openline.audit.tracks import UNKNOWN, Mark, Track
from openline.audit.verdict import Break
from openline.wire.bodies import Generation, Seal
from openline.wire.entry import Entry, Place
from openline.wire.terms import Head

Chain = tuple[int, int]  # (side, generation)


class Links:
    """Both chains, generation by generation. `follow` takes every entry in the order of the file; `placed` is told of
    each that is sound and in its place, with the track on which it stands, before anything behind it is looked at."""

    def __init__(self, keyring: Keyring, log: Log, placed: Callable[[Track, Read], None]) -> None:
        self.tracks: dict[Chain, Track] = {}
        self._keyring = keyring
        self._log = log
        self._tell = placed
        self._current: Chain = (0, 0)
        self._ahead: Read | None = None  # an entry beyond its turn: what comes next tells what happened
        self._bad: tuple[Track, Break] | None = None  # the damaged entry just placed by position
        self._out_of_turn: dict[Place, int] = {}  # sound entries met where they do not belong, and their offsets
        self._stranger = False  # the item just read was one of them
        self._gone_on_from: dict[Place, bytes] = {}  # what the generations name as the last entry before them

    def follow(self, read: Read) -> None:
        """Take in the next entry of the file."""
        if read.signed_by is None and read.entry is not None:
            read = self._once_more(read, read.entry)
        if read.entry is None or read.signed_by is None:
            self._unsigned(read)
        else:
            self._signed(read, read.entry)

    def _once_more(self, read: Read, entry: Entry) -> Read:
        """The entry, verified under a key that was not known when it was read: the entry that names it stands behind,
        where it was moved to, or was marked as a stray."""
        if self._keyring.in_force(*entry.place) == read.keys:
            return read
        keys, fault = self._keyring.due(entry)
        return read._replace(keys=keys, fault=fault, signed_by=self._keyring.signs(keys, entry))

    def finish(self) -> None:
        """No more entries: decide what was held."""
        self._resolve(None)

    def fits_next(self, entry: Entry) -> bool:
        """Whether the entry is the next of a chain: then it is no stray, whatever it is marked as."""
        track = self.tracks.get((entry.side, entry.gen))
        if track is None or not track.next_seq:
            next_ = entry.seq == 0 and self._can_begin(entry)
        else:
            next_ = entry.seq == track.next_seq and entry.prev == track.bytes_id_at(track.next_seq - 1)
        return next_ and not self._another_named(entry)

    def _another_named(self, entry: Entry) -> bool:
        """Whether those who name what stands at the entry's place name another: then that one is missing, or moved."""
        place = entry.place
        named = [self._gone_on_from.get(place)]
        named += [track.acks.of(place) for track in self.tracks.values() if track.side != entry.side]
        return place in self._out_of_turn or any(identity not in (None, entry.id) for identity in named)

    def _can_begin(self, entry: Entry) -> bool:
        """Whether a chain can begin with the entry, as far as what it goes on from is here."""
        if not isinstance(entry.body, Generation):
            return entry.gen == 0
        last = entry.body.last
        before = None if last is None else self.tracks.get((entry.side, last.gen))
        return last is None or (before is not None and before.id_at(last.seq) == last.id)

    def is_past(self, entry: Entry) -> bool:
        """Whether another entry stands at the entry's place already."""
        track = self.tracks.get((entry.side, entry.gen))
        return track is not None and track.id_at(entry.seq) not in (None, entry.id)

    def lose(self, read: Read, why: str) -> None:
        """An item stands here that cannot be told from what is around it."""
        self._resolve(None)
        track = self._open(self._current, None)
        if not track.given_up:
            self._append_bad(track, read, "frame", why)

    def last_place(self) -> Place | None:
        """The last entry that was read."""
        track = self.tracks.get(self._current)
        return track.place(track.next_seq - 1) if track is not None and track.next_seq else None

    # --- entries that somebody signed ---------------------------------------------------------------------------------

    def _signed(self, read: Read, entry: Entry) -> None:
        self._resolve(entry, signed=True)
        if (entry.side, entry.gen) > self._current:
            self._ahead = read
        else:
            self._settle(read, entry, None, tell=False)

    def _settle(self, read: Read, entry: Entry, following: Entry | None, *, tell: bool) -> None:
        """Give an entry its place. Beyond its turn it waits for the next, or, if `tell`, that one is `following`."""
        track = self._open((entry.side, entry.gen), entry)
        if track.given_up:
            return
        self._reassign_bad(track, entry)
        if entry.seq == track.next_seq:
            self._place(track, read, entry)
        elif entry.seq < track.next_seq:
            self._behind(track, read, entry)
        elif tell:
            self._beyond(track, read, entry, following)
        else:
            self._ahead = read

    def _resolve(self, following: Entry | None, *, signed: bool = False) -> None:
        """Tell what an entry beyond its turn means, by what comes behind it (`signed`, or not)."""
        read, self._ahead = self._ahead, None
        if read is None or read.entry is None:
            return
        held = read.entry
        track = self.tracks.get((held.side, held.gen))
        if read.signed_by is None:
            if track is None:
                self._beginning_lost(read, held, following)
            else:
                self._unsigned_beyond(track, read, held, following)
        elif following is not None and self._still_to_come(following, (held.side, held.gen), signed):
            self._misplaced(held, read, f"stands before {self._log.name(following.place)}, of an earlier chain")
        else:
            self._settle(read, held, following, tell=True)

    def _still_to_come(self, entry: Entry, before: Chain, signed: bool) -> bool:
        """Whether the entry is one whose turn is yet to come, in a chain that stands before another. What nobody signed
        is believed only if that turn is near, where no one changed byte can have put it."""
        if (entry.side, entry.gen) >= before:
            return False
        track = self.tracks.get((entry.side, entry.gen))
        turn = 0 if track is None else track.next_seq
        return entry.seq >= turn if signed else turn > 1 and entry.seq in (turn, turn + 1)

    def _beyond(self, track: Track, read: Read, held: Entry, following: Entry | None) -> None:
        """A signed entry beyond its turn: it was moved here, another was moved away, or those before it are missing."""
        turn = track.next_seq
        same = following is not None and (following.side, following.gen) == (held.side, held.gen)
        next_seq = following.seq if same and following is not None else None
        if next_seq == turn and not self._stranger:
            self._misplaced(held, read, f"stands before {self._log.name(track.place(turn))}, where it does not belong")
        elif next_seq == turn:  # what stands in the place of `following` was told: it is the one that was moved
            track.fill_to(held.seq)
            self._place(track, read, held)
        elif next_seq == turn + 1 and held.seq != turn + 1:
            name = self._log.name(held.place)
            self._out_of_turn[held.place] = read.item.offset
            moved = self._out_of_turn.get(track.place(turn))
            where = "" if moved is None else f"; it stands at byte {moved}"
            self._log.entry("order", f"{name} stands in its place{where}", track.place(turn), read)
            track.append_bad()
        else:
            self._gap(track, read, held)

    def _unsigned_beyond(self, track: Track, read: Read, held: Entry, following: Entry | None) -> None:
        """Bytes that nobody signed claim a later place: the number is damaged, or those before it are missing."""
        behind = held.place._replace(seq=held.seq + 1)
        if following is not None and following.place == behind:
            self._log.missing(track.place(track.next_seq), held.seq - track.next_seq, read)
            track.fill_to(held.seq)
        self._bad_at(track, read)

    def _beginning_lost(self, read: Read, held: Entry, following: Entry | None) -> None:
        """An entry of a generation that nothing began: its beginning is missing, or its number was changed, or it was
        moved here. In the latter cases it stands for an entry of the chain that is read, or of the one behind it."""
        if following is not None and following.place < held.place:
            behind = self.tracks.get((following.side, following.gen))
            second = following.seq == (0 if behind is None else behind.next_seq) + 1
            track = self._open((following.side, following.gen) if second else self._current, None)
        else:
            track = self._open((held.side, held.gen), None)
            if held.seq:
                self._log.missing(track.place(0), held.seq, read)
                track.fill_to(held.seq)
        self._bad_at(track, read)

    def _gap(self, track: Track, read: Read, entry: Entry) -> None:
        first, count = track.next_seq, entry.seq - track.next_seq
        known = [self._out_of_turn.get(track.place(first + index)) for index in range(min(count, 2))]
        if count > 1 or known[0] is None:  # else it was reported where it stands
            self._log.missing(track.place(first), count, read)
        if track.fill_to(entry.seq):
            self._place(track, read, entry)

    def _behind(self, track: Track, read: Read, entry: Entry) -> None:
        """A signed entry whose turn is past: again, late, or another than the one that stands there."""
        if track.mark(entry.seq) is not Mark.SOUND:
            self._misplaced(entry, read, "stands out of order, behind a later entry of its chain")
        elif track.id_at(entry.seq) == entry.id:
            self._misplaced(entry, read, f"stands here a second time, first at byte {track.offsets[entry.seq]}")
        else:
            self._misplaced(entry, read, f"another entry stands at its place, at byte {track.offsets[entry.seq]}")
            self._log.found(
                "fork", f"{self._log.name(entry.place)}: its author signed two entries there", entry.place, entry.side
            )

    def _misplaced(self, entry: Entry, read: Read, what: str) -> None:
        self._stranger = True
        self._out_of_turn[entry.place] = read.item.offset
        self._log.entry("order", what, entry.place, read)

    def _place(self, track: Track, read: Read, entry: Entry) -> None:
        if (track.side, track.gen) < self._current:
            self._log.entry("order", "stands behind entries of a later chain", entry.place, read)
        self._current = (track.side, track.gen)
        self._bad, self._stranger = None, False
        linked = self._follows(track, read, entry)
        self._acknowledges(track, read, entry)
        if read.fault:
            code = "generation" if isinstance(entry.body, Generation) else "key"
            self._log.entry(code, read.fault, entry.place, read)
        track.append(entry, read.item.offset, holds=linked)
        self._tell(track, read)

    # --- predecessors -------------------------------------------------------------------------------------------------

    def _follows(self, track: Track, read: Read, entry: Entry) -> bool:
        if entry.seq == 0:
            return self._begins(track, read, entry)
        if isinstance(entry.body, Generation):
            self._log.entry("generation", "begins a generation in the middle of a chain", entry.place, read)
        before = entry.seq - 1
        mark, bytes_id = track.mark(before), track.bytes_id_at(before)
        if track.name_last(entry.prev):
            return True
        if mark is Mark.BAD:
            self._repaired(track, before, entry, bytes_id)
            return True
        what = (
            f"names another entry as {self._log.name(track.place(before))} than the one at byte "
            f"{track.offsets[before]}: one of the two is not from this chain"
        )
        self._log.entry("link", what, entry.place, read)
        return False

    def _repaired(self, track: Track, seq: int, entry: Entry, bytes_id: bytes) -> None:
        found = next(
            (
                x
                for x in reversed(self._log.verdict.breaks.items)
                if x.place is not None and x.place[:2] == (track.side, track.gen) and x.place.seq + x.count - 1 == seq
            ),
            None,
        )
        if found is None:
            return
        found.repaired = entry.prev
        if found.code in ("signature", "malformed"):
            found.what += (
                "; its author's next entry names exactly these bytes: they were so when it was signed"
                if bytes_id == entry.prev
                else "; its author's next entry names other bytes: these were changed later"
            )

    def _begins(self, track: Track, read: Read, entry: Entry) -> bool:
        body = entry.body
        if not isinstance(body, Generation):
            if track.gen != 0:
                self._log.entry("generation", "begins no generation, as it should", entry.place, read)
            return self._names(self._keyring.accord_id, "the accord", read, entry)
        if body.last is None:
            return self._names(self._keyring.accord_id, "the accord", read, entry)
        place = Place(entry.side, body.last.gen, body.last.seq)
        self._gone_on_from[place] = body.last.id
        before = self.tracks.get((entry.side, body.last.gen))
        held = before.id_at(body.last.seq) if before is not None else None
        if body.last.gen >= entry.gen:
            self._log.entry("generation", "goes on from a later generation than itself", entry.place, read)
        elif before is None or body.last.seq >= before.next_seq:
            self._log.absent(place, body.last.id, entry.place, "goes on from it")
        elif held is not None and held != body.last.id:
            what = f"goes on from another {self._log.name(place)} than the one in this record"
            self._log.entry("generation", what, entry.place, read)
        return self._names(body.last.id, f"{self._log.name(place)}, from which it goes on", read, entry)

    def _names(self, identity: bytes, what: str, read: Read, entry: Entry) -> bool:
        if entry.prev != identity:
            self._log.entry("link", f"does not name {what}", entry.place, read)
            return False
        return True

    def _open(self, chain: Chain, entry: Entry | None) -> Track:
        track = self.tracks.get(chain)
        if track is None:
            track = self.tracks[chain] = Track(*chain, self._inherited(entry))
            track.checkpoint_key = self._keyring.accord.sides[chain[0]].checkpoint
        if entry is not None and entry.seq == 0 and isinstance(entry.body, Generation):
            track.checkpoint_key = entry.body.checkpoint
        return track

    def _inherited(self, entry: Entry | None) -> Head | None:
        """The acknowledgement in force where a generation begins: that of the chain's last entry before it, as held,
        even if the generation cuts that entry off (spec 6.1, step 7)."""
        if entry is None or not isinstance(entry.body, Generation):
            return None
        earlier = [gen for side, gen in self.tracks if side == entry.side and gen < entry.gen]
        return self.tracks[entry.side, max(earlier)].ack if earlier else None

    # --- acknowledgements ---------------------------------------------------------------------------------------------

    def _acknowledges(self, track: Track, read: Read, entry: Entry) -> None:
        before, now = track.ack, entry.ack
        if now is None:
            if isinstance(entry.body, Seal) and before is not None:
                self._log.entry("ack", "a seal that does not write out the other side's head", entry.place, read)
            return
        if before is None or now[:2] > before[:2]:
            return
        if now[:2] < before[:2]:
            self._log.entry("ack", "takes back an acknowledgement", entry.place, read)
        elif now.id != before.id:
            self._log.entry("ack", "acknowledges two different entries at one place", entry.place, read)
        elif not isinstance(entry.body, Seal):
            self._log.entry("ack", "writes out an acknowledgement that did not change", entry.place, read)

    # --- bytes that nobody signed -------------------------------------------------------------------------------------

    def _unsigned(self, read: Read) -> None:
        self._resolve(read.entry)
        if self._without_beginning(read.entry):
            self._ahead = read
            return
        track = self._position(read)
        if track.given_up:
            return
        if read.entry is not None and read.entry.seq == track.next_seq + 1:
            self._reassign_bad(track, read.entry)
        claimed = None if read.entry is None else read.entry.place
        if claimed is not None and claimed[:2] == (track.side, track.gen) and claimed.seq > track.next_seq:
            self._ahead = read  # a changed number, or entries missing before one whose key was among them
        else:
            self._bad_at(track, read)

    def _without_beginning(self, entry: Entry | None) -> bool:
        """Whether the entry claims a later generation that nothing here begins, and follows no entry before it."""
        if entry is None or entry.gen == 0 or entry.seq == 0 or self._bad is not None:
            return False
        chain = (entry.side, entry.gen)
        if chain in self.tracks or chain <= self._current:
            return False
        track = self.tracks.get(self._current)
        return track is None or not track.next_seq or track.bytes_id_at(track.next_seq - 1) != entry.prev

    def _bad_at(self, track: Track, read: Read) -> None:
        """Unsigned bytes take the next place of a chain."""
        if track.given_up:
            return
        code = "malformed" if read.entry is None else "signature"
        self._append_bad(track, read, code, self._unsigned_words(read, track))

    def _append_bad(self, track: Track, read: Read, code: str, what: str) -> None:
        place = track.place(track.next_seq)
        if not read.keys:
            read = read._replace(keys=self._keyring.in_force(*place))
        self._bad = (track, self._log.entry(code, what, place, read))
        track.append_bad(read.item.offset, UNKNOWN if read.entry is None else read.entry.id)

    def _unsigned_words(self, read: Read, track: Track) -> str:
        if read.entry is None:
            return f"damaged: {read.error}"
        if not read.keys:
            return "no station key is known here: the entry that names it is damaged or missing"
        claimed = read.entry.place
        stands = track.place(track.next_seq)
        claim = "" if claimed == stands else f", and it calls itself {self._log.name(claimed)}"
        return f"the signature is not by its station's key{claim}"

    def _position(self, read: Read) -> Track:
        """The chain in which unsigned bytes stand: the one they claim where that fits, else the one being read."""
        entry = read.entry
        if entry is not None:
            chain = (entry.side, entry.gen)
            track = self.tracks.get(chain)
            if track is not None and entry.seq == track.next_seq:
                return track
            begins = entry.seq == 0 and (entry.gen == 0 or isinstance(entry.body, Generation))
            lost_beginning = not read.keys and self._bad is not None
            if chain > self._current and (begins or lost_beginning):
                return self._open(chain, entry)
        return self._open(self._current, None)

    def _reassign_bad(self, track: Track, entry: Entry) -> None:
        """A damaged entry was placed by position; the sound one behind it may show that it stood elsewhere."""
        bad, self._bad = self._bad, None
        if bad is None:
            return
        other, found = bad
        if other is track and entry.seq == track.next_seq - 1:
            other.drop_bad()
            found.what += f"; {self._log.name(entry.place)} itself stands behind it"
        elif other is not track and entry.seq == track.next_seq + 1 and found.count == 1:
            other.drop_bad()
            found.place = track.place(track.next_seq)
            track.append_bad(found.offset or 0)
