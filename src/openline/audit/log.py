"""The breaks, absences and findings of one audit, as they are met.

Rules of this file: entries that break alike in a row are one break with a count; everything names its entry, its byte
and the key by which it is or should be signed.
"""

from __future__ import annotations

from openline.audit.reading import Read
from openline.audit.verdict import Absence, Break, Finding, Key, Verdict, place_name
from openline.keys import public
from openline.wire.entry import Place


class Log:
    """Collects into `verdict`."""

    def __init__(self, verdict: Verdict) -> None:
        self.verdict = verdict
        self._last: Break | None = None

    def name(self, place: Place) -> str:
        return place_name(self.verdict.sides, place)

    def file(self, code: str, what: str, offset: int | None = None, key: Key | None = None) -> None:
        """A break of the file around the entries."""
        self._add(Break(code, what, None, offset, key))

    def entry(self, code: str, what: str, place: Place, read: Read) -> Break:
        """A break at `place`, where `read` stands; one more of the same kind behind the last is counted to it."""
        last = self._last
        if last is not None and last.place is not None and (last.code, last.what) == (code, what):
            place_behind = last.place._replace(seq=last.place.seq + last.count)
            if place_behind == place:
                last.count += 1
                return last
        return self._add(Break(code, what, place, read.item.offset, key_name(place.side, read.key)))

    def item(self, code: str, what: str, read: Read) -> Break:
        """A break at an item that may be no entry at all, and then has no place but its offset."""
        return self.moved(self._add(Break(code, what)), what, read)

    def moved(self, found: Break, what: str, read: Read) -> Break:
        """`found` is better told of another item, now that more was read."""
        found.what, found.offset = what, read.item.offset
        found.place = None if read.entry is None else read.entry.place
        found.key = None if read.entry is None else key_name(read.entry.side, read.key)
        return found

    def breaks(self, code: str, what: str, place: Place, offset: int, key: bytes | None, count: int) -> None:
        """A break at `count` entries from `place` on."""
        self._add(Break(code, what, place, offset, key_name(place.side, key), count))

    def missing(self, first: Place, count: int, read: Read) -> None:
        """`count` entries from `first` on are not there; `read` stands where they should."""
        what = "missing: the next entry that is there comes later in its chain"
        self.breaks("missing", what, first, read.item.offset, read.key, count)

    def absent(self, place: Place | None, identity: bytes | None, named_by: Place, why: str) -> None:
        self.verdict.absences.add(Absence(place, identity, named_by, why))

    def found(self, code: str, what: str, place: Place | None = None, against: int | None = None) -> None:
        self.verdict.findings.add(Finding(code, what, place, against))

    def in_order(self) -> None:
        """Sort the breaks by where they stand in the file, those of the whole file last."""
        items: list[Break] = self.verdict.breaks.items
        items.sort(key=lambda found: (found.offset is None, found.offset or 0))

    def _add(self, found: Break) -> Break:
        self.verdict.breaks.add(found)
        self._last = found
        return found


def key_name(side: int, key: bytes | None) -> Key | None:
    return None if key is None else Key(side, public.fingerprint(key))
