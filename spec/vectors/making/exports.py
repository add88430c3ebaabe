"""Vectors of exports (13): a side's whole record in one file, damaged on the way, or false when it was signed."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from functools import cache
from itertools import pairwise
from typing import Any, Final

from openline.wire import accord as accords
from openline.wire import bodies, export
from openline.wire.entry import Entry
from openline.wire.export import ChainHead
from openline.wire.terms import Head
from spec.vectors.making.book import Book
from spec.vectors.making.cast import least, station_keys, whole
from spec.vectors.making.chains import begun, cut_off, low_prekey_body, talked
from spec.vectors.making.vector import Reference, Vector, changed

EXPORTER: Final = 0
SMALL: Final = Reference("export", "export")


def vectors() -> Iterator[Vector]:
    signed = accords.encode_signed(whole().signed)
    for name, what, book, strays in (
        ("export", "Two chains with a suspension and a checkpoint.", _small(), []),
        ("export-with-a-fork", "A fork: one branch in its chain, the other beside it.", *_forked()),
        (
            "export-with-a-generation",
            "A generation that goes on from before the last entry of the one before.",
            _cut(),
            [],
        ),
        ("export-that-begins-with-a-generation", "A chain whose first entry is a generation.", begun(0), []),
        ("export-of-nothing", "A record without an entry.", Book(), []),
    ):
        data = exported(book, strays)
        given = {"export": changed("accord", "signed", signed, data)}
        yield Vector(name=name, spec="13", what=what, kind="export", input=given, expected=_facts(book, strays))
    digits = {"export": SMALL, "digits": accords.digits(whole().id)}
    yield Vector(
        name="export-with-digits",
        spec="13.5",
        what="The digits read aloud at the table are the accord's.",
        kind="export",
        input=digits,
        expected=_facts(_small(), []),
    )
    wrong = {"export": SMALL, "digits": accords.digits(least().id)}
    yield _rejected("digits-of-another-accord", "The digits read aloud are of another accord.", wrong)
    for name, what, data in (*_damaged(), *_false()):
        yield _rejected(name, what, {"export": changed(SMALL.of, SMALL.field, exported(_small()), data)})


def _rejected(name: str, what: str, given: dict[str, Any]) -> Vector:
    return Vector(
        name=f"export-{name}", spec="13.5", what=what, kind="export", reject_as="does-not-verify", input=given
    )


@cache
def _small() -> Book:
    book = talked()
    book.add(0, book.approved(0, bodies.Suspend(scope=((0, 0),), reason="leaflets")))
    book.add(1, bodies.Checkpoint(checkpoint=book.checkpoint(1)))
    return book


def _cut() -> Book:
    book = cut_off()
    book.message(0)
    return book


def _forked() -> tuple[Book, list[bytes]]:
    book = talked()
    last = book.chains[1][-1]
    other = book.next(1, bodies.Message(number=9, text="another"), seq=last.seq, prev=last.prev, ack=last.ack)
    return book, [other]


def chains_of(book: Book) -> list[bytes]:
    return [one.data for one in sorted(book.order, key=lambda one: one.place)]


def exported(book: Book, strays: list[bytes] | None = None, chains: list[bytes] | None = None) -> bytes:
    """The export of side 0's station, over the book's entries or over others."""
    out = io.BytesIO()
    entries = chains_of(book) if chains is None else chains
    signer = book.signers[EXPORTER]
    export.write_export(out, whole().signed, EXPORTER, entries, strays or [], signer, book.now_s)
    return out.getvalue()


def _facts(book: Book, strays: list[bytes]) -> dict[str, Any]:
    ordered = sorted(book.order, key=lambda one: one.place)
    last = [one for one, after in pairwise([*ordered, None]) if after is None or one.place[:2] != after.place[:2]]
    heads = [[*one.place, one.id.hex()] for one in last]
    return {"side": EXPORTER, "entries": len(book.order), "strays": len(strays), "heads": heads}


# --- changed after it was signed ---


def _items(data: bytes) -> list[bytes]:
    """The magic, then every item with its tag and length."""
    parts, at = [data[: len(export.MAGIC)]], len(export.MAGIC)
    while at < len(data):
        end = at + export.ITEM_HEAD_BYTES + int.from_bytes(data[at + 1 : at + 4], "big")
        parts.append(data[at:end])
        at = end
    return parts


def _moved(change: Callable[[list[bytes]], Any]) -> bytes:
    """The small export with its items changed. Items: magic, accord, three entries a side, trailer."""
    parts = _items(exported(_small()))
    change(parts)
    return b"".join(parts)


def _flip(data: bytes, at: int) -> bytes:
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]


def _damaged() -> Iterator[tuple[str, str, bytes]]:
    whole_file = exported(_small())
    in_entry = whole_file.index(b"all quiet")
    in_accord = whole_file.index(b"inter-Korean")
    yield "byte-of-an-entry-flipped", "A bit of an entry was changed.", _flip(whole_file, in_entry)
    yield "byte-of-the-accord-flipped", "A bit of the accord was changed.", _flip(whole_file, in_accord)
    yield "byte-of-a-length-flipped", "A bit of an item's length was changed.", _flip(whole_file, len(export.MAGIC) + 3)
    yield (
        "byte-of-the-trailer-flipped",
        "A bit of the trailer's signature was changed.",
        _flip(whole_file, len(whole_file) - 1),
    )
    yield "entry-dropped", "An entry was taken out.", _moved(lambda parts: parts.pop(3))
    yield "last-entry-dropped", "The last entry of a chain was taken out.", _moved(lambda parts: parts.pop(4))
    yield "entries-swapped", "Two entries were swapped.", _moved(lambda parts: parts.insert(2, parts.pop(3)))
    yield "entry-twice", "An entry stands twice.", _moved(lambda parts: parts.insert(3, parts[3]))
    yield (
        "chains-swapped",
        "Side 1's chain stands first.",
        _moved(lambda parts: parts.__setitem__(slice(2, 8), parts[5:8] + parts[2:5])),
    )
    yield "cut-in-the-trailer", "The file ends within the trailer.", whole_file[:-40]
    yield "without-trailer", "The trailer is missing.", _moved(lambda parts: parts.pop())
    yield "byte-behind-the-trailer", "A byte behind the trailer.", whole_file + b"\0"
    yield "without-accord", "The accord is missing.", _moved(lambda parts: parts.pop(1))
    yield "of-another-format", "The first bytes are others.", whole_file.replace(b"export/1", b"export/2", 1)


# --- false when it was signed: the trailer is sound ---


def _false() -> Iterator[tuple[str, str, bytes]]:
    book = _small()
    chains = chains_of(book)
    yield (
        "without-an-entry",
        "The station left an entry out and signed.",
        exported(book, chains=[*chains[:1], *chains[2:]]),
    )
    last = book.chains[1][-1]
    foreign = book.seal_core(1, last.core, signer=book.signers[0])
    yield (
        "with-a-foreign-signature",
        "The station signed the other side's last entry itself.",
        exported(book, chains=[*chains[:-1], foreign]),
    )
    yield (
        "with-a-stray-of-nothing",
        "A stray that is evidence of nothing.",
        exported(book, [book.next(1, bodies.Ack())]),
    )
    yield "signed-by-the-other-side", "The other side's station signed the trailer.", _trailer(signer_side=1)
    yield "trailer-counts-wrong", "The trailer counts an entry more.", _trailer(more_entries=1)
    yield "trailer-names-another-head", "The trailer names another head.", _trailer(head=bytes(32))
    yield "trailer-length-wrong", "The trailer says that a byte more stands before it.", _trailer(more_bytes=1)
    yield "trailer-hash-wrong", "The trailer's hash is of other bytes.", _trailer(digest=bytes(32))
    yield "acknowledges-what-is-not-held", "An entry acknowledges another than the one that stands there.", _strange()
    what = "A seal acknowledges another entry than the one that its author acknowledged at that place."
    yield "seal-of-another-head", what, _other_head()
    yield "generation-prekey-of-small-order", "A generation whose prekey is none that can be sealed to.", _low_prekey()
    yield "generation-takes-an-ack-back", "A generation acknowledges less than the entry it cuts off.", _taken_back()
    yield (
        "checkpoint-of-another-root",
        "A checkpoint, signed, whose root is not that of its chain.",
        _false_checkpoint(),
    )


def _strange() -> bytes:
    book = Book()
    for side in (0, 1):
        book.message(side)
    book.add(0, bodies.Ack(), ack=Head(0, 0, bytes(32)))
    return exported(book)


def _other_head() -> bytes:
    book = talked()
    book.add(0, bodies.Seal(call_id=bytes(8)), ack=Head(0, 1, bytes(32)))
    return exported(book)


def _low_prekey() -> bytes:
    book, signer = talked(), station_keys(b"generation").station
    book.add(0, low_prekey_body(book), signer=signer, gen=1, seq=0, prev=book.chains[0][-1].id)
    book.signers[0] = signer
    return exported(book)


def _taken_back() -> bytes:
    book = talked()
    keys, last = station_keys(b"generation"), book.chains[0][0]
    body = book.generation_body(0, 1, last.head, keys)
    book.add(0, body, signer=keys.station, gen=1, seq=0, prev=last.id, ack=book.chains[1][0].head)
    book.signers[0] = keys.station
    return exported(book)


def _false_checkpoint() -> bytes:
    """The checkpoint of a chain whose first entry is another, in the chain of side 1."""
    book, other = talked(), talked()
    first = other.chains[1][0]
    other.chains[1][0] = replace_id(first, bytes(32))
    book.add(1, bodies.Checkpoint(checkpoint=other.checkpoint(1)))
    return exported(book)


def replace_id(one: Entry, identity: bytes) -> Entry:
    return one._replace(id=identity)


def _trailer(
    *, signer_side: int = EXPORTER, more_entries: int = 0, more_bytes: int = 0, head: bytes = b"", digest: bytes = b""
) -> bytes:
    """The small export with another trailer, signed as it stands."""
    book = _small()
    data = exported(book)
    old = export.decode_trailer(_items(data)[-1][export.ITEM_HEAD_BYTES :])
    before = data[: old.length]
    heads = [ChainHead(*one[:3], head or one.id) if at == 0 else one for at, one in enumerate(old.heads)]
    core = export.trailer_core(
        old.time_s, old.entries + more_entries, old.strays, heads, old.length + more_bytes, digest or old.digest
    )
    body = core + book.signers[signer_side].sign(export.signed_bytes(book.id, core))
    return before + bytes([export.Tag.TRAILER]) + len(body).to_bytes(3, "big") + body
