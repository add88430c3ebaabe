"""The audit of an export: offline, with public keys only (spec 13.5).

The steps, numbered as in the spec:
 1. the file begins as an export does, and its opening is read
 2. the accord's signatures, and, where digits are given, that it is the accord they name
 3. every entry in order: form, signature, place, predecessor, acknowledgement, key changes, body
 4. every stray: form, signature, that it is evidence
 5. the acknowledgements and names that could not be judged on the way
 6. the trailer: signature, hash, length, counts, heads; nothing behind it

Rules of this file: whatever the bytes are, the outcome is a verdict; damage ends a step only where nothing behind it
can be told any more.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import BinaryIO

from openline.audit.contents import Contents
from openline.audit.ending import check_trailer
from openline.audit.keyring import Keyring
from openline.audit.links import Links
from openline.audit.log import Log
from openline.audit.reading import Lost, Read, read_all
from openline.audit.references import References, Why
from openline.audit.strays import Strays
from openline.audit.tracks import NO_OFFSET, Mark, Track
from openline.audit.verdict import Break, Verdict
from openline.keys import public
from openline.wire import accord as accords
from openline.wire import entry as entries
from openline.wire import export
from openline.wire.entry import SIGNATURE_BYTES, Entry, Place
from openline.wire.errors import Malformed, PeerFault
from openline.wire.export import ITEM_HEAD_BYTES, Item, Opening, Reader, Tag

PROGRESS_ENTRIES = 2_048
Progress = Callable[[int], None]  # called with the bytes read so far


def audit(
    stream: BinaryIO, *, accord_digits: str | None = None, progress: Progress | None = None
) -> Verdict:
    """Audit the export in `stream`, which can seek. `accord_digits`: the 60 digits of the accord it has to rest on,
    with or without spaces; without them the verdict is not anchored in anything outside the file.

    Raises nothing for any bytes; `OSError` where the stream itself cannot be read.
    """
    return Audit(stream, accord_digits, progress).verdict


class Audit:
    """One audit, done when it is made: its verdict, and the ids of every chain for those who compare two exports."""

    def __init__(
        self, stream: BinaryIO, accord_digits: str | None = None, progress: Progress | None = None
    ) -> None:
        self.verdict = Verdict()
        self.tracks: dict[tuple[int, int], Track] = {}
        self.log = Log(self.verdict)
        self._progress = progress or (lambda _: None)
        try:
            reader = Reader(stream)
        except Malformed as error:
            self.log.file("opening", error.what, 0)
            return
        opening = self._opening(reader)
        if opening is not None:
            self._accord(opening, accord_digits)
            self._record(reader, opening)
        self.log.in_order()
        self.verdict.bytes_read = reader.offset

    # --- steps 1 and 2 ------------------------------------------------------------------------------------------------

    def _opening(self, reader: Reader) -> Opening | None:
        at = reader.offset
        try:
            item = reader.next()
            if item is None or item.tag is not Tag.ACCORD:
                raise Malformed("the accord, which comes first, is not there")
            return export.decode_opening(item.data)
        except PeerFault as error:
            self.log.file("opening", f"{error.what}: nothing behind it can be checked", at)
            return None

    def _accord(self, opening: Opening, accord_digits: str | None) -> None:
        verdict, signed = self.verdict, opening.signed
        verdict.exporter = opening.side
        verdict.accord_name = signed.accord.name
        verdict.accord_id = signed.id
        verdict.sides = tuple(side.name for side in signed.accord.sides)
        verdict.digits = accords.digits(signed.id)
        at = len(export.MAGIC)
        try:
            public.check_accord(signed)
        except PeerFault as error:
            self.log.file("accord", f"the accord's signatures do not hold: {error.what}", at)
        if accord_digits is not None:
            verdict.anchored = "".join(accord_digits.split()) == verdict.digits.replace(" ", "")
            if not verdict.anchored:
                self.log.file("anchor", "this is another accord than the one whose digits were given", at)

    # --- steps 3 to 6 -------------------------------------------------------------------------------------------------

    def _record(self, reader: Reader, opening: Opening) -> None:
        accord = opening.signed.accord
        self._keyring = Keyring(accord, opening.signed.id)
        self._references = References()
        self._links = Links(self._keyring, self.log, self._sound)
        self.tracks = self._links.tracks
        self._contents = Contents(accord, self._keyring, self._references, self.log)
        self._strays = Strays(self._keyring, self.tracks, self.log)
        self._order = _Order(self.log)
        self._between: Break | None = None  # a few bytes between two items, the second of which is yet to come
        trailer = self._items(reader)
        self._links.finish()
        self._summarise()
        self._acknowledged()
        self._named(reader)
        check_trailer(self, reader, opening, trailer)

    def _items(self, reader: Reader) -> Item | None:
        """All items; the trailer where there is one."""
        trailer: Item | None = None
        for read in read_all(reader, self._keyring):
            if trailer is not None:
                offset = read.offset if isinstance(read, Lost) else read.item.offset
                self.log.file("tail", "more stands behind the trailer", offset)
                break
            if isinstance(read, Lost):
                self._lost(read)
            elif read.item.tag is Tag.TRAILER:
                trailer = read.item
            else:
                self._item(read)
        return trailer

    def _lost(self, lost: Lost) -> None:
        if lost.resumed is None:
            last = self._links.last_place()
            behind = "" if last is None else f", behind {self.log.name(last)},"
            self.log.file("frame", f"{lost.why}: from here on{behind} nothing can be read", lost.offset)
        if lost.resumed is None or lost.known:
            return
        read = Read(Item(Tag.ENTRY, lost.offset, b""), lost.entry)
        what = f"damaged up to byte {lost.resumed}: {lost.why}"
        if self._order.strays or (lost.entry is not None and self._links.is_past(lost.entry)):
            self.log.item("stray", what, read)
        elif lost.resumed - lost.offset <= ITEM_HEAD_BYTES + SIGNATURE_BYTES:
            self._between = self.log.item("frame", what, read)  # too little for an entry: none is damaged or missing
        else:
            self._links.lose(read, what)

    def _item(self, read: Read) -> None:
        tag = read.item.tag
        if self._between is not None and read.entry is not None:
            self._between.place = read.entry.place
            self._between.what += f"; {self.log.name(read.entry.place)} itself stands behind it"
        self._between = None
        if tag is Tag.STRAY:
            self._links.finish()
        if tag is Tag.STRAY and read.entry is not None and self._links.fits_next(read.entry):
            self.log.entry("order", "marked as a stray, and is the next of its chain", read.entry.place, read)
            tag = Tag.ENTRY
        if tag is Tag.STRAY:
            self._order.stray(read)
            self.verdict.strays += 1
            self._strays.take(read)
        elif tag is Tag.ENTRY:
            self._order.entry(read)
            self.verdict.entries += 1
            self._links.follow(read)
            if self.verdict.entries % PROGRESS_ENTRIES == 0:
                self._progress(read.item.offset)
        else:
            self.log.file("order", "a second accord has no place here", read.item.offset)

    def _sound(self, track: Track, read: Read) -> None:
        self._contents.check(track, read)
        self.verdict.verified += 1
        if not self.verdict.breaks.total:
            self.verdict.verified_before_break = self.verdict.verified

    def _summarise(self) -> None:
        verdict = self.verdict
        if not verdict.breaks.total:
            verdict.verified_before_break = None
        for _, track in sorted(self.tracks.items()):
            if not track.next_seq:
                continue
            summary = track.summary
            summary.entries = sum(mark == Mark.SOUND for mark in track.marks)
            summary.head_seq = track.next_seq - 1
            summary.head_id = track.id_at(summary.head_seq)
            keys = self._keyring.in_force(track.side, track.gen, track.next_seq)
            summary.key = public.fingerprint(keys[0]) if keys else ""
            verdict.chains.append(summary)

    def _acknowledged(self) -> None:
        """Step 5: every acknowledged entry is the one that stands at its place."""
        for _, track in sorted(self.tracks.items()):
            for index in range(len(track.acks)):
                ack = track.acks.get(index)
                target = self.tracks.get((1 - track.side, ack.gen))
                held = target.id_at(ack.seq) if target is not None else None
                if held == ack.id or ack.id in self._strays.places:
                    continue
                by, place = track.place(track.acks.at[index]), Place(1 - track.side, ack.gen, ack.seq)
                if target is None or ack.seq >= target.next_seq:
                    self.log.absent(place, ack.id, by, "acknowledges it")
                elif target.mark(ack.seq) is Mark.SOUND:
                    what = f"acknowledges another {self.log.name(place)} than the one in this record"
                    self._at(track, by, what)

    def _at(self, track: Track, place: Place, what: str) -> None:
        """A break at an entry that was read before."""
        offset = track.offsets[place.seq]
        keys = self._keyring.in_force(place.side, place.gen, place.seq)
        self.log.entry("ack", what, place, Read(Item(Tag.ENTRY, offset, b""), keys=keys))

    def _named(self, reader: Reader) -> None:
        """Step 5: every entry that is named by its id is there; then what had to wait for that."""
        targets: dict[Place, Place] = {}
        for found in self._references.resolve(self.tracks.values(), self._strays.places.keys()):
            if found.target is None:
                self.log.absent(None, found.id, found.by, found.why.words)
            elif found.why is Why.CLOSES:
                targets[found.by] = found.target
        for (side, gen), (seq, by) in sorted(self._contents.receipts.items()):
            target = self.tracks.get((side, gen))
            if target is None or seq >= target.next_seq:
                self.log.absent(Place(side, gen, seq), None, by, "is a receipt for it")
        self.verdict.statements = self._contents.finish(lambda place: self._again(reader, place), targets)

    def _again(self, reader: Reader, place: Place) -> Entry | None:
        """An entry that was read before; None if the file was changed meanwhile, which the trailer's hash shows."""
        track = self.tracks[place.side, place.gen]
        offset = track.offsets[place.seq]
        if offset == NO_OFFSET:
            return None
        try:
            entry = entries.decode(reader.read_at(offset).data)
        except Malformed:
            return None
        return entry if entry.place == place else None

    @property
    def keyring(self) -> Keyring:
        return self._keyring


class _Order:
    """Entries first, then strays (spec 13.3). Where both are mixed, the fewer are the ones out of their place: strays
    among the entries, or entries behind the strays."""

    def __init__(self, log: Log) -> None:
        self._log = log
        self._first: Read | None = None  # the first stray
        self._strays = 0  # how many of them stand before an entry
        self._late = 0  # entries behind them
        self._found: Break | None = None

    @property
    def strays(self) -> bool:
        return self._first is not None

    def stray(self, read: Read) -> None:
        self._first = self._first or read
        if not self._late:
            self._strays += 1

    def entry(self, read: Read) -> None:
        if self._first is None:
            return
        self._late += 1
        if self._found is None:
            self._found = self._log.item("order", "an entry behind the strays, which come last", read)
        elif self._late == self._strays + 1:
            self._log.moved(self._found, "a stray among the entries, behind which it belongs", self._first)
