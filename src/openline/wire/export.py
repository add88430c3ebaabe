"""An export: one side's whole record in one file (spec 13).

    magic ‖ item(ACCORD) ‖ item(ENTRY)* ‖ item(STRAY)* ‖ item(TRAILER)
    item = tag (1 byte) ‖ length (3 bytes, big-endian) ‖ bytes

Rules of this file:
1. One record has one order of items: entries ascending by (side, gen, seq), then strays by (side, gen, seq, id).
2. Every byte is covered: the accord by both roots, an entry by its station's signature, all before the trailer by the
   hash in the trailer, and the trailer by the exporting station's signature. Nothing may follow it.
3. Reading looks at framing and form only; whether the content holds is the audit's business.
4. Reading and writing hold one item at a time, whatever the size of the record.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import IntEnum
from itertools import pairwise
from typing import TYPE_CHECKING, BinaryIO, Final, NamedTuple

from openline.wire import accord, bodies, cbor, codecs, entry, limits
from openline.wire.accord import SignedAccord
from openline.wire.entry import SIGNATURE_BYTES, Place
from openline.wire.errors import Malformed, invariant

if TYPE_CHECKING:
    from openline.ports import Signer

FORMAT: Final = 1
MAGIC: Final = b"openline/export/1\0"
SIGNING: Final = b"openline/export-trailer/1\0"
ITEM_HEAD_BYTES: Final = 4
ACCORD_ITEM_BYTES_MAX: Final = 512 * 1024  # an accord at its limit with 600 proofs of possession a side
ENTRY_BYTES_MAX: Final = limits.FAULT_CORE_BYTES_MAX + SIGNATURE_BYTES
TRAILER_BYTES_MAX: Final = limits.EXPORT_HEADS_MAX * 56 + 256  # a head is at most 54 bytes
READ_BYTES: Final = 256 * 1024


class Tag(IntEnum):
    """What an item holds."""

    ACCORD = 1
    ENTRY = 2
    STRAY = 3
    TRAILER = 4


LENGTH_MAX: Final = {
    Tag.ACCORD: ACCORD_ITEM_BYTES_MAX,
    Tag.ENTRY: ENTRY_BYTES_MAX,
    Tag.STRAY: ENTRY_BYTES_MAX,
    Tag.TRAILER: TRAILER_BYTES_MAX,
}


class Item(NamedTuple):
    """One item: its tag, the offset in the file of its first byte (the tag), its bytes without tag and length."""

    tag: Tag
    offset: int
    data: bytes


class ChainHead(NamedTuple):
    """The last entry of the chain of one side in one generation, as the trailer names it."""

    side: int
    gen: int
    seq: int
    id: bytes


@dataclass(frozen=True)
class Opening:
    """The first item: which side's record this is, and the accord it rests on, with the accord's exact bytes."""

    side: int
    signed: SignedAccord


@dataclass(frozen=True)
class Trailer:
    """The last item. `length` and `digest` (SHA-256) are of all bytes before it; `time_s` is the exporting station's
    own clock, a claim."""

    time_s: int
    entries: int
    strays: int
    heads: tuple[ChainHead, ...]
    length: int
    digest: bytes
    core: bytes
    signature: bytes


_HEADS: Final = codecs.many(
    codecs.row(ChainHead, codecs.uint(1), codecs.uint(), codecs.uint(), bodies.ID),
    limits.EXPORT_HEADS_MAX,
    ascending=True,
)
_COUNT: Final = codecs.uint()
_FIELDS: Final = (codecs.uint(FORMAT), bodies.TIME, _COUNT, _COUNT, _HEADS, _COUNT, bodies.ID)


def encode_opening(opening: Opening) -> bytes:
    return cbor.encode([FORMAT, opening.side, accord.encode_signed(opening.signed)])


def beginning(opening: Opening) -> bytes:
    """The first bytes of an export, up to and including its opening."""
    return MAGIC + _item_bytes(Tag.ACCORD, encode_opening(opening))


def decode_opening(data: bytes) -> Opening:
    """Read the first item's bytes (spec 13.2). The accord's signatures are not looked at.

    Raises:
        Malformed: not [format, side, signed accord].
    """
    plain = cbor.decode(data)
    if type(plain) is not list or len(plain) != 3:
        raise Malformed("an export's opening is not an array of 3")
    version, side, signed = plain
    if type(version) is not int or version != FORMAT:
        raise Malformed(f"export format {version!r}; this release reads {FORMAT}")
    if type(side) is not int or side not in (0, 1):
        raise Malformed("an export's side is neither 0 nor 1")
    if type(signed) is not bytes:
        raise Malformed("an export's accord is not bytes")
    return Opening(side, accord.decode_signed(signed))


def trailer_core(
    time_s: int, entries: int, strays: int, heads: Iterable[ChainHead], length: int, digest: bytes
) -> bytes:
    return cbor.encode([FORMAT, time_s, entries, strays, [list(head) for head in heads], length, digest])


def signed_bytes(accord_id: bytes, core: bytes) -> bytes:
    """What the exporting station signs in the trailer (spec 13.4)."""
    return SIGNING + accord_id + core


def decode_trailer(data: bytes) -> Trailer:
    """Read the last item's bytes (spec 13.4). Its signature is not looked at.

    Raises:
        Malformed: not the array of seven and a signature.
    """
    if len(data) <= SIGNATURE_BYTES:
        raise Malformed(f"a trailer of {len(data)} bytes is shorter than its signature")
    core, signature = data[:-SIGNATURE_BYTES], data[-SIGNATURE_BYTES:]
    plain = cbor.decode(core)
    if type(plain) is not list or len(plain) != len(_FIELDS):
        raise Malformed(f"a trailer's core is not an array of {len(_FIELDS)}")
    version, *rest = (codec.read(value) for codec, value in zip(_FIELDS, plain, strict=True))
    if version != FORMAT:
        raise Malformed(f"trailer format {version}; this release reads {FORMAT}")
    time_s, entries, strays, heads, length, digest = rest
    chains = [(head.side, head.gen) for head in heads]
    if len(set(chains)) != len(chains):
        raise Malformed("a trailer names two heads of one chain")
    return Trailer(time_s, entries, strays, heads, length, digest, core, signature)


def place_of(data: bytes) -> Place:
    """An entry's place, from its first bytes alone: for ordering entries that are known to be sound.

    Raises:
        Malformed: the bytes do not begin as an entry does.
    """
    if data[:2] != b"\x89\x01":
        raise Malformed("not an entry of format 1")
    at, numbers = 2, []
    for _ in range(3):
        first = data[at] if at < len(data) else 0xFF
        if first > 0x1B:
            raise Malformed("an entry's side, generation or sequence number is not a number")
        width = 0 if first < 0x18 else 1 << (first - 0x18)
        numbers.append(first if not width else int.from_bytes(data[at + 1 : at + 1 + width], "big"))
        at += 1 + width
    return Place(*numbers)


def write_export(
    out: BinaryIO, signed: SignedAccord, side: int, chains: Iterable[bytes], strays: Iterable[bytes], signer: Signer,
    time_s: int,
) -> Trailer:
    """Write `side`'s whole record to `out` as one export (spec 13).

    `chains`: the bytes of every entry, ascending by (side, gen, seq); `strays`: the bytes of the entries kept beside
    the chains, in any order; `signer`: the side's station key in force; `time_s`: that station's clock, in seconds.

    Raises:
        OurFault: `chains` are not in order, or a stray is given twice.
        Malformed: bytes among them that are no entry.
    """
    writer = _Writer(out)
    writer.item(Tag.ACCORD, encode_opening(Opening(side, signed)))
    heads: dict[tuple[int, int], ChainHead] = {}
    entries, before = 0, (-1, 0, 0)
    last = b""
    for data in chains:
        place = place_of(data)
        invariant(place > before, "an export's entries ascend by side, generation and sequence number")
        if place[:2] != before[:2] and last:
            heads[before[0], before[1]] = ChainHead(*before, entry.entry_id(last))
        writer.item(Tag.ENTRY, data)
        entries, before, last = entries + 1, place, data
    if last:
        heads[before[0], before[1]] = ChainHead(*before, entry.entry_id(last))
    beside = sorted((place_of(data), entry.entry_id(data), data) for data in strays)
    for one, next_one in pairwise(beside):
        invariant(one[:2] != next_one[:2], "a stray is exported once")
    for _, _, data in beside:
        writer.item(Tag.STRAY, data)
    core = trailer_core(time_s, entries, len(beside), heads.values(), writer.length, writer.digest())
    signature = signer.sign(signed_bytes(signed.id, core))
    writer.item(Tag.TRAILER, core + signature)
    return decode_trailer(core + signature)


class _Writer:
    """Writes items and keeps the count and hash of what went out."""

    def __init__(self, out: BinaryIO) -> None:
        self._out = out
        self._hash = hashlib.sha256()
        self.length = 0
        self._put(MAGIC)

    def item(self, tag: Tag, data: bytes) -> None:
        if len(data) > LENGTH_MAX[tag]:
            raise Malformed(f"an item {tag.name} of {len(data)} bytes; the limit is {LENGTH_MAX[tag]}")
        self._put(_item_bytes(tag, data))

    def digest(self) -> bytes:
        return self._hash.digest()

    def _put(self, data: bytes) -> None:
        self._out.write(data)
        self._hash.update(data)
        self.length += len(data)


class Reader:
    """Reads the items of an export one after another, in bounded memory.

    After `Malformed` from `next` the framing is lost at `offset`; `seek_item` finds where items can be told again.
    """

    def __init__(self, stream: BinaryIO) -> None:
        """`stream` is at the export's first byte and can seek.

        Raises:
            Malformed: it does not begin as an export does.
        """
        self._stream = stream
        self._base = stream.tell()
        self._buffer = b""
        self._at = 0
        self._buffer_offset = 0
        if not self._fill(len(MAGIC)) or not self._buffer.startswith(MAGIC):
            raise Malformed("not an export of Openline: its first bytes are others")
        self._at = len(MAGIC)

    @property
    def offset(self) -> int:
        """Where in the file the next item begins."""
        return self._buffer_offset + self._at

    def next(self) -> Item | None:
        """The next item; None at the end of the file.

        Raises:
            Malformed: no item begins here, or the file ends inside it.
        """
        if not self._fill(ITEM_HEAD_BYTES):
            if len(self._buffer) == self._at:
                return None
            raise Malformed("the file is cut short inside an item's tag and length")
        tag, length = _item_head(self._buffer, self._at)
        if not self._fill(ITEM_HEAD_BYTES + length):
            raise Malformed(
                f"the file is cut short: {length} bytes are announced, "
                f"{len(self._buffer) - self._at - ITEM_HEAD_BYTES} are there"
            )
        begin = self._at + ITEM_HEAD_BYTES
        item = Item(tag, self.offset, self._buffer[begin : begin + length])
        self._at = begin + length
        return item

    def items(self) -> Iterator[Item]:
        """All items from here to the end of the file.

        Raises:
            Malformed: as `next`.
        """
        while (item := self.next()) is not None:
            yield item

    def digest_before(self, offset: int, *, instead: bytes = b"") -> bytes:
        """SHA-256 of all bytes before `offset`, read again, with `instead` in place of as many bytes at the beginning;
        the reading order goes on undisturbed."""
        far, left, back = hashlib.sha256(instead), offset - len(instead), self._stream.tell()
        self._stream.seek(self._base + len(instead))
        while left and (data := self._stream.read(min(READ_BYTES, left))):
            far.update(data)
            left -= len(data)
        self._stream.seek(back)
        return far.digest()

    def read_at(self, offset: int) -> Item:
        """The item at `offset`, read again; the reading order goes on undisturbed.

        Raises:
            Malformed: no item is there (the file was changed meanwhile).
        """
        back = self._stream.tell()
        try:
            self._stream.seek(self._base + offset)
            head = self._stream.read(ITEM_HEAD_BYTES)
            if len(head) < ITEM_HEAD_BYTES:
                raise Malformed("the file is cut short")
            tag, length = _item_head(head, 0)
            return Item(tag, offset, self._stream.read(length))
        finally:
            self._stream.seek(back)

    def between(self, start: int, end: int) -> bytes:
        """The bytes from `start` up to `end`, read again; the reading order goes on undisturbed."""
        back = self._stream.tell()
        self._stream.seek(self._base + start)
        data = self._stream.read(end - start)
        self._stream.seek(back)
        return data

    def seek_item(self, offset: int) -> int | None:
        """Go on at the first byte from `offset` at which a sound entry or trailer stands, and say where that is.

        None, at the end of the file, if there is none. For reading what is left of a damaged export.
        """
        self._stream.seek(self._base + offset)
        self._buffer, self._at, self._buffer_offset = b"", 0, offset
        while self._fill(ITEM_HEAD_BYTES + 2):
            found = _candidate(self._buffer, self._at)
            if found is None:
                self._at = len(self._buffer) - ITEM_HEAD_BYTES - 1
                continue
            self._at = found
            if self._sound():
                return self.offset
            self._at += 1
        self._at = len(self._buffer)
        return None

    def _sound(self) -> bool:
        offset = self.offset
        try:
            item = self.next()
            if item is None:
                return False
            decode_trailer(item.data) if item.tag is Tag.TRAILER else entry.decode(item.data)
        except Malformed:
            return False
        finally:
            self._at = offset - self._buffer_offset
        return True

    def _fill(self, count: int) -> bool:
        """Have `count` bytes from here on in the buffer, if the file holds them."""
        if len(self._buffer) - self._at >= count:
            return True
        self._buffer_offset += self._at
        parts, held = [self._buffer[self._at :]], len(self._buffer) - self._at
        self._at = 0
        while held < count and (more := self._stream.read(max(READ_BYTES, count - held))):
            parts.append(more)
            held += len(more)
        self._buffer = b"".join(parts)
        return held >= count


def _item_bytes(tag: Tag, data: bytes) -> bytes:
    return bytes((tag,)) + len(data).to_bytes(3, "big") + data


def _item_head(buffer: bytes, at: int) -> tuple[Tag, int]:
    number, length = buffer[at], int.from_bytes(buffer[at + 1 : at + ITEM_HEAD_BYTES], "big")
    if number not in Tag._value2member_map_:
        raise Malformed(f"no item begins here (tag {number})")
    tag = Tag(number)
    if length > LENGTH_MAX[tag]:
        raise Malformed(f"an item {tag.name} of {length} bytes; the limit is {LENGTH_MAX[tag]}")
    return tag, length


def _candidate(buffer: bytes, start: int) -> int | None:
    """Where from `start` on an item's tag may stand: before the first bytes of an entry or of a trailer."""
    tests: tuple[tuple[bytes, Callable[[int], bool]], ...] = (
        (b"\x89\x01", lambda tag: tag in (Tag.ENTRY, Tag.STRAY)),
        (b"\x87\x01", lambda tag: tag == Tag.TRAILER),
    )
    best: int | None = None
    for mark, right in tests:
        at = buffer.find(mark, start + ITEM_HEAD_BYTES)
        while at >= 0 and not right(buffer[at - ITEM_HEAD_BYTES]):
            at = buffer.find(mark, at + 1)
        if at >= 0 and (best is None or at - ITEM_HEAD_BYTES < best):
            best = at - ITEM_HEAD_BYTES
    return best
